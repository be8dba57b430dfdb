"""From batches to pages: keys, hashes, and the rows that have to be rejected. A page is safe in the lake as a whole.

A chunk whose reading can go on in the middle becomes a page for each of its batches; any other chunk is one page.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pregon.duck import GROUP_BYTES, PartWriter, arrow_type
from pregon.lake import Lake, Ref
from pregon.rejects import rejects_schema
from pregon.sources.base import TableSpec, cursor_text
from pregon.sources.batches import EMPTY_KEY, Batch, Reject, raw_text
from pregon.sources.hashing import decimal_texts, row_hashes
from pregon.sources.masking import MaskedRows, without_masked_cells

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROW, HASH, POSITION = "_row", "_hash", "_position"
MANIFEST, DELETED = "_manifest", "_deleted"

CHUNK_POSITIONS = 1 << 40
"""`_position` is the number of the chunk times this, and the number of the record in its chunk."""

_REJECTS_AT_ONCE = 5_000
_BYTES_AHEAD = 12 << 20
"""Rows that are prepared and not yet written."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a table that lie in the lake, and what became of the others.

    `rows_read` = rows in `parts` + all of `rejected` (by reason; the rows themselves are in `rejects`). `empty_keys`
    counts rows by the key column that they lack, `filled` the values of each column, `earliest` and `cursor` are the
    lowest and the highest value of the cursor as text, `example` tells the first rejection in words, `after` is where
    reading goes on, `notes` what was noted of the chunk until here.
    """

    rows_read: int = 0
    parts: tuple[Ref, ...] = ()
    rejects: Ref | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    empty_keys: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)
    earliest: str | None = None
    cursor: str | None = None
    example: str = ""
    after: Mapping[str, Any] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows in `parts`."""
        return sum(part.rows for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "rows_read": self.rows_read,
            "parts": [part.to_json() for part in self.parts],
            "rejects": self.rejects.to_json() if self.rejects else None,
            "rejected": dict(self.rejected),
            "empty_keys": dict(self.empty_keys),
            "filled": dict(self.filled),
            "earliest": self.earliest,
            "cursor": self.cursor,
            "example": self.example,
            "after": dict(self.after) if self.after is not None else None,
            "notes": dict(self.notes),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        parts = tuple(Ref.from_json(part) for part in value["parts"])
        rejects = Ref.from_json(value["rejects"]) if value["rejects"] else None
        return cls(**{**value, "parts": parts, "rejects": rejects})


def raw_schema(table: TableSpec) -> "pa.Schema":
    """Give the columns of raw parts: as declared, then what every row carries."""
    import pyarrow as pa

    fields: list[pa.Field[Any]] = [pa.field(name, arrow_type(declared)) for name, declared in table.types.items()]
    fields += [
        pa.field(ROW, pa.string()),
        pa.field(HASH, pa.string()),
        pa.field(POSITION, pa.int64()),
        pa.field(MANIFEST, pa.int32()),
        pa.field(DELETED, pa.bool_()),
    ]
    return pa.schema(fields)


class PageWriter:
    """Takes the batches of one page, in reading order, and puts what they hold into the lake.

    Args:
        table: the table.
        number: the manifest that is being made.
        connection: DuckDB, for hashes.
        folder: an empty local folder on the disk of the lake.
        null_values: words that mean nothing.
        chunk: number of the chunk in its table; `label` is its name for people, empty where it is the only one.
        files: (name, number of its first record) of each file, complete when the last batch has come.
        increment: only a part of the table is read.
        disk: does the writing while the next batch is prepared; one thread, so that all stays in order.
        masked: cells of the table that are emptied, because a redaction took back what was made of them.
    """

    def __init__(
        self,
        table: TableSpec,
        number: int,
        connection: "duckdb.DuckDBPyConnection",
        folder: Path,
        *,
        null_values: Iterable[str],
        chunk: int = 0,
        label: str = "",
        files: list[tuple[str, int]] | None = None,
        increment: bool = False,
        disk: Executor,
        masked: MaskedRows | None = None,
    ) -> None:
        self._table = table
        self._masked = masked or {}
        self._number = number
        self._connection = connection
        self._null_values = sorted({word.strip() for word in null_values})
        self._schema = raw_schema(table)
        self._offset = chunk * CHUNK_POSITIONS
        self._writer = PartWriter(folder, "part", self._schema, group_bytes=GROUP_BYTES)
        self._disk = disk
        self._writing: deque[tuple[Future[None], int]] = deque()
        self._files = files if files is not None else []
        self._label = label
        self._rejects = RejectWriter(folder, number if increment else None)
        made = {table.row_number, table.row_hash}
        self._own = {name: type_ for name, type_ in table.content.items() if name not in made}
        self._rows_read = 0
        self._rejected: Counter[str] = Counter()
        self._empty_keys: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        self._earliest: Any = None
        self._cursor: Any = None
        self._example = ""

    @property
    def rows_read(self) -> int:
        """Records taken so far, good or not."""
        return self._rows_read

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        self._rows_read += batch.data.num_rows + len(batch.rejects)
        for reject in self._with_keys(batch):
            self._reject(reject)
        if not batch.data.num_rows:
            return
        data = self._with_row_hash(self._with_nulls(batch.data))
        positions = batch.positions
        texts = self._key_texts(data)
        for name, text in texts.items():
            self._empty_keys[name] += text.null_count
        rows, filled = _keys(texts)
        if filled is not None:
            self._reject_empty(data, positions, filled)
            data, rows, positions = data.filter(filled), rows.filter(filled), positions.filter(filled)
        if data.num_rows:
            # What the source has is counted: a column that is masked as a whole has not lost its values.
            self._count_filled(data)
            self._note_cursor(data)
            self._write(without_masked_cells(data, rows, self._masked), rows, positions)

    def close(self, lake: Lake, key: str, after: Mapping[str, Any] | None, notes: Mapping[str, Any]) -> Page:
        """Put everything into the lake, files first, and the page's own description `<key>.json` last."""
        self._wait(0)
        parts = [
            _put(lake, f"{key}-{index:05d}.parquet", path, rows)
            for index, (path, rows) in enumerate(self._writer.close())
        ]
        rejects = self._rejects.close()
        page = Page(
            rows_read=self._rows_read,
            parts=tuple(parts),
            rejects=_put(lake, f"{key}-rejects.parquet", *rejects) if rejects else None,
            rejected=dict(sorted(self._rejected.items())),
            empty_keys=dict(sorted(self._empty_keys.items())),
            filled={name: self._filled[name] for name in self._table.types},
            earliest=cursor_text(self._earliest),
            cursor=cursor_text(self._cursor),
            example=self._example,
            after=after,
            notes=notes,
        )
        lake.put_json(f"{key}.json", page.to_json())
        return page

    def _with_nulls(self, data: "pa.RecordBatch") -> "pa.RecordBatch":
        """Make cells null that hold nothing but a word for nothing."""
        import pyarrow as pa

        if not self._null_values:
            return data
        arrays: list[Any] = []
        for name, column in zip(data.schema.names, data.columns, strict=True):
            if self._table.types[name] == "text" and name != self._table.row_number:
                arrays.append(_emptied(column, _means_nothing(column, self._null_values)))
            else:
                arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=data.schema)

    def _with_row_hash(self, data: "pa.RecordBatch") -> "pa.RecordBatch":
        """Fill the column that identifies rows by their content, if there is one."""
        name = self._table.row_hash
        if name is None:
            return data
        hashes = row_hashes(self._connection, data, self._own)
        return data.set_column(data.schema.get_field_index(name), data.schema.field(name), hashes)

    def _with_keys(self, batch: Batch) -> Iterable[Reject]:
        """Give the rejected rows of a batch, with their keys where these can be read."""
        if batch.unfit is None:
            return batch.rejects
        rows, _ = _keys(self._key_texts(batch.unfit))
        return (replace(reject, row=row) for reject, row in zip(batch.rejects, rows.to_pylist(), strict=True))

    def _key_texts(self, data: "pa.RecordBatch") -> dict[str, Any]:
        """Give the trimmed text of each key column, null where there is none."""
        import pyarrow as pa

        compute = _compute()
        texts = {}
        for name in self._table.key:
            text = compute.utf8_trim_whitespace(self._as_text(data.column(name), self._table.types[name]))
            texts[name] = compute.if_else(compute.equal(text, ""), pa.scalar(None, pa.string()), text)
        return texts

    def _as_text(self, column: Any, declared: str) -> Any:
        """Write key values as people know them: whole numbers, decimals without trailing zeros, ISO dates."""
        if declared == "decimal":
            texts = decimal_texts(self._connection, column)
            return _compute().replace_substring_regex(texts, pattern=r"\.?0+$", replacement="")
        return column if declared == "text" else column.cast("string")

    def _reject_empty(self, data: "pa.RecordBatch", positions: Any, filled: Any) -> None:
        compute = _compute()
        empty = compute.invert(filled)
        lacking = data.filter(empty).to_pylist()
        for record, position in zip(lacking, positions.filter(empty).to_pylist(), strict=True):
            columns = [name for name in self._table.key if not str(record[name] or "").strip()]
            self._reject(Reject(EMPTY_KEY, position, raw_text(record), f"no value in {', '.join(columns)}"))

    def _count_filled(self, data: "pa.RecordBatch") -> None:
        for name, column in zip(data.schema.names, data.columns, strict=True):
            self._filled[name] += len(column) - column.null_count

    def _note_cursor(self, data: "pa.RecordBatch") -> None:
        compute = _compute()
        if self._table.cursor:
            found = compute.min_max(data.column(self._table.cursor)).as_py()
            if found["max"] is not None:
                self._cursor = found["max"] if self._cursor is None else max(self._cursor, found["max"])
                self._earliest = found["min"] if self._earliest is None else min(self._earliest, found["min"])

    def _write(self, data: "pa.RecordBatch", rows: Any, positions: Any) -> None:
        import pyarrow as pa

        count = data.num_rows
        arrays: list[Any] = [
            *data.columns,
            rows,
            row_hashes(self._connection, data, self._table.content),
            _compute().add(positions, self._offset) if self._offset else positions,
            pa.repeat(pa.scalar(self._number, pa.int32()), count),
            pa.repeat(pa.scalar(value=False), count),
        ]
        prepared = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._wait(_BYTES_AHEAD)
        self._writing.append((self._disk.submit(self._writer.write, prepared), prepared.nbytes))

    def _wait(self, bytes_left: int) -> None:
        """Wait until no more than so many bytes are still to be written."""
        while sum(size for _, size in self._writing) > bytes_left:
            self._writing.popleft()[0].result()

    def _reject(self, reject: Reject) -> None:
        if not self._example:
            self._example = f"record {reject.position:,}: {reject.reason}: {reject.detail}"
        self._rejected[reject.reason] += 1
        if reject.row in self._masked:
            reject = replace(reject, raw="")
        self._rejects.write(reject, *self._place(reject.position))

    def _place(self, position: int) -> tuple[str | None, int]:
        """Give the file, or else the chunk where there are several, and the record number in it."""
        for name, first in reversed(self._files):
            if position >= first:
                return name, position - first + 1
        return self._label or None, position


