"""The connector for databases: one read-only snapshot per source, streamed, typed as declared."""

import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pregon.memory import paused_collection
from pregon.sources.base import (
    CURSOR_TYPES,
    MissingColumnError,
    SourceConfigurationError,
    SourceSpec,
    SourceUnavailableError,
    TableSpec,
    cursor_text,
    nearest,
)
from pregon.sources.batches import BATCH_ROWS, CAST_FAILURE, Batch, Reject, raw_text
from pregon.sources.casting import cast_column
from pregon.sources.connections import database_url
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, Place, TablePlan

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Inspector, Select

_ISOLATION = {"postgresql": "REPEATABLE READ", "mysql": "REPEATABLE READ", "mariadb": "REPEATABLE READ"}
_BUSY_SECONDS = 30.0


@contextmanager
def open_sql(source: SourceSpec, place: Place) -> Iterator["SqlConnector"]:
    """Open a source of kind `sql`: all its tables are read in one read-only transaction.

    Raises:
        SourceConfigurationError: its connection is not defined, or its dialect has no driver here.
        SourceUnavailableError: the database does not answer, or its file is not there.
    """
    from sqlalchemy.exc import SQLAlchemyError

    url = database_url(source, place.home)
    try:
        engine = _engine(url, source)
        try:
            with engine.connect() as plain:
                connection = _snapshot(plain)
                connector = SqlConnector(source, connection)
                try:
                    yield connector
                finally:
                    connector.close()
                connection.rollback()
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error) as error:
        text = str(getattr(error, "orig", None) or error)
        if url.password:
            text = text.replace(str(url.password), "***")
        raise SourceUnavailableError(
            f"its database does not answer ({type(error).__name__}: {text})",
            source=source.name,
            hint="check the connection, and that the account may read the tables; then run again",
        ) from None


def _engine(url: "URL", source: SourceSpec) -> "Engine":
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        if url.get_backend_name() != "sqlite" or not url.database:
            return create_engine(url, poolclass=NullPool)
    except (NoSuchModuleError, ImportError) as error:
        raise SourceConfigurationError(
            f"there is no driver for {url.drivername} ({error})", source=source.name, hint="install its Python package"
        ) from error
    path = Path(url.database)
    if not path.is_file():
        raise SourceUnavailableError(
            f"its database {path.name} is not there",
            source=source.name,
            hint=f"check `url:` of the source, or make the file {path}",
        )

    def connect() -> sqlite3.Connection:
        # Without isolation level Python begins no transaction of its own; mode=ro never makes or changes a file.
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
        )

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _snapshot(connection: "Connection") -> "Connection":
    name = connection.dialect.name
    if name == "sqlite":
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master")  # the snapshot is taken by the first read
        return connection
    options: dict[str, Any] = {"isolation_level": _ISOLATION[name]} if name in _ISOLATION else {}
    if name == "postgresql":
        options["postgresql_readonly"] = True
    return connection.execution_options(**options) if options else connection


