"""What a made-up CKAN holds: datasets with their resources, tables of a datastore, and how they are searched.

Written to CKAN's own rules (its action API and the datastore extension), so that it can judge a reader of portals.
"""

import csv
import hashlib
import io
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

_START = datetime(2026, 8, 1, 16, 0, tzinfo=UTC)


class Refused(Exception):
    """An answer without success: status, `__type` of the error, and what else it holds."""

    def __init__(self, status: int, kind: str, **details: Any) -> None:
        super().__init__(kind)
        self.status = status
        self.error = {"__type": kind, **details}


@dataclass
class Quirks:
    """How a site departs from CKAN as it is today; each was seen at a real portal.

    `ceiling`: most rows of one answer. `clip_shown`: the answer's `limit` tells of the ceiling. `limit_answered`: it is
    in the answer when nobody asked for one. `total_past_end`: `total` is there, too, where no records are.
    `total`: changes the count that is told. `range_filters`: CKAN 2.12 and later (`gt` … in filters, `next_page`).
    `sql`: `datastore_search_sql` is on. `number_texts`: numbers are texts in JSON. `internal_fields`: `_full_count` and
    `rank` are among the fields. `link_prefix`: path of the site in `_links`.
    """

    ceiling: int = 32_000
    clip_shown: bool = True
    limit_answered: bool = True
    total_past_end: bool = True
    total: Callable[[int], int | None] = lambda count: count
    total_estimated: bool = False
    range_filters: bool = True
    ranges_ignored: bool = False
    sql: bool = False
    number_texts: bool = False
    internal_fields: bool = False
    link_prefix: str = ""
    hashes: bool = True
    modified_kept: bool = False
    """A load leaves `last_modified` as it was."""


@dataclass
class Resource:
    """A resource of a dataset: a table of the datastore, a file, or both."""

    id: str
    name: str
    format: str = "CSV"
    fields: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    active: bool = True
    file: bytes | None = None
    filename: str = "data.csv"
    modified: datetime = _START
    private: bool = False

    def __post_init__(self) -> None:
        self._next = 1
        self.load(self.rows)

    def load(self, rows: Iterable[Row]) -> None:
        """Throw the table away and fill it anew, as loaders do: `_id` begins with 1 again."""
        self.rows, self._next = [], 1
        self.insert(rows)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add rows at the end, as an upsert does."""
        for row in rows:
            self.rows.append({"_id": self._next, **{name: row.get(name) for name in self.fields}})
            self._next += 1

    def delete(self, unwanted: Callable[[Row], bool]) -> None:
        """Remove rows; the others keep their `_id`."""
        self.rows = [row for row in self.rows if not unwanted(row)]

    def update(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change rows in place."""
        for row in self.rows:
            change(row)

    def digest(self) -> str:
        return hashlib.md5(repr(self.rows).encode() + (self.file or b""), usedforsecurity=False).hexdigest()


