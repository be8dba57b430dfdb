"""A database held open: its connection, what it says of its tables, and its rows as they stream."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
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
    nearest,
)
from pregon.sources.batches import BATCH_ROWS, Batch
from pregon.sources.connections import database_url
from pregon.sources.connector import Known, TablePlan
from pregon.sources.sql.rows import batch_of
from pregon.sources.sql.statements import Place, changed_since

if TYPE_CHECKING:
    from sqlalchemy import URL, ColumnElement, Connection, Engine, Inspector, Select

_BUSY_SECONDS = 30.0
LOCK_SECONDS = 30
"""So long a statement waits for a lock before it gives up: a source is never worth blocking its owner's work."""


@contextmanager
def open_database(source: SourceSpec, home: Path) -> Iterator["Database"]:
    """Connect to the database of a source; errors of it come out as the source's.

    Raises:
        SourceConfigurationError: its connection is not defined, or its dialect has no driver here.
        SourceUnavailableError: the database does not answer, or its file is not there.
    """
    from sqlalchemy.exc import SQLAlchemyError

    url = database_url(source, home)
    try:
        engine = _engine(url, source)
        try:
            with engine.connect() as connection:
                database = Database(source, url, connection)
                try:
                    yield database
                finally:
                    database.close()
                connection.rollback()
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise unavailable(error, url, source) from None


def unavailable(error: Exception, url: "URL", source: SourceSpec) -> SourceUnavailableError:
    """Give a driver's error in the source's words, without the password."""
    text = str(getattr(error, "orig", None) or error).strip()
    if url.password:
        text = text.replace(str(url.password), "***")
    return SourceUnavailableError(
        f"its database does not answer ({type(error).__name__}: {text})",
        source=source.name,
        hint="check the connection, and that the account may read the tables; then run again",
    )


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


