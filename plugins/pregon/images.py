"""Current images: the latest row per key of each source table, as of any manifest that is still wanted.

An image is a base and deltas, each named by the manifest that made it; nothing is overwritten, so the image of an
earlier manifest stays readable while a later one is made, until `prune`. Which files make an image is written in the
manifest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pregon.duck import DUCKDB_TYPES, GROUP_BYTES, GROUP_ROWS, PartWriter, arrow_type, parquet, session
from pregon.errors import PregonError
from pregon.lake import Lake, Ref
from pregon.manifest import Image, Manifest, TableManifest, numbers, read
from transforms.quoting import quote

COMPACT_SHARE = 0.25
"""Deltas that hold more than this share of the base's rows are folded into a new base."""
COMPACT_FILES = 24
"""As many deltas are folded into a new base, however small they are."""

_NEW, _CHANGED, _RESTORED, _DELETED = "new", "changed", "restored", "deleted"


class ImageMissingError(PregonError):
    """The image of a table can't be read at a manifest: the table is unknown, or its files were pruned."""

    def __init__(self, city: str, number: int, table: str, problem: str) -> None:
        super().__init__(
            f"{city}: the image of {table} at manifest {number}: {problem}",
            hint="read at a newer manifest, or extract again with a full read",
        )
        self.city = city
        self.number = number
        self.table = table


@dataclass(frozen=True, slots=True)
class Fold:
    """A new image, and how it differs from the one before: rows that are new, changed, restored, deleted."""

    image: Image
    changed: Mapping[str, int]


def fold(
    lake: Lake,
    folder: str,
    number: int,
    columns: Mapping[str, str],
    parts: tuple[Ref, ...],
    *,
    previous: TableManifest | None,
    mark_deleted: bool,
    scratch: Path,
    unusable: Ref | None = None,
) -> Fold:
    """Fold raw parts into the image of their table. A row whose hash is known already is no change.

    Args:
        lake: where parts and images lie.
        folder: key of the image's folder.
        number: the manifest that is being made.
        columns: declared name → type.
        parts: raw parts of this extract, one row per key.
        previous: the table at the manifest before, None for a first read.
        mark_deleted: rows that are not in `parts` are gone, but for those that were read and could not be used.
        scratch: local folder for spilling and unfinished files.
        unusable: file of the rows that this extract rejected.

    Returns:
        The image at `number`. The same parts and image before give the same files, byte by byte.
    """
    if previous is None:
        # Raw parts carry all columns of an image: they are its base as they are, without a second copy.
        rows = sum(part.rows for part in parts)
        return Fold(Image(base=parts, rows=rows), {_NEW: rows} if rows else {})
    before = previous.image
    same_columns = dict(previous.columns) == dict(columns)
    if not parts and not mark_deleted and same_columns:
        return Fold(before, {})
    with session(scratch, about=folder) as connection:
        connection.execute(f"CREATE TEMP VIEW before AS {_image_sql(lake, before, previous.columns, columns)}")
        connection.execute(f"CREATE TEMP VIEW incoming AS {_incoming_sql(lake, parts, columns)}")
        rejected = f"_row FROM {_files(lake, (unusable,))}" if unusable else "NULL::VARCHAR AS _row WHERE false"
        connection.execute(f"CREATE TEMP VIEW rejected AS SELECT {rejected}")
        group_rows = _group_rows(lake, (*parts, *before.base))
        writer = PartWriter(scratch, f"delta-{number:06d}", image_schema(columns), group_rows=group_rows)
        counts = _write(connection, _changes_sql(columns, number, mark_deleted=mark_deleted), writer)
        delta = writer.close()
        rows = before.rows + counts[_NEW] + counts[_RESTORED] - counts[_DELETED]
        deleted = before.deleted + counts[_DELETED] - counts[_RESTORED]
        changed = {kind: count for kind, count in sorted(counts.items()) if count}
        held = sum(count for _, count in delta) + sum(ref.rows for ref in before.deltas)
        many = held > COMPACT_SHARE * sum(ref.rows for ref in before.base) or len(before.deltas) >= COMPACT_FILES
        if same_columns and not delta:
            return Fold(before, {})
        if same_columns and not many:
            deltas = (*before.deltas, *_publish(lake, folder, delta))
            return Fold(Image(base=before.base, deltas=deltas, rows=rows, deleted=deleted), changed)
        writer = PartWriter(scratch, f"base-{number:06d}", image_schema(columns), group_rows=group_rows)
        _write(connection, _merged_sql([path for path, _ in delta], columns), writer)
        return Fold(Image(base=_publish(lake, folder, writer.close()), rows=rows, deleted=deleted), changed)


