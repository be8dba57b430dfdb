"""What an account may do with a table of a database, and which keys the database keeps, where it can tell cheaply."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pregon.sources.base import TableSpec
from pregon.sources.trial.model import Permissions

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector

    from pregon.sources.sql.database import Database

_WRITING = ("INSERT", "UPDATE", "DELETE")


class TellsOfAccount:
    """What connectors of databases tell besides the contract, for `pregon source test`."""

    _database: "Database"

    def permissions(self, table: TableSpec) -> Permissions:
        """Tell what the account may do with a table. Raises SourceUnavailableError where there is none."""
        place = self._database.find(table)
        return permissions_of(self._database.connection, place.name, place.schema, table.read_columns.values())

    def unique_keys(self, table: TableSpec) -> tuple[tuple[str, ...], ...]:
        """Give the columns that the database itself keeps unique."""
        place = self._database.find(table)
        return unique_keys_of(self._database.inspector, place.name, place.schema)


def permissions_of(connection: "Connection", name: str, schema: str | None, columns: Iterable[str]) -> Permissions:
    """Tell whether the account may read the columns of a table, and whether it may write.

    PostgreSQL: https://www.postgresql.org/docs/current/functions-info.html (has_table_privilege). SQL Server:
    HAS_PERMS_BY_NAME. SQLite files are opened for reading only. Other databases are asked for no row.
    """
    if connection.dialect.name == "postgresql":
        return _postgresql(connection, name, schema, columns)
    if connection.dialect.name == "mssql":
        return _sql_server(connection, name, schema)
    read = _can_select(connection, name, schema, columns)
    return Permissions(read=read, write=False if connection.dialect.name == "sqlite" else None)


def _qualified(connection: "Connection", name: str, schema: str | None) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def _postgresql(connection: "Connection", name: str, schema: str | None, columns: Iterable[str]) -> Permissions:
    from sqlalchemy import text

    table = _qualified(connection, name, schema)
    writing = " OR ".join(f"has_table_privilege(:t, '{one}')" for one in _WRITING)
    statement = text(f"SELECT has_table_privilege(:t, 'SELECT'), has_any_column_privilege(:t, 'SELECT'), {writing}")
    whole, some, write = connection.execute(statement, {"t": table}).one()
    if whole or not some:
        return Permissions(read=bool(whole), write=bool(write))
    known = text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0 AND NOT attisdropped"
        " AND NOT has_column_privilege(:t, attnum, 'SELECT')"
    )
    closed = set(connection.execute(known, {"t": table}).scalars())
    return Permissions(read=True, write=bool(write), unreadable=tuple(one for one in columns if one in closed))


def _sql_server(connection: "Connection", name: str, schema: str | None) -> Permissions:
    from sqlalchemy import text

    asked = ", ".join(f"HAS_PERMS_BY_NAME(:t, 'OBJECT', '{one}')" for one in ("SELECT", *_WRITING))
    row = connection.execute(text(f"SELECT {asked}"), {"t": _qualified(connection, name, schema)}).one()
    return Permissions(read=bool(row[0]), write=any(row[1:]))


def _can_select(connection: "Connection", name: str, schema: str | None, columns: Iterable[str]) -> bool | None:
    """Ask for no row of the table: None where that fails for another reason than permission, such as a column."""
    from sqlalchemy import column, false, select, table
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.sql.elements import quoted_name

    del columns  # Missing ones are another check's matter.
    origin = table(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True) if schema else None)
    try:
        connection.execute(select(column("1", is_literal=True)).select_from(origin).where(false())).close()
    except DBAPIError:
        return False
    return True


def unique_keys_of(inspector: "Inspector", name: str, schema: str | None) -> tuple[tuple[str, ...], ...]:
    """Give primary key, unique constraints and unique indexes of a table, as far as they are whole columns."""
    found = [tuple(inspector.get_pk_constraint(name, schema).get("constrained_columns") or ())]
    found += [tuple(one["column_names"]) for one in inspector.get_unique_constraints(name, schema)]
    for index in inspector.get_indexes(name, schema):
        # An index of part of the rows (PostgreSQL) promises nothing of the others.
        partial = index.get("dialect_options", {}).get("postgresql_where") is not None
        names = [one for one in index["column_names"] if one is not None]
        if index.get("unique") and not partial and len(names) == len(index["column_names"]):
            found.append(tuple(names))
    return tuple(dict.fromkeys(one for one in found if one))
