"""The statements that a database is asked: only declared columns, values bound, names quoted by the dialect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pregon.sources.base import TableSpec

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

ROW_VALUES = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})
"""Dialects that compare rows, `(a, b) > (1, 2)`, and use an index for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table lies in the database: its name and schema, as the database calls them."""

    name: str
    schema: str | None = None


def named(text: str) -> Any:
    """Give a column by the source's name, always quoted."""
    from sqlalchemy import column
    from sqlalchemy.sql.elements import quoted_name

    return column(quoted_name(text, quote=True))


def rows(table: TableSpec, place: Place, *conditions: "ColumnElement[bool]") -> "Select[Any]":
    """Give the SELECT of a table's declared columns, in no order; they are called `column_0`, `column_1` …."""
    from sqlalchemy import select
    from sqlalchemy import table as table_clause
    from sqlalchemy.sql.elements import quoted_name

    schema = quoted_name(place.schema, quote=True) if place.schema else None
    origin = table_clause(quoted_name(place.name, quote=True), schema=schema)
    columns = [named(theirs).label(f"column_{number}") for number, theirs in enumerate(table.read_columns.values())]
    return select(*columns).select_from(origin).where(*conditions)


def ordered(statement: "Select[Any]", columns: Sequence[str]) -> "Select[Any]":
    """Order rows by these columns of the source."""
    return statement.order_by(*(named(name) for name in columns))


def count(statement: "Select[Any]") -> "Select[Any]":
    """Give the SELECT that counts the rows of another."""
    from sqlalchemy import func, select

    return select(func.count()).select_from(statement.subquery())


def changed_since(table: TableSpec, since: date | int | str | None) -> "list[ColumnElement[bool]]":
    """Give the condition for rows from a value of the cursor on; a row without one would never be read again."""
    from sqlalchemy import or_

    if since is None or table.cursor is None:
        return []
    cursor = named(table.columns[table.cursor].source_name)
    return [or_(cursor >= since, cursor.is_(None))]


def after(columns: Sequence[str], values: Sequence[Any], dialect: str) -> "ColumnElement[bool]":
    """Give the condition for rows that come after these values in the order of these columns.

    Row values where the dialect knows them, else the same in words: a > 1 OR (a = 1 AND b > 2).
    """
    from sqlalchemy import and_, bindparam, or_, tuple_

    names = [named(name) for name in columns]
    if len(names) == 1:
        found: ColumnElement[bool] = names[0] > values[0]
        return found
    if dialect in ROW_VALUES:
        bound: list[Any] = [bindparam(f"after_{index}", value) for index, value in enumerate(values)]
        return tuple_(*names) > tuple_(*bound)
    steps = []
    for index, (name, value) in enumerate(zip(names, values, strict=True)):
        same = [before == known for before, known in zip(names[:index], values[:index], strict=True)]
        steps.append(and_(*same, name > value))
    return or_(*steps)
