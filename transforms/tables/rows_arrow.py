"""Rows of a table as Arrow columns, with the types of the field table in every segment.

Arrow's reading of texts is used for numbers and times, because it takes a column at once.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import orjson

from transforms.ocds.columns import DECIMAL_PRECISION, DECIMAL_SCALE, arrow_type_of
from transforms.tables.cells import joined
from transforms.tables.flatten import TableRows
from transforms.tables.plan import Table

if TYPE_CHECKING:
    import pyarrow as pa

_UNIT = Decimal(1).scaleb(-DECIMAL_SCALE)
_TEXTS = {str, type(None)}


def arrow_schema(table: Table) -> "pa.Schema":
    """Give the columns of a table with their types; the keys of a row are texts and never null."""
    import pyarrow as pa

    keys = ("ocid", "pointer") if table.chain else ("ocid",)
    return pa.schema(
        [
            pa.field(name, arrow_type_of(kind), nullable=name not in keys)
            for name, kind in zip(table.header, table.types, strict=True)
        ]
    )


def record_batch(table: Table, schema: "pa.Schema", taken: TableRows) -> "pa.RecordBatch":
    """Write rows as a batch of a table's `arrow_schema`.

    Numbers with more than nine digits after the point are rounded to nine, half to even. What a column's type can't
    hold is null: one such value must not keep everything else from being published.
    """
    import pyarrow as pa

    columns = zip(*taken.rows, strict=True)
    arrays = [
        _array(kind, column, field.type) for field, kind, column in zip(schema, table.types, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(kind: str, values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    write = _WRITERS.get(kind, _texts)
    unfit = (pa.ArrowInvalid, ValueError, OverflowError, ArithmeticError, TypeError)
    try:
        return write(values, type_)
    except unfit:
        fitting: list[Any] = [None] * len(values)
        for place, value in enumerate(values):
            with suppress(*unfit):
                write([value], type_)
                fitting[place] = value
        return write(fitting, type_)


def _texts(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    if not _TEXTS.issuperset(map(type, values)):
        values = [value if value is None or type(value) is str else _text(value) for value in values]
    return pa.array(values, type_)


def _text(value: Any) -> str:
    return joined(value) if isinstance(value, list) else orjson.dumps(value).decode()


def _json(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array([None if value is None else orjson.dumps(value).decode() for value in values], type_)


def _decimals(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array([None if value is None else _decimal(value) for value in values], type_)


def _decimal(value: Any) -> Decimal:
    number = Decimal(repr(value))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMAL_SCALE:
        with localcontext(prec=2 * DECIMAL_PRECISION):
            return number.quantize(_UNIT, ROUND_HALF_EVEN)
    return number


def _integers(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    whole = [None if value is None else int(value) for value in values]
    if any(value is not None and value != before for value, before in zip(whole, values, strict=True)):
        raise ValueError(values)
    return pa.array(whole, type_)


def _booleans(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array(values, type_)


def _instants(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    try:
        return pa.array(values, pa.string()).cast(type_)
    except pa.ArrowInvalid:
        return pa.array([None if value is None else plain_instant(value) for value in values], pa.string()).cast(type_)


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


def plain_instant(text: str) -> str:
    """Write a time of RFC 3339 as Arrow reads it: capital letters, six digits of a second, no leap second.

    A text that is no such time is given back as it is.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        return text
    day, minute, second, fraction, offset = found.groups()
    if second == "60":  # its last microsecond, which is before the next minute
        second, fraction = "59", "999999"
    return f"{day}T{minute}{second}{'.' + fraction[:6] if fraction else ''}{offset.upper()}"


def _lists(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array([None if value is None else _elements(value) for value in values], type_)


def _elements(value: Any) -> list[str | None]:
    return [_element(one) for one in value] if isinstance(value, list) else [_element(value)]


def _element(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


_WRITERS: dict[str, Callable[[Sequence[Any], "pa.DataType"], "pa.Array[Any]"]] = {
    "string": _texts,
    "json": _json,
    "decimal": _decimals,
    "integer": _integers,
    "boolean": _booleans,
    "timestamp": _instants,
    "list<string>": _lists,
}