def image_schema(columns: Mapping[str, str]) -> Any:
    """Give the Arrow schema of an image's files: declared columns, `_row`, `_hash`, `_manifest`, `_deleted`."""
    import pyarrow as pa

    fields: list[pa.Field[Any]] = [pa.field(name, arrow_type(declared)) for name, declared in columns.items()]
    fields += [
        pa.field("_row", pa.string()),
        pa.field("_hash", pa.string()),
        pa.field("_manifest", pa.int32()),
        pa.field("_deleted", pa.bool_()),
    ]
    return pa.schema(fields)


def view_sql(lake: Lake, city: str, manifest_number: int, table: str, *, include_deleted: bool = False) -> str:
    """Give a DuckDB SELECT of a table's live rows as they were at a manifest, in no particular order.

    Columns: as declared, then `_row`, `_hash` and `_manifest` (the manifest in which the row last changed). With
    `include_deleted` also rows marked as deleted, with their last values, and the column `_deleted`.

    Raises:
        ManifestError: there is no such manifest.
        ImageMissingError: the manifest has no such table, or its files were pruned.
    """
    return table_view_sql(lake, read(lake, city, manifest_number), table, include_deleted=include_deleted)


def table_view_sql(
    lake: Lake, manifest: Manifest, table: str, *, include_deleted: bool = False, keep_deleted: bool = False
) -> str:
    """Do what `view_sql` does, for a manifest that was read; `keep_deleted` takes deleted rows for live ones."""
    entry = manifest.tables.get(table)
    if entry is None:
        raise ImageMissingError(manifest.city, manifest.number, table, "the manifest has no such table")
    for ref in (*entry.image.base, *entry.image.deltas):
        if not lake.exists(ref.key):
            raise ImageMissingError(manifest.city, manifest.number, table, f"its file {ref.key} is gone")
    everything = _image_sql(lake, entry.image, entry.columns, entry.columns)
    if include_deleted:
        return everything
    names = ", ".join([*map(quote, entry.columns), "_row", "_hash", "_manifest"])
    return f"SELECT {names} FROM ({everything})" + ("" if keep_deleted else " WHERE NOT _deleted")


def live_image_sql(lake: Lake, entry: TableManifest) -> str:
    """Give a DuckDB SELECT of the live rows of a table as an entry of a manifest knows them."""
    return f"FROM ({_image_sql(lake, entry.image, entry.columns, entry.columns)}) WHERE NOT _deleted"


def live_rows_sql(lake: Lake, image: Image) -> str:
    """Give a DuckDB SELECT of the keys (`_row`) of an image's live rows."""
    return f"SELECT _row FROM ({_image_sql(lake, image, {}, {})}) WHERE NOT _deleted"


def prune(lake: Lake, city: str, keep_from: int) -> list[str]:
    """Remove files of images, and of rejects, that no manifest from `keep_from` on needs; give their keys.

    Raw parts and manifests stay: they are the history of what was read, and a first base is made of raw parts.
    """
    wanted: set[str] = set()
    for number in numbers(lake, city):
        if number >= keep_from:
            for table in read(lake, city, number).tables.values():
                wanted.update(ref.key for ref in (*table.image.base, *table.image.deltas, *table.unusable.parts))
    removed = [key for key in lake.list(f"{city}/image") if key not in wanted]
    for key in removed:
        lake.remove(key)
    return removed


