"""The hash of a row: what tells whether its values are the same as before."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SHORT = 4_096
"""Lengths below this are looked up instead of being written anew for each cell."""
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31, in days since 1970."""


def row_hashes(
    connection: "duckdb.DuckDBPyConnection", data: "pa.RecordBatch", types: Mapping[str, str]
) -> "pa.Array[Any]":
    """Give `_hash` of each row: 128 bits (MD5, RFC 1321), in hex, of its typed values.

    Every value is written with its length in bytes and a colon before it, so that no two rows run together; null is a
    dash. Times are written as microseconds since 1970 (UTC where they have a zone), decimals at their full scale, so
    that the hash depends on the value and not on how it was shown.

    Args:
        connection: DuckDB, which hashes.
        data: rows.
        types: name → declared type of the columns that are hashed, in this order.
    """
    import pyarrow as pa

    texts: list[Any] = []
    for name, declared in types.items():
        texts.extend(_with_length(_written(connection, data.column(name), declared)))
    joined = pa.table({"row_text": _joined(texts, data.num_rows)})
    return _selected(connection, "md5(row_text)", joined)


def decimal_texts(connection: "duckdb.DuckDBPyConnection", column: Any) -> "pa.Array[Any]":
    """Give decimals of nine places as text, all places told: Arrow gives those below 0.000001 with an exponent."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    texts = compute.replace_substring(column.cast(pa.string()), "0E-9", "0.000000000")
    if compute.any(compute.match_substring(texts, "E")).as_py():
        return _cast(connection, column)
    written: pa.Array[Any] = texts
    return written


def _written(connection: "duckdb.DuckDBPyConnection", column: Any, declared: str) -> Any:
    """Give values as the text that is hashed; Arrow writes most several times as fast as DuckDB."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    if declared == "text":
        return column
    if declared == "decimal":
        return decimal_texts(connection, column)
    if declared in ("timestamp", "timestamptz"):
        return column.cast(pa.int64()).cast(pa.string())
    if declared == "date":
        days = compute.min_max(column.cast(pa.int32())).as_py()
        if days["min"] is not None and not _FIRST_DAY <= days["min"] <= days["max"] <= _LAST_DAY:
            return _cast(connection, column)
    return column.cast(pa.string())


def _cast(connection: "duckdb.DuckDBPyConnection", column: Any) -> "pa.Array[Any]":
    import pyarrow as pa

    return _selected(connection, "value::VARCHAR", pa.table({"value": column}))


def _selected(connection: "duckdb.DuckDBPyConnection", expression: str, table: "pa.Table") -> "pa.Array[Any]":
    connection.register("rows_to_hash", table)
    try:
        found = connection.execute(f"SELECT {expression} AS found FROM rows_to_hash").to_arrow_table()
    finally:
        connection.unregister("rows_to_hash")
    return found.column("found").combine_chunks()


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
