"""Rows of a table as Arrow columns, with the types of the field table in every segment.

Arrow's reading of texts is used for numbers and times, because it takes a column at once.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import orjson

from transforms.errors import TransformError
from transforms.ocds.columns import DECIMAL_PRECISION, DECIMAL_SCALE, arrow_type_of
from transforms.tables.cells import joined
from transforms.tables.flatten import Row, TableRows
from transforms.tables.plan import Table

if TYPE_CHECKING:
    import pyarrow as pa

_UNIT = Decimal(1).scaleb(-DECIMAL_SCALE)
_TEXTS = {str, type(None)}


class UnfitValue(TransformError):
    """A value can't be written in the type of its column: a number too large, a text that is no time."""

    def __init__(self, ocid: str, path: str, value: object) -> None:
        super().__init__(f"{ocid}: {path} is {value!r}, which the type of its column can't hold")
        self.ocid = ocid
        self.path = path
        self.value = value


def arrow_schema(table: Table) -> "pa.Schema":
    """Give the columns of a table with their types; the keys of a row are texts and never null."""
    import pyarrow as pa

    keys = ("ocid", "pointer") if table.chain else ("ocid",)
    return pa.schema(
        [
            pa.field(name, arrow_type_of(kind), nullable=name not in keys)
            for name, kind in zip(table.header, _types(table), strict=True)
        ]
    )


def record_batch(table: Table, schema: "pa.Schema", taken: TableRows) -> "pa.RecordBatch":
    """Write rows as a batch of a table's `arrow_schema`; raises `UnfitValue`.

    Numbers with more than nine digits after the point are rounded to nine, half to even.
    """
    import pyarrow as pa

    arrays = []
    for number, (name, kind, column) in enumerate(
        zip(table.header, _types(table), zip(*taken.rows, strict=True), strict=True)
    ):
        type_ = schema.field(number).type
        try:
            arrays.append(_WRITERS.get(kind, _texts)(column, type_))
        except (pa.ArrowInvalid, ValueError, OverflowError, ArithmeticError, TypeError):
            raise _unfit(name, kind, type_, taken.rows, column) from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _types(table: Table) -> list[str]:
    keys = ["string"] * (len(table.links) + 2) if table.chain else []
    return [*keys, *(column.type for column in table.columns)]


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

    return pa.array(values, pa.string()).cast(type_)


def _lists(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array([None if value is None else [_element(one) for one in value] for value in values], type_)


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


def _unfit(name: str, kind: str, type_: "pa.DataType", rows: Sequence[Row], column: Sequence[Any]) -> UnfitValue:
    """Find the value that a column could not take."""
    import pyarrow as pa

    write = _WRITERS.get(kind, _texts)
    for row, value in zip(rows, column, strict=True):
        try:
            write([value], type_)
        except (pa.ArrowInvalid, ValueError, OverflowError, ArithmeticError, TypeError):
            return UnfitValue(row[0], name, value)
    raise AssertionError(f"{name}: the values of a column fit one by one, but not together")