def _image_sql(lake: Lake, image: Image, stored: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Select all rows of an image, deleted ones too, with the columns wanted now."""
    columns = ", ".join([*_columns(stored, wanted), "_row", "_hash", "_manifest", "_deleted"])
    if not image.base and not image.deltas:
        nothing = [f"NULL::{DUCKDB_TYPES[declared]} AS {quote(name)}" for name, declared in wanted.items()]
        extra = ["NULL::VARCHAR AS _row", "NULL::VARCHAR AS _hash", "0 AS _manifest", "false AS _deleted"]
        return f"SELECT {', '.join([*nothing, *extra])} WHERE false"
    base = f"SELECT {columns} FROM {_files(lake, image.base)}" if image.base else ""
    if not image.deltas:
        return base
    deltas = _files(lake, image.deltas)
    latest = f"SELECT {columns} FROM {deltas} QUALIFY row_number() OVER (PARTITION BY _row ORDER BY _manifest DESC) = 1"
    if not base:
        return latest
    return f"{base} AS base ANTI JOIN {deltas} AS deltas ON base._row = deltas._row UNION ALL {latest}"


def _columns(stored: Mapping[str, str], wanted: Mapping[str, str]) -> Iterable[str]:
    for name, declared in wanted.items():
        column, duckdb_type = quote(name), DUCKDB_TYPES[declared]
        if name not in stored:
            yield f"NULL::{duckdb_type} AS {column}"
        elif stored[name] == declared:
            yield column
        else:
            yield f"TRY_CAST({column} AS {duckdb_type}) AS {column}"


def _incoming_sql(lake: Lake, parts: tuple[Ref, ...], columns: Mapping[str, str]) -> str:
    return _image_sql(lake, Image(base=parts), columns, columns)


def _changes_sql(columns: Mapping[str, str], number: int, *, mark_deleted: bool) -> str:
    """Select the rows that changed, and how."""
    names = ", ".join(f"i.{quote(name)}" for name in columns)
    changes = f"""
        SELECT {names}, i._row, i._hash, {number}::INTEGER AS _manifest, false AS _deleted,
               CASE WHEN b._row IS NULL THEN '{_NEW}' WHEN b._deleted THEN '{_RESTORED}' ELSE '{_CHANGED}' END AS _kind
        FROM incoming AS i LEFT JOIN before AS b ON i._row = b._row
        WHERE b._row IS NULL OR b._deleted OR b._hash <> i._hash
    """
    if mark_deleted:
        changes += f"""
            UNION ALL
            SELECT {names}, i._row, i._hash, {number}::INTEGER, true, '{_DELETED}'
            FROM before AS i ANTI JOIN incoming AS n ON i._row = n._row ANTI JOIN rejected AS r ON i._row = r._row
            WHERE NOT i._deleted
        """
    return f"SELECT * FROM ({changes}) ORDER BY _row"


def _merged_sql(delta: list[Path], columns: Mapping[str, str]) -> str:
    """Select the whole image: what changed, and what stayed."""
    names = ", ".join([*map(quote, columns), "_row", "_hash", "_manifest", "_deleted"])
    if not delta:
        return f"SELECT {names} FROM before ORDER BY _row"
    changed = parquet(delta)
    return f"""
        SELECT {names} FROM {changed}
        UNION ALL
        SELECT {names} FROM before ANTI JOIN {changed} AS changed ON before._row = changed._row
        ORDER BY _row
    """


def _write(connection: Any, statement: str, writer: PartWriter) -> Counter[str]:
    """Stream a result to `writer`; count the kinds of change, where the result tells them."""
    counts: Counter[str] = Counter()
    for batch in connection.execute(statement).to_arrow_reader(GROUP_ROWS):
        columns = batch
        if "_kind" in batch.schema.names:
            for kind in batch.column("_kind").value_counts().to_pylist():
                counts[kind["values"]] += kind["counts"]
            columns = batch.drop_columns(["_kind"])
        writer.write(columns)
    return counts


def _publish(lake: Lake, folder: str, parts: list[tuple[Path, int]]) -> tuple[Ref, ...]:
    refs = []
    for path, rows in parts:
        key = f"{folder}/{path.name}"
        lake.put_file(key, path)
        refs.append(lake.ref(key, rows))
    return tuple(refs)


def _group_rows(lake: Lake, refs: tuple[Ref, ...]) -> int:
    """Choose how many rows make a row group, so that wide rows don't make large ones; depends on the parts alone."""
    import pyarrow.parquet as pq

    rows = size = 0
    for ref in refs:
        metadata = pq.read_metadata(lake.local(ref.key))
        rows += metadata.num_rows
        size += sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    return GROUP_ROWS if not size else max(500, min(GROUP_ROWS, GROUP_BYTES * rows // size))


def _files(lake: Lake, refs: tuple[Ref, ...]) -> str:
    return parquet(lake.local(ref.key) for ref in refs)
