"""Only changes are read where the portal's stamps can be believed; else everything, and contents are compared."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read_sources import Reading, read
from servers.socrata import SocrataServer
from servers.socrata_datasets import Dataset

from pregon.sources.base import SourceConfigurationError

from .conftest import FIELDS, UPDATED, Sources, contract

pytestmark = pytest.mark.integration


@pytest.fixture
def first(dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path) -> Reading:
    """The first read, after which a day goes by."""
    found = read(portal(incremental=True), tmp_path)
    server.clock.tick(86_400)
    return found


def test_the_first_read_is_of_everything(first: Reading) -> None:
    assert len(first.rows) == 60
    assert first.plan.since is None
    assert first.rows[("C0041",)]["updated"] == datetime(2026, 1, 7, 9, 0, 4, tzinfo=UTC)


def test_an_unchanged_dataset_is_not_read(
    first: Reading, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    read_before = len(server.pages)

    again = read(portal(incremental=True), tmp_path, known=first.known())

    assert again.plan.chunks == ()
    assert again.plan.signature == first.plan.signature
    assert len(server.pages) == read_before


def test_only_what_changed_is_read(first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    dataset.update(lambda row: row["no"] in ("C0003", "C0004"), title="changed")
    dataset.insert(contract(100))

    again = read(portal(incremental=True), tmp_path, known=first.known())

    # The bound is inclusive: rows with the very stamp of the watermark come again.
    changed = {("C0003",), ("C0004",), ("C0100",)}
    assert changed <= again.rows.keys() <= changed | {(f"C{number:04d}",) for number in range(40, 60)}
    assert again.plan.since == "2026-01-07T09:00:04+00:00"
    assert again.expected == len(again.rows)


def test_rows_that_were_late_are_found_in_the_overlap(
    first: Reading, dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    newest = max(row.updated for row in dataset.rows)
    dataset.insert(contract(100), at=newest - timedelta(minutes=20))

    without = read(portal(incremental=True), tmp_path, known=first.known())
    again = read(portal(incremental=True, overlap=timedelta(hours=1)), tmp_path, known=first.known())

    assert ("C0100",) not in without.rows
    assert ("C0100",) in again.rows
    assert again.plan.since == "2026-01-07T08:00:04+00:00"


@pytest.mark.parametrize("anew", [True, False])
def test_stamps_that_were_made_anew_lead_to_a_whole_read(
    first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path, anew: bool
) -> None:
    if anew:
        dataset.replace()
    else:
        dataset.update(lambda row: row["no"] > "C0020")

    again = read(portal(incremental=True), tmp_path, known=first.known())

    assert again.plan.since is None
    assert again.rows.keys() == first.rows.keys()
    assert "60 rows are stamped as changed" in again.plan.notes["regenerated"]
    assert again.expected == 60


def test_what_share_of_new_stamps_is_too_much_can_be_set(
    first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.update(lambda row: row["no"] < "C0005")

    few = read(portal(incremental=True), tmp_path, known=first.known())
    many = read(portal(incremental=True, regenerated=0.05), tmp_path, known=first.known())

    assert few.plan.since is not None
    assert many.plan.since is None


def test_one_stamp_over_all_rows_says_nothing(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    dataset.replace()
    before = read(portal(incremental=True), tmp_path)
    server.clock.tick(86_400)
    dataset.update(lambda row: row["no"] == "C0003", title="changed")

    again = read(portal(incremental=True), tmp_path, known=before.known())

    assert again.plan.since is None
    assert "regenerated" in again.plan.notes


def test_a_date_that_did_not_move_is_not_believed_where_stamps_or_counts_did(
    first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dated = dataset.rows_updated_at
    dataset.update(lambda row: row["no"] == "C0003", title="changed")
    dataset.rows_updated_at = dated

    again = read(portal(incremental=True), tmp_path, known=first.known())

    assert again.rows[("C0003",)]["title"] == "changed"


def test_rows_of_a_copy_that_lagged_are_read_when_it_has_caught_up(
    first: Reading, dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    # The dataset has taken a row already, but queries do not show it yet.
    dataset.rows_updated_at = int(server.clock.now.timestamp()) + 60
    dataset.stale = True
    lagging = read(portal(incremental=True), tmp_path, known=first.known())
    assert lagging.plan.signature is None
    assert "lags behind" in lagging.plan.notes["lagging"]

    dataset.stale = False
    dated = dataset.rows_updated_at
    unmarked = read(portal(incremental=True), tmp_path, known=first.known())
    dataset.insert(contract(100))
    dataset.rows_updated_at = dated

    again = read(portal(incremental=True), tmp_path, known=unmarked.known())
    assert ("C0100",) in again.rows


def test_values_that_changed_without_any_trace_are_found_where_the_portal_is_not_believed(
    dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    before = read(portal(skip_unchanged=False), tmp_path)
    dataset.rows[3].values["amount"] = "999"

    again = read(portal(skip_unchanged=False), tmp_path, known=before.known())

    assert again.rows[("C0003",)]["amount"] == "999"


def test_deleted_rows_are_noticed_by_counting_where_deletions_count(
    first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.insert(contract(100), contract(101))
    dataset.delete(lambda row: row["no"] in ("C0003", "C0004"))

    ignored = read(portal(incremental=True), tmp_path, known=first.known())
    marked = read(portal(incremental=True, deletions="mark"), tmp_path, known=first.known())

    assert ignored.plan.since is not None
    assert marked.plan.since is None
    assert marked.plan.notes["vanished"] == 2
    assert marked.rows.keys() == {(row.values["no"],) for row in dataset.rows}


def test_without_a_signature_deletions_are_counted_from_the_known_rows(
    first: Reading, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.delete(lambda row: row["no"] == "C0003")
    known = first.known()

    again = read(
        portal(incremental=True, deletions="mark", skip_unchanged=False),
        tmp_path,
        known=type(known)(known.watermark, None, known.rows, known.observed),
    )

    assert again.plan.notes["vanished"] == 1


def test_without_cursor_a_changed_dataset_is_read_whole(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    before = read(portal(), tmp_path)
    dataset.update(lambda row: row["no"] == "C0003", title="changed")

    again = read(portal(), tmp_path, known=before.known())

    assert again.plan.since is None
    assert len(again.rows) == 60


def test_another_list_of_columns_is_another_snapshot(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    before = read(portal(), tmp_path)
    dataset.types["phase"] = "text"

    again = read(portal(), tmp_path, known=before.known())

    assert again.plan.chunks
    assert again.plan.observed["phase"] == "text"


# A date of the publisher's own ----------------------------------------------------------------------------------------


def own_date(portal: Sources, kind: str, field: str = "signed", **options: Any) -> Any:
    columns = {"no": "no", "title": "title", "updated": field}
    return portal(incremental=True, columns=columns, types={"updated": kind}, **options)


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_a_date_of_the_publishers_own_is_a_cursor(dataset: Dataset, portal: Sources, tmp_path: Path, kind: str) -> None:
    source = own_date(portal, kind)
    before = read(source, tmp_path)
    dataset.insert(contract(100, signed="2025-02-01T00:00:00.000"), contract(101, signed=None))

    again = read(source, tmp_path, known=before.known())

    assert {("C0100",), ("C0101",)} <= again.rows.keys()
    assert len(again.rows) < 10
    assert again.expected == len(again.rows)


def test_a_number_is_a_cursor(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    dataset.update(lambda _: True, amount=None)
    for place, row in enumerate(dataset.rows):
        row.values["amount"] = str(place)
    source = own_date(portal, "integer", "amount")
    before = read(source, tmp_path)
    dataset.insert(contract(100, amount="1000"))

    again = read(source, tmp_path, known=before.known("updated", "59"))

    assert again.rows.keys() == {("C0059",), ("C0100",)}


def test_a_text_is_no_cursor(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    source = own_date(portal, "text", "title")
    before = read(source, tmp_path)
    dataset.insert(contract(100))

    with pytest.raises(SourceConfigurationError, match="declared as text"):
        read(source, tmp_path, known=before.known("updated", "a"))


# Laws -----------------------------------------------------------------------------------------------------------------

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(100, 999)),
        st.tuples(st.just("update"), st.integers(0, 59)),
        st.tuples(st.just("replace"), st.just(0)),
        st.tuples(st.just("tick"), st.integers(1, 90_000)),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(CHANGES, min_size=1, max_size=3), page_rows=st.integers(3, 70))
def test_incremental_reads_add_up_to_what_a_whole_read_gives(
    rounds: list[list[tuple[str, int]]], page_rows: int, server: SocrataServer, portal: Sources, tmp_path: Path
) -> None:
    dataset = server.dataset("abcd-1234", FIELDS, [contract(number) for number in range(60)])
    source = portal(incremental=True, page_rows=page_rows)
    state = read(source, tmp_path)
    rows = dict(state.rows)
    known = state.known()
    for changes in rounds:
        for kind, number in changes:
            if kind == "insert" and not any(row.values["no"] == f"C{number:04d}" for row in dataset.rows):
                dataset.insert(contract(number))
            elif kind == "update":
                dataset.update(lambda row, n=number: row["no"] == f"C{n:04d}", title=str(server.clock.now))
            elif kind == "replace":
                dataset.replace()
            else:
                server.clock.tick(number)
        found = read(source, tmp_path, known=known)
        rows |= found.rows
        newest = max(row["updated"] for row in rows.values())
        known = type(known)(
            type(known.watermark)("updated", newest.isoformat()),  # type: ignore[misc]
            found.plan.signature,
            len(rows),
            found.plan.observed,
        )

    whole = read(source, tmp_path).rows
    assert {key: {**row, "updated": None} for key, row in rows.items()} == {
        key: {**row, "updated": None} for key, row in whole.items()
    }
    assert UPDATED["updated"] == ":updated_at"
