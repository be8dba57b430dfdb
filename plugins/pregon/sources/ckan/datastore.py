"""Tables of a portal's datastore, read page by page in the order of `_id`.

A page is laid against the one before it: it begins with the row at which that one ended. A chunk knows its first and
its last row, too. So it shows when a table is loaded anew, or loses rows, while it is read: then everything is read
afresh. Neither the portal's count nor its links nor the length of a page say when the end has come; the last row does.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from pregon.manifest import Watermark
from pregon.sources.base import (
    CURSOR_TYPES,
    MissingColumnError,
    SourceConfigurationError,
    SourceMovedError,
    SourceSpec,
    TableSpec,
)
from pregon.sources.batches import Batch, raw_text
from pregon.sources.casting import typed_batch
from pregon.sources.ckan.errors import UnexpectedAnswer
from pregon.sources.ckan.portal import ID, Found, Portal, Resource
from pregon.sources.connector import MAX_CHUNKS, Chunk, ChunkRead, Completion, Known, TablePlan
from pregon.sources.http.errors import AddressNotFound, AnswerTooLarge, RequestRefused

PAGE_ROWS = 10_000
"""Rows that are asked for at once; a site gives no more than its ceiling, 32,000 unless it says otherwise."""
CHUNK_ROWS = 250_000
"""Rows that one task reads."""

_COMPARABLE = {
    "integer": ("int", "int2", "int4", "int8", "integer", "bigint", "numeric"),
    "date": ("date", "timestamp"),
    "timestamp": ("timestamp", "date"),
    "timestamptz": ("timestamptz",),
}
"""Declared type of a cursor → types of the database that compare as it means."""
_LOWEST = {"integer": -(2**31), "date": "0001-01-01", "timestamp": "0001-01-01", "timestamptz": "0001-01-02"}

RowMark = list[Any]
"""A row in JSON values: its `_id`, and a hash of what was read of it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What of a table is read: rows that fit `filters`, from the first to the last one there was when it was planned.

    `ranges`: pages are asked for by `_id`, else by offset. `count` is the number of these rows, None where the portal
    does not tell it. `first` and `last` are None where there is no row.
    """

    resource: str
    revision: str
    ranges: bool
    filters: Mapping[str, Any]
    first: RowMark | None
    last: RowMark | None
    count: int | None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "resource": self.resource,
            "revision": self.revision,
            "ranges": self.ranges,
            "filters": dict(self.filters),
            "first": self.first,
            "last": self.last,
            "count": self.count,
        }


@dataclass(slots=True)
class _Standing:
    """Where the reading of a chunk is: rows given, those of earlier tries, the last row, and how pages are got."""

    given: int
    begun: int
    seen: RowMark | None
    size: int
    overlap: bool = True
    notes: dict[str, Any] = field(default_factory=dict)


class Datastore:
    """Plans and reads tables of the datastore of one portal."""

    def __init__(self, source: SourceSpec, portal: Portal) -> None:
        self._source = source
        self._portal = portal

    def plan(self, table: TableSpec, resource: Resource, known: Known | None) -> TablePlan:
        """Decide how a table is read.

        Raises:
            MissingColumnError: a declared column is not there.
            SourceConfigurationError: the cursor's type has no order in time or number.
        """
        described = self._search(table, resource.id, columns=None, limit=0)
        for ours, theirs in table.read_columns.items():
            if theirs not in described.columns:
                raise MissingColumnError(ours, theirs, described.columns, source=self._source.name, table=table.name)
        wanted = set(table.read_columns.values())
        notes: dict[str, Any] = {"resource": resource.id}
        if added := [name for name in described.columns if name not in wanted]:
            notes["added_columns"] = added
        filters: dict[str, Any] = dict(table.option("filters") or {})
        extent = self._extent(table, resource, filters)
        since = self._since(table, known, described, extent, notes)
        if since is not None and table.cursor:
            extent = self._extent(table, resource, {**filters, table.columns[table.cursor].source_name: {"gte": since}})
        return TablePlan(
            self._chunks(table, extent),
            since=since,
            signature=_signature(table, extent, described),
            expected=extent.count,
            observed=described.columns,
            notes=notes,
        )

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None) -> ChunkRead:
        """Begin to read a chunk, or go on after a page of it.

        Raises:
            SourceMovedError: while the batches are taken: the table is not the one that was planned.
        """
        given, seen = (after["given"], after["seen"]) if after else (0, None)
        standing = _Standing(given, given, seen, int(table.option("page_rows") or PAGE_ROWS))
        return ChunkRead(self._batches(table, chunk.bounds, standing), notes=standing.notes)

    def complete(self, table: TableSpec, plan: TablePlan, resource: Resource) -> Completion:
        """Look whether the table is still the one that was read; rows that came at its end are for the next time.

        Raises:
            SourceMovedError: it is not.
        """
        extent = Extent(**plan.chunks[0].bounds["extent"])
        if resource.id != extent.resource:
            raise self._moved(table, "the resource was made anew")
        columns = list(table.read_columns.values())
        first = self._search(table, extent.resource, columns=columns, filters=extent.filters, limit=1)
        if _mark(first.records, columns) != extent.first:
            raise self._moved(table, "its first row is another one now")
        if extent.last is None:
            return Completion(expected=extent.count)
        grown = self._grown(table, extent, columns)
        if resource.revision != extent.revision and not grown:
            raise self._moved(table, "the portal has loaded it anew")
        return Completion(expected=extent.count)

    def _grown(self, table: TableSpec, extent: Extent, columns: list[str]) -> bool:
        """Tell whether rows were added after the last one that was planned; nothing else may have changed.

        Raises:
            SourceMovedError: something has.
        """
        last = _known(extent.last)
        asked: dict[str, Any] = {"columns": columns, "filters": extent.filters, "limit": 1}
        found = self._search(table, extent.resource, **asked, descending=True)
        count = found.total
        grown = bool(found.records) and _number(found.records[0]) > last[0]
        if extent.ranges:
            count = self._count(table, extent.resource, extent.filters, last[0])
            found = self._search(
                table, extent.resource, **{**asked, "filters": {**extent.filters, ID: {"gte": last[0]}}}
            )
        elif grown and extent.count:
            count = extent.count
            found = self._search(table, extent.resource, **asked, offset=extent.count - 1)
        if _mark(found.records, columns) != last:
            raise self._moved(table, "its last row is another one now")
        if count is not None and extent.count is not None and count != extent.count:
            raise self._moved(table, f"it had {extent.count:,} rows, and has {count:,} now")
        return grown

    def _extent(self, table: TableSpec, resource: Resource, filters: Mapping[str, Any]) -> Extent:
        columns = list(table.read_columns.values())
        try:
            first = self._search(table, resource.id, columns=columns, filters=filters, limit=1, ask_ranges=True)
        except RequestRefused:
            # Before CKAN 2.12 there is no such parameter, and no ranges either.
            first = self._search(table, resource.id, columns=columns, filters=filters, limit=1)
        if not first.records:
            return Extent(resource.id, resource.revision, first.ranges, filters, None, None, 0)
        newest = self._search(table, resource.id, columns=columns, filters=filters, descending=True, limit=1)
        if not newest.records:
            raise self._moved(table, "its rows vanished while it was planned")
        count = newest.total
        if first.ranges:
            # The count of a whole table is an old one on such sites; that of a range is counted.
            count = self._count(table, resource.id, filters, _number(newest.records[0]))
        return Extent(
            resource=resource.id,
            revision=resource.revision,
            ranges=first.ranges,
            filters=filters,
            first=_mark(first.records, columns),
            last=_mark(newest.records, columns),
            count=count,
        )

    def _count(self, table: TableSpec, resource: str, filters: Mapping[str, Any], last: int) -> int | None:
        return self._search(table, resource, filters={**filters, ID: {"lte": last}}, limit=1).total

    def _chunks(self, table: TableSpec, extent: Extent) -> tuple[Chunk, ...]:
        """Part a large table at rows that are looked up; rows that are numbered are read by one task."""
        bounds = {"extent": extent.to_json(), "offset": 0, "from": extent.first, "to": None}
        rows = max(int(table.option("split_rows") or CHUNK_ROWS), -(-(extent.count or 0) // MAX_CHUNKS))
        if extent.count is None or extent.count <= rows or table.row_number:
            return (Chunk("", bounds),)
        columns = list(table.read_columns.values())
        starts: list[tuple[int, RowMark]] = [(0, _known(extent.first))]
        for offset in range(rows, extent.count, rows):
            found = self._search(
                table, extent.resource, columns=columns, filters=extent.filters, limit=1, offset=offset
            )
            if (start := _mark(found.records, columns)) is None:
                raise self._moved(table, "its rows vanished while it was planned")
            starts.append((offset, start))
        following = [*[start for _, start in starts[1:]], None]
        ends = [*[offset for offset, _ in starts[1:]], extent.count]
        return tuple(
            Chunk(f"rows {offset + 1:,} to {end:,}", {**bounds, "offset": offset, "from": start, "to": stop})
            for (offset, start), stop, end in zip(starts, following, ends, strict=True)
        )

    def _batches(self, table: TableSpec, bounds: Mapping[str, Any], standing: _Standing) -> Iterator[Batch]:
        extent = Extent(**bounds["extent"])
        columns = list(table.read_columns.values())
        if extent.first is None:
            if self._search(table, extent.resource, columns=columns, filters=extent.filters, limit=1).records:
                raise self._moved(table, "it had no rows, and has some now")
            return
        ended = bounds["to"] is None and standing.seen == extent.last
        while not ended:
            records = self._page(table, bounds, extent, columns, standing)
            rows, ended = self._within(table, bounds, extent, columns, records)
            if not rows:
                if not ended:
                    raise self._moved(table, "its last row is gone")
                return
            first = standing.given - standing.begun + 1
            standing.given += len(rows)
            standing.seen = _mark(rows[-1:], columns)
            # Numbers that are columns have to be those of one reading.
            after = None if table.row_number else {"given": standing.given, "seen": standing.seen}
            yield _batch(table, rows, first, after)

    def _page(
        self, table: TableSpec, bounds: Mapping[str, Any], extent: Extent, columns: list[str], standing: _Standing
    ) -> Sequence[Mapping[str, Any]]:
        """Give the rows that follow those given."""
        while True:
            seen, start = standing.seen, bounds["from"]
            overlap = 1 if seen is not None and standing.overlap else 0
            filters, offset = dict(extent.filters), 0
            if extent.ranges:
                filters[ID] = {"gt" if seen is not None and not overlap else "gte": (seen or start)[0]}
            else:
                offset = bounds["offset"] + standing.given - overlap
            asked = standing.size + overlap
            try:
                found = self._search(
                    table, extent.resource, columns=columns, filters=filters, limit=asked, offset=offset
                )
            except AnswerTooLarge:
                if standing.size == 1:
                    raise
                standing.size = max(standing.size // 4, 1)
                continue
            records = found.records
            self._check_order(table, extent, records, (seen or start)[0])
            if len(records) < asked and found.limit is not None and len(records) == found.limit:
                standing.notes["rows_per_answer"] = str(found.limit)
            if seen is None:
                if _mark(records[:1], columns) != start:
                    raise self._moved(table, "its rows are not where they were")
                return records
            if not overlap:
                return records
            if _mark(records[:1], columns) != seen:
                raise self._moved(table, "its rows are not where they were")
            if len(records) == 1 and asked > 1:
                # Either nothing follows, or the site gives one row at a time.
                standing.overlap = False
                continue
            return records[1:]

    def _within(
        self,
        table: TableSpec,
        bounds: Mapping[str, Any],
        extent: Extent,
        columns: list[str],
        records: Sequence[Mapping[str, Any]],
    ) -> tuple[Sequence[Mapping[str, Any]], bool]:
        """Give those rows of a page that are of the chunk, and whether it ends there."""
        stop, last = bounds["to"], _known(extent.last)
        end = stop or last
        rows = [record for record in records if _number(record) < end[0] or (not stop and _number(record) == end[0])]
        at_end = [record for record in records if _number(record) == end[0]]
        if at_end and _mark(at_end, columns) != end:
            raise self._moved(table, "its last row is another one now")
        if not at_end and len(rows) < len(records):
            raise self._moved(table, "its last row is gone")
        return rows, bool(at_end)

    def _check_order(self, table: TableSpec, extent: Extent, records: Sequence[Mapping[str, Any]], lowest: int) -> None:
        """Refuse pages of a site that ignores the order or the range it is asked for: they would never end."""
        numbers = [_number(record) for record in records]
        if any(after <= before for before, after in pairwise(numbers)):
            problem = "is not in the order that was asked for"
        elif extent.ranges and numbers and numbers[0] < lowest:
            problem = "holds rows that were not asked for"
        else:
            return
        raise UnexpectedAnswer("datastore_search", problem, source=self._source.name, table=table.name)

    def _search(self, table: TableSpec, resource: str, **asked: Any) -> Found:
        try:
            return self._portal.search(table, resource, **{"columns": (), **asked})
        except AddressNotFound:
            raise self._moved(table, "its resource is gone from the datastore") from None

    def _since(
        self, table: TableSpec, known: Known | None, described: Found, extent: Extent, notes: dict[str, Any]
    ) -> str | None:
        """Give the lower bound of the cursor, where the site takes ranges and every row has a cursor it can compare."""
        if not table.cursor:
            return None
        declared = table.types[table.cursor]
        if declared not in CURSOR_TYPES:
            raise SourceConfigurationError(
                f"the cursor {table.cursor!r} is declared as {declared}",
                source=self._source.name,
                table=table.name,
                hint=f"declare it as one of {', '.join(CURSOR_TYPES)}",
            )
        name = table.columns[table.cursor].source_name
        bound = _bound(table, declared, known.watermark if known else None)
        if bound is None:
            return None
        if not extent.ranges:
            notes["cursor_not_used"] = "the portal can't be asked for ranges: everything is read"
        elif described.kept.get(name) not in _COMPARABLE[declared]:
            notes["cursor_not_used"] = f"the portal keeps {name!r} as {described.kept.get(name)}: everything is read"
        else:
            # A row without cursor would never be read again, and can't be asked for.
            filters = {**extent.filters, name: {"gte": _LOWEST[declared]}}
            dated = self._search(table, extent.resource, filters=filters, limit=1).total
            if dated is not None and dated == extent.count:
                return bound
            notes["cursor_not_used"] = f"rows have no value in {name!r}: everything is read"
        return None

    def _moved(self, table: TableSpec, problem: str) -> SourceMovedError:
        return SourceMovedError(
            f"changed while it was read: {problem}",
            source=self._source.name,
            table=table.name,
            hint="run again when the portal has finished its load",
        )


def _bound(table: TableSpec, declared: str, watermark: Watermark | None) -> str | None:
    """Give the watermark less the overlap as text; a number has no overlap in time."""
    if watermark is None or watermark.value is None or watermark.cursor != table.cursor:
        return None
    if declared == "integer":
        return str(int(watermark.value))
    value = date.fromisoformat(watermark.value) if declared == "date" else datetime.fromisoformat(watermark.value)
    return (value - table.overlap).isoformat()


def _signature(table: TableSpec, extent: Extent, described: Found) -> str | None:
    """Identify the table's content where the city says that its portal tells of each load, and it does."""
    if not table.option("skip_unchanged") or not extent.revision:
        return None
    value = [extent.resource, extent.revision, extent.count, sorted(extent.filters.items()), list(described.columns)]
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _number(record: Mapping[str, Any]) -> int:
    return int(record[ID])


def _known(mark: RowMark | None) -> RowMark:
    if mark is None:
        raise ValueError("a table without rows has no first row")
    return mark


def _mark(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> RowMark | None:
    """Identify the first of some rows by its number and its content; None where there is none."""
    if not records:
        return None
    content = repr([_exact(records[0].get(name)) for name in columns])
    digest = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return [_number(records[0]), digest]


def _exact(value: Any) -> Any:
    """Give a value with its numbers as plain text, as the portal wrote them."""
    return str(value) if isinstance(value, str) else value


def _batch(table: TableSpec, rows: Sequence[Mapping[str, Any]], first: int, after: Mapping[str, Any] | None) -> Batch:
    columns = {ours: [_exact(row.get(theirs)) for row in rows] for ours, theirs in table.read_columns.items()}

    def raw(index: int) -> str:
        return raw_text({ours: values[index] for ours, values in columns.items()})

    return typed_batch(table, columns, first, raw, after=after)
