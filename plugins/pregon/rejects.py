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
from pregon.sources.batches import CAST_FAILURE, UNREADABLE_CHANGE

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
    live: str | None,
    scratch: Path,
) -> Rejects:
    """Give the rejects that stand after an extract.

    An earlier one goes when its key is read again, in good shape or not; where its key could not be read, when the same
    row is rejected again. A row that could be read before, and does not fit its types now, becomes an
    `unreadable_change`: it is still known as it was.

    Args:
        lake: where files lie.
        folder: key of the folder of the table's image.
        number: the manifest that is being made.
        before: what stood at the manifest before; nothing where the whole table was read.
        parts: raw parts of this extract.
        found: file of the rows that this extract rejected.
        live: SELECT of the keys of all rows known after this extract, where rows of `found` did not fit their types.
        scratch: local folder for spilling and unfinished files.

    Returns:
        The same as `before` where nothing changes. The same input gives the same files, byte by byte.
    """
    if found is None:
        if not before.parts or not parts:
            return before
    elif not before.parts and live is None:
        return _whole(lake, found)
    with session(scratch, about=folder) as connection:
        _define(connection, lake, before, parts, found, live)
        if found is None and _count(connection, "standing") == sum(ref.rows for ref in before.parts):
            return before
        if found is not None and not before.parts and not _count(connection, "changed"):
            return _whole(lake, found)
        writer = PartWriter(scratch, f"rejects-{number:06d}", rejects_schema(), group_rows=BATCH_ROWS)
        reasons: Counter[str] = Counter()
        both = "FROM standing UNION ALL BY NAME FROM marked ORDER BY _increment NULLS FIRST, _position"
        for batch in connection.execute(both).to_arrow_reader(BATCH_ROWS):
            reasons.update(str(reason) for reason in batch.column("_reason").to_pylist())
            writer.write(batch)
        written = writer.close()
    refs = []
    for path, rows in written:
        key = f"{folder}/{path.name}"
        lake.put_file(key, path)
        refs.append(lake.ref(key, rows))
    return Rejects(tuple(refs), dict(sorted(reasons.items())))


def _define(
    connection: Any, lake: Lake, before: Rejects, parts: tuple[Ref, ...], found: Ref | None, live: str | None
) -> None:
    """Make the views `standing`, earlier rejects that stay, and `marked`, the new ones with their final reasons."""
    earlier, new, read = (
        parquet(lake.local(ref.key) for ref in refs) if refs else None
        for refs in (before.parts, (found,) if found else (), parts)
    )
    connection.execute(f"CREATE TEMP VIEW earlier AS FROM {earlier or f'{new} WHERE false'}")
    connection.execute(f"CREATE TEMP VIEW new AS FROM {new or f'{earlier} WHERE false'}")
    connection.execute(
        f"CREATE TEMP VIEW good AS {f'SELECT _row FROM {read}' if read else 'SELECT _row FROM earlier WHERE false'}"
    )
    # Of several rows with one key, one takes the place of the row that is known.
    connection.execute(f"""
        CREATE TEMP TABLE changed AS
        SELECT _row, min(_position) AS _position FROM new
        WHERE _reason = '{CAST_FAILURE}' AND _row IN ({live or "SELECT _row FROM new WHERE false"})
          AND _row NOT IN (FROM good)
        GROUP BY _row
    """)
    connection.execute(f"""
        CREATE TEMP VIEW marked AS
        SELECT new.* REPLACE (CASE WHEN changed._row IS NULL THEN _reason ELSE '{UNREADABLE_CHANGE}' END AS _reason)
        FROM new LEFT JOIN changed USING (_row, _position)
    """)
    connection.execute("""
        CREATE TEMP TABLE read_again AS
        SELECT DISTINCT _row FROM (FROM good UNION ALL SELECT _row FROM new WHERE _row IS NOT NULL)
    """)
    connection.execute("""
        CREATE TEMP TABLE rejected_again AS SELECT DISTINCT md5(_raw) AS _text FROM new WHERE _row IS NULL
    """)
    connection.execute("""
        CREATE TEMP VIEW standing AS FROM earlier
        WHERE CASE WHEN _row IS NULL THEN md5(_raw) NOT IN (FROM rejected_again) ELSE _row NOT IN (FROM read_again) END
    """)


def _count(connection: Any, table: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0])


def _whole(lake: Lake, found: Ref) -> Rejects:
    """Give the rejects of one extract as they lie among the raw parts, without a second copy."""
    import pyarrow.parquet as pq

    reasons: Counter[str] = Counter()
    with pq.ParquetFile(lake.local(found.key)) as file:
        for batch in file.iter_batches(columns=["_reason"]):
            reasons.update(str(reason) for reason in batch.column(0).to_pylist())
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
