"""Cities first published from the events in their records: what the releases say, when, and that it can be repeated."""

import datetime as dt
import itertools
import json
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import ocdsmerge
import pytest
from city_import import import_city
from publication_files import json_lines

from pregon import pipeline
from pregon.ledger import Ledger
from pregon.pipeline import Run
from pregon.synth import generate
from transforms.ocds import release_schema
from transforms.releases import MergeRules, equal_but_for_tombstones
from transforms.releases.merging import sections

from .conftest import EVENTS, FIRST_RUN, Published, PublishedCity, keep_key, with_events

pytestmark = pytest.mark.integration

SLUGS = ("chicago", EVENTS)
PLAIN = {"planning", "tender", "award", "contract", "implementation"}
Histories = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def histories(published: PublishedCity) -> Callable[[str], Histories]:
    """Give the releases of a city by ocid, oldest first."""
    known: dict[str, Histories] = {}

    def read(slug: str) -> Histories:
        if slug not in known:
            found: Histories = defaultdict(list)
            for release in json_lines(published(slug).current, "releases/full"):
                found[release["ocid"]].append(release)
            known[slug] = found
        return known[slug]

    return read


@pytest.mark.parametrize("slug", SLUGS)
def test_a_history_begins_with_plain_tags_and_its_dates_increase(
    slug: str, histories: Callable[[str], Histories]
) -> None:
    found = histories(slug)
    assert sum(len(releases) > 2 for releases in found.values()) > 100
    for releases in found.values():
        assert set(releases[0]["tag"]) <= PLAIN
        dates = [release["date"] for release in releases]
        assert all(earlier < later for earlier, later in itertools.pairwise(dates))


@pytest.mark.parametrize("slug", SLUGS)
def test_amendments_point_to_the_releases_before_and_after(slug: str, histories: Callable[[str], Histories]) -> None:
    amended = 0
    for releases in histories(slug).values():
        for before, release in itertools.pairwise(releases):
            links = [
                (amendment["amendsReleaseID"], amendment["releaseID"])
                for contract in release.get("contracts", ())
                for amendment in contract.get("amendments", ())
                if amendment.get("releaseID") == release["id"]
            ]
            assert set(links) <= {(before["id"], release["id"])}
            assert bool(links) >= ("contractAmendment" in release["tag"])
            amended += len(links)
    assert amended > 20


