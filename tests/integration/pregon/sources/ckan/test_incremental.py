"""What the next extract asks for: changes by a cursor where the site can tell them, else everything, else nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from servers.ckan import CkanServer
from servers.ckan_tables import Resource

from pregon.manifest import Watermark
from pregon.sources.base import SourceConfigurationError, SourceMovedError
from pregon.sources.connector import Known

from .conftest import Read, notices

pytestmark = pytest.mark.integration


def known(value: str | None = "2026-01-20T00:00:00", signature: str | None = None, cursor: str = "changed") -> Known:
    return Known(Watermark(cursor, value), signature, 23)


def changed_since(resource: Resource, day: int) -> list[str]:
    return [row["Document Number"] for row in resource.rows if row["Changed"] >= f"2026-01-{day:02d}"]


def test_rows_from_the_watermark_on_are_read(server: CkanServer, resource: Resource, read: Read) -> None:
    found = read(cursor="changed", known=known(), page_rows=2)

    assert found.numbers == changed_since(resource, 20) == ["N0019", "N0020", "N0021", "N0022", "N0023"]
    assert found.plan.since == "2026-01-20T00:00:00"
    assert found.expected == 5


def test_the_overlap_reads_further_back(server: CkanServer, resource: Resource, read: Read) -> None:
    found = read(cursor="changed", known=known(), overlap=timedelta(days=3))

    assert found.numbers == changed_since(resource, 17)


def test_the_first_time_everything_is_read(server: CkanServer, resource: Resource, read: Read) -> None:
    for before in (None, known(None), known(cursor="another")):
        assert len(read(cursor="changed", known=before).rows) == 23


def test_a_cursor_and_filters_go_together(server: CkanServer, resource: Resource, read: Read) -> None:
    found = read(cursor="changed", known=known(), filters={"Document Number": ["N0002", "N0021"]})

    assert found.numbers == ["N0021"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"range_filters": False}, "can't be asked for ranges"),
        ({"kept_as": "text"}, "keeps 'Changed' as text"),
        ({"undated": 3}, "rows have no value in 'Changed'"),
    ],
    ids=str,
)
def test_where_a_cursor_can_not_tell_everything_is_read(
    server: CkanServer, resource: Resource, read: Read, changes: dict[str, Any], told: str
) -> None:
    server.portal.quirks.range_filters = changes.get("range_filters", True)
    resource.fields["Changed"] = changes.get("kept_as", "timestamp")
    resource.update(lambda row: row.update(Changed=None) if row["_id"] == changes.get("undated") else None)

    found = read(cursor="changed", known=known())

    assert (len(found.rows), found.plan.since) == (23, None)
    assert told in found.plan.notes["cursor_not_used"]


def test_an_integer_has_no_overlap_in_time(server: CkanServer, read: Read) -> None:
    rows = [{"No": str(number), "Version": number} for number in range(1, 9)]
    server.portal.add("notices", "Notices", rows, {"No": "text", "Version": "int4"})

    found = read(columns={"no": "No", "version": "Version"}, types={"version": "integer"}, cursor="version",
                 overlap=timedelta(days=1), known=known("6", cursor="version"))  # fmt: skip

    assert [row["version"] for row in found.rows] == [6, 7, 8]


def test_a_cursor_without_order_is_refused(resource: Resource, read: Read) -> None:
    with pytest.raises(SourceConfigurationError, match="the cursor 'title' is declared as text"):
        read(cursor="title")


@pytest.mark.parametrize("at", [9, 10, 11])
def test_a_row_that_changes_meanwhile_is_not_lost(server: CkanServer, resource: Resource, read: Read, at: int) -> None:
    def change() -> None:
        resource.update(lambda row: row.update(Changed="2026-02-01T00:00:00") if row["_id"] == 2 else None)

    server.at(at, change)
    try:
        found = read(cursor="changed", known=known(), page_rows=2)
    except SourceMovedError:
        found = read(cursor="changed", known=known(), page_rows=2)
    assert {row["changed"] for row in found.rows} >= {datetime(2026, 2, 1)}  # noqa: DTZ001 - without zone
    assert "N0002" in found.numbers


# Nothing new ----------------------------------------------------------------------------------------------------------


def test_what_the_portal_says_of_a_load_is_believed_only_if_the_city_does(
    server: CkanServer, resource: Resource, read: Read
) -> None:
    assert read().plan.signature is None

    first, again = (read(skip_unchanged=True).plan.signature for _ in range(2))
    assert first == again is not None


def test_each_sign_of_a_load_is_another_signature(server: CkanServer, resource: Resource, read: Read) -> None:
    def signature(**options: Any) -> str | None:
        return read(skip_unchanged=True, **options).plan.signature

    seen = [signature(), signature(filters={"Document Number": "N0003"})]
    server.portal.reload(resource)
    seen.append(signature())
    server.portal.reload(resource, new_id=True)
    seen.append(signature())
    server.portal.quirks.modified_kept = True
    resource.insert(notices(1, 60))
    seen.append(signature())
    resource.fields["New"] = "text"
    resource.update(lambda row: row.update(New=None))
    seen.append(signature())

    assert None not in seen
    assert len(set(seen)) == len(seen)
