"""Rows of a database driver → batches of typed columns, and rows whose values do not fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pregon.sources.base import TableSpec
from pregon.sources.batches import CAST_FAILURE, Batch, Reject, raw_text
from pregon.sources.casting import cast_column

if TYPE_CHECKING:
    pass


def batch_of(table: TableSpec, rows: Sequence[Sequence[Any]], record: int) -> Batch:
    """Give the values as columns of the declared types; `record` is the number of the first row."""
    import pyarrow as pa

    names = list(table.read_columns)
    count = len(rows)
    positions: pa.Array[Any] = pa.array(range(record, record + count), pa.int64())
    by_name = dict(zip(names, zip(*rows, strict=True), strict=True))
    arrays: list[pa.Array[Any]] = []
    wrong: dict[int, list[str]] = {}
    for name, declared in table.types.items():
        if name == table.row_number:
            arrays.append(positions.cast(pa.string()))
            continue
        array, failures = cast_column(by_name.get(name, (None,) * count), declared)
        arrays.append(array)
        for index, problem in failures.items():
            wrong.setdefault(index, []).append(f"{name}: {problem}")
    data = pa.RecordBatch.from_arrays(arrays, names=list(table.types))
    if not wrong:
        return Batch(data, positions)
    mask: pa.Array[Any] = pa.array([index not in wrong for index in range(count)])
    rejects = tuple(
        Reject(
            CAST_FAILURE,
            record + index,
            raw_text({name: _printable(value) for name, value in zip(names, rows[index], strict=True)}),
            "; ".join(problems),
        )
        for index, problems in sorted(wrong.items())
    )
    unfit: pa.Array[Any] = pa.array(sorted(wrong), pa.int64())
    return Batch(data.filter(mask), positions.filter(mask), rejects, data.take(unfit))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if value is None or isinstance(value, bool | int | float) else str(value)