@pytest.mark.parametrize("slug", SLUGS)
def test_merged_they_say_what_one_release_would_have_said(
    slug: str,
    published: PublishedCity,
    histories: Callable[[str], Histories],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    city = published(slug)
    if slug == EVENTS:
        present = {
            process.ocid: json.loads(process.compiled) for process in _processes(published("riverbend").ledger())
        }
    else:
        with_events(city.slug, tmp_path / "cities", monkeypatch, "snapshot")
        imported = import_city(city.slug, city.from_dir, tmp_path / "home", dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
        present = {line["release"]["ocid"]: line["release"] for line in imported.releases}
    schema = release_schema(city.extensions)
    rules, merger = MergeRules.from_schema(schema), ocdsmerge.Merger(schema)
    found = histories(slug)
    assert found.keys() == present.keys()
    for ocid, releases in found.items():
        merged = sections(merger.create_compiled_release(releases))
        assert equal_but_for_tombstones(_unlinked(sections(present[ocid])), _unlinked(merged), rules), ocid


def _processes(ledger: Ledger) -> Iterator[Any]:
    return ledger.processes(with_releases=False)


def _unlinked(value: Any) -> Any:
    """Leave out which releases an amendment lies between."""
    if isinstance(value, dict):
        return {key: _unlinked(part) for key, part in value.items() if key not in {"releaseID", "amendsReleaseID"}}
    return [_unlinked(part) for part in value] if isinstance(value, list) else value


def test_from_the_second_day_on_a_change_is_one_release(published: PublishedCity) -> None:
    city = published(EVENTS)
    with closing(sqlite3.connect(city.home / "internal" / city.slug / "ledger.sqlite")) as ledger:
        later = ledger.execute(
            "SELECT run, ocid, count(*) FROM release r"
            " WHERE run > (SELECT min(run) FROM release o WHERE o.ocid = r.ocid) GROUP BY run, ocid"
        ).fetchall()
        first = ledger.execute("SELECT run, count(*), count(DISTINCT ocid) FROM release GROUP BY run").fetchall()
    assert {count for _, _, count in later} == {1}
    assert [run for run, _, _ in first] == [1, 2, 3]
    assert first[0][1] > 5 * first[0][2]


def test_every_event_of_a_source_dates_a_release(histories: Callable[[str], Histories], reference: Path) -> None:
    """On the contract with the most revisions of the sample."""
    import csv

    approved: dict[str, set[str]] = defaultdict(set)
    with (reference / "data" / "chicago" / "contracts_20k.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["Approval Date"]:
                day = dt.datetime.strptime(row["Approval Date"], "%m/%d/%Y").replace(tzinfo=dt.UTC).date()
                approved[f"ocds-213czf-chicago-{row['Purchase Order (Contract) Number']}"].add(day.isoformat())
    ocid = max(approved, key=lambda one: len(approved[one]))
    # The last second of a day in Chicago is five or six hours into the next one in UTC.
    days = {
        (dt.datetime.fromisoformat(one["date"]) - dt.timedelta(hours=6)).date() for one in histories("chicago")[ocid]
    }
    assert {day.isoformat() for day in days} <= approved[ocid]
    assert len(days) > len(approved[ocid]) - 3


# Repeating ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The first run of a small Riverbend with events, before its first stage."""
    with_events("riverbend", tmp_path / "cities", monkeypatch)
    city = Published("riverbend", tmp_path / "home")
    keep_key(city)
    city.database.parent.mkdir()
    generate(f"sqlite:///{city.database}", processes=30, seed=5, as_of=FIRST_RUN)
    return Run.start("riverbend", home=city.home, as_of=FIRST_RUN)


def test_a_task_that_is_repeated_gives_the_same_bytes_before_and_after_the_commit(run: Run, tmp_path: Path) -> None:
    prepared = pipeline.prepare(run, pipeline.extract(run))
    (bucket,) = prepared.buckets

    def mapped() -> dict[str, bytes]:
        pipeline.map_states(run, prepared, bucket)
        kinds = ("states", "earlier", "findings", "provenance")
        return {kind: run.lake.local(f"{run.work}/{kind}/{bucket:03d}.jsonl.zst").read_bytes() for kind in kinds}

    first = mapped()
    released = pipeline.release(run, pipeline.map_states(run, prepared, bucket))
    lines = run.lake.local(released.key).read_bytes()
    assert pipeline.release(run, pipeline.map_states(run, prepared, bucket)) == released
    assert run.lake.local(released.key).read_bytes() == lines
    checked = [pipeline.check(run, released)]
    committed = pipeline.commit(run, prepared, pipeline.decide(run, prepared, checked), checked)
    assert committed.releases > 5 * committed.processes
    assert mapped() == first
    # What the ledger has taken is not released again.
    again = pipeline.release(run, pipeline.map_states(run, prepared, bucket))
    assert (again.releases, again.quarantined) == (0, 0)
    assert pipeline.commit(run, prepared, pipeline.decide(run, prepared, checked), checked) == committed


def test_no_past_is_invented_for_what_was_released_before(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tmp_path / "cities")
    with monkeypatch.context() as patched:
        with_events("riverbend", tmp_path / "cities", patched, "snapshot")
        import_city("riverbend", None, Path(run.home), FIRST_RUN)
    shutil.rmtree(tmp_path / "cities")
    with_events("riverbend", tmp_path / "cities", monkeypatch)
    found = import_city("riverbend", None, Path(run.home), FIRST_RUN + dt.timedelta(days=1))
    assert found.prepared.everything
    assert found.releases == []
