"""Parquet: row group by row group, every value as the one text that it has.

Numbers are written in plain digits and in as few as tell them apart, decimals at their full scale, dates and times as
ISO 8601 (in UTC, with a Z, where they have a zone), nested values as JSON. A cell that holds NaN holds `nan`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pregon.sources.base import TableSpec
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, UNREADABLE_ROW, Reject, raw_text
from pregon.sources.files.containers import MAX_BYTES, SourceFile
from pregon.sources.files.rows import Rows, TableReport, empty, header_names, match_header

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(file: SourceFile, table: TableSpec, report: TableReport) -> Iterator[Rows]:
    """Give the rows of a Parquet file.

    Raises:
        MissingColumnError: a declared column is not there.
        EmptySourceError: there are no rows.
        SourceUnreadableError: it is no Parquet file, it is damaged or encrypted.
        SourceLimitError: it holds more than is safe.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as opened:
            yield from _rows(opened, file, table, report)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise file.unreadable(f"is not a sound Parquet file ({error})", "fetch the file again") from error


def _rows(opened: Any, file: SourceFile, table: TableSpec, report: TableReport) -> Iterator[Rows]:
    names = opened.schema_arrow.names
    columns = match_header(table, header_names(names), file, report)
    # Arrow finds columns by name: where two have the same, it must read all.
    unique = len(set(names)) == len(names)
    wanted = [names[index] for _, index in columns] if unique else None
    record, held = 1, 0
    for batch in opened.iter_batches(batch_size=_batch_rows(opened.metadata), columns=wanted):
        held += batch.nbytes
        if held > MAX_BYTES:
            raise file.limit(f"expands to more than {MAX_BYTES:,} bytes")
        found = {
            ours: batch.column(batch.schema.get_field_index(names[index]) if unique else index)
            for ours, index in columns
        }
        if batch.num_rows:
            yield _texts(found, record, batch.num_rows)
            record += batch.num_rows
    if record == 1:
        raise empty(file, "holds no rows")


def _batch_rows(metadata: Any) -> int:
    """Give how many rows to take at once, fewer where rows are wide."""
    size: int = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    rows: int = max(metadata.num_rows, 1)
    return max(1, min(BATCH_ROWS, BATCH_CHARACTERS * rows // max(size, 1)))


def _texts(columns: Mapping[str, "pa.Array[Any]"], first: int, count: int) -> Rows:
    """Write columns as text; rows with bytes that are no text are rejected."""
    texts: dict[str, pa.Array[Any]] = {}
    unreadable: dict[int, list[str]] = {}
    for name, column in columns.items():
        texts[name], bad = as_text(column)
        for row in bad:
            unreadable.setdefault(row, []).append(name)
    if not unreadable:
        return Rows(texts, range(first, first + count))
    good = [row for row in range(count) if row not in unreadable]
    rejects = tuple(
        Reject(
            UNREADABLE_ROW,
            first + row,
            raw_text({name: values[row].as_py() for name, values in texts.items()}),
            f"{', '.join(names)}: bytes that are not UTF-8",
        )
        for row, names in sorted(unreadable.items())
    )
    kept = {name: values.take(good) for name, values in texts.items()}
    return Rows(kept, [first + row for row in good], rejects)


def as_text(column: Any) -> tuple["pa.Array[Any]", list[int]]:
    """Give values as text, and the rows whose value is none (they hold null)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    if isinstance(column, pa.ExtensionArray) and not pa.types.is_fixed_size_binary(column.storage.type):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        # A damaged file says that it is text and holds something else: Arrow doesn't look.
        column = column.cast(pa.large_binary())
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return _decoded(column)
    if pa.types.is_floating(kind):
        return _plain(column.cast(pa.string()), "e"), []
    if pa.types.is_decimal(kind):
        return _plain(column.cast(pa.string()), "E"), []
    if pa.types.is_timestamp(kind):
        if kind.tz:
            column = column.cast(pa.timestamp(kind.unit, "UTC"))
        return _whole_seconds(compute.replace_substring(column.cast(pa.string()), " ", "T")), []
    if pa.types.is_time(kind):
        return _whole_seconds(column.cast(pa.string())), []
    simple = pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind) or pa.types.is_null(kind)
    if simple:
        return column.cast(pa.string()), []
    return pa.array([_nested(value) for value in column.to_pylist()], pa.string()), []


def _decoded(column: Any) -> tuple["pa.Array[Any]", list[int]]:
    """Give bytes as the text that they are: older writers don't say that a column holds text."""
    import pyarrow as pa

    try:
        return column.cast(pa.string()), []
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        bad = []
        for row, value in enumerate(column.to_pylist()):
            try:
                texts.append(value if value is None else value.decode())
            except UnicodeDecodeError:
                texts.append(None)
                bad.append(row)
        return pa.array(texts, pa.string()), bad


def _plain(texts: "pa.Array[Any]", exponent: str) -> "pa.Array[Any]":
    """Write numbers without exponents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    if not compute.any(compute.match_substring(texts, exponent)).as_py():
        return texts
    return pa.array([value and _digits(value) for value in texts.to_pylist()], pa.string())


def _digits(number: str) -> str:
    return f"{Decimal(number):f}" if "e" in number.lower() else number


def _whole_seconds(texts: Any) -> "pa.Array[Any]":
    """Leave fractions of seconds out where they are zero, and zeros at their end."""
    import pyarrow.compute as pc

    compute: Any = pc
    texts = compute.replace_substring_regex(texts, pattern=r"\.0+(Z?)$", replacement=r"\1")
    written: pa.Array[Any] = compute.replace_substring_regex(texts, pattern=r"(\.\d*[1-9])0+(Z?)$", replacement=r"\1\2")
    return written


def _nested(value: Any) -> str | None:
    """Write a value that is no single text: as JSON, or what Python calls it where it has no parts."""
    if value is None or isinstance(value, list | dict | tuple):
        return value if value is None else _json(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{json.dumps(str(name), ensure_ascii=False)}:{_json(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return _digits(repr(value).removesuffix(".0"))
    if isinstance(value, datetime | date | time):
        return json.dumps(value.isoformat())
    if isinstance(value, timedelta):
        return json.dumps(str(value))
    return json.dumps(value.hex() if isinstance(value, bytes) else str(value), ensure_ascii=False)
