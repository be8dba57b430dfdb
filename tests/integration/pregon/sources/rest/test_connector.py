"""An API gives the same rows whatever its paging, its pages' size, a kill, or changes in the middle of a read."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from made_up_api import STYLES, award, awards, source, spec
from made_up_sources import image, rejects, run
from servers.rest import Fault, RestApi, rest_api

from pregon.lake import Lake
from pregon.sources.base import MissingColumnError, TableSpec
from pregon.sources.connector import Chunk, Place
from pregon.sources.http.errors import AddressNotFound
from pregon.sources.rest.connector import open_rest
from pregon.sources.rest.errors import ForeignAddress, IncompleteRead, PagingLoop, UnexpectedAnswer

pytestmark = pytest.mark.integration

PAGED = sorted(set(STYLES) - {"/all"})
SHIFTING = ["/offset", "/page"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def api() -> Iterator[RestApi]:
    with rest_api(awards(37)) as running:
        yield running


def rows_of(reading: Any) -> list[dict[str, Any]]:
    return [row for batch in reading.batches for row in batch.data.to_pylist()]


def read(api: RestApi, table: TableSpec, tmp_path: Path, after: Any = None, **options: Any) -> list[dict[str, Any]]:
    """All rows that the connector gives for a table."""
    with open_rest(source(api, table, **options), Place(tmp_path, tmp_path)) as connector:
        plan = connector.plan(table, None)
        return rows_of(connector.read(table, plan.chunks[0], after))


def expected(api: RestApi) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "title": row["title"],
            "amount": Decimal(repr(row["amount"])),
            "buyer": row["buyer"]["name"],
            "updated": datetime.fromisoformat(row["updated"]),
        }
        for row in api.rows
    ]


@pytest.mark.parametrize("path", sorted(STYLES))
@pytest.mark.parametrize("page_rows", [None, 2, 7, 37, 100])
def test_rows_are_the_same_whatever_the_style_of_paging_and_the_size_of_pages(
    api: RestApi, tmp_path: Path, path: str, page_rows: int | None
) -> None:
    assert read(api, spec(path, page_rows=page_rows), tmp_path) == expected(api)


@pytest.mark.parametrize("path", sorted(STYLES))
def test_an_extract_has_the_rows_their_count_and_what_there_is_to_tell(lake: Lake, api: RestApi, path: str) -> None:
    manifest = run(lake, source(api, spec(path, page_rows=10)), lake.root)
    rows = [
        {name: row[name] for name in ("id", "title", "amount", "buyer", "updated")}
        for row in image(lake, manifest, "awards")
    ]
    assert rows == expected(api)
    entry = manifest.tables["awards"]
    assert (entry.rows_read, entry.mode, dict(entry.rejected)) == (37, "full", {})
    assert entry.notes["added_columns"] == ["internal"]
    assert entry.observed["amount"] == "number"


@pytest.mark.parametrize("path", PAGED)
def test_a_read_goes_on_after_a_kill_at_each_page(api: RestApi, tmp_path: Path, path: str) -> None:
    table = spec(path, page_rows=5)
    with open_rest(source(api, table), Place(tmp_path, tmp_path)) as connector:
        chunk = connector.plan(table, None).chunks[0]
        whole = [(batch.data.to_pylist(), batch.after) for batch in connector.read(table, chunk).batches]
        assert len(whole) >= 4
        for number in range(1, len(whole) + 1):
            before = [row for rows, _ in whole[:number] for row in rows]
            asked = len(api.seen)
            rest = rows_of(connector.read(table, chunk, whole[number - 1][1]))
            assert before + rest == expected(api)
            # Only what is left is asked for, and one page to see that nothing has moved.
            assert len(api.seen) - asked <= len(whole) - number + 2


@pytest.mark.parametrize("path", ["/cursor", "/link", "/next-link", "/cursor-header"])
def test_a_token_that_is_refused_after_a_kill_begins_the_read_anew(api: RestApi, tmp_path: Path, path: str) -> None:
    table = spec(path, page_rows=10)
    with open_rest(source(api, table), Place(tmp_path, tmp_path)) as connector:
        chunk = connector.plan(table, None).chunks[0]
        batches = connector.read(table, chunk).batches
        after = next(batches).after
        batches.close()
        api.faults[len(api.seen) + 1] = Fault("status", 400)
        reading = connector.read(table, chunk, after)
        assert rows_of(reading) == expected(api)
        assert reading.notes["restarts"] == 1


CHANGES: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "the first row goes": lambda rows: rows.pop(0),
    "some rows go": lambda rows: rows.__delitem__(slice(3, 6)),
    "a row comes first": lambda rows: rows.insert(0, award(900)),
    "a row comes last": lambda rows: rows.append(award(901)),
}


@pytest.mark.parametrize("path", SHIFTING)
@pytest.mark.parametrize("at", range(2, 10))
@pytest.mark.parametrize("change", CHANGES)
def test_no_row_is_lost_when_rows_come_and_go_in_mid_read(
    api: RestApi, tmp_path: Path, path: str, at: int, change: str
) -> None:
    staying = {row["id"] for row in api.rows[6:]}
    api.faults[at] = Fault("change", change=CHANGES[change])
    assert staying <= {row["id"] for row in read(api, spec(path, page_rows=5), tmp_path)}


@pytest.mark.parametrize("path", SHIFTING)
@pytest.mark.parametrize("change", CHANGES)
def test_no_row_is_doubled_when_rows_come_and_go_in_mid_read(lake: Lake, api: RestApi, path: str, change: str) -> None:
    api.faults[5] = Fault("change", change=CHANGES[change])
    manifest = run(lake, source(api, spec(path, page_rows=5)), lake.root)
    ids = [row["id"] for row in image(lake, manifest, "awards")]
    assert len(ids) == len(set(ids)) >= 37
    assert manifest.tables["awards"].rejected == {}


@pytest.mark.parametrize("path", PAGED)
def test_a_row_that_changes_in_mid_read_is_kept_as_it_was_read_last(lake: Lake, api: RestApi, path: str) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[30] = {**rows[30], "title": "Changed"}

    api.faults[3] = Fault("change", change=change)
    manifest = run(lake, source(api, spec(path, page_rows=5)), lake.root)
    found = {row["id"]: row["title"] for row in image(lake, manifest, "awards")}
    assert found["A-0031"] == "Changed"
    assert len(found) == 37


@pytest.mark.parametrize(("declared", "form", "sent"), [
    ("timestamptz", None, "2026-02-05T08:00:00Z"),
    ("timestamptz", "%Y-%m-%d", "2026-02-05"),
    ("timestamptz", "%d/%m/%Y %H:%M", "05/02/2026 08:00"),
])  # fmt: skip
def test_only_changes_since_the_watermark_less_the_overlap_are_asked_for(
    lake: Lake, api: RestApi, declared: str, form: str | None, sent: str
) -> None:
    since = {"parameter": "updated_from"} | ({"format": form} if form else {})
    table = spec("/page", page_rows=10, cursor="updated", since=since)
    table = TableSpec(table.name, table.key, table.columns, "updated", timedelta(days=2), options=table.options)
    run(lake, source(api, table), lake.root)
    assert all("updated_from" not in seen.params for seen in api.seen)
    asked = len(api.seen)
    api.rows[35]["title"] = "Late"
    manifest = run(lake, source(api, table), lake.root, day=1)
    assert {seen.params["updated_from"] for seen in api.seen[asked:]} == {sent}
    assert manifest.tables["awards"].mode == "incremental"
    assert manifest.tables["awards"].watermark.since == "2026-02-05T08:00:00+00:00"  # type: ignore[union-attr]


def test_odata_is_asked_by_filter_and_followed_by_its_own_links(lake: Lake, api: RestApi) -> None:
    table = spec("/odata", cursor="updated", since={"parameter": "$filter", "format": "updated ge %Y-%m-%dT%H:%M:%SZ"})
    run(lake, source(api, table), lake.root)
    manifest = run(lake, source(api, table), lake.root, day=1)
    assert manifest.tables["awards"].rows_read == 1
    assert manifest.tables["awards"].notes["pages"] == 1


def test_the_same_answer_is_not_read_again_where_there_are_no_pages(lake: Lake, api: RestApi) -> None:
    run(lake, source(api, spec("/all")), lake.root)
    assert run(lake, source(api, spec("/all")), lake.root, day=1).tables["awards"].mode == "unchanged"
    api.rows.append(award(99))
    assert run(lake, source(api, spec("/all")), lake.root, day=2).tables["awards"].rows_read == 38


def test_a_value_that_does_not_fit_and_an_element_that_is_no_object_are_rejected(lake: Lake, api: RestApi) -> None:
    api.rows[3]["amount"] = "a lot"
    api.rows[5] = "stray"  # type: ignore[call-overload]
    manifest = run(lake, source(api, spec("/page", page_rows=10)), lake.root)
    found = {row["_reason"]: row for row in rejects(lake, manifest, "awards")}
    assert set(found) == {"cast_failure", "unreadable_row"}
    assert "internal" not in found["cast_failure"]["_raw"]
    assert (found["unreadable_row"]["_position"], found["cast_failure"]["_position"]) == (6, 4)
    assert manifest.tables["awards"].rows_read == 37


@pytest.mark.parametrize("past_end", ["empty", "404", "last"])
@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("count", [20, 37])
def test_pages_end_however_the_api_shows_it(tmp_path: Path, past_end: Any, counts: bool, count: int) -> None:
    with rest_api(awards(count), past_end=past_end, counts=counts) as api:
        table = spec("/page", page_rows=10, total="meta.total" if counts else None)
        assert read(api, table, tmp_path) == expected(api)


@pytest.mark.parametrize("path", ["/cursor", "/link", "/next-link"])
def test_a_next_that_never_ends_is_not_followed_for_ever(tmp_path: Path, path: str) -> None:
    with rest_api(awards(23), endless=True) as api:
        assert read(api, spec(path, page_rows=10), tmp_path) == expected(api)
        assert len(api.seen) < 8


@pytest.mark.parametrize("path", ["/cursor", "/next-link"])
def test_tokens_that_lead_in_a_circle_are_an_error(tmp_path: Path, path: str) -> None:
    with rest_api(awards(30), loops=True) as api, pytest.raises(PagingLoop):
        read(api, spec(path, page_rows=10), tmp_path)


@pytest.mark.parametrize("path", ["/page", "/offset", "/after"])
@pytest.mark.parametrize("counts", [True, False])
def test_a_parameter_that_the_api_ignores_is_an_error_and_no_end(tmp_path: Path, path: str, counts: bool) -> None:
    with rest_api(awards(30), ignores_paging=True) as api, pytest.raises(PagingLoop) as error:
        read(api, spec(path, page_rows=10, **({} if counts else {"total": None})), tmp_path)
    assert "paging:" in str(error.value.hint)


def test_pages_that_end_before_the_count_is_reached_are_an_error(tmp_path: Path) -> None:
    with rest_api(awards(30), counted=50) as api, pytest.raises(IncompleteRead) as error:
        read(api, spec("/page", page_rows=10), tmp_path)
    assert (error.value.read, error.value.total, error.value.retryable) == (30, 50, True)


@pytest.mark.parametrize("path", ["/link", "/next-link"])
@pytest.mark.parametrize(
    "host",
    [
        "http://169.254.169.254",
        "http://localhost:1",
        "https://elsewhere.example",
        "ftp://127.0.0.1",
        "http://user@127.0.0.1",
    ],
)
def test_a_next_address_on_another_host_is_not_followed(tmp_path: Path, path: str, host: str) -> None:
    with rest_api(awards(30), next_host=host) as api, pytest.raises(ForeignAddress):
        read(api, spec(path, page_rows=10), tmp_path)


def test_a_next_address_on_a_host_that_is_named_is_followed(tmp_path: Path) -> None:
    with rest_api(awards(30)) as other, rest_api(awards(10), next_host=other.address, usual=5) as api:
        host = other.address.removeprefix("http://")
        found = read(api, spec("/next-link", page_rows=5), tmp_path, hosts=(host,))
        assert [row["id"] for row in found] == [row["id"] for row in other.rows]


def test_a_next_address_may_be_relative(tmp_path: Path) -> None:
    with rest_api(awards(30), next_host="") as api:
        assert read(api, spec("/link", page_rows=10), tmp_path) == expected(api)


@pytest.mark.parametrize(("options", "problem"), [
    ({"records": "data.rows"}, "has nothing at 'data.rows'"),
    ({"records": "meta"}, "has object, not an array, at 'meta'"),
    ({"records": None}, "has object, not an array, at its top"),
    ({"total": "meta.count"}, "has no count at 'meta.count'"),
    ({"total": "data.items"}, "has no count at 'data.items'"),
])  # fmt: skip
def test_an_answer_of_another_form_is_refused_before_anything_is_read(
    api: RestApi, tmp_path: Path, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UnexpectedAnswer, match=problem):
        read(api, spec("/page", page_rows=10, **options), tmp_path)
    assert len(api.seen) == 1


def test_a_column_that_has_another_spelling_is_refused(api: RestApi, tmp_path: Path) -> None:
    for row in api.rows:
        row["Title"] = row.pop("title")
    with pytest.raises(MissingColumnError, match="did you mean 'Title'"):
        read(api, spec("/page", page_rows=10), tmp_path)


def test_a_path_that_is_not_there_is_an_error(api: RestApi, tmp_path: Path) -> None:
    table = spec("/page")
    wrong = TableSpec(table.name, table.key, table.columns, options={**table.options, "path": "/pages"})
    with pytest.raises(AddressNotFound):
        read(api, wrong, tmp_path)


def test_a_read_without_any_row_is_no_error_of_the_connector(tmp_path: Path) -> None:
    with rest_api([]) as api:
        for path in sorted(STYLES):
            assert read(api, spec(path, page_rows=10), tmp_path) == []


def test_a_plan_tells_the_count_and_the_columns(api: RestApi, tmp_path: Path) -> None:
    table = spec("/page", page_rows=10)
    with open_rest(source(api, table), Place(tmp_path, tmp_path)) as connector:
        plan = connector.plan(table, None)
        assert (plan.expected, plan.moving, plan.since) == (37, True, None)
        assert plan.chunks == (Chunk("/page", {"since": None}),)
        assert plan.observed["buyer"] == "object"
        assert connector.complete(table, plan).expected == 37
        api.rows.pop()
        assert connector.complete(table, plan).expected is None