def _put(lake: Lake, key: str, path: Path, rows: int) -> Ref:
    lake.put_file(key, path)
    return lake.ref(key, rows)


class RejectWriter:
    """Writes rejected rows to one Parquet file; the file appears with the first of them."""

    def __init__(self, folder: Path, increment: int | None) -> None:
        self._path = folder / "rejects.parquet"
        self._increment = increment
        self._pending: list[tuple[Reject, str | None, int]] = []
        self._writer: Any = None
        self._rows = 0

    def write(self, reject: Reject, file: str | None, position: int) -> None:
        """Take a row: `position` is the number of its record in `file`, or in what its extract read."""
        self._pending.append((reject, file, position))
        if len(self._pending) >= _REJECTS_AT_ONCE:
            self._flush()

    def close(self) -> tuple[Path, int] | None:
        """Give path and rows of the file, None without any row."""
        self._flush()
        if self._writer is None:
            return None
        self._writer.close()
        return self._path, self._rows

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._pending:
            return
        columns: list[Any] = [
            [reject.row for reject, _, _ in self._pending],
            [reject.reason for reject, _, _ in self._pending],
            [position for _, _, position in self._pending],
            [reject.raw for reject, _, _ in self._pending],
            [reject.detail for reject, _, _ in self._pending],
            [file for _, file, _ in self._pending],
            [self._increment] * len(self._pending),
        ]
        schema = rejects_schema()
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, schema, compression="zstd")
        self._writer.write_table(table)
        self._rows += len(self._pending)
        self._pending = []


