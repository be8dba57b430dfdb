"""Writing many rows fast: prepared tuples straight to SQLite, Core inserts to any other database."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, Protocol, cast

from sqlalchemy import Connection, DateTime, Engine, Numeric, Table, inspect, text

from pregon.synth.schema import METADATA, OWN_TABLES, STATE, TABLES
from pregon.synth.world import Cell, Row

_KEEP_PER_INSERT: Final = 5000


class Loader(Protocol):
    """Takes rows of a table, in the order of its columns, and makes them durable on commit."""

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows."""

    def commit(self) -> None:
        """Keep what was added."""


class SqliteLoader:
    """Loads SQLite through its own driver. In bulk the file isn't safe against power loss while it is being filled."""

    def __init__(self, connection: Connection, *, bulk: bool) -> None:
        self._raw = cast("sqlite3.Connection", connection.connection.driver_connection)
        for pragma in () if not bulk else ("synchronous=OFF", "journal_mode=MEMORY", "cache_size=-16384"):
            self._raw.execute(f"PRAGMA {pragma}")
        self._statements: dict[str, str] = {}

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows."""
        statement = self._statements.get(table.name)
        if statement is None:
            marks = ",".join("?" * len(table.columns))
            statement = self._statements[table.name] = f"INSERT INTO {table.name} VALUES ({marks})"
        self._raw.executemany(statement, rows)

    def commit(self) -> None:
        """Keep what was added."""
        self._raw.commit()


class CoreLoader:
    """Loads any database SQLAlchemy speaks to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows."""
        for first in range(0, len(rows), _KEEP_PER_INSERT):
            self._connection.execute(table.insert(), typed(table, rows[first : first + _KEEP_PER_INSERT]))

    def commit(self) -> None:
        """Keep what was added."""
        self._connection.commit()


def typed(table: Table, rows: Iterable[Row]) -> list[dict[str, object]]:
    """Rows as Core wants them: timestamps and numbers as Python's own types."""
    names = [column.name for column in table.columns]
    casts: list[tuple[str, Callable[[str], object]]] = [
        (column.name, dt.datetime.fromisoformat if isinstance(column.type, DateTime) else Decimal)
        for column in table.columns
        if isinstance(column.type, DateTime | Numeric)
    ]
    made: list[dict[str, object]] = []
    for row in rows:
        record: dict[str, object] = dict(zip(names, row, strict=True))
        for name, cast_ in casts:
            value = record[name]
            if value is not None:
                record[name] = cast_(str(value))
        made.append(record)
    return made


def loader_for(connection: Connection, *, bulk: bool) -> Loader:
    """Choose the fastest loader for a connection; `bulk` for filling a database that nobody uses yet."""
    return SqliteLoader(connection, bulk=bulk) if connection.dialect.name == "sqlite" else CoreLoader(connection)


def existing_tables(engine: Engine) -> tuple[str, ...]:
    """Names of the tables a database holds."""
    return tuple(sorted(inspect(engine).get_table_names()))


def is_complete(connection: Connection) -> bool:
    """Whether a database with our tables was written to the end: its state is written last."""
    return connection.execute(STATE.select().limit(1)).first() is not None


def own_names() -> tuple[str, ...]:
    """Every table the generator may drop and create."""
    return (*TABLES, *OWN_TABLES)


def create_tables(engine: Engine) -> None:
    """Drop our tables and create them empty, without indexes."""
    METADATA.drop_all(engine)
    with engine.begin() as connection:
        for table in METADATA.tables.values():
            # Indexes come after the rows: building them once costs a fraction of keeping them up to date.
            columns = ", ".join(
                f"{column.name} {column.type.compile(dialect=engine.dialect)}" for column in table.columns
            )
            connection.execute(text(f"CREATE TABLE {table.name} ({columns})"))


def create_indexes(engine: Engine) -> None:
    """Create the indexes, once the rows are in."""
    with engine.begin() as connection:
        for table in METADATA.tables.values():
            for index in sorted(table.indexes, key=lambda made: made.name or ""):
                index.create(connection)


def read_state(connection: Connection) -> dict[str, str]:
    """Read what the generator remembered of itself."""
    return {row.name: row.value for row in connection.execute(STATE.select())}


def write_state(connection: Connection, state: dict[str, Cell]) -> None:
    """Replace what the generator remembers of itself."""
    connection.execute(STATE.delete())
    connection.execute(STATE.insert(), [{"name": name, "value": str(value)} for name, value in sorted(state.items())])
