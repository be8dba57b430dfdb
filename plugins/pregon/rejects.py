"""The rows of a table that can't be used as rows, as of a manifest: whichever extract read them.

A read by cursor sees what changed and nothing else. A row that an earlier one rejected is still in the source, so it is
carried forward as an image carries good rows; each extract that changes the set writes it anew, under its own number.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.duck import PartWriter, parquet, session
from pregon.lake import Lake, Ref
from pregon.manifest import Rejects, TableManifest

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 5_000
"""Rejected rows held in memory at once: each may keep 32 KB of its text."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row in rejects. `row` is its key where that could be read, `name` tells it from all others of its table."""

    name: str
    row: str | None
    reason: str
    position: int
    raw: str


def rejects_schema() -> "pa.Schema":
    """Give the columns of a file of rejects.

    `_row` is the key, null where it could not be read; `_position` the number of the record in its file (`_file`), or
    in what its extract read; `_increment` the number of that extract, null where it read the whole table.
    """
    import pyarrow as pa

    fields: list[pa.Field[Any]] = [
        pa.field("_row", pa.string()),
        pa.field("_reason", pa.string()),
        pa.field("_position", pa.int64()),
        pa.field("_raw", pa.string()),
        pa.field("_detail", pa.string()),
        pa.field("_file", pa.string()),
        pa.field("_increment", pa.int32()),
    ]
    return pa.schema(fields)


def carry(
    lake: Lake,
    folder: str,
    number: int,
    before: Rejects,
    *,
    parts: tuple[Ref, ...],
    found: Ref | None,
    scratch: Path,
) -> Rejects:
    """Give the rejects that stand after a read by cursor.

    An earlier one goes when its key is read again, in good shape or not; where its key could not be read, when the same
    row is rejected again.

    Args:
        lake: where files lie.
        folder: key of the folder of the table's image.
        number: the manifest that is being made.
        before: what stood at the manifest before.
        parts: raw parts of this extract.
        found: file of the rows that this extract rejected.
        scratch: local folder for spilling and unfinished files.

    Returns:
        The same as `before` where nothing changes. The same input gives the same files, byte by byte.
    """
    if not before.parts:
        return _whole(lake, found)
    if not parts and found is None:
        return before
    with session(scratch) as connection:
        earlier = parquet(lake.local(ref.key) for ref in before.parts)
        new = parquet([lake.local(found.key)]) if found else f"(FROM {earlier} WHERE false)"
        read = " UNION ALL ".join(
            [f"SELECT _row FROM {parquet([lake.local(ref.key)])}" for ref in parts]
            + [f"SELECT _row FROM {new} WHERE _row IS NOT NULL"]
        )
        connection.execute(f"CREATE TEMP TABLE read_again AS SELECT DISTINCT _row FROM ({read})")
        connection.execute(
            f"CREATE TEMP TABLE rejected_again AS SELECT DISTINCT md5(_raw) AS _text FROM {new} WHERE _row IS NULL"
        )
        stands = (
            f"SELECT * FROM {earlier} WHERE CASE WHEN _row IS NULL THEN md5(_raw) NOT IN (FROM rejected_again)"
            " ELSE _row NOT IN (FROM read_again) END"
        )
        kept = connection.execute(f"SELECT count(*) FROM ({stands})").fetchone()
        if found is None and kept and kept[0] == sum(ref.rows for ref in before.parts):
            return before
        writer = PartWriter(scratch, f"rejects-{number:06d}", rejects_schema(), group_rows=BATCH_ROWS)
        reasons: Counter[str] = Counter()
        merged = f"{stands} UNION ALL BY NAME SELECT * FROM {new} ORDER BY _increment NULLS FIRST, _position"
        for batch in connection.execute(merged).to_arrow_reader(BATCH_ROWS):
            reasons.update(str(reason) for reason in batch.column("_reason").to_pylist())
            writer.write(batch)
        written = writer.close()
    refs = []
    for path, rows in written:
        key = f"{folder}/{path.name}"
        lake.put_file(key, path)
        refs.append(lake.ref(key, rows))
    return Rejects(tuple(refs), dict(sorted(reasons.items())))


def _whole(lake: Lake, found: Ref | None) -> Rejects:
    """Give the rejects of one extract as they lie among the raw parts, without a second copy."""
    if found is None:
        return Rejects()
    reasons = Counter(row.reason for row in _read(lake, (found,), several_files=False))
    return Rejects((found,), dict(sorted(reasons.items())))


def read_rejects(lake: Lake, table: TableManifest) -> Iterator[RejectedRow]:
    """Stream the rejects that stand at the manifest of this entry, in the order of their extracts and records."""
    return _read(lake, table.unusable.parts, several_files=len(table.notes.get("files", ())) > 1)


def _read(lake: Lake, refs: tuple[Ref, ...], *, several_files: bool) -> Iterator[RejectedRow]:
    import pyarrow.parquet as pq

    columns = ["_row", "_reason", "_position", "_raw", "_file", "_increment"]
    for ref in refs:
        with pq.ParquetFile(lake.local(ref.key)) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                values: list[list[Any]] = [batch.column(name).to_pylist() for name in columns]
                for row, reason, position, raw, name, increment in zip(*values, strict=True):
                    place = f"{name}:" if several_files else "" if increment is None else f"{increment}."
                    yield RejectedRow(f"{row or ''}#{place}{position}", row, reason, position, raw)
