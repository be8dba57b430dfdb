"""A portal through the whole extract stage: into raw parts and images, whatever happens meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import AS_OF, CITY, image, rejects
from servers.ckan import CkanServer, Fault
from servers.ckan_tables import Resource

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import MissingColumnError, SourceMovedError, SourceSpec
from pregon.sources.extract import Extraction, extract
from pregon.sources.guards import ColumnDrift, TooFewRows
from pregon.sources.http.errors import AuthenticationRejected, ServerFailed

from .conftest import notices, spec

pytestmark = pytest.mark.integration

Run = Callable[..., Manifest]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def run(lake: Lake, source: Callable[..., SourceSpec], resource: Resource, tmp_path: Path) -> Run:
    def done(day: int = 0, *, full: bool = False, **options: Any) -> Manifest:
        wanted = spec(**{"page_rows": 5, "deletions": "mark", **options})
        return extract(
            Extraction(lake, CITY, [source(wanted)], AS_OF + timedelta(days=day), tmp_path / "home", full=full)
        )

    return done


def numbers(lake: Lake, manifest: Manifest) -> list[str]:
    return [row["no"] for row in image(lake, manifest, "notices")]


def test_a_reload_that_renumbers_every_row_changes_nothing(
    server: CkanServer, resource: Resource, run: Run, lake: Lake
) -> None:
    assert run().tables["notices"].changed == {"new": 23}

    server.portal.reload(resource, [*resource.rows[7:], *resource.rows[:7]], new_id=True)

    later = run(1)
    assert later.tables["notices"].mode == "full"
    assert not any(later.tables["notices"].changed.values())
    assert numbers(lake, later) == [f"N{number:04d}" for number in range(1, 24)]


def test_what_changed_came_and_went_is_found_by_its_content(
    server: CkanServer, resource: Resource, run: Run, lake: Lake
) -> None:
    run()

    rows = [{**row, "Title": "Chairs"} if row["_id"] == 4 else row for row in resource.rows if row["_id"] != 9]
    server.portal.reload(resource, [*notices(1, 40), *rows])

    later = run(1)
    changed = {name: count for name, count in later.tables["notices"].changed.items() if count}
    assert changed == {"new": 1, "changed": 1, "deleted": 1}
    assert "N0009" not in numbers(lake, later)


@pytest.mark.parametrize("at", range(5, 14))
@pytest.mark.parametrize("ranges", [True, False])
def test_a_load_in_the_middle_ends_in_the_state_after_it(
    server: CkanServer, resource: Resource, run: Run, lake: Lake, at: int, ranges: bool
) -> None:
    server.portal.quirks.range_filters = ranges
    rows = [*notices(2, 40), *resource.rows[3:]]
    server.at(at, lambda: server.portal.reload(resource, rows))

    found = numbers(lake, run())

    states = [[f"N{number:04d}" for number in range(first, 24)] for first in (1, 4)]
    assert found in (states[0], [*states[1], "N0040", "N0041"])


def test_a_table_that_never_rests_is_an_error_that_time_may_mend_and_is_then_read_afresh(
    server: CkanServer, resource: Resource, run: Run, lake: Lake
) -> None:
    for at in range(6, 200, 4):
        server.at(at, lambda: server.portal.reload(resource, resource.rows[::-1]))

    with pytest.raises(SourceMovedError) as told:
        run()
    assert told.value.retryable
    server.forget()

    assert numbers(lake, run()) == [f"N{number:04d}" for number in range(1, 24)]


@pytest.mark.parametrize("at", range(1, 13))
def test_a_failure_at_any_request_loses_nothing_and_reads_no_page_twice(
    server: CkanServer, resource: Resource, run: Run, lake: Lake, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_whole = len(run().tables["notices"].parts), len(server.requests)
    server.forget()
    server.fault_at(*range(at, at + 6), fault=Fault(status=503))
    if at <= run_whole[1]:
        with pytest.raises(ServerFailed):
            run(1)
    server.forget()

    assert numbers(lake, run(1)) == [f"N{number:04d}" for number in range(1, 24)]
    pages = [request for request in server.requests if request.params.get("limit") in ("5", "6")]
    assert len(pages) <= 5 - max(0, min(at, 11) - 6)


def test_rejected_rows_keep_their_number_through_all_pages(
    server: CkanServer, resource: Resource, run: Run, lake: Lake
) -> None:
    resource.update(lambda row: row.update(Changed="soon") if row["_id"] in {2, 9, 23} else None)

    assert [row["_position"] for row in rejects(lake, run(), "notices")] == [2, 9, 23]


def test_a_table_in_parts_is_the_same_table(server: CkanServer, resource: Resource, run: Run, lake: Lake) -> None:
    manifest = run(split_rows=6)

    assert manifest.tables["notices"].notes["chunks"] == 4
    assert numbers(lake, manifest) == [f"N{number:04d}" for number in range(1, 24)]
    assert not any(run(1).tables["notices"].changed.values())


def test_changes_by_cursor_are_folded_into_what_is_known(
    server: CkanServer, resource: Resource, run: Run, lake: Lake
) -> None:
    run(cursor="changed")
    resource.update(lambda row: row.update(Changed="2026-02-03T04:05:06", Title="Late") if row["_id"] == 3 else None)
    resource.insert([{**notices(1, 70)[0], "Changed": "2026-02-04T00:00:00"}])

    later = run(1, cursor="changed").tables["notices"]

    assert (later.mode, later.changed["new"], later.changed["changed"]) == ("incremental", 1, 1)
    assert later.watermark is not None
    assert later.watermark.value == "2026-02-04T00:00:00"
    assert len(numbers(lake, run(2, cursor="changed"))) == 24


def test_nothing_is_read_where_the_portal_says_that_nothing_was_loaded(
    server: CkanServer, resource: Resource, run: Run
) -> None:
    run(skip_unchanged=True)
    server.forget()

    assert run(1, skip_unchanged=True).tables["notices"].mode == "unchanged"
    assert all(int(request.params["limit"]) <= 1 for request in server.answered("datastore_search"))


def test_a_column_that_changed_its_type_stops_the_run(server: CkanServer, resource: Resource, run: Run) -> None:
    run()
    resource.fields["Amount"] = "text"

    with pytest.raises(ColumnDrift, match="'Amount' was numeric, is text"):
        run(1)


def test_a_column_that_is_gone_stops_the_run_and_one_that_came_does_not(
    server: CkanServer, resource: Resource, run: Run
) -> None:
    run()
    resource.fields["Office"] = "text"
    resource.update(lambda row: row.update(Office="x"))
    assert run(1).tables["notices"].notes["columns_came"] == ["Office"]

    del resource.fields["Title"]
    with pytest.raises(MissingColumnError, match="has no column 'Title'"):
        run(2)


def test_a_table_that_shrank_stops_the_run(server: CkanServer, resource: Resource, run: Run, lake: Lake) -> None:
    before = run()
    server.portal.reload(resource, resource.rows[:8])

    with pytest.raises(TooFewRows):
        run(1)
    assert len(numbers(lake, before)) == 23


def test_a_token_that_is_no_good_any_more_is_told_at_once(server: CkanServer, resource: Resource, run: Run) -> None:
    resource.private = True

    with pytest.raises(AuthenticationRejected):
        run()
    assert len(server.requests) == 1


@pytest.fixture(autouse=True)
def _nothing_of_staff(tmp_path: Path) -> Iterator[None]:
    """Whatever is read, what nobody declared never reaches the disk."""
    yield
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"Prueba" not in path.read_bytes(), path
