"""Cells that were taken back are empty whenever they are read, and their rows stay the same rows."""

import duckdb
import pyarrow as pa

from pregon.sources.hashing import row_hashes
from pregon.sources.masking import masked_by_table, without_masked_cells

TYPES = {"name": "text", "amount": "integer"}
MASKED = masked_by_table([("people", "1", "name"), ("people", "3", "amount"), ("places", "2", "name")])


def _rows(*values: tuple[str, str | None, int | None]) -> tuple[pa.RecordBatch, "pa.Array[pa.Scalar]"]:
    keys, names, amounts = zip(*values, strict=True)
    columns = [pa.array(names, pa.string()), pa.array(amounts, pa.int64())]
    return pa.RecordBatch.from_arrays(columns, names=list(TYPES)), pa.array(keys, pa.string())


def test_only_the_named_cells_are_emptied() -> None:
    data, keys = _rows(("1", "Ana", 1), ("2", "Bo", 2), ("3", "Cy", 3))
    found = without_masked_cells(data, keys, MASKED["people"])
    assert found.to_pylist() == [
        {"name": None, "amount": 1},
        {"name": "Bo", "amount": 2},
        {"name": "Cy", "amount": None},
    ]
    assert found.schema == data.schema


def test_rows_without_masked_cells_are_left_as_they_are() -> None:
    data, keys = _rows(("2", "Bo", 2), ("4", "Di", None))
    assert without_masked_cells(data, keys, MASKED["people"]) is data
    assert without_masked_cells(data, keys, {}) is data


def test_whatever_a_masked_cell_holds_the_row_has_one_hash() -> None:
    hashes = set()
    with duckdb.connect() as connection:
        for name in ("Ana", "Ana María", None):
            data, keys = _rows(("1", name, 1))
            masked = without_masked_cells(data, keys, MASKED["people"])
            hashes.update(row_hashes(connection, masked, TYPES).to_pylist())
    assert len(hashes) == 1
