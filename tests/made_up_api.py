"""Awards of a city that nobody governs, as the API of tests/servers/rest.py serves them, and sources that read it."""

from datetime import date, timedelta
from typing import Any

from made_up_sources import table
from servers.rest import Number, RestApi

from pregon.sources.base import SourceSpec, TableSpec

COLUMNS = {"id": "id", "title": "title", "amount": "amount", "buyer": "buyer.name", "updated": "updated"}
TYPES = {"amount": "decimal", "updated": "timestamptz"}

STYLES: dict[str, dict[str, Any]] = {
    "/page": {
        "records": "data.items",
        "total": "meta.total",
        "paging": {"style": "page", "rows_parameter": "per_page"},
    },
    "/offset": {"records": "results", "total": "count", "paging": {"style": "offset", "rows_parameter": "limit"}},
    "/cursor": {
        "records": "items",
        "total": "paging.total",
        "paging": {"style": "cursor", "next": "paging.next", "rows_parameter": "limit"},
    },
    "/cursor-header": {"paging": {"style": "cursor", "next_header": "X-Next-Token", "rows_parameter": "limit"}},
    "/after": {
        "records": "data",
        "paging": {"style": "cursor", "parameter": "starting_after", "last": "id", "rows_parameter": "limit"},
    },
    "/link": {"total_header": "X-Total-Count", "paging": {"style": "link", "rows_parameter": "limit"}},
    "/next-link": {"records": "results", "paging": {"style": "link", "next": "links.next", "rows_parameter": "limit"}},
    "/odata": {
        "records": "value",
        "total": "@odata.count",
        "params": {"$count": "true"},
        "paging": {"style": "link", "next": "@odata.nextLink"},
    },
    "/all": {},
}
"""Path of the API → how it is read."""


def award(number: int, title: str | None = None) -> dict[str, Any]:
    """One award; amounts are such as a float would not keep."""
    day = date(2026, 1, 1) + timedelta(days=number % 300)
    return {
        "id": f"A-{number:04d}",
        "title": title or f"Award {number}",
        "amount": Number(f"{number}.10"),
        "buyer": {"name": f"Department {number % 7}", "unit": "x"},
        "updated": f"{day.isoformat()}T08:00:00Z",
        "internal": "not for anybody",
    }


def awards(count: int) -> list[dict[str, Any]]:
    """Awards 1 to `count`."""
    return [award(number) for number in range(1, count + 1)]


def spec(path: str, *, page_rows: int | None = None, cursor: str | None = None, **changes: Any) -> TableSpec:
    """The table that a path of the API gives, read in its style."""
    options = {**STYLES[path], **changes, "path": path}
    if page_rows and "rows_parameter" in options.get("paging", {}):
        options["page_rows"] = page_rows
    else:
        options["paging"] = {
            name: value for name, value in options.get("paging", {}).items() if name != "rows_parameter"
        }
    given = {name: value for name, value in options.items() if value}
    return table("awards", columns=COLUMNS, types=TYPES, cursor=cursor, **given)


def source(api: RestApi, *tables: TableSpec, connection: str | None = None, **options: Any) -> SourceSpec:
    """The API as a source."""
    settings = {"private_addresses": True, **options}
    return SourceSpec("api", "rest", tables, url=api.address, connection=connection, options=settings)