def _keys(texts: dict[str, Any]) -> tuple[Any, Any]:
    """Give `_row` of each row (null without a whole key), and a mask of rows with one (None where all have it)."""
    compute = _compute()
    filled: Any = None
    escaped = []
    for text in texts.values():
        if text.null_count:
            valid = compute.is_valid(text)
            filled = valid if filled is None else compute.and_(filled, valid)
        held = text.buffers()[2]
        needed = held is not None and any(mark in held.to_pybytes() for mark in (b"\\", b"|"))
        escaped.append(_escaped(text) if needed else text)
    return escaped[0] if len(escaped) == 1 else compute.binary_join_element_wise(*escaped, "|"), filled


def _escaped(text: Any) -> Any:
    compute = _compute()
    return compute.replace_substring(compute.replace_substring(text, "\\", "\\\\"), "|", "\\|")


def _means_nothing(column: Any, words: list[str]) -> Any:
    """Tell of each text whether it is one of these words, but for white space around it."""
    import pyarrow as pa

    compute = _compute()
    if words == [""]:  # the same without making a trimmed copy of every text
        return compute.or_(compute.equal(compute.binary_length(column), 0), compute.utf8_is_space(column))
    return compute.is_in(compute.utf8_trim_whitespace(column), value_set=pa.array(words, pa.string()))


def _emptied(column: Any, found: Any) -> Any:
    """Give the texts, null where `found`; what they hold is not copied where that can be helped."""
    import pyarrow as pa

    if not found.true_count:
        return column
    compute = _compute()
    if column.offset or column.null_count or column.type != pa.string():
        return compute.if_else(found, pa.scalar(None, column.type), column)
    _, offsets, texts = column.buffers()
    return pa.StringArray.from_buffers(len(column), offsets, texts, compute.invert(found).buffers()[1])


def _compute() -> Any:
    """Give Arrow's functions untyped: their stubs know neither plain texts as arguments nor most results."""
    import pyarrow.compute as pc

    return pc
