"""The connector for Socrata portals: pages by row id, changes by `:updated_at` where that can be believed.

**Pages.** A page is asked for by the last row id before it (`:id > '…'`, in the order of `:id`), not by an offset:
when a row is deleted while pages are read, all later offsets shift by one, and a row that nobody deleted is skipped.
Ids stand still. They are numbers written as scrambled texts, so they are compared by the portal and never here, and
they are forgotten after the run: a dataset that is published anew gets new ones. For the same reason a large table can
be split: between ids that bound its parts (found by offset, once) nothing can slip through.

**Changes while it is read.** Rows that were inserted or changed since the plan carry a later `:updated_at`, and are
read at the end. What was deleted meanwhile stays as it was read, until the next full read.

**Believing the stamps.** Many publishers replace the whole dataset each night: then every row carries a new
`:updated_at`, and often a new `:id`. Where the bound of the cursor covers most of the table, everything is read, and
what really changed is found by comparing contents. `rowsUpdatedAt` of a dataset is believed only together with the
number of rows and the newest stamp that the portal's query engine gives, since that engine may lag behind.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from pregon.sources.base import (
    CURSOR_TYPES,
    MissingColumnError,
    SourceConfigurationError,
    SourceSpec,
    TableSpec,
    cursor_text,
)
from pregon.sources.batches import Batch
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.socrata.errors import DatasetMoved, UnexpectedAnswer
from pregon.sources.socrata.snapshot import Snapshot
from pregon.sources.socrata.soda import (
    CREATED,
    ROW_ID,
    SYSTEM_FIELDS,
    UPDATED,
    Counted,
    Metadata,
    Soda,
    both,
    literal,
    quoted,
)
from pregon.sources.socrata.values import page_batch

PAGE_ROWS = 10_000
SPLIT_ROWS = 250_000
REGENERATED = 0.5
MOST_CHUNKS = 100


@contextmanager
def open_socrata(source: SourceSpec, place: Place) -> Iterator["SocrataConnector"]:
    """Open a source of kind `socrata`.

    Raises:
        SourceConfigurationError: its connection is not defined, or lacks the token that SODA 3 asks for.
    """
    from pregon.sources.http.client import open_client

    del place
    with open_client(source) as client:
        yield SocrataConnector(source, Soda(source, client))


class SocrataConnector:
    """Reads datasets of one portal; only the declared columns are asked for."""

    def __init__(self, source: SourceSpec, soda: Soda) -> None:
        self._source = source
        self._soda = soda

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read what changed since the watermark less the overlap, where the stamps say anything; else all.

        Raises:
            SourceConfigurationError: the portal has no such dataset, or refuses the condition.
            MissingColumnError: a declared column is not there.
        """
        metadata = self._soda.metadata(table)
        self._check_columns(table, metadata)
        where = _where(table)
        total = self._soda.count(table, where, stamps=not _order(table))
        now = Snapshot.of(metadata, total)
        signature = now.text() if _believed(table, metadata, total) else None
        plan = TablePlan((), signature=signature, expected=total.rows, observed=dict(metadata.columns))
        declared = set(table.read_columns.values())
        if added := [name for name in metadata.columns if name not in declared]:
            plan.notes["added_columns"] = added
        if total.lagging:
            plan.notes["lagging"] = "the portal answers from a copy that lags behind the dataset"
        if known and signature is not None and signature == known.signature:
            return plan
        if known and (since := _since(self._source, table, known)) is not None:
            condition = both(where, _changed_since(table, since))
            if self._changes_are_told(table, plan, known, now, condition):
                plan.since = cursor_text(since)
                where = condition
        plan.chunks = tuple(self._chunks(table, plan, where, metadata, now))
        return plan

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a chunk; each page is a batch after which reading can go on."""
        pages = self._by_offset if _order(table) else self._by_id
        return ChunkRead(pages(table, chunk.bounds, after))

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Count again: what was inserted or changed since the plan is still to be read.

        Raises:
            DatasetMoved: it changed, and it is a view without row ids.
        """
        bounds = plan.chunks[0].bounds
        before = Snapshot.from_json(bounds["snapshot"])
        where = _where(table)
        now = self._soda.count(table, where, stamps=not _order(table))
        if _order(table):
            if (now.rows, self._soda.metadata(table).rows_updated_at) != (before.rows, before.updated):
                raise DatasetMoved(before.rows, now.rows, source=self._source.name, table=table.name)
            return Completion(expected=plan.expected)
        if (now.rows, now.newest) == (before.rows, before.newest):
            return Completion(expected=plan.expected)
        # From here on a row that was read twice is no contradiction.
        plan.moving = True
        meanwhile = both(bounds["where"], _between(UPDATED, before.newest, now.newest))
        chunk = Chunk("changed meanwhile", {**bounds, "where": meanwhile, "after": None, "until": None})
        inserted = self._soda.count(table, both(where, _between(CREATED, before.newest, now.newest)), stamps=False)
        expected: int | None = (
            now.rows if plan.since is None else self._soda.count(table, bounds["where"], stamps=False).rows
        )
        if (vanished := before.rows + inserted.rows - now.rows) > 0:
            plan.notes["vanished_meanwhile"] = vanished
        if vanished > 0 or where:
            # Whether rows that vanished, or no longer fit the condition, had been read before, nobody can tell.
            expected = None
        return Completion((chunk,), expected)

    def _check_columns(self, table: TableSpec, metadata: Metadata) -> None:
        fields = {**metadata.columns, **SYSTEM_FIELDS}
        for ours, theirs in table.read_columns.items():
            if theirs not in fields:
                raise MissingColumnError(ours, theirs, metadata.columns, source=self._source.name, table=table.name)

    def _changes_are_told(
        self, table: TableSpec, plan: TablePlan, known: Known, now: Snapshot, condition: str | None
    ) -> bool:
        """Tell whether reading from the watermark on gives what changed; `plan` is told why not, or how many rows."""
        changed = self._soda.count(table, condition, stamps=False).rows
        limit = float(table.option("regenerated") or REGENERATED)
        if changed and changed >= limit * now.rows:
            plan.notes["regenerated"] = (
                f"{changed:,} of {now.rows:,} rows are stamped as changed: all were read, and compared by content"
            )
            return False
        if table.deletions == "mark" and (vanished := self._vanished(table, known, now)):
            plan.notes["vanished"] = vanished
            return False
        plan.expected = changed
        return True

    def _vanished(self, table: TableSpec, known: Known, now: Snapshot) -> int:
        """Give how many rows were deleted since the last extract, by the portal's counts; no id is looked at."""
        last = Snapshot.read(known.signature)
        watermark = known.watermark.value if known.watermark else None
        if last is not None:
            rows, newest = last.rows, last.newest
        elif table.cursor and table.columns[table.cursor].source_name == UPDATED and watermark:
            rows, newest = known.rows, _stamp(datetime.fromisoformat(watermark))
        else:
            return 0
        created = f"{CREATED} > {literal(newest)}" if newest else None
        inserted = self._soda.count(table, both(_where(table), created), stamps=False).rows
        return max(rows + inserted - now.rows, 0)

    def _chunks(
        self, table: TableSpec, plan: TablePlan, where: str | None, metadata: Metadata, now: Snapshot
    ) -> Iterator[Chunk]:
        """Part the rows that hold `where` at ids that bound about `split_rows` of them each."""
        fields = {**metadata.columns, **SYSTEM_FIELDS}
        bounds: dict[str, Any] = {
            "where": where,
            "after": None,
            "until": None,
            "types": {name: fields[name] for name in dict.fromkeys(table.read_columns.values())},
            "snapshot": now.to_json(),
        }
        rows = plan.expected or 0
        size = max(int(table.option("split_rows") or SPLIT_ROWS), -(-rows // MOST_CHUNKS))
        first = 1
        while not _order(table) and first + size <= rows:
            ahead = both(where, f"{ROW_ID} > {literal(bounds['after'])}" if bounds["after"] else None)
            found = self._soda.rows(table, [ROW_ID], ahead, [ROW_ID], 1, size - 1)
            if not found:  # rows vanished meanwhile
                break
            bounds = {**bounds, "until": self._row_id(table, found[0])}
            yield Chunk(f"rows {first:,} to {first + size - 1:,}", bounds)
            bounds = {**bounds, "after": bounds["until"], "until": None}
            first += size
        # The last part is open: rows that are inserted while it is read belong to it.
        yield Chunk(f"rows from {first:,}" if first > 1 else "", bounds)

    def _by_id(self, table: TableSpec, bounds: Mapping[str, Any], after: Mapping[str, Any] | None) -> Iterator[Batch]:
        last, done = (after["id"], after["rows"]) if after else (bounds["after"], 0)
        until = bounds["until"]
        columns = dict.fromkeys([ROW_ID, *table.read_columns.values()])
        end = f"{ROW_ID} <= {literal(until)}" if until else None
        # A short page is no end: some portals give fewer rows at once than they are asked for, and do not say so.
        while last is None or last != until:
            where = both(bounds["where"], f"{ROW_ID} > {literal(last)}" if last else None, end)
            rows = self._soda.rows(table, columns, where, [ROW_ID], _page_rows(table))
            if not rows:
                return
            previous, last = last, self._row_id(table, rows[-1])
            if last == previous:
                raise self._unexpected(
                    table, "gives the same page again", "read it by offset: set `order:` of the table"
                )
            first, done = done + 1, done + len(rows)
            yield page_batch(table, rows, bounds["types"], first, {"id": last, "rows": done})

    def _by_offset(
        self, table: TableSpec, bounds: Mapping[str, Any], after: Mapping[str, Any] | None
    ) -> Iterator[Batch]:
        done = after["rows"] if after else 0
        columns = dict.fromkeys(table.read_columns.values())
        size = _page_rows(table)
        while done % size == 0:  # a short page is the last one
            rows = self._soda.rows(table, columns, bounds["where"], _order(table), size, done)
            if not rows:
                return
            first, done = done + 1, done + len(rows)
            yield page_batch(table, rows, bounds["types"], first, {"rows": done})

    def _row_id(self, table: TableSpec, row: Mapping[str, Any]) -> str:
        found = row.get(ROW_ID)
        if not isinstance(found, str) or not found:
            raise self._unexpected(
                table, "gives no row ids", "for a view that groups rows set `order:` of the table to its unique columns"
            )
        return str(found)

    def _unexpected(self, table: TableSpec, problem: str, hint: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(problem, source=self._source.name, table=table.name, hint=hint)


def _believed(table: TableSpec, metadata: Metadata, total: Counted) -> bool:
    """Tell whether the same snapshot again would mean the same rows, so that they need not be read.

    `rowsUpdatedAt` alone would not: queries are answered from a copy, which may still be the old one while the date is
    new already. A view that groups has no stamps that could show that.
    """
    return (
        metadata.rows_updated_at is not None
        and not total.lagging
        and not _order(table)
        and table.option("skip_unchanged") is not False
    )


def _since(source: SourceSpec, table: TableSpec, known: Known) -> date | int | None:
    """Give the lower bound of the cursor; an integer has no overlap in time."""
    watermark = known.watermark
    if not table.cursor or watermark is None or watermark.value is None or watermark.cursor != table.cursor:
        return None
    declared = table.types[table.cursor]
    if declared not in CURSOR_TYPES:
        raise SourceConfigurationError(
            f"the cursor {table.cursor!r} is declared as {declared}",
            source=source.name,
            table=table.name,
            hint=f"declare it as one of {', '.join(CURSOR_TYPES)}",
        )
    if declared == "integer":
        return int(watermark.value)
    value = date.fromisoformat(watermark.value) if declared == "date" else datetime.fromisoformat(watermark.value)
    return value - table.overlap


def _changed_since(table: TableSpec, since: date | int) -> str:
    field = table.columns[str(table.cursor)].source_name
    condition = f"{quoted(field)} >= {literal(_stamp(since)) if isinstance(since, date) else since}"
    # A row without a date of the publisher's own would never be read again.
    return condition if field in SYSTEM_FIELDS else f"{condition} OR {quoted(field)} IS NULL"


def _between(field: str, after: str | None, until: str | None) -> str | None:
    return both(f"{field} > {literal(after)}" if after else None, f"{field} <= {literal(until)}" if until else None)


def _stamp(value: date) -> str:
    """Write a moment as the portal does: floating without zone, others in UTC; thousandths are cut, not rounded."""
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00.000"
    if value.tzinfo is None:
        return value.isoformat(timespec="milliseconds")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _where(table: TableSpec) -> str | None:
    return str(table.option("where") or "") or None


def _order(table: TableSpec) -> tuple[str, ...]:
    """Columns that order a view without row ids; none for datasets."""
    return tuple(table.option("order") or ())


def _page_rows(table: TableSpec) -> int:
    return int(table.option("page_rows") or PAGE_ROWS)
