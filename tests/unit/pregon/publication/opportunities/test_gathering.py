"""The opportunities of a ledger, looked at once and then by what was committed since."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from made_up_opportunities import compiled
from made_up_publication import MemorySource, made_up_source

from pregon.publication.opportunities import KeptOpportunities
from transforms.opportunities import Listing, OpportunityOptions
from transforms.snapshot import Notice

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)


def source_of(*numbers: int, **tender: Any) -> MemorySource:
    source = made_up_source(2)  # closed long ago
    for number in numbers:
        commit(source, number, **tender)
    return source


def commit(source: MemorySource, number: int, date: str = "2026-02-20T10:00:00Z", **tender: Any) -> None:
    state = compiled(number, date, **tender)
    source.commit({**state, "id": f"{number}-{date}", "tag": ["tender"]}, state)


def kept(folder: Path | None = None, **options: Any) -> KeptOpportunities:
    return KeptOpportunities(OpportunityOptions(**options), "1", folder)


def ocids(listing: Listing) -> list[str]:
    return [one.tender.ocid[-6:] for one in listing.tenders]


def test_what_is_open_is_found_among_what_is_over() -> None:
    assert ocids(kept().listing(source_of(70, 71), AS_OF)) == ["S00070", "S00071"]


def test_a_second_time_only_what_was_committed_since_is_read(tmp_path: Path) -> None:
    source = source_of(70, 71)
    kept(tmp_path).listing(source, AS_OF)
    source.reads.clear()
    assert ocids(kept(tmp_path).listing(source, AS_OF)) == ["S00070", "S00071"]
    assert source.reads == []
    commit(source, 72)
    commit(source, 70, "2026-03-01T10:00:00Z", status="cancelled")
    later = kept(tmp_path).listing(source, AS_OF + timedelta(days=1))
    assert {segment for kind, segment in source.reads if kind == "changed"} == {"4"}
    assert not [one for one in source.reads if one[0] == "compiled"]
    assert {one.tender.ocid[-6:]: one.state for one in later.tenders} == {
        "S00070": "cancelled", "S00071": "open", "S00072": "open",
    }  # fmt: skip
    assert later.digest == kept().listing(source, AS_OF + timedelta(days=1)).digest


def test_what_is_kept_is_not_used_for_another_ledger(tmp_path: Path) -> None:
    kept(tmp_path).listing(source_of(70, 71), AS_OF)
    other = source_of(80, 81)
    assert ocids(kept(tmp_path).listing(other, AS_OF)) == ["S00080", "S00081"]


def test_what_is_kept_is_not_used_after_a_redaction(tmp_path: Path) -> None:
    source = source_of(70)
    kept(tmp_path).listing(source, AS_OF)
    source.compiled_of["ocds-213czf-S00070"]["tender"]["title"] = "(removed)"
    source.notices.append(Notice(1, AS_OF, "ocds-213czf-S00070", "tender/title", "a mistake"))
    assert kept(tmp_path).listing(source, AS_OF).tenders[0].tender.title == "(removed)"
    assert b"Lindens" not in (tmp_path / "opportunities.json.gz").read_bytes()


def test_what_is_kept_is_not_used_for_a_time_before_it(tmp_path: Path) -> None:
    source = source_of(70)
    kept(tmp_path).listing(source, AS_OF + timedelta(days=365))
    assert ocids(kept(tmp_path).listing(source, AS_OF)) == ["S00070"]


def test_a_file_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    source = source_of(70)
    kept(tmp_path).listing(source, AS_OF)
    (tmp_path / "opportunities.json.gz").write_bytes(b"\x1f\x8brubbish")
    assert ocids(kept(tmp_path).listing(source, AS_OF)) == ["S00070"]


def test_other_classes_of_codes_are_gathered_anew(tmp_path: Path) -> None:
    source = source_of(70)
    kept(tmp_path).listing(source, AS_OF)
    found = kept(tmp_path, code_digits={"UNSPSC": 4}).listing(source, AS_OF)
    assert [cut.key for cut in found.cuts if cut.kind == "code"] == ["1016"]


def test_a_longer_time_after_closing_brings_back_what_was_forgotten(tmp_path: Path) -> None:
    source = source_of(70)
    later = AS_OF + timedelta(days=60)
    assert ocids(kept(tmp_path).listing(source, later)) == []
    assert ocids(kept(tmp_path, closed_days=90).listing(source, later)) == ["S00070"]


def test_a_file_of_another_shape_is_made_anew(tmp_path: Path) -> None:
    source = source_of(70)
    for content in (b"[]", b"{}", b'{"made_by": 1}'):
        (tmp_path / "opportunities.json.gz").write_bytes(gzip.compress(content))
        assert ocids(kept(tmp_path).listing(source, AS_OF)) == ["S00070"]


def test_an_empty_ledger_lists_nothing(tmp_path: Path) -> None:
    found = kept(tmp_path).listing(MemorySource(), AS_OF)
    assert (found.tenders, found.plans, found.contracts, found.cuts) == ([], [], [], [])
    assert kept(tmp_path).listing(MemorySource(), AS_OF).digest == found.digest
