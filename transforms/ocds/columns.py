"""Column types of the fields, so that all files of a table have the same types.

Logical types and what they are in Arrow and Parquet:
string           string; ids too, also where the standard allows integers
decimal          decimal128(38, 9): money and quantities, never floating point; 29 digits before the point and nine
                 after hold any amount, any price per unit and any share that is published
integer          int64
boolean          bool
timestamp        timestamp of microseconds in UTC: the instant is kept, the offset it was written with is not
list<string>     list of strings
json             string with JSON text, where the standard allows any structure (coordinates, details, former values)
"""

from typing import TYPE_CHECKING, Literal

from transforms.ocds.definitions import Property
from transforms.ocds.errors import NoColumn
from transforms.ocds.fields import Field

if TYPE_CHECKING:
    import pyarrow as pa

ColumnType = Literal["string", "decimal", "integer", "boolean", "timestamp", "list<string>", "json"]

DECIMAL_PRECISION, DECIMAL_SCALE = 38, 9


def column_type(field: Field) -> ColumnType:
    """Return the logical type of a leaf. Raises NoColumn for objects and arrays of objects."""
    if not field.is_leaf:
        raise NoColumn(field.path)
    return _logical(field)


def arrow_type(field: Field) -> "pa.DataType":
    """Return the Arrow type of a leaf. Raises NoColumn for objects and arrays of objects."""
    return arrow_type_of(column_type(field))


def arrow_type_of(logical: str) -> "pa.DataType":
    """Return the Arrow type of a logical type."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "string": pa.string(),
        "decimal": pa.decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "list<string>": pa.list_(pa.string()),
        "json": pa.string(),
    }
    return types[logical]


def _logical(field: Property) -> ColumnType:
    if field.is_array:
        return "list<string>" if field.of == ("string",) else "json"
    if field.format == "date-time":
        return "timestamp"
    simple: dict[tuple[str, ...], ColumnType] = {
        ("string",): "string",
        ("string", "integer"): "string",
        ("number",): "decimal",
        ("integer",): "integer",
        ("boolean",): "boolean",
    }
    return simple.get(field.types, "json")
