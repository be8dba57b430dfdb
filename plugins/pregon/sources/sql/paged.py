"""Databases that are read page by page, in short transactions: they may change meanwhile.

Pages go by (cursor, key), or by key alone, from where the last one ended: no row is skipped or read twice because
others come and go, as it would be by offset. A row that changes while it is read moves on along the cursor and is read
again; a last pass over what changed since the plan was made catches those that came too late for their page.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pregon.memory import paused_collection
from pregon.sources.base import SourceConfigurationError, TableSpec, cursor_text
from pregon.sources.batches import Batch
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, TablePlan
from pregon.sources.sql.database import Database, cursor_value
from pregon.sources.sql.permissions import TellsOfAccount
from pregon.sources.sql.rows import batch_of
from pregon.sources.sql.statements import Place, after, named, ordered, rows

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

PAGE_ROWS = 50_000
PARENT_KEYS = 500
"""So many parents' children are asked for at once."""


class PagedConnector(TellsOfAccount):
    """Reads tables and views page by page; only the declared columns are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = {table.name: table for table in database.source.tables}
        self._since: dict[str, date | int | None] = {}

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read a table: from the watermark less the overlap on, by its parents that changed, or whole.

        Raises:
            SourceUnavailableError: there is no such table.
            MissingColumnError: a declared column is not there.
            SourceConfigurationError: its cursor has no order, or its parent is not one.
        """
        database = self._database
        place = database.find(table)
        since = self._since[table.name] = database.since(table, known)
        plan = TablePlan((), since=cursor_text(since), moving=True)
        database.describe(table, place, plan)
        parent = self._parent(table)
        parents_since = self._since.get(parent.name) if parent and known else None
        if parent is not None and table.cursor is None and parents_since is not None:
            # Nothing tells which of its rows changed, but those of a parent that did not are taken to be as they were.
            bound = cursor_text(parents_since)
            plan.since = bound
            plan.chunks = (Chunk(f"rows of {parent.name} changed since {bound}", {"parents": bound}),)
            return plan
        plan.chunks = tuple(self._chunks(table, place, since))
        if table.cursor:
            highest = self._range(table, place, table.cursor, since)[1]
            plan.notes["highest"] = None if highest is None else _stored(highest)
        return plan

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a chunk: after a page that was read before, or from its start."""
        if "parents" in chunk.bounds:
            return ChunkRead(self._children(table, chunk.bounds["parents"], after))
        return ChunkRead(self._pages(table, chunk.bounds, after))

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Read what changed since the plan was made; count a table that nothing tells of the changes of."""
        highest = plan.notes.pop("highest", None)
        if not table.cursor:
            return Completion()
        if highest is None:
            return Completion((Chunk("changed meanwhile", {"from": None}),))
        start = _restored(highest)
        if isinstance(start, date):
            start -= table.overlap
        return Completion((Chunk("changed meanwhile", {"from": _stored(start)}),))

    # Planning ---------------------------------------------------------------------------------------------------------

    def _parent(self, table: TableSpec) -> TableSpec | None:
        declared = table.option("parent")
        if not declared:
            return None
        parent = self._tables.get(declared["table"])
        if parent is None or list(self._tables).index(parent.name) > list(self._tables).index(table.name):
            raise SourceConfigurationError(
                f"its parent {declared['table']!r} is not a table above it in this source",
                source=self._database.source.name,
                table=table.name,
                hint=f"the tables are, in order: {', '.join(self._tables)}",
            )
        return parent

    def _chunks(self, table: TableSpec, place: Place, since: date | int | None) -> Iterator[Chunk]:
        """Share the rows out by the first column of their order, where its values can be divided."""
        first = table.cursor or table.key[0]
        wanted = int(table.option("chunks") or 1)
        low, high = self._range(table, place, first, since) if wanted > 1 else (None, None)
        edges = _edges(low, high, wanted)
        bounds = [*edges, None]
        start = None if since is None else _stored(self._database.bound(since))
        for index, (begin, end) in enumerate(zip([start, *edges], bounds, strict=True)):
            label = f"{first} {_shown(begin)} to {_shown(end)}" if len(bounds) > 1 else ""
            # Rows without a value of the order's columns have no place in it: the first chunk has them at its end.
            yield Chunk(label, {"from": begin, "to": end, "nulls": index == 0})

    def _range(self, table: TableSpec, place: Place, column: str, since: date | int | None) -> tuple[Any, Any]:
        from sqlalchemy import func, select

        every = rows(table, place, *self._database.changed(table, since)).subquery()
        position = list(table.read_columns).index(column)
        value = every.c[f"column_{position}"]
        low, high = self._database.connection.execute(select(func.min(value), func.max(value))).one()
        return low, high

    # Reading ----------------------------------------------------------------------------------------------------------

    def _pages(self, table: TableSpec, bounds: Mapping[str, Any], start: Mapping[str, Any] | None) -> Iterator[Batch]:
        from sqlalchemy import or_

        place = self._database.find(table)
        order = self._order(table)
        last = [_restored(value) for value in start["values"]] if start and start["values"] else None
        record = 1
        if start is None or start["values"] is not None:
            for found in self._keyset(table, place, order, bounds, last):
                values = [_stored(found[-1][position]) for position in order.values()]
                yield self._batch(table, found, record, {"values": values})
                record += len(found)
        if bounds.get("nulls"):
            unplaced = [named(name).is_(None) for name in order]
            for batch in self._database.batches(table, rows(table, place, or_(*unplaced))):
                # They have no order in which reading could go on: they come last, and all of them again.
                yield Batch(batch.data, _moved(batch.positions, record - 1), batch.rejects, batch.unfit)

    def _keyset(
        self,
        table: TableSpec,
        place: Place,
        order: Mapping[str, int],
        bounds: Mapping[str, Any],
        last: Sequence[Any] | None,
    ) -> Iterator[Sequence[Sequence[Any]]]:
        limit = int(table.option("page_rows") or PAGE_ROWS)
        columns = list(order)
        within = [named(name).is_not(None) for name in columns]
        if bounds.get("from") is not None:
            within.append(named(columns[0]) >= _restored(bounds["from"]))
        if bounds.get("to") is not None:
            within.append(named(columns[0]) < _restored(bounds["to"]))
        while True:
            here = [after(columns, last, self._database.dialect)] if last is not None else []
            statement = ordered(rows(table, place, *within, *here), columns).limit(limit)
            found = self._fetch(statement)
            if not found:
                return
            yield found
            if len(found) < limit:
                return
            last = [found[-1][position] for position in order.values()]

    def _children(self, table: TableSpec, since: str, start: Mapping[str, Any] | None) -> Iterator[Batch]:
        """Read the rows of parents that changed: parents' keys a page at a time, then their children."""
        from sqlalchemy import and_, or_, select

        parent = self._parent(table)
        if parent is None:
            raise ValueError("a table without parent has no rows of parents")
        on: Mapping[str, str] = table.option("parent")["on"]
        theirs = [parent.columns[name].source_name for name in on.values()]
        ours = [table.columns[name].source_name for name in on]
        place, above = self._database.find(table), self._database.find(parent)
        changed = self._database.changed(parent, cursor_value(parent, since))
        keys = rows(parent, above, *changed, *(named(name).is_not(None) for name in theirs)).subquery()
        positions = [list(parent.read_columns).index(name) for name in on.values()]
        columns = [keys.c[f"column_{position}"].label(name) for position, name in zip(positions, theirs, strict=True)]
        distinct = select(*columns).distinct().subquery()
        names = [distinct.c[name].name for name in theirs]
        last = [_restored(value) for value in start["values"]] if start else None
        record = 1
        while True:
            here = [after(names, last, self._database.dialect)] if last is not None else []
            page = ordered(select(*(named(name) for name in names)).select_from(distinct).where(*here), names)
            found = self._fetch(page.limit(PARENT_KEYS))
            if not found:
                return
            if len(ours) == 1:
                wanted = named(ours[0]).in_([row[0] for row in found])
            else:
                wanted = or_(*(and_(*(named(n) == v for n, v in zip(ours, row, strict=True))) for row in found))
            children = self._fetch(self._sorted(table, place, wanted))
            last = list(found[-1])
            yield self._batch(table, children, record, {"values": [_stored(value) for value in last]})
            record += len(children)
            if len(found) < PARENT_KEYS:
                return

    def _fetch(self, statement: "Select[Any]") -> list[tuple[Any, ...]]:
        """Give the rows of a page, in a transaction of its own: nothing is held until the next one."""
        with paused_collection():
            found = [tuple(row) for row in self._database.connection.execute(statement)]
        self._database.connection.rollback()
        return found

    def _sorted(self, table: TableSpec, place: Place, *conditions: "ColumnElement[bool]") -> "Select[Any]":
        return ordered(rows(table, place, *conditions), list(self._order(table)))

    def _order(self, table: TableSpec) -> dict[str, int]:
        """Give the columns of the order, by the source's names → their places in a row."""
        places = {name: index for index, name in enumerate(table.read_columns)}
        wanted = [*([table.cursor] if table.cursor else []), *table.key]
        return {table.columns[name].source_name: places[name] for name in dict.fromkeys(wanted) if name in places}

    def _batch(self, table: TableSpec, found: Sequence[Sequence[Any]], record: int, resume: Mapping[str, Any]) -> Batch:
        with paused_collection():
            batch = batch_of(table, found, record)
        return Batch(batch.data, batch.positions, batch.rejects, batch.unfit, resume)


