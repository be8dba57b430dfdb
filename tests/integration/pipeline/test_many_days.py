"""Day after day of the synthetic city: what was ever published stays, byte by byte, in the ledger and in the files."""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from judged_packages import faulty_packages
from ocdsmerge import Merger
from publication_files import json_lines, unpack_bulk

from pregon import pipeline
from pregon.city import read_city
from pregon.synth import advance, generate
from transforms.ocds import merge_rules

from .conftest import Published

pytestmark = pytest.mark.integration

THREADS = 2

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROCESSES = 60
DAYS_BETWEEN_BUILDS = 5

Hashes = dict[tuple[str, str], str]
"""(ocid, id) of each release → hash of its bytes."""


def run(city: Published, as_of: datetime, *, publish: bool) -> None:
    """The stages up to the commit, as tasks call them; `publish`: and those up to the pointer."""
    one = pipeline.Run.start(city.slug, home=city.home, as_of=as_of)
    prepared = pipeline.prepare(one, pipeline.extract(one))
    checked = [
        pipeline.check(one, pipeline.release(one, pipeline.map_states(one, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    pipeline.commit(one, prepared, pipeline.decide(one, prepared, checked), checked)
    if publish:
        pipeline.promote(one, pipeline.build(one))


def in_ledger(city: Published) -> Hashes:
    return {(one.ocid, one.release_id): hashlib.sha256(one.json).hexdigest() for one in city.ledger().releases()}


def in_files(city: Published) -> Hashes:
    found = {}
    with gzip.open(city.current / "bulk/releases/full.jsonl.gz") as lines:
        for line in lines:
            body = line.rstrip(b"\n")
            release = json.loads(body)
            found[release["ocid"], release["id"]] = hashlib.sha256(body).hexdigest()
    return found


@pytest.mark.parametrize("days", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_no_release_ever_changes(tmp_path: Path, days: int, judge: Callable[..., Any]) -> None:
    city = Published("riverbend", tmp_path / "home")
    city.database.parent.mkdir(parents=True)
    url = f"sqlite:///{city.database}"
    generate(url, processes=PROCESSES, seed=5, as_of=START)
    run(city, START, publish=True)
    known = in_ledger(city)
    assert len(known) >= PROCESSES - 5
    for day in range(1, days + 1):
        advance(url, days=1, share=0.05)
        published = day % DAYS_BETWEEN_BUILDS == 0 or day == days
        run(city, START + timedelta(days=day), publish=published)
        now = in_ledger(city)
        assert len(now) > len(known), f"nothing happened on day {day}"
        assert {key: now.get(key) for key in known} == known
        if published:
            assert in_files(city) == now
        known = now
    _judge(city, judge, tmp_path / "files")


def _judge(city: Published, judge: Callable[..., Any], folder: Path) -> None:
    """Hold what is published to the reference merge library and to OCP's validator."""
    histories = defaultdict(list)
    for release in json_lines(city.current, "releases/full"):
        histories[release["ocid"]].append(release)
    assert max(map(len, histories.values())) > 3
    merger = Merger(merge_rules=merge_rules(read_city(city.slug).extensions))
    for compiled in json_lines(city.current, "compiled/full"):
        releases = histories.pop(compiled["ocid"])
        dates = [release["date"] for release in releases]
        assert dates == sorted(set(dates))
        assert merger.create_compiled_release(releases) == compiled
    assert histories == {}
    packages = [path for path in unpack_bulk(city.current, folder) if path.suffix == ".json"]
    assert {path.parent.name for path in packages} == {"releases", "records"}
    assert faulty_packages(judge, packages) == {}
