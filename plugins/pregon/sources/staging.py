"""From batches to raw parts: keys, hashes, and the rows that have to be rejected."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.duck import GROUP_BYTES, PartWriter, arrow_type, parquet
from pregon.rejects import rejects_schema
from pregon.sources.base import TableSpec
from pregon.sources.batches import DUPLICATE_KEY, DUPLICATE_ROW, EMPTY_KEY, Batch, Reject, raw_text
from transforms.quoting import quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROW, HASH, POSITION = "_row", "_hash", "_position"
MANIFEST, DELETED = "_manifest", "_deleted"

_REJECTS_AT_ONCE = 5_000


@dataclass(slots=True)
class Staged:
    """A table's rows in local files that are ready to be published, and what became of the others.

    `parts` gives (path, rows), `rejects` the file of rejected rows, `empty_keys` counts rows by the key column that
    they lack, `cursor` is the highest value of the cursor, `example` tells the first rejection in words.
    """

    rows_read: int = 0
    parts: list[tuple[Path, int]] = field(default_factory=list)
    rejects: tuple[Path, int] | None = None
    rejected: Counter[str] = field(default_factory=Counter)
    empty_keys: Counter[str] = field(default_factory=Counter)
    cursor: Any = None
    example: str = ""

    @property
    def rows(self) -> int:
        """Rows in `parts`."""
        return sum(rows for _, rows in self.parts)


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


class Stage:
    """Takes the batches of one table, then gives what is `Staged` in a local folder.

    `files` gives (name, number of its first record) of each file, complete when the last batch has come. With
    `increment` only a part of the table is read.
    """

    def __init__(
        self,
        table: TableSpec,
        number: int,
        folder: Path,
        connection: "duckdb.DuckDBPyConnection",
        *,
        null_values: Iterable[str],
        files: list[tuple[str, int]],
        increment: bool = False,
    ) -> None:
        self._table = table
        self._number = number
        self._folder = folder
        self._connection = connection
        self._null_values = sorted({word.strip() for word in null_values})
        self._schema = raw_schema(table)
        self._writer = PartWriter(folder, "staged", self._schema, group_bytes=GROUP_BYTES)
        self._rejects = _RejectWriter(folder, files, number if increment else None)
        self._staged = Staged()
        self._hash = hash_expression(table.types)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch, in reading order."""
        self._staged.rows_read += batch.data.num_rows + len(batch.rejects)
        for reject in self._with_keys(batch):
            self._reject(reject)
        if not batch.data.num_rows:
            return
        data = self._with_nulls(batch.data)
        positions = batch.positions
        texts = self._key_texts(data)
        for name, text in texts.items():
            self._staged.empty_keys[name] += text.null_count
        rows, filled = _keys(texts)
        if filled is not None:
            self._reject_empty(data, positions, filled)
            data, rows, positions = data.filter(filled), rows.filter(filled), positions.filter(filled)
        if data.num_rows:
            self._note_cursor(data)
            self._write(data, rows, positions)

    def finish(self) -> Staged:
        """Reject duplicates, close all files, and give the result."""
        self._staged.parts = self._writer.close()
        if self._staged.parts:
            self._reject_duplicates()
        self._staged.rejects = self._rejects.close()
        return self._staged

    def _with_nulls(self, data: "pa.RecordBatch") -> "pa.RecordBatch":
        """Make cells null that hold nothing but a word for nothing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self._null_values:
            return data
        words = pa.array(self._null_values, pa.string())
        null = pa.scalar(None, pa.string())
        arrays: list[Any] = []
        for name, column in zip(data.schema.names, data.columns, strict=True):
            if self._table.types[name] == "text" and name != self._table.row_number:
                found: Any = pc.is_in(pc.utf8_trim_whitespace(column), value_set=words)
                arrays.append(pc.if_else(found, null, column) if found.true_count else column)
            else:
                arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=data.schema)

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
            text = compute.utf8_trim_whitespace(_as_text(data.column(name), self._table.types[name]))
            texts[name] = compute.if_else(compute.equal(text, ""), pa.scalar(None, pa.string()), text)
        return texts

    def _reject_empty(self, data: "pa.RecordBatch", positions: Any, filled: Any) -> None:
        compute = _compute()
        empty = compute.invert(filled)
        lacking = data.filter(empty).to_pylist()
        for record, position in zip(lacking, positions.filter(empty).to_pylist(), strict=True):
            columns = [name for name in self._table.key if not str(record[name] or "").strip()]
            self._reject(Reject(EMPTY_KEY, position, raw_text(record), f"no value in {', '.join(columns)}"))

    def _note_cursor(self, data: "pa.RecordBatch") -> None:
        compute = _compute()
        if self._table.cursor:
            highest = compute.max(data.column(self._table.cursor)).as_py()
            if highest is not None and (self._staged.cursor is None or highest > self._staged.cursor):
                self._staged.cursor = highest

    def _write(self, data: "pa.RecordBatch", rows: Any, positions: Any) -> None:
        import pyarrow as pa

        batch = pa.Table.from_batches([data])
        self._connection.register("staged_batch", batch)
        hashes = self._connection.execute(f"SELECT {self._hash} AS h FROM staged_batch").to_arrow_table()
        self._connection.unregister("staged_batch")
        count = data.num_rows
        arrays: list[Any] = [
            *data.columns,
            rows,
            hashes.column("h").combine_chunks(),
            positions,
            pa.repeat(pa.scalar(self._number, pa.int32()), count),
            pa.repeat(pa.scalar(value=False), count),
        ]
        self._writer.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _reject(self, reject: Reject) -> None:
        if not self._staged.example:
            self._staged.example = f"record {reject.position:,}: {reject.reason}: {reject.detail}"
        self._staged.rejected[reject.reason] += 1
        self._rejects.write(reject)

    def _reject_duplicates(self) -> None:
        """Leave one row per key.

        Of rows with one key the content that was read last counts, at the place where it was read first: other rows
        of this content are repetitions, rows of other content are rejected as contradictions.
        """
        parts = parquet(path for path, _ in self._staged.parts)
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE duplicates AS
            WITH repeated AS (
                SELECT {ROW}, {HASH}, {POSITION} FROM {parts}
                WHERE {ROW} IN (SELECT {ROW} FROM {parts} GROUP BY {ROW} HAVING count(*) > 1)
            ),
            last AS (SELECT {ROW}, arg_max({HASH}, {POSITION}) AS content FROM repeated GROUP BY {ROW}),
            kept AS (
                SELECT {ROW}, content, min({POSITION}) AS position
                FROM repeated JOIN last USING ({ROW}) WHERE {HASH} = content GROUP BY ALL
            )
            SELECT {POSITION} AS position, {HASH} = content AS same
            FROM repeated JOIN kept USING ({ROW}) WHERE {POSITION} <> kept.position
        """)
        found = self._connection.execute("SELECT position, same FROM duplicates ORDER BY position").fetchnumpy()
        self._connection.execute("DROP TABLE duplicates")
        if len(found["position"]):
            self._staged.parts = list(self._without(found["position"], found["same"]))

    def _without(self, positions: Any, same: Any) -> Iterator[tuple[Path, int]]:
        """Write the parts again without the rows at these positions."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        compute = _compute()
        writer = PartWriter(self._folder, "unique", self._schema, group_bytes=GROUP_BYTES)
        unwanted = pa.array(positions, pa.int64())
        reasons = dict(zip(positions.tolist(), same.tolist(), strict=True))
        for path, _ in self._staged.parts:
            with pq.ParquetFile(path) as part:
                for group in range(part.num_row_groups):
                    table: Any = part.read_row_group(group)
                    mask = compute.is_in(table.column(POSITION), value_set=unwanted)
                    for record in table.filter(mask).to_pylist():
                        position, row = record[POSITION], record[ROW]
                        values = {name: record[name] for name in self._table.types}
                        reason = DUPLICATE_ROW if reasons[position] else DUPLICATE_KEY
                        detail = (
                            "the same row again" if reasons[position] else "another row with this key was read later"
                        )
                        self._reject(Reject(reason, position, raw_text(values), detail, row))
                    for batch in table.filter(compute.invert(mask)).to_batches():
                        writer.write(batch)
            path.unlink()
        yield from writer.close()


class _RejectWriter:
    """Writes rejected rows to one Parquet file; the file appears with the first of them."""

    def __init__(self, folder: Path, files: list[tuple[str, int]], increment: int | None) -> None:
        self._path = folder / "rejects.parquet"
        self._files = files
        self._increment = increment
        self._pending: list[Reject] = []
        self._writer: Any = None
        self._rows = 0

    def write(self, reject: Reject) -> None:
        self._pending.append(reject)
        if len(self._pending) >= _REJECTS_AT_ONCE:
            self._flush()

    def close(self) -> tuple[Path, int] | None:
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
        places = [self._place(reject.position) for reject in self._pending]
        columns: list[Any] = [
            [reject.row for reject in self._pending],
            [reject.reason for reject in self._pending],
            [position for _, position in places],
            [reject.raw for reject in self._pending],
            [reject.detail for reject in self._pending],
            [file for file, _ in places],
            [self._increment] * len(places),
        ]
        schema = rejects_schema()
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, schema, compression="zstd")
        self._writer.write_table(table)
        self._rows += len(self._pending)
        self._pending = []

    def _place(self, position: int) -> tuple[str | None, int]:
        """Give the file and the record number in it."""
        for name, first in reversed(self._files):
            if position >= first:
                return name, position - first + 1
        return None, position


def _keys(texts: dict[str, Any]) -> tuple[Any, Any]:
    """Give `_row` of each row (null without a whole key), and a mask of rows with one (None where all have it)."""
    compute = _compute()
    filled: Any = None
    escaped = []
    for text in texts.values():
        if text.null_count:
            valid = compute.is_valid(text)
            filled = valid if filled is None else compute.and_(filled, valid)
        escaped.append(compute.replace_substring(compute.replace_substring(text, "\\", "\\\\"), "|", "\\|"))
    return escaped[0] if len(escaped) == 1 else compute.binary_join_element_wise(*escaped, "|"), filled


def hash_expression(types: dict[str, str]) -> str:
    """Give the DuckDB expression of `_hash`: 128 bits, in hex, of a row's typed values.

    Every value is written with its length in bytes, so that no two rows run together; null is a dash. Numbers in time
    are written as numbers, and decimals at their full scale, so that the hash depends on the value and not on how it
    was shown.
    """
    return f"md5(concat({', '.join(_canonical(quote(name), declared) for name, declared in types.items())}))"


def _canonical(column: str, declared: str) -> str:
    text = {
        "text": column,
        "timestamp": f"epoch_us({column})::VARCHAR",
        "timestamptz": f"epoch_us({column})::VARCHAR",
    }.get(declared, f"{column}::VARCHAR")
    return f"CASE WHEN {column} IS NULL THEN '-' ELSE concat(strlen({text}), ':', {text}) END"


def _as_text(column: Any, declared: str) -> Any:
    """Write key values as people know them: whole numbers, decimals without trailing zeros, ISO dates."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if declared == "text":
        return column
    text = column.cast(pa.string())
    return pc.replace_substring_regex(text, pattern=r"\.?0+$", replacement="") if declared == "decimal" else text


def _compute() -> Any:
    """Give Arrow's functions untyped: their stubs know neither plain texts as arguments nor most results."""
    import pyarrow.compute as pc

    return pc