def _moved(positions: Any, by: int) -> Any:
    import pyarrow.compute as pc

    return pc.add(positions, by) if by else positions


def _edges(low: Any, high: Any, wanted: int) -> list[list[str]]:
    """Give the inner edges of a range in equal parts; none where values can't be divided."""
    if wanted < 2 or low is None or high is None or low == high:
        return []
    if isinstance(low, int) and isinstance(high, int):
        found: list[Any] = [low + (high - low + 1) * part // wanted for part in range(1, wanted)]
    elif isinstance(low, date) and isinstance(high, date):
        found = [low + (high - low) * part / wanted for part in range(1, wanted)]
    else:
        return []
    return [_stored(value) for value in dict.fromkeys(found) if low < value <= high]


def _stored(value: Any) -> list[str]:
    """Write a value of the database as JSON, with its kind."""
    for kind, (type_, write, _) in _KINDS.items():
        if isinstance(value, type_) and not isinstance(value, bool):
            return [kind, write(value)]
    raise TypeError(f"{type(value).__name__} can't be a key of pages")


def _restored(stored: Sequence[str]) -> Any:
    kind, text = stored
    return _KINDS[kind][2](text)


_KINDS: dict[str, tuple[type, Any, Any]] = {
    "moment": (datetime, datetime.isoformat, datetime.fromisoformat),
    "day": (date, date.isoformat, date.fromisoformat),
    "number": (int, str, int),
    "decimal": (Decimal, str, Decimal),
    "float": (float, repr, float),
    "uuid": (UUID, str, UUID),
    "text": (str, str, str),
}
"""Name → type, how its values are written, how they are read. A moment is a day too: it comes first."""


def _shown(stored: Sequence[str] | None) -> str:
    return stored[1] if stored else "…"
