"""What runs find of each process, day after day, is what is found when everything is looked at anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pregon import pipeline
from pregon.city import read_city
from pregon.home import Home
from pregon.stages.assessing import FACTS, FAILURES, assess_ledger, assessor
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from pregon.synth import advance, generate

from .conftest import Published

pytestmark = pytest.mark.integration

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROCESSES = 60


def run(city: Published, as_of: datetime) -> pipeline.Run:
    """The stages up to the commit."""
    one = pipeline.Run.start(city.slug, home=city.home, as_of=as_of)
    prepared = pipeline.prepare(one, pipeline.extract(one))
    checked = [
        pipeline.check(one, pipeline.release(one, pipeline.map_states(one, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    pipeline.commit(one, prepared, pipeline.decide(one, prepared, checked), checked)
    return one


def rows(path: Path) -> list[dict[str, Any]]:
    return sorted(pq.read_table(path).to_pylist(), key=repr)


def test_what_runs_found_is_what_is_found_anew(tmp_path: Path) -> None:
    city = Published("riverbend", tmp_path / "home")
    city.database.parent.mkdir(parents=True)
    url = f"sqlite:///{city.database}"
    generate(url, processes=PROCESSES, seed=7, as_of=START)
    one = run(city, START)
    for day in range(1, 4):
        advance(url, days=1, share=0.2)
        one = run(city, START + timedelta(days=day))
    ledger = city.ledger()
    head = ledger.head()
    assert head is not None
    anew = tmp_path / "anew"
    anew.mkdir()

    assess_ledger(ledger, assessor(CityContext(read_city("riverbend"), Home(city.home), START)), anew)

    for name in (FACTS, FAILURES):
        kept = one.lake.local(f"{kept_key('riverbend', head.manifest)}/quality/{name}")
        assert rows(kept) == rows(anew / name)
    checks = {check["check"]: check for fact in rows(anew / FACTS) for check in fact["checks"]}
    assert {"x.no_op", "x.tag_precondition", "x.release_date_order"} <= set(checks)
    failed = {row["check"] for row in rows(anew / FAILURES) if row["check"].startswith("x.")}
    assert failed == set(), "a release of our own breaks a rule for releases"
