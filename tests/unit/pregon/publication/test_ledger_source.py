"""The ledger, read as a publication's source, gives what was committed; its segments change when their content does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from made_up_publication import PUBLICATION, made_up_source, process

from pregon.ledger import Entry, Ledger, Run
from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote
from pregon.publication.source import Series
from pregon.stages.publish import LedgerSource

AS_OF = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)

Commit = Callable[..., None]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite", "lindenau")


@pytest.fixture
def commit(ledger: Ledger) -> Commit:
    def commit(day: int, *released: tuple[dict[str, Any], dict[str, Any]], previous: str | None = None) -> None:
        entries = [
            Entry(release["ocid"], "hash", release=release, compiled=compiled, previous_id=previous)
            for release, compiled in released
        ]
        ledger.commit(Run(f"run-{day}", AS_OF + timedelta(days=day), day + 1, "fingerprint"), entries)

    return commit


def all_of(source: Any, series: Series) -> list[Any]:
    return [
        one
        for segment in source.segments(series)
        for one in (source.releases(segment.name) if series == "releases" else source.records(segment.name))
    ]


def test_everything_committed_is_read(ledger: Ledger, commit: Commit) -> None:
    memory = made_up_source()
    commit(0, *((group[0], memory.compiled_of[ocid]) for ocid, group in sorted(memory.releases_of.items())))
    source = LedgerSource(ledger)
    assert all_of(source, "releases") == all_of(memory, "releases")
    records = all_of(source, "records")
    assert records == all_of(memory, "records")
    assert [one.name for one in source.segments("records")] == ["2024", "2025", "2026"]
    compiled = [orjson.loads(one) for name in ("2024", "2025", "2026") for one in source.compiled(name)]
    assert {one["ocid"]: one for one in compiled} == memory.compiled_of


def test_everything_is_told_in_the_order_of_commit(ledger: Ledger, commit: Commit) -> None:
    memory = made_up_source()
    commit(0, *((memory.releases_of[ocid][0], memory.compiled_of[ocid]) for ocid in memory.releases_of))
    first, compiled = memory.releases_of["ocds-213czf-S00004"][0], memory.compiled_of["ocds-213czf-S00004"]
    later = {**first, "id": "later", "date": "2026-06-01T00:00:00Z", "tag": ["tenderUpdate"]}
    memory.commit(later, compiled, AS_OF + timedelta(days=1))
    known = list(LedgerSource(ledger).placed("records"))
    commit(1, (later, compiled), previous=first["id"])
    source = LedgerSource(ledger)
    series: Series
    for series in ("releases", "records"):
        found = [(one.sequence, one.ocid, one.committed) for one in source.placed(series)]
        assert found == [(one.sequence, one.ocid, one.committed) for one in memory.placed(series)]
    assert {one.ocid for one in set(source.placed("records")) - set(known)} == {"ocds-213czf-S00004"}
    assert list(source.released(3, 13)) == list(memory.released(3, 13))
    for series, segment in (("releases", "2026"), ("releases", "2026-04"), ("records", "2025")):
        listed = [(one.sequence, one.ocid) for one in source.listed(series, segment)]
        assert listed == [(one.sequence, one.ocid) for one in memory.listed(series, segment)]
        assert len(listed) >= 4
    assert list(source.releases("2026", 6, 12)) == list(memory.releases("2026", 6, 12))
    assert [one.sequence for one in source.releases("2026-04", 4)] == [6, 9, 12]
    assert len(list(source.released(3, 13))) == 11
    ocids = ["ocds-213czf-S00002", "ocds-213czf-S00004"]
    assert list(source.records_of(ocids)) == list(memory.records_of(ocids))


def test_only_touched_segments_change(ledger: Ledger, commit: Commit) -> None:
    first, compiled = process(1, "2024")
    commit(0, (first, compiled), process(2, "2025"), process(3, "0001"))
    source = LedgerSource(ledger)
    before = {series: {one.name: one for one in source.segments(series)} for series in ("releases", "records")}
    assert list(before["records"]) == ["2024", "2025", "undated"]
    later = {**first, "id": "later", "date": "2026-01-01T00:00:00Z"}
    commit(1, (later, compiled), previous=first["id"])
    after = {series: {one.name: one for one in source.segments(series)} for series in ("releases", "records")}
    assert after["releases"] == {**before["releases"], "2026": after["releases"]["2026"]}
    assert after["releases"]["2026"].published == AS_OF + timedelta(days=1)
    # The record stays in the year of its first release, which has a new content.
    assert after["records"]["2025"] == before["records"]["2025"]
    assert after["records"]["2024"].entries == 1
    assert after["records"]["2024"].fingerprint != before["records"]["2024"].fingerprint
    assert after["records"]["2024"].published == AS_OF + timedelta(days=1)


def test_a_run_that_releases_nothing_makes_no_snapshot(ledger: Ledger, commit: Commit, tmp_path: Path) -> None:
    commit(0, process(1), process(2))
    source = LedgerSource(ledger)
    first = build_snapshot(tmp_path / "public", source, PUBLICATION, as_of=AS_OF, code_version="1")
    promote(first.path)
    ledger.commit(Run("run-1", AS_OF + timedelta(days=1), 2, "f"), [Entry(process(1)[0]["ocid"], "other form")])
    second = build_snapshot(tmp_path / "public", source, PUBLICATION, as_of=AS_OF + timedelta(days=1), code_version="1")
    assert (second.path, second.created) == (first.path, False)


def test_the_place_of_a_release_in_its_segment_is_known(ledger: Ledger, commit: Commit) -> None:
    commit(0, process(1, "2024"), process(2, "2025"), process(3, "2024"))
    commit(1, process(4, "2024"))
    source = LedgerSource(ledger)
    sequences = [release.sequence for release in source.releases("2024")]
    assert sequences == [source.sequence_at("2024", place) for place in range(3)] == [1, 3, 4]
    with pytest.raises(IndexError, match="2024"):
        source.sequence_at("2024", 3)


def test_the_first_commit_is_known_and_stays(ledger: Ledger, commit: Commit) -> None:
    source = LedgerSource(ledger)
    assert source.issued() is None
    commit(0)  # a run that releases nothing publishes nothing
    assert source.issued() is None
    for day in (2, 5):
        commit(day, process(day, "2025"))
        assert source.issued() == AS_OF + timedelta(days=2)


def test_an_empty_ledger_has_no_segments(ledger: Ledger) -> None:
    assert [LedgerSource(ledger).segments(series) for series in ("releases", "records")] == [[], []]
