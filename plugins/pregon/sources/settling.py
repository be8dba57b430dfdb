"""From the pages of a table to its raw parts: one row per key, one file of rejected rows, parts of a useful size."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.duck import GROUP_BYTES, PartWriter, parquet
from pregon.lake import Lake, Ref
from pregon.rejects import rejects_schema
from pregon.sources.base import TableSpec
from pregon.sources.batches import DUPLICATE_KEY, DUPLICATE_ROW, Reject, raw_text
from pregon.sources.staging import CHUNK_POSITIONS, HASH, POSITION, ROW, Page, RejectWriter, raw_schema
from transforms.quoting import literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SMALL_ROWS, MANY_PARTS = 200_000, 8
"""More parts than this, smaller than this on average, are written anew as few."""

_HASHES_AT_ONCE = 8_000_000
"""Hashes of keys that are compared in one go: 64 MB."""

SUPERSEDED = "superseded"
"""Not a rejection: of a source that changed while it was read, a row was read again later."""


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A chunk that was read: its pages, and what was noted. `files` gives (name, number of its first record)."""

    label: str
    pages: tuple[Page, ...]
    files: tuple[tuple[str, int], ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Settled:
    """What was read of a table: counts as those of its pages together.

    `parts` and `rejects` lie in the lake under other names than they will have; `superseded` rows were read again.
    """

    rows_read: int = 0
    parts: list[Ref] = field(default_factory=list)
    rejects: list[Ref] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    empty_keys: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    cursors: list[str] = field(default_factory=list)
    example: str = ""
    superseded: int = 0

    @property
    def rows(self) -> int:
        """Rows in `parts`."""
        return sum(part.rows for part in self.parts)


def settle(
    lake: Lake,
    key: str,
    table: TableSpec,
    chunks: Sequence[ReadChunk],
    connection: "duckdb.DuckDBPyConnection",
    scratch: Path,
    *,
    moving: bool,
    increment: int | None,
) -> Settled:
    """Put the pages of a table together.

    Of rows with one key the content that was read last counts, at the place where it was read first: other rows of
    this content are repetitions, rows of other content are rejected as contradictions. Where the source was `moving`,
    the row that was read last counts, and the others are no contradiction.

    Args:
        lake: where pages lie.
        key: where new parts and rejects go, as `<key>-…`.
        table: the table.
        chunks: in reading order.
        connection: DuckDB.
        scratch: local folder for unfinished files.
        moving: the source may have changed while it was read.
        increment: number of the extract, where it read only a part of the table.
    """
    pages = [page for chunk in chunks for page in chunk.pages]
    settled = Settled(
        rows_read=sum(page.rows_read for page in pages),
        parts=[part for page in pages for part in page.parts],
        rejects=[page.rejects for page in pages if page.rejects],
        example=next((page.example for page in pages if page.example), ""),
        cursors=[page.cursor for page in pages if page.cursor is not None],
    )
    for page in pages:
        settled.rejected.update(page.rejected)
        settled.empty_keys.update(page.empty_keys)
        settled.filled.update(page.filled)
    unwanted = _repeated(lake, settled.parts, connection, moving=moving) if settled.parts else {}
    if unwanted:
        places = _Places(chunks)
        repeated: list[tuple[Reject, str | None]] = []

        def reject(record: Mapping[str, Any], reason: str) -> None:
            if reason == SUPERSEDED:
                settled.superseded += 1
                settled.rows_read -= 1
                return
            detail = "the same row again" if reason == DUPLICATE_ROW else "another row with this key was read later"
            values = {name: record[name] for name in table.types}
            file, position = places.of(record[POSITION])
            if not settled.example:
                settled.example = f"record {position:,}: {reason}: {detail}"
            settled.rejected[reason] += 1
            repeated.append((Reject(reason, position, raw_text(values), detail, record[ROW]), file))

        settled.parts = list(_without(lake, key, table, settled.parts, unwanted, reject, scratch))
        if repeated:
            settled.rejects.append(_put_rejects(lake, f"{key}-repeated.parquet", repeated, scratch, increment))
    if moving and len(settled.rejects) > 1:
        _forget_repeated(lake, key, settled, connection, scratch)
    settled.rejects = _one(lake, f"{key}-rejects.parquet", settled.rejects, scratch)
    if len(settled.parts) > MANY_PARTS and settled.rows < SMALL_ROWS * len(settled.parts):
        settled.parts = list(_merged(lake, key, table, settled.parts, scratch))
    return settled


class _Places:
    """Tells where a row was read, from its position: the file or the chunk, and the record in it."""

    def __init__(self, chunks: Sequence[ReadChunk]) -> None:
        self._chunks = chunks

    def of(self, position: int) -> tuple[str | None, int]:
        index, record = divmod(position, CHUNK_POSITIONS)
        chunk = self._chunks[index]
        for name, first in reversed(chunk.files):
            if record >= first:
                return name, record - first + 1
        return (chunk.label if len(self._chunks) > 1 else None), record


def _suspects(rows: str, count: int, connection: "duckdb.DuckDBPyConnection") -> "pa.Table | None":
    """Give the hashes of keys that more than one row has, as column `suspect`; None if there is none.

    Nearly always there is none, and sorting numbers of eight bytes shows that in less time and memory than grouping.
    """
    import numpy as np
    import pyarrow as pa

    passes = count // _HASHES_AT_ONCE + 1
    found = []
    for number in range(passes):
        share = f"WHERE hash({ROW}) % {passes} = {number}" if passes > 1 else ""
        hashes = connection.execute(f"SELECT hash({ROW}) AS suspect FROM {rows} {share}").to_arrow_table()
        ordered = np.sort(hashes.column(0).to_numpy())
        del hashes
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if len(repeated):
            found.append(repeated)
    return pa.table({"suspect": pa.array(np.concatenate(found))}) if found else None


def _repeated(
    lake: Lake, parts: Sequence[Ref], connection: "duckdb.DuckDBPyConnection", *, moving: bool
) -> dict[int, str]:
    """Give position → reason of the rows that must go."""
    rows = parquet(lake.local(part.key) for part in parts)
    suspects = _suspects(rows, sum(part.rows for part in parts), connection)
    if suspects is None:
        return {}
    connection.register("suspects", suspects)
    last = f"arg_max({HASH}, {POSITION}) AS content, max({POSITION}) AS last"
    kept = "last" if moving else f"min({POSITION}) FILTER ({HASH} = content)"
    reason = (
        f"'{SUPERSEDED}'" if moving else f"CASE WHEN {HASH} = content THEN '{DUPLICATE_ROW}' ELSE '{DUPLICATE_KEY}' END"
    )
    found = connection.execute(f"""
        WITH suspected AS (
            SELECT {ROW}, {HASH}, {POSITION} FROM {rows} WHERE hash({ROW}) IN (SELECT suspect FROM suspects)
        ),
        latest AS (SELECT {ROW}, {last} FROM suspected GROUP BY {ROW} HAVING count(*) > 1),
        wanted AS (
            SELECT {ROW}, content, {kept} AS kept FROM suspected JOIN latest USING ({ROW}) GROUP BY {ROW}, content, last
        )
        SELECT {POSITION}, {reason} FROM suspected JOIN wanted USING ({ROW}) WHERE {POSITION} <> kept ORDER BY 1
    """).fetchall()
    connection.unregister("suspects")
    return dict(found)


def _without(
    lake: Lake,
    key: str,
    table: TableSpec,
    parts: Sequence[Ref],
    unwanted: Mapping[int, str],
    reject: Callable[[Mapping[str, Any], str], None],
    scratch: Path,
) -> Iterator[Ref]:
    """Write those parts again that hold unwanted rows, without them; the others stay as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    compute: Any = pc
    positions = pa.array(sorted(unwanted), pa.int64())
    for index, part in enumerate(parts):
        writer = PartWriter(scratch, f"unique-{index:05d}", raw_schema(table), group_bytes=GROUP_BYTES)
        touched = False
        with pq.ParquetFile(lake.local(part.key)) as file:
            for group in range(file.num_row_groups):
                held = compute.is_in(file.read_row_group(group, columns=[POSITION]).column(0), value_set=positions)
                if not touched and not compute.any(held).as_py():
                    continue
                if not touched:
                    touched = True
                    for earlier in range(group):
                        _copy(file, earlier, writer)
                rows: Any = file.read_row_group(group)
                for record in rows.filter(held).to_pylist():
                    reject(record, unwanted[record[POSITION]])
                for batch in rows.filter(compute.invert(held)).to_batches():
                    writer.write(batch)
        if not touched:
            yield part
            continue
        for number, (path, count) in enumerate(writer.close()):
            name = f"{key}-unique-{index:05d}-{number:05d}.parquet"
            lake.put_file(name, path)
            yield lake.ref(name, count)


def _copy(file: Any, group: int, writer: PartWriter) -> None:
    for batch in file.read_row_group(group).to_batches():
        writer.write(batch)


def _merged(lake: Lake, key: str, table: TableSpec, parts: Sequence[Ref], scratch: Path) -> Iterator[Ref]:
    """Write many small parts as few, in the same order."""
    import pyarrow.parquet as pq

    writer = PartWriter(scratch, "merged", raw_schema(table), group_bytes=GROUP_BYTES)
    for part in parts:
        with pq.ParquetFile(lake.local(part.key)) as file:
            for group in range(file.num_row_groups):
                _copy(file, group, writer)
    for index, (path, count) in enumerate(writer.close()):
        name = f"{key}-merged-{index:05d}.parquet"
        lake.put_file(name, path)
        yield lake.ref(name, count)


def _forget_repeated(
    lake: Lake, key: str, settled: Settled, connection: "duckdb.DuckDBPyConnection", scratch: Path
) -> None:
    """Of rejected rows that a moving source gave again, keep the one that was read last."""
    import pyarrow.parquet as pq

    files = "UNION ALL BY NAME ".join(
        f"SELECT *, {index} AS _order FROM read_parquet({literal(str(lake.local(ref.key)))}, file_row_number = true) "
        for index, ref in enumerate(settled.rejects)
    )
    kept = connection.execute(f"""
        SELECT * EXCLUDE (_order, file_row_number) FROM ({files})
        QUALIFY row_number() OVER (
            PARTITION BY coalesce(_row, md5(_raw)), _row IS NULL, _reason ORDER BY _order DESC, file_row_number DESC
        ) = 1 OR _reason IN ('{DUPLICATE_KEY}', '{DUPLICATE_ROW}')
        ORDER BY _order, file_row_number
    """).to_arrow_table()
    before = sum(ref.rows for ref in settled.rejects)
    if kept.num_rows == before:
        return
    settled.rows_read -= before - kept.num_rows
    settled.superseded += before - kept.num_rows
    settled.rejected = Counter(str(reason) for reason in kept.column("_reason").to_pylist())
    path = scratch / "moving-rejects.parquet"
    pq.write_table(kept.cast(rejects_schema()), path, compression="zstd")
    lake.put_file(f"{key}-moving.parquet", path)
    settled.rejects = [lake.ref(f"{key}-moving.parquet", kept.num_rows)]


def _put_rejects(
    lake: Lake, key: str, repeated: Sequence[tuple[Reject, str | None]], scratch: Path, increment: int | None
) -> Ref:
    writer = RejectWriter(scratch, increment)
    for reject, file in repeated:
        writer.write(reject, file, reject.position)
    path, rows = writer.close() or (scratch, 0)
    lake.put_file(key, path)
    return lake.ref(key, rows)


def _one(lake: Lake, key: str, files: Sequence[Ref], scratch: Path) -> list[Ref]:
    """Put files of rejected rows together."""
    import pyarrow.parquet as pq

    if len(files) < 2:
        return list(files)
    path = scratch / "all-rejects.parquet"
    with pq.ParquetWriter(path, pq.read_schema(lake.local(files[0].key)), compression="zstd") as writer:
        for file in files:
            with pq.ParquetFile(lake.local(file.key)) as source:
                for group in range(source.num_row_groups):
                    writer.write_table(source.read_row_group(group))
    lake.put_file(key, path)
    return [lake.ref(key, sum(file.rows for file in files))]
