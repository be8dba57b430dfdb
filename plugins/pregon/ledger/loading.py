"""Bulk writing inside the commit's transaction: a statement for many rows on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import orjson
from sqlalchemy import Column, Connection, Integer, LargeBinary, SmallInteger, Table, bindparam, text
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from pregon.ledger import tables

Row = tuple[Any, ...]


class Loader(Protocol):
    """Writes many rows; each row holds the values of all columns, in the order of the table."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Append rows."""

    def replace(self, table: Table, rows: Sequence[Row]) -> None:
        """Append rows, or overwrite those with the same primary key (one row per key)."""


def loader(connection: Connection) -> Loader:
    """Return the loader for the connection's database."""
    return _Copy(connection) if connection.dialect.name == "postgresql" else _Statements(connection)


def touch_processes(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Write state hash, source rows, provenance and run of processes without a new release."""
    columns = tables.process.c
    statement = (
        tables.process.update()
        .where(columns.ocid == bindparam("key"))
        .values({name: bindparam(f"new_{name}") for name in ("state_hash", "rows", "provenance", "run")})
    )
    connection.execute(statement, list(rows))


class _Statements:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        blobs = [number for number, column in enumerate(table.columns) if isinstance(column.type, LargeBinary)]
        if not rows or (blobs and self._insert_at_once(table, rows, blobs)):
            return
        marks = ", ".join("?" * len(table.columns))
        self._connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(rows))

    def _insert_at_once(self, table: Table, rows: Sequence[Row], blobs: Sequence[int]) -> bool:
        """Insert many rows in one step, so that a thread that goes on meanwhile is not asked for the interpreter.

        JSON can't hold bytes: they are passed as one value, and the JSON tells where each begins and how long it is.
        Nothing is done, and False is returned, where a text holds NUL, at which SQLite would end it.
        """
        width, place = len(table.columns), 1
        plain: list[list[Any]] = []
        parts: list[bytes] = []
        for row in rows:
            values = list(row)
            for number in blobs:
                part = values[number]
                parts.append(part)
                values[number] = place
                values.append(len(part))
                place += len(part)
            plain.append(values)
        text = orjson.dumps(plain)
        if b"\\u0000" in text:
            return False
        columns = [f"value ->> {number}" for number in range(width)]
        for nth, number in enumerate(blobs):
            columns[number] = f"substr(?2, value ->> {number}, value ->> {width + nth})"
        statement = f"INSERT INTO {table.name} SELECT {', '.join(columns)} FROM json_each(?1)"
        self._connection.exec_driver_sql(statement, (text.decode(), b"".join(parts)))
        return True

    def replace(self, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        insert = sqlite_insert(table)
        changes = {column.name: insert.excluded[column.name] for column in _beside_key(table)}
        statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
        sql = str(statement.compile(dialect=self._connection.dialect))
        self._connection.exec_driver_sql(sql, list(rows))


class _Copy:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._staged: set[str] = set()

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        self._copy(table, table.name, rows)

    def replace(self, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        stage = f"staged_{table.name}"
        if stage not in self._staged:
            self._connection.execute(text(f"CREATE TEMP TABLE {stage} (LIKE {table.name}) ON COMMIT DROP"))
            self._staged.add(stage)
        self._copy(table, stage, rows)
        key = ", ".join(column.name for column in table.primary_key)
        changes = ", ".join(f"{column.name} = excluded.{column.name}" for column in _beside_key(table))
        self._connection.execute(
            text(f"INSERT INTO {table.name} SELECT * FROM {stage} ON CONFLICT ({key}) DO UPDATE SET {changes}")
        )
        self._connection.execute(text(f"TRUNCATE {stage}"))

    def _copy(self, table: Table, name: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        driver = self._connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - a connection in a transaction has its driver's connection
        # Binary, because as text every compressed byte would be two digits.
        with driver.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([_binary(column) for column in table.columns])
            for row in rows:
                copy.write_row(row)


def _binary(column: Column[Any]) -> str:
    """Name the type in which PostgreSQL wants the values of a column."""
    if isinstance(column.type, LargeBinary):
        return "bytea"
    if isinstance(column.type, Integer):  # a small integer is one too
        return "int2" if isinstance(column.type, SmallInteger) else "int4"
    return "text"


def _beside_key(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if not column.primary_key]
