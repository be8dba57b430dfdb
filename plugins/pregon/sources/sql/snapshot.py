"""Databases that are read at one moment: all tables in one read-only transaction, which a kill ends."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pregon.sources.base import TableSpec, cursor_text
from pregon.sources.batches import Batch
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, TablePlan
from pregon.sources.sql import arrow
from pregon.sources.sql.database import LOCK_SECONDS, Database, cursor_value, unavailable
from pregon.sources.sql.permissions import TellsOfAccount
from pregon.sources.sql.rows import batch_of
from pregon.sources.sql.statements import Place, count, ordered, rows

if TYPE_CHECKING:
    from sqlalchemy import Select

ISOLATION = {
    "postgresql": "REPEATABLE READ",
    "mysql": "REPEATABLE READ",
    "mariadb": "REPEATABLE READ",
    "mssql": "SNAPSHOT",
}
"""Dialect → isolation level in which all reads of a transaction see one moment."""

BEGIN = {
    "sqlite": ["BEGIN", "SELECT 1 FROM sqlite_master"],  # the snapshot is taken by the first read
    "mysql": ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"],
    "mariadb": ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"],
    "oracle": ["SET TRANSACTION READ ONLY"],
}
"""Dialect → what begins such a transaction, where the isolation level alone does not."""


def begin(database: Database) -> None:
    """Begin the transaction in which every table is read."""
    name = database.dialect
    options: dict[str, Any] = {"isolation_level": ISOLATION[name]} if name in ISOLATION else {}
    if name == "postgresql":
        options["postgresql_readonly"] = True
    if options:
        database.connection = database.connection.execution_options(**options)
    for statement in (*BEGIN.get(name, ()), *limits(database)):
        database.connection.exec_driver_sql(statement)


def limits(database: Database) -> list[str]:
    """Give the statements that bound how long this connection waits and works, where the database knows such."""
    if database.dialect != "postgresql":
        return []
    statements = [f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"]
    timeout = database.source.options.get("statement_timeout")
    if isinstance(timeout, timedelta):
        statements.append(f"SET LOCAL statement_timeout = '{int(timeout.total_seconds())}s'")
    return statements


class SnapshotConnector(TellsOfAccount):
    """Reads tables and views as they are at one moment; only the declared columns are asked for."""

    def __init__(self, database: Database, stack: ExitStack) -> None:
        self._database = database
        self._stack = stack
        self._arrow: Any = None
        begin(database)

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read a table: rows whose cursor is not before the watermark less the overlap, or unknown; else all.

        Raises:
            SourceUnavailableError: there is no such table.
            MissingColumnError: a declared column is not there.
            SourceConfigurationError: the cursor's type has no order in time or number.
        """
        if table.option("parent") and not table.cursor:
            known = None  # at one moment a table without cursor is read whole
        place = self._database.find(table)
        since = self._database.since(table, known)
        bound = cursor_text(since)
        plan = TablePlan((Chunk("", {"since": bound}),), since=bound)
        self._database.describe(table, place, plan)
        plan.expected = self._database.number(count(self._rows(table, place, bound)))
        return plan

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a table. It can't go on in the middle: what was read belongs to a moment that is gone."""
        del after
        place = self._database.find(table)
        statement = self._rows(table, place, chunk.bounds["since"])
        if self._database.dialect != "sqlite":
            # SQLite reads in the order of its rows each time; other databases promise no order.
            keys = [table.columns[key].source_name for key in table.key if key in table.read_columns]
            statement = ordered(statement, keys)
        if self._by_arrow(table, place):
            return ChunkRead(self._arrow_batches(table, statement))
        return ChunkRead(self._database.batches(table, statement))

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Nothing is left to do: the tables were read as they were at one moment."""
        del table
        return Completion(expected=plan.expected)

    def _rows(self, table: TableSpec, place: Place, since: str | None) -> "Select[Any]":
        bound = None if since is None else cursor_value(table, since)
        return rows(table, place, *self._database.changed(table, bound))

    def _by_arrow(self, table: TableSpec, place: Place) -> bool:
        if self._database.dialect != "postgresql" or not arrow.available():
            return False
        return arrow.suits(table, arrow.types(self._database.connection, place))

    def _arrow_batches(self, table: TableSpec, statement: "Select[Any]") -> Generator[Batch, None, None]:
        import pyarrow as pa
        from adbc_driver_manager import Error

        try:
            record = 1
            for found in self._found(statement):
                columns = arrow.cast_batch(table, found)
                if columns is None:
                    yield batch_of(table, arrow.python_rows(found, table), record)
                else:
                    positions: pa.Array[Any] = pa.array(range(record, record + found.num_rows), pa.int64())
                    arrays: list[Any] = [
                        positions.cast(pa.string()) if name == table.row_number
                        else columns[name] if name in columns
                        else _nothing(found.num_rows, field)
                        for name, field in arrow.fields(table)
                    ]  # fmt: skip
                    yield Batch(pa.RecordBatch.from_arrays(arrays, names=list(table.types)), positions)
                record += found.num_rows
        except Error as error:
            raise unavailable(error, self._database.url, self._database.source) from None

    def _found(self, statement: "Select[Any]") -> Iterator[Any]:
        if self._arrow is None:
            database = self._database
            opened = arrow.same_snapshot(database.url, database.connection, limits(database))
            self._arrow = self._stack.enter_context(opened)
        return arrow.batches(self._arrow, arrow.literal(statement))


def _nothing(rows: int, type_: Any) -> Any:
    import pyarrow as pa

    return pa.nulls(rows, type_)
