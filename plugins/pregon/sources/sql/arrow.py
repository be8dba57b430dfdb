"""PostgreSQL by ADBC: rows arrive as Arrow batches of COPY BINARY, past Python objects.

https://arrow.apache.org/adbc/current/driver/postgresql.html. It reads the same snapshot as the connection that planned
(`pg_export_snapshot`, PostgreSQL 9.28.5). A batch in which anything is unusual goes the way of Python values, so that
the rows, the rejected ones and the words about them are the same on both ways.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pregon.duck import arrow_type
from pregon.sources.base import TableSpec
from pregon.sources.sql.statements import Place

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL, Connection, Select

_DECLARED = {
    "text": {"text", "varchar", "bpchar"},
    "integer": {"int2", "int4", "int8"},
    "decimal": {"numeric", "int2", "int4", "int8"},
    "boolean": {"bool"},
    "date": {"date"},
    "timestamp": {"timestamp"},
    "timestamptz": {"timestamptz"},
}
"""Declared type → types of PostgreSQL whose Arrow form says the same as psycopg's Python values."""

_DAYS = (-719_162, 2_932_896)
"""0001-01-01 and 9999-12-31 in days since 1970: Python knows no others, and `infinity` lies beyond."""
_DAY_MICROSECONDS = 86_400_000_000


def available() -> bool:
    """Tell whether the driver is installed."""
    return importlib.util.find_spec("adbc_driver_postgresql") is not None


def suits(table: TableSpec, types: Mapping[str, str]) -> bool:
    """Tell whether all declared columns have types that arrive in Arrow as they do in Python.

    `types` maps the source's column names to PostgreSQL's names of types (`typname`).
    """
    return all(
        types.get(column.source_name) in _DECLARED[column.type]
        for name, column in table.columns.items()
        if name in table.read_columns
    )


def types(connection: "Connection", place: Place) -> dict[str, str]:
    """Give column → PostgreSQL's name of its type (`pg_type.typname`)."""
    from sqlalchemy import text

    quote = connection.dialect.identifier_preparer.quote_identifier
    name = ".".join(quote(part) for part in (place.schema, place.name) if part)
    asked = text(
        "SELECT a.attname, t.typname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
        "WHERE a.attrelid = to_regclass(:name) AND a.attnum > 0 AND NOT a.attisdropped"
    )
    found = connection.execute(asked, {"name": name})
    return {str(column): str(type_) for column, type_ in found}


def literal(statement: "Select[Any]") -> str:
    """Give a SELECT as text with its values in it: dates and numbers of our own, as ADBC binds none in a COPY."""
    from sqlalchemy.dialects import postgresql

    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def fields(table: TableSpec) -> "list[tuple[str, pa.DataType]]":
    """Give name and Arrow type of each column of the raw parts."""
    return [(name, arrow_type(declared)) for name, declared in table.types.items()]


@contextmanager
def same_snapshot(url: "URL", connection: "Connection", setup: list[str]) -> Iterator[Any]:
    """Open a cursor that sees what `connection` sees, which has to stay in its transaction meanwhile."""
    from adbc_driver_postgresql import dbapi

    snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(address) as arrow, arrow.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        for statement in setup:
            cursor.execute(statement)
        yield cursor


def batches(cursor: Any, statement: str) -> Iterator["pa.RecordBatch"]:
    """Give the rows of a SELECT without parameters."""
    cursor.execute(statement)
    yield from cursor.fetch_record_batch()


def cast_batch(table: TableSpec, batch: "pa.RecordBatch") -> "dict[str, pa.Array[Any]] | None":
    """Give the read columns in their declared types; None where a value is not as simple as usual."""
    import pyarrow as pa

    columns: dict[str, pa.Array[Any]] = {}
    for name, array in zip(table.read_columns, batch.columns, strict=True):
        declared = table.columns[name].type
        plain = array.storage if isinstance(array, pa.ExtensionArray) else array
        try:
            columns[name] = _CASTS[declared](plain)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, _UnusualError):
            return None
    return columns


def python_rows(batch: "pa.RecordBatch", table: TableSpec) -> list[tuple[Any, ...]]:
    """Give the rows as psycopg does; a moment that Python does not know becomes the text that PostgreSQL shows."""
    from decimal import Decimal

    import pyarrow as pa

    columns: list[list[Any]] = []
    for name, array in zip(table.read_columns, batch.columns, strict=True):
        plain = array.storage if isinstance(array, pa.ExtensionArray) else array
        if table.columns[name].type == "decimal" and pa.types.is_string(plain.type):
            columns.append([None if value is None else Decimal(value) for value in plain.to_pylist()])
        elif pa.types.is_temporal(plain.type):
            columns.append(_moments(plain))
        else:
            columns.append(plain.to_pylist())
    return list(zip(*columns, strict=True))


class _UnusualError(Exception):
    """A value for which the two ways could differ."""


def _as_is(array: Any) -> Any:
    return array


def _number(declared: str) -> Callable[[Any], Any]:
    def cast(array: Any) -> Any:
        return array.cast(arrow_type(declared))

    return cast


def _moment(declared: str) -> Callable[[Any], Any]:
    def cast(array: Any) -> Any:
        if _beyond(array).true_count:
            raise _UnusualError
        return array.cast(arrow_type(declared))

    return cast


_CASTS: dict[str, Callable[[Any], Any]] = {
    "text": _as_is,
    "integer": _number("integer"),
    "decimal": _number("decimal"),
    "boolean": _as_is,
    "date": _moment("date"),
    "timestamp": _moment("timestamp"),
    "timestamptz": _moment("timestamptz"),
}


def _beyond(array: Any) -> Any:
    """Mark the moments that Python does not know."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    first, last = _DAYS
    if pa.types.is_date(array.type):
        numbers = array.cast(pa.int32())
    else:
        numbers = array.cast(pa.int64())
        first, last = first * _DAY_MICROSECONDS, (last + 1) * _DAY_MICROSECONDS - 1
    return compute.or_(compute.less(numbers, first), compute.greater(numbers, last))


def _moments(array: Any) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    beyond = _beyond(array)
    known = compute.if_else(compute.fill_null(beyond, fill_value=False), pa.scalar(None, array.type), array).to_pylist()
    marks = beyond.to_pylist()
    return ["beyond the years 1 to 9999" if mark else value for mark, value in zip(marks, known, strict=True)]
