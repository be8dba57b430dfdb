"""Tables of the datastore: the same rows at whatever page size and with whatever quirk, and never half."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.ckan import CkanServer
from servers.ckan_tables import Quirks, Resource

from pregon.sources.base import MissingColumnError, SourceConfigurationError, SourceMovedError
from pregon.sources.ckan.errors import UnexpectedAnswer
from pregon.sources.http.errors import AnswerTooLarge
from pregon.sources.patience import Limits

from .conftest import FIELDS, Read, Reading, notices

pytestmark = pytest.mark.integration

ALL = [f"N{number:04d}" for number in range(1, 24)]
EACH_QUIRK: list[dict[str, Any]] = [
    {},
    {"range_filters": False},
    {"clip_shown": False},
    {"range_filters": False, "clip_shown": False},
    {"limit_answered": False},
    {"total_past_end": False},
    {"total": lambda _count: None},
    {"total": lambda _count: None, "range_filters": False},
    {"total_estimated": True},
    {"number_texts": True},
    {"internal_fields": True},
    {"link_prefix": "/portal"},
    {"hashes": False},
    {"range_filters": False, "total_past_end": False, "internal_fields": True, "number_texts": True},
]


@pytest.mark.parametrize("quirks", EACH_QUIRK, ids=lambda quirks: "+".join(quirks) or "none")
@pytest.mark.parametrize("ceiling", [5, 32_000])
def test_the_same_rows_come_whatever_the_sites_quirks(
    server: CkanServer, resource: Resource, read: Read, quirks: dict[str, Any], ceiling: int
) -> None:
    server.portal.quirks = Quirks(ceiling=ceiling, **quirks)

    found = read(page_rows=7)

    assert found.numbers == ALL
    assert found.rows[4] == {
        "no": "N0005",
        "title": "Benches, lot 5",
        "amount": Decimal("1.25"),
        "changed": datetime(2026, 1, 6),  # noqa: DTZ001 - without zone, as the portal gives it
    }
    assert found.plan.observed == FIELDS
    assert found.expected == (None if "total" in quirks or "total_estimated" in quirks else 23)
    assert found.plan.expected == found.expected


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("page_rows", [1, 2, 11, 22, 23, 500])
@pytest.mark.parametrize("ceiling", [1, 2, 32_000])
def test_the_same_rows_come_whatever_the_page_and_the_ceiling(
    server: CkanServer, resource: Resource, read: Read, ranges: bool, page_rows: int, ceiling: int
) -> None:
    server.portal.quirks = Quirks(ceiling=ceiling, range_filters=ranges, clip_shown=page_rows % 2 == 0)

    assert read(page_rows=page_rows).numbers == ALL


@pytest.mark.parametrize("ranges", [True, False])
def test_the_same_rows_come_in_whatever_chunks(
    server: CkanServer, resource: Resource, read: Read, ranges: bool
) -> None:
    server.portal.quirks.range_filters = ranges
    resource.delete(lambda row: row["_id"] in {3, 10, 11})
    for rows in (2, 6, 10, 19, 20):
        found = read(page_rows=4, split_rows=rows)
        assert found.numbers == [name for name in ALL if name not in {"N0003", "N0010", "N0011"}]
        assert len(found.plan.chunks) == -(-20 // rows)
    assert found.plan.chunks[0].label == ""
    assert [chunk.label for chunk in read(split_rows=15).plan.chunks] == ["rows 1 to 15", "rows 16 to 20"]


def test_rows_that_are_numbered_are_read_by_one_task(resource: Resource, read: Read) -> None:
    found = read(page_rows=4, split_rows=5, row_number="record")

    assert [row["record"] for row in found.rows] == [str(number) for number in range(1, 24)]


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("kill", [1, 2, 3, 4, 5])
def test_after_a_kill_at_any_page_reading_goes_on_there(
    server: CkanServer, resource: Resource, read: Read, ranges: bool, kill: int
) -> None:
    server.portal.quirks.range_filters = ranges

    assert read(page_rows=5, kill=kill).numbers == ALL


def test_only_what_is_declared_is_asked_for(server: CkanServer, resource: Resource, read: Read) -> None:
    found = read(page_rows=10)

    assert found.plan.notes["added_columns"] == ["Buyer"]
    searches = server.answered("datastore_search")
    assert all("Buyer" not in str(request.params) for request in searches)
    assert all("fields" in request.params or request.params["limit"] == "0" for request in searches)


def test_a_name_with_a_comma_can_be_asked_for(server: CkanServer, read: Read) -> None:
    server.portal.add("notices", "Notices", [{"No": "1", "Parks, Forestry": "x"}])

    found = read(columns={"no": "No", "office": "Parks, Forestry"}, types={})

    assert found.rows == [{"no": "1", "office": "x"}]


def test_values_keep_the_text_of_the_source(server: CkanServer, read: Read) -> None:
    server.portal.add("notices", "Notices", [{"No": Decimal("76869.899999999994")}, {"No": Decimal("0.000000")}],
                      {"No": "numeric"})  # fmt: skip

    assert read(columns={"no": "No"}, types={}).numbers == ["76869.899999999994", "0.000000"]


def test_a_value_that_does_not_fit_is_rejected_with_its_row(server: CkanServer, resource: Resource, read: Read) -> None:
    resource.update(lambda row: row.update(Changed="soon") if row["_id"] == 9 else None)

    found = read(page_rows=5)

    assert len(found.rows) == 22
    (reject,) = found.rejects
    assert reject.position == 9
    assert "changed: 'soon' is not timestamp" in reject.detail
    assert "Prueba" not in reject.raw


def test_an_overridden_type_is_the_type(server: CkanServer, resource: Resource, read: Read) -> None:
    resource.overrides["Title"] = "timestamp"

    assert read().plan.observed["Title"] == "timestamp"


def test_a_missing_column_is_told_with_the_nearest(resource: Resource, read: Read) -> None:
    with pytest.raises(MissingColumnError, match="did you mean 'Document Number'"):
        read(columns={"no": "document number"}, types={})


def test_filters_part_the_table(server: CkanServer, resource: Resource, read: Read) -> None:
    wanted = ["N0003", "N0007", "N0020"]
    for ranges in (True, False):
        server.portal.quirks.range_filters = ranges
        found = read(filters={"Document Number": wanted}, page_rows=2)
        assert found.numbers == wanted
        assert found.expected == 3


def test_pages_that_are_too_large_are_asked_for_smaller(
    server: CkanServer, resource: Resource, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "of", lambda _options: Limits(answer_bytes=2_500))

    found = read(page_rows=500)

    assert found.numbers == ALL
    assert len(found.afters) > 1


def test_a_row_that_is_too_large_is_an_error(
    server: CkanServer, resource: Resource, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "of", lambda _options: Limits(answer_bytes=2_500))
    resource.update(lambda row: row.update(Title="x" * 3_000) if row["_id"] == 9 else None)

    with pytest.raises(AnswerTooLarge):
        read(page_rows=500)


def test_a_table_without_rows_is_read_as_one(server: CkanServer, resource: Resource, read: Read) -> None:
    resource.load([])

    found = read()

    assert (found.rows, found.expected, len(found.plan.chunks)) == ([], 0, 1)


def test_a_row_number_of_the_portal_is_no_column(resource: Resource, read: Read) -> None:
    with pytest.raises(SourceConfigurationError, match="CKAN's own row number"):
        read(columns={"no": "_id"}, types={})


# What moves while it is read ------------------------------------------------------------------------------------------


def shifted(resource: Resource) -> list[dict[str, Any]]:
    """The rows as the next load brings them: the first is gone, one is changed, one is new."""
    return [*notices(1, 90), *resource.rows[1:11], *resource.rows[12:]]


def unless_moved(read: Read, page_rows: int = 5) -> Reading | None:
    """Read; None where it was noticed that the table moved."""
    try:
        return read(page_rows=page_rows)
    except SourceMovedError:
        return None


PLANNED = 5
"""The request that ends a plan: dataset, columns, first row (asked for twice of older sites), last row (, count)."""


def test_a_plan_takes_five_requests(server: CkanServer, resource: Resource, read: Read) -> None:
    for ranges in (True, False):
        server.portal.quirks.range_filters = ranges
        server.forget()
        read()
        planned = [request.action for request in server.requests[:PLANNED]]
        assert planned == ["package_show", *["datastore_search"] * 4]
        assert server.requests[PLANNED].params["limit"] == "10000"


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("told", [True, False])
def test_a_load_while_pages_are_read_is_noticed(
    server: CkanServer, resource: Resource, read: Read, ranges: bool, at: int, told: bool
) -> None:
    server.portal.quirks = Quirks(range_filters=ranges, modified_kept=not told, hashes=told)
    server.at(at, lambda: server.portal.reload(resource, shifted(resource)))

    found = unless_moved(read)
    # All of one state, be it the one before or the one after.
    assert found is None or found.numbers in (ALL, [row["Document Number"] for row in resource.rows])
    assert read(page_rows=5).numbers == [row["Document Number"] for row in resource.rows]


def test_a_load_is_told_as_what_time_mends(server: CkanServer, resource: Resource, read: Read) -> None:
    server.at(8, lambda: server.portal.reload(resource, shifted(resource)))

    with pytest.raises(SourceMovedError, match="changed while it was read") as told:
        read(page_rows=5)
    assert told.value.retryable


@pytest.mark.parametrize("ranges", [True, False])
def test_a_load_between_a_kill_and_going_on_is_noticed(
    server: CkanServer, resource: Resource, read: Read, ranges: bool
) -> None:
    server.portal.quirks.range_filters = ranges
    server.at(8, lambda: server.portal.reload(resource, shifted(resource)))

    with pytest.raises(SourceMovedError):
        read(page_rows=5, kill=2)


@pytest.mark.parametrize("at", [6, 8, 10])
def test_a_resource_that_is_made_anew_is_noticed_and_found_again(
    server: CkanServer, resource: Resource, read: Read, at: int
) -> None:
    server.at(at, lambda: server.portal.reload(resource, new_id=True))

    with pytest.raises(SourceMovedError):
        read(page_rows=5)
    assert read(page_rows=5).numbers == ALL


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("at", range(PLANNED + 1, 12))
def test_rows_that_are_added_meanwhile_are_for_the_next_time(
    server: CkanServer, resource: Resource, read: Read, ranges: bool, at: int
) -> None:
    server.portal.quirks.range_filters = ranges
    server.at(at, lambda: resource.insert(notices(4, 50)))
    server.at(at, lambda: server.portal.touch(resource))

    found = read(page_rows=5)

    assert found.numbers[:23] == ALL
    assert len(found.numbers) == found.expected


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("at", [6, 7, 8, 10, 11])
@pytest.mark.parametrize("gone", [1, 5, 6, 23])
def test_rows_that_go_meanwhile_never_take_others_with_them(
    server: CkanServer, resource: Resource, read: Read, ranges: bool, at: int, gone: int
) -> None:
    server.portal.quirks.range_filters = ranges
    server.at(at, lambda: resource.delete(lambda row: row["_id"] == gone))

    found = unless_moved(read)
    if found is None:
        return
    assert set(ALL) - set(found.numbers) <= {f"N{gone:04d}"}
    assert len(found.numbers) == len(set(found.numbers))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranges=st.booleans(),
    page_rows=st.integers(1, 9),
    ceiling=st.integers(1, 9),
    changes=st.lists(st.tuples(st.integers(1, 14), st.sampled_from(["load", "insert", "delete"]), st.integers(1, 12)),
                     max_size=3),
)  # fmt: skip
def test_what_is_read_was_there_at_one_time_or_it_is_told(
    server: CkanServer, read: Read, ranges: bool, page_rows: int, ceiling: int, changes: list[tuple[int, str, int]]
) -> None:
    server.portal.quirks = Quirks(range_filters=ranges, ceiling=ceiling)
    server.portal.packages.clear()
    server.forget()
    resource = server.portal.add("notices", "Notices", notices(12), FIELDS)
    constant = {row["Document Number"] for row in resource.rows}
    for at, what, number in changes:
        if what == "load":
            change: Callable[[], None] = lambda number=number: server.portal.reload(  # noqa: E731
                resource, [row for row in resource.rows if row["_id"] != number]
            )
        elif what == "insert":
            change = lambda number=number: resource.insert(notices(number, 100))  # noqa: E731
        else:
            change = lambda number=number: resource.delete(lambda row: row["_id"] == number)  # noqa: E731
        server.at(at, change)

    found = unless_moved(read, page_rows)
    if found is None:
        return
    there = {row["Document Number"] for row in resource.rows}
    assert constant & there <= set(found.numbers)
    assert len(found.numbers) == len(set(found.numbers)) or "insert" in {what for _, what, _ in changes}


def test_a_site_that_ignores_ranges_is_no_endless_read(server: CkanServer, resource: Resource, read: Read) -> None:
    server.portal.quirks.ranges_ignored = True

    with pytest.raises(UnexpectedAnswer, match="rows that were not asked for"):
        read(page_rows=5)
