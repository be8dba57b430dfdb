"""Conditions over thousands of keys as one bound value, so that a statement is compiled once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Text, any_, bindparam, func, select

Item = TypeVar("Item")


def among(connection: Connection, column: Column[Any], keys: list[str]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `keys`."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, keys, type_=ARRAY(Text), unique=True))
    listed = func.json_each(orjson.dumps(keys).decode()).table_valued("value")
    return column.in_(select(listed.c.value))


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut an iterable into lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
