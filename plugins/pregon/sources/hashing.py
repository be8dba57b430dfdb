"""The hash of a row: what tells whether its values are the same as before."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from transforms.quoting import quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SHORT = 4_096
"""Lengths below this are looked up instead of being written anew for each cell."""


def row_hashes(
    connection: "duckdb.DuckDBPyConnection", data: "pa.RecordBatch", types: Mapping[str, str]
) -> "pa.Array[Any]":
    """Give `_hash` of each row: 128 bits (MD5, RFC 1321), in hex, of its typed values.

    Every value is written with its length in bytes and a colon before it, so that no two rows run together; null is a
    dash. Times are written as microseconds since 1970 (UTC where they have a zone), decimals at their full scale, so
    that the hash depends on the value and not on how it was shown.

    Args:
        connection: DuckDB, which writes what is no text, and hashes.
        data: rows.
        types: name → declared type of the columns that are hashed, in this order.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {}
    expressions: list[str] = []
    pending: list[Any] = []

    def close() -> None:
        """Hand texts that stand side by side over as one."""
        if pending:
            name = f"text_{len(columns)}"
            columns[name] = _joined(pending, data.num_rows)
            expressions.append(name)
            pending.clear()

    for name, declared in types.items():
        if declared == "text":
            pending.extend(_with_length(data.column(name)))
        else:
            close()
            column = f"value_{len(columns)}"
            columns[column] = data.column(name)
            expressions.append(_canonical(column, declared))
    close()
    written = pa.table(columns)
    whole = expressions[0] if len(expressions) == 1 else f"concat({', '.join(expressions)})"
    connection.register("rows_to_hash", written)
    try:
        hashes = connection.execute(f"SELECT md5({whole}) AS h FROM rows_to_hash").to_arrow_table()
    finally:
        connection.unregister("rows_to_hash")
    return hashes.column("h").combine_chunks()


def _canonical(column: str, declared: str) -> str:
    """Give the DuckDB expression that writes a value which is no text."""
    name = quote(column)
    text = f"epoch_us({name})::VARCHAR" if declared in ("timestamp", "timestamptz") else f"{name}::VARCHAR"
    return f"coalesce(strlen({text}) || ':' || {text}, '-')"


def _with_length(column: Any) -> Iterator[Any]:
    """Give what comes before each text, and the texts; these are null where there is none.

    One value stands for all rows where it is the same, as for dates.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    lengths = compute.binary_length(column)
    found = compute.min_max(lengths).as_py()
    longest = found["max"]
    if longest is None:
        yield pa.scalar("-")
        return
    if found["min"] == longest and not column.null_count:
        yield pa.scalar(f"{longest}:")
    elif longest < _SHORT:
        if column.null_count:
            lengths = compute.fill_null(lengths, _SHORT)
        yield _lengths().take(lengths)
    else:
        yield compute.fill_null(compute.binary_join_element_wise(lengths.cast("string"), ":", ""), "-")
    yield column


def _joined(texts: list[Any], rows: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    arrow: Any = pa
    compute: Any = pc
    joined = compute.binary_join_element_wise(*texts, "", null_handling="replace", null_replacement="")
    return arrow.repeat(joined, rows) if isinstance(joined, arrow.Scalar) else joined


@cache
def _lengths() -> "pa.Array[Any]":
    """Give what comes before texts of each length, and last of all what stands for null."""
    import pyarrow as pa

    return pa.array([*(f"{length}:" for length in range(_SHORT)), "-"], pa.string())