@dataclass
class Portal:
    """All datasets of a site."""

    quirks: Quirks = field(default_factory=Quirks)
    packages: dict[str, list[Resource]] = field(default_factory=dict)
    loads: int = 0

    def add(
        self,
        package: str,
        name: str,
        rows: Iterable[Row] = (),
        fields: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Resource:
        """Add a resource; a table has the columns of its first row, all text, unless they are given with types."""
        held = [dict(row) for row in rows]
        types = dict(fields) if fields is not None else dict.fromkeys(held[0] if held else (), "text")
        resource = Resource(self._new_id(f"{package}/{name}"), name, fields=types, rows=held, **more)
        self.packages.setdefault(package, []).append(resource)
        return resource

    def add_csv(self, package: str, name: str, file: Path) -> Resource:
        """Add the table of a CSV file, as its loader would have filled it: all text, an empty cell is null."""
        with file.open(encoding="utf-8", newline="") as stream:
            rows = [
                {key: value or None for key, value in row.items() if key != "_id"} for row in csv.DictReader(stream)
            ]
        return self.add(package, name, rows)

    def reload(self, resource: Resource, rows: Iterable[Row] | None = None, *, new_id: bool = False) -> None:
        """Load a table again, as portals do each night; with `new_id` the resource is made anew."""
        resource.load([dict(row) for row in (resource.rows if rows is None else rows)])
        self.touch(resource)
        if new_id:
            resource.id = self._new_id(f"{resource.name}/{self.loads}")

    def touch(self, resource: Resource) -> None:
        """Note the time of a load."""
        self.loads += 1
        if not self.quirks.modified_kept:
            resource.modified = _START + timedelta(minutes=self.loads)

    def find(self, resource_id: str) -> Resource:
        """Give a resource by its id."""
        for resources in self.packages.values():
            for resource in resources:
                if resource.id == resource_id:
                    return resource
        raise Refused(404, "Not Found Error", message=f'Not found: Resource "{resource_id}" was not found.')

    def table(self, resource_id: str) -> Resource:
        """Give a resource that is in the datastore."""
        resource = self.find(resource_id)
        if not resource.active:
            raise Refused(404, "Not Found Error", message=f'Not found: Resource "{resource_id}" was not found.')
        return resource

    def _new_id(self, seed: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://portal.example/{seed}"))

    def search(self, resource: Resource, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer `datastore_search`."""
        quirks = self.quirks
        known = {"resource_id", "filters", "q", "limit", "offset", "fields", "sort", "include_total", "records_format"}
        known |= {"include_next_page"} if quirks.range_filters else {"total_estimation_threshold"}
        if unknown := sorted(set(params) - known):
            raise Refused(409, "Validation Error", __extras=[f'invalid value "{unknown[0]}"'])
        asked = _natural(params, "limit", 100)
        offset = _natural(params, "offset", 0)
        limit = min(asked, quirks.ceiling)
        fields = _names(params.get("fields")) or ["_id", *resource.fields]
        found = [row for row in self._ordered(resource, params.get("sort")) if self._matches(resource, row, params)]
        for name in fields:
            if name not in resource.fields and name != "_id":
                raise Refused(409, "Validation Error", fields=[f'field "{name}" not in table'])
        page = found[offset : offset + limit]
        types = {"_id": "int", **resource.fields}
        answer: dict[str, Any] = {
            "resource_id": resource.id,
            "include_total": True,
            "records_format": "objects",
            "fields": [self._field(resource, name, types[name]) for name in fields],
            "records": [{name: self._value(row[name], types[name]) for name in fields} for row in page],
            "_links": {
                "start": f"{quirks.link_prefix}/api/3/action/datastore_search?resource_id={resource.id}",
                "next": f"{quirks.link_prefix}/api/3/action/datastore_search?resource_id={resource.id}"
                f"&offset={offset + limit}",
            },
        }
        if quirks.internal_fields:
            answer["fields"] += [{"id": "_full_count", "type": "int8"}, {"id": "rank 1", "type": "float4"}]
            for record in answer["records"]:
                record["_full_count"] = str(len(found))
        if "limit" in params or quirks.limit_answered:
            answer["limit"] = limit if quirks.clip_shown else asked
        if offset:
            answer["offset"] = offset
        total = quirks.total(len(found))
        if total is not None and (page or quirks.total_past_end):
            answer["total"] = total
            answer["total_was_estimated"] = quirks.total_estimated
        if page and _true(params.get("include_next_page")) and _names(params.get("sort")) in ([], ["_id"], ["_id asc"]):
            answer["next_page"] = {"_id": {"gt": max(row["_id"] for row in page)}}
        return answer

    def dump(self, resource: Resource) -> bytes:
        """Answer `/datastore/dump`: the header ends in CRLF, rows in LF."""
        out = io.StringIO()
        names = ["_id", *resource.fields]
        csv.writer(out, lineterminator="\r\n").writerow(names)
        csv.writer(out, lineterminator="\n").writerows([[row[name] for name in names] for row in resource.rows])
        return out.getvalue().encode()

    def _field(self, resource: Resource, name: str, declared: str) -> dict[str, Any]:
        override = resource.overrides.get(name)
        return {"id": name, "type": declared, **({"info": {"type_override": override}} if override else {})}

    def _value(self, value: Any, declared: str) -> Any:
        if self.quirks.number_texts and isinstance(value, int | Decimal) and declared != "bool" and declared != "int":
            return str(value)
        return value

    def _ordered(self, resource: Resource, sort: Any) -> list[dict[str, Any]]:
        """Sort; without a sort rows come in no order that can be relied on."""
        names = _names(sort)
        if not names:
            return sorted(resource.rows, key=lambda row: hashlib.md5(str(row["_id"]).encode()).digest())  # noqa: S324
        rows = list(resource.rows)
        for part in reversed(names):
            name, _, direction = part.partition(" ")
            if name not in resource.fields and name != "_id":
                raise Refused(409, "Validation Error", sort=[f'field "{name}" not in table'])
            rows.sort(key=lambda row: (row[name] is None, row[name] or 0), reverse=direction == "desc")
        return rows

    def _matches(self, resource: Resource, row: Row, params: Mapping[str, Any]) -> bool:
        filters = params.get("filters") or {}
        for name, wanted in filters.items():
            if name not in resource.fields and name != "_id":
                raise Refused(409, "Validation Error", filters=[f'field "{name}" not in table'])
            if isinstance(wanted, dict):
                if not self.quirks.range_filters and not self.quirks.ranges_ignored:
                    raise Refused(409, "Validation Error", query=["Invalid query"])
                if not self.quirks.ranges_ignored and not all(
                    _compare(row[name], operator, bound) for operator, bound in wanted.items()
                ):
                    return False
            elif str(row[name]) not in [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]:
                return False
        return True


def _compare(value: Any, operator: str, bound: Any) -> bool:
    if value is None:
        return False
    if not isinstance(value, str):
        bound = type(value)(bound)
    tests = {"gt": value > bound, "gte": value >= bound, "lt": value < bound, "lte": value <= bound}
    if operator not in tests:
        raise Refused(409, "Validation Error", filters=[f"Unknown filter operation: {operator}"])
    return bool(tests[operator])


def _natural(params: Mapping[str, Any], name: str, default: int) -> int:
    try:
        number = int(params.get(name, default))
    except ValueError:
        number = -1
    if number < 0:
        raise Refused(409, "Validation Error", **{name: ["Must be a natural number"]})
    return number


def _names(value: Any) -> list[str]:
    """Give names as CKAN takes them: a list, or a text that is cut at every comma, quoted or not."""
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(part).strip().strip('"') for part in parts if str(part).strip()]


def _true(value: Any) -> bool:
    return str(value).lower() in {"true", "1", "yes"}