class Database:
    """One connection to a database, and what can be asked through it."""

    def __init__(self, source: SourceSpec, url: "URL", connection: "Connection") -> None:
        self.source = source
        self.url = url
        self.connection = connection
        self._begun: list[Generator[Batch, None, None]] = []
        self._inspector: Inspector | None = None

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the dialect."""
        return self.connection.dialect.name

    def close(self) -> None:
        """End what was begun and not read to its end: its cursor must be closed before the connection is."""
        for batches in self._begun:
            batches.close()

    @property
    def inspector(self) -> "Inspector":
        """What the database says of its tables; asked after the transaction was set up."""
        from sqlalchemy import inspect

        if self._inspector is None:
            self._inspector = inspect(self.connection)
        return self._inspector

    def find(self, table: TableSpec) -> Place:
        """Find a table or view.

        Raises:
            SourceUnavailableError: there is none of this name.
        """
        wanted = str(table.option("table") or table.name)
        if self.inspector.has_table(wanted):
            return Place(wanted)
        schema, dot, name = wanted.rpartition(".")
        if dot and self.inspector.has_table(name, schema=schema):
            return Place(name, schema)
        names = [*self.inspector.get_table_names(schema or None), *self.inspector.get_view_names(schema or None)]
        near = nearest(name, names)
        raise SourceUnavailableError(
            f"the database has no table {wanted!r}",
            source=self.source.name,
            table=table.name,
            hint=(f"did you mean {near!r}? " if near else "") + "set `table:` to the source's own name",
        )

    def describe(self, table: TableSpec, place: Place, plan: TablePlan) -> None:
        """Write the table's columns, and those that nobody declared, into a plan.

        Raises:
            MissingColumnError: a declared column is not there.
        """
        columns = self.inspector.get_columns(place.name, place.schema)
        plan.observed = {str(column["name"]): str(column["type"]) for column in columns}
        wanted = table.read_columns
        for ours, theirs in wanted.items():
            if theirs not in plan.observed:
                raise MissingColumnError(ours, theirs, plan.observed, source=self.source.name, table=table.name)
        known = set(wanted.values())
        if added := [column for column in plan.observed if column not in known]:
            plan.notes["added_columns"] = added

    def since(self, table: TableSpec, known: Known | None) -> date | int | None:
        """Give the lower bound of the cursor, less the overlap; an integer has no overlap in time.

        Raises:
            SourceConfigurationError: the cursor's type has no order in time or number.
        """
        if not table.cursor:
            return None
        declared = table.types[table.cursor]
        if declared not in CURSOR_TYPES:
            raise SourceConfigurationError(
                f"the cursor {table.cursor!r} is declared as {declared}",
                source=self.source.name,
                table=table.name,
                hint=f"declare it as one of {', '.join(CURSOR_TYPES)}",
            )
        watermark = known.watermark if known else None
        if watermark is None or watermark.value is None or watermark.cursor != table.cursor:
            return None
        value = cursor_value(table, watermark.value)
        return value - table.overlap if isinstance(value, date) else value

    def changed(self, table: TableSpec, since: date | int | None) -> "list[ColumnElement[bool]]":
        """Give the condition for rows from a value of the cursor on."""
        return changed_since(table, self.bound(since))

    def bound(self, since: date | int | None) -> date | int | str | None:
        """Give a value of the cursor as this database compares it.

        SQLite keeps times as text, with a space or a T in the middle: the day alone sorts before both. A time with
        offset is text of another zone, at most a day away. What is read too much does no harm.
        """
        if self.dialect != "sqlite" or since is None or isinstance(since, int):
            return since
        if isinstance(since, datetime):
            return (since.date() - timedelta(days=1 if since.tzinfo else 0)).isoformat()
        return since.isoformat()

    def number(self, statement: "Select[Any]") -> int:
        """Give the one number that a SELECT asks for."""
        return int(self.connection.execute(statement).scalar_one())

    def batches(self, table: TableSpec, statement: "Select[Any]") -> Generator[Batch, None, None]:
        """Stream the rows of a SELECT in bounded memory."""
        batches = self._batches(table, statement)
        self._begun.append(batches)
        return batches

    def _batches(self, table: TableSpec, statement: "Select[Any]") -> Generator[Batch, None, None]:
        record = 1
        sqlite = self.dialect == "sqlite"
        with closing(self._sqlite_rows(statement) if sqlite else self._streamed_rows(statement)) as source:
            while True:
                with paused_collection():
                    rows = next(source, None)
                    if rows is None:
                        return
                    batch = batch_of(table, rows, record)
                yield batch
                record += len(rows)

    def _streamed_rows(self, statement: "Select[Any]") -> Generator[Sequence[Sequence[Any]], None, None]:
        options = {"stream_results": True, "max_row_buffer": BATCH_ROWS}
        with self.connection.execute(statement, execution_options=options) as result:
            yield from result.partitions(BATCH_ROWS)

    def _sqlite_rows(self, statement: "Select[Any]") -> Generator[Sequence[Sequence[Any]], None, None]:
        """Read past SQLAlchemy's row objects, which would cost as much as everything else."""
        done = 0
        try:
            with self.connection.execute(statement) as result:
                while rows := result.cursor.fetchmany(BATCH_ROWS):
                    yield rows
                    done += len(rows)
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        else:
            return
        driver: Any = self.connection.connection.driver_connection
        # SQLite checks no encoding. The wrong bytes become half characters, and their rows are rejected one by one.
        driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            with self.connection.execute(statement) as result:
                while done:
                    done -= len(result.cursor.fetchmany(min(done, BATCH_ROWS)))
                while rows := result.cursor.fetchmany(BATCH_ROWS):
                    yield rows
        finally:
            driver.text_factory = str


def cursor_value(table: TableSpec, text: str) -> date | int:
    """Read a cursor's value that was written as text."""
    declared = table.types[table.cursor or ""]
    if declared == "integer":
        return int(text)
    return date.fromisoformat(text) if declared == "date" else datetime.fromisoformat(text)
