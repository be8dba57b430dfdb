"""Quarantine is grouped by reason, table and path, and exported row by row."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pregon.ledger import Quarantined, QuarantineRow
from pregon.quarantine.listing import COLUMNS, EXAMPLES, exported, grouped

RUNS = ("20260301T120000Z", "20260302T120000Z", "20260415T000000Z")

findings = st.builds(
    Quarantined,
    st.sampled_from(RUNS),
    st.builds(
        QuarantineRow,
        table=st.sampled_from(["tenders", "bids", ""]),
        row=st.text(max_size=3),
        reason=st.sampled_from(["orphan", "structure"]),
        message=st.text(max_size=3),
        ocid=st.none() | st.sampled_from(["o-1", "o-2"]),
        path=st.none() | st.sampled_from(["tender/title", "awards"]),
        value=st.none() | st.text(max_size=3),
    ),
)


@given(st.lists(findings))
def test_every_finding_is_in_one_group(found: list[Quarantined]) -> None:
    listing = grouped(found)
    assert listing.rows == len(found) == sum(group.rows for group in listing.groups)
    assert listing.processes == len({one.row.ocid for one in found} - {None})
    counts = Counter((one.row.reason, one.row.table, one.row.path or "") for one in found)
    assert {(group.reason, group.table, group.path or ""): group.rows for group in listing.groups} == counts
    assert [group.rows for group in listing.groups] == sorted(counts.values(), reverse=True)
    assert all(len(group.examples) <= min(EXAMPLES, group.rows) for group in listing.groups)


def test_a_group_stands_since_its_oldest_finding() -> None:
    row = QuarantineRow(table="bids", row="1", reason="orphan", message="no parent")
    (group,) = grouped([Quarantined(run, row) for run in reversed(RUNS)]).groups
    assert group.to_json() == {
        "reason": "orphan", "table": "bids", "path": None, "rows": 3, "since": "2026-03-01", "examples": ["1", "1", "1"]
    }  # fmt: skip


@given(findings)
def test_an_export_has_a_text_for_every_column(found: Quarantined) -> None:
    (row,) = exported([found])
    assert len(row) == len(COLUMNS)
    assert all(isinstance(value, str) for value in row)
    assert dict(zip(COLUMNS, row, strict=True))["key"] == found.row.row
