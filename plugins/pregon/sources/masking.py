"""Cells that a redaction emptied stay empty whenever their row is read again.

They are emptied before the row is hashed, so that a row is the same as long as nothing else in it changes.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

MaskedRows = Mapping[str, frozenset[str]]
"""Key of a row (`_row`) → names of its columns that are emptied."""


def masked_by_table(cells: Iterable[tuple[str, str, str]]) -> dict[str, MaskedRows]:
    """Group cells (table, row, column) by table and row."""
    found: dict[str, dict[str, set[str]]] = {}
    for table, row, column in cells:
        found.setdefault(table, {}).setdefault(row, set()).add(column)
    return {table: {row: frozenset(names) for row, names in rows.items()} for table, rows in found.items()}


def without_masked_cells(data: "pa.RecordBatch", rows: Any, masked: MaskedRows) -> "pa.RecordBatch":
    """Give the rows with their masked cells null; `rows` has the key of each. The same object where there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    if not masked or not compute.any(compute.is_in(rows, value_set=pa.array(list(masked), pa.string()))).as_py():
        return data
    for name in sorted(set().union(*masked.values()) & set(data.schema.names)):
        concerned = pa.array([row for row, names in masked.items() if name in names], pa.string())
        place = data.schema.get_field_index(name)
        column: Any = data.column(place)
        emptied = compute.if_else(compute.is_in(rows, value_set=concerned), pa.scalar(None, column.type), column)
        data = data.set_column(place, data.schema.field(place), emptied)
    return data