class SqlConnector:
    """Reads tables and views of one database; only the declared columns are asked for."""

    def __init__(self, source: SourceSpec, connection: "Connection") -> None:
        from sqlalchemy import inspect

        self._source = source
        self._connection = connection
        self._inspector: Inspector = inspect(connection)
        self._sqlite = connection.dialect.name == "sqlite"
        self._begun: list[Generator[Batch, None, None]] = []

    def close(self) -> None:
        """End what was begun and not read to its end: its cursor must be closed before the connection is."""
        for batches in self._begun:
            batches.close()

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read a table: rows whose cursor is not before the watermark less the overlap, or unknown; else all.

        Raises:
            SourceUnavailableError: there is no such table.
            MissingColumnError: a declared column is not there.
            SourceConfigurationError: the cursor's type has no order in time or number.
        """
        from sqlalchemy import func, select

        name, schema = self._find(table)
        observed = {str(column["name"]): str(column["type"]) for column in self._inspector.get_columns(name, schema)}
        columns = table.read_columns
        for ours, theirs in columns.items():
            if theirs not in observed:
                raise MissingColumnError(ours, theirs, observed, source=self._source.name, table=table.name)
        since = self._since(table, known)
        plan = TablePlan((Chunk("", {"since": cursor_text(since)}),), since=cursor_text(since), observed=observed)
        wanted = set(columns.values())
        if added := [column for column in observed if column not in wanted]:
            plan.notes["added_columns"] = added
        counted = select(func.count()).select_from(self._rows(table, name, schema, since).subquery())
        plan.expected = int(self._connection.execute(counted).scalar_one())
        return plan

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a table. It can't go on in the middle: what was read belongs to a moment that is gone."""
        del after
        name, schema = self._find(table)
        since = self._parsed(table, chunk.bounds["since"])
        batches = self._batches(table, self._statement(table, name, schema, since))
        self._begun.append(batches)
        return ChunkRead(batches)

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Nothing is left to do: the tables were read as they were at one moment."""
        del table
        return Completion(expected=plan.expected)

    def _find(self, table: TableSpec) -> tuple[str, str | None]:
        wanted = str(table.option("table") or table.name)
        if self._inspector.has_table(wanted):
            return wanted, None
        schema, dot, name = wanted.rpartition(".")
        if dot and self._inspector.has_table(name, schema=schema):
            return name, schema
        names = [*self._inspector.get_table_names(schema or None), *self._inspector.get_view_names(schema or None)]
        near = nearest(name, names)
        raise SourceUnavailableError(
            f"the database has no table {wanted!r}",
            source=self._source.name,
            table=table.name,
            hint=(f"did you mean {near!r}? " if near else "") + "set `table:` to the source's own name",
        )

    def _since(self, table: TableSpec, known: Known | None) -> date | int | None:
        """Give the lower bound of the cursor; an integer has no overlap in time."""
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
        watermark = known.watermark if known else None
        if watermark is None or watermark.value is None or watermark.cursor != table.cursor:
            return None
        value = self._parsed(table, watermark.value)
        return value - table.overlap if isinstance(value, date) else value

    def _parsed(self, table: TableSpec, text: str | None) -> date | int | None:
        """Read a cursor's value that was written as text."""
        if text is None or table.cursor is None:
            return None
        declared = table.types[table.cursor]
        if declared == "integer":
            return int(text)
        return date.fromisoformat(text) if declared == "date" else datetime.fromisoformat(text)

    def _rows(self, table: TableSpec, name: str, schema: str | None, since: date | int | None) -> "Select[Any]":
        """Give the SELECT of the rows that are wanted, in no order."""
        from sqlalchemy import or_, select
        from sqlalchemy import table as table_clause
        from sqlalchemy.sql.elements import quoted_name

        origin = table_clause(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True) if schema else None)
        columns = [
            _named(theirs).label(f"column_{number}") for number, theirs in enumerate(table.read_columns.values())
        ]
        statement = select(*columns).select_from(origin)
        if since is not None and table.cursor:
            cursor = _named(table.columns[table.cursor].source_name)
            # A row without cursor would never be read again.
            statement = statement.where(or_(cursor >= self._bound(since), cursor.is_(None)))
        return statement

    def _statement(self, table: TableSpec, name: str, schema: str | None, since: date | int | None) -> "Select[Any]":
        statement = self._rows(table, name, schema, since)
        if not self._sqlite:
            # SQLite reads in the order of its rows each time; other databases promise no order.
            statement = statement.order_by(
                *(_named(table.columns[key].source_name) for key in table.key if key in table.read_columns)
            )
        return statement

    def _bound(self, since: date | int) -> date | int | str:
        """Give the bound as the database compares it.

        SQLite keeps times as text, with a space or a T in the middle: the day alone sorts before both. A time with
        offset is text of another zone, at most a day away. What is read too much does no harm.
        """
        if not self._sqlite or isinstance(since, int):
            return since
        if isinstance(since, datetime):
            return (since.date() - timedelta(days=1 if since.tzinfo else 0)).isoformat()
        return since.isoformat()

    def _batches(self, table: TableSpec, statement: "Select[Any]") -> Generator[Batch, None, None]:
        record = 1
        with closing(self._sqlite_rows(statement) if self._sqlite else self._streamed_rows(statement)) as source:
            while True:
                with paused_collection():
                    rows = next(source, None)
                    if rows is None:
                        return
                    batch = _batch(table, rows, record)
                yield batch
                record += len(rows)

    def _streamed_rows(self, statement: "Select[Any]") -> Generator[Sequence[Sequence[Any]], None, None]:
        options = {"stream_results": True, "max_row_buffer": BATCH_ROWS}
        with self._connection.execute(statement, execution_options=options) as result:
            yield from result.partitions(BATCH_ROWS)

    def _sqlite_rows(self, statement: "Select[Any]") -> Generator[Sequence[Sequence[Any]], None, None]:
        """Read past SQLAlchemy's row objects, which would cost as much as everything else."""
        done = 0
        try:
            with self._connection.execute(statement) as result:
                while rows := result.cursor.fetchmany(BATCH_ROWS):
                    yield rows
                    done += len(rows)
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        else:
            return
        driver: Any = self._connection.connection.driver_connection
        # SQLite checks no encoding. The wrong bytes become half characters, and their rows are rejected one by one.
        driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            with self._connection.execute(statement) as result:
                while done:
                    done -= len(result.cursor.fetchmany(min(done, BATCH_ROWS)))
                while rows := result.cursor.fetchmany(BATCH_ROWS):
                    yield rows
        finally:
            driver.text_factory = str


def _named(text: str) -> Any:
    from sqlalchemy import column
    from sqlalchemy.sql.elements import quoted_name

    return column(quoted_name(text, quote=True))


def _batch(table: TableSpec, rows: Sequence[Sequence[Any]], record: int) -> Batch:
    import pyarrow as pa

    names = list(table.read_columns)
    count = len(rows)
    positions: pa.Array[Any] = pa.array(range(record, record + count), pa.int64())
    by_name = dict(zip(names, zip(*rows, strict=True), strict=True))
    arrays: list[pa.Array[Any]] = []
    wrong: dict[int, list[str]] = {}
    for name, declared in table.types.items():
        if name == table.row_number:
            arrays.append(positions.cast(pa.string()))
            continue
        array, failures = cast_column(by_name.get(name, (None,) * count), declared)
        arrays.append(array)
        for index, problem in failures.items():
            wrong.setdefault(index, []).append(f"{name}: {problem}")
    data = pa.RecordBatch.from_arrays(arrays, names=list(table.types))
    if not wrong:
        return Batch(data, positions)
    mask: pa.Array[Any] = pa.array([index not in wrong for index in range(count)])
    rejects = tuple(
        Reject(
            CAST_FAILURE,
            record + index,
            raw_text({name: _printable(value) for name, value in zip(names, rows[index], strict=True)}),
            "; ".join(problems),
        )
        for index, problems in sorted(wrong.items())
    )
    unfit: pa.Array[Any] = pa.array(sorted(wrong), pa.int64())
    return Batch(data.filter(mask), positions.filter(mask), rejects, data.take(unfit))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if value is None or isinstance(value, bool | int | float) else str(value)
