"""Small sources for tests, and short ways to extract them and to look at what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from pregon.images import view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec
from pregon.sources.batches import Batch
from pregon.sources.connector import Connector
from pregon.sources.extract import Extraction, extract

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITY = "testville"


def table(
    name: str = "things",
    *,
    key: Sequence[str] = ("id",),
    columns: Mapping[str, str] | Sequence[str] = ("id", "title"),
    types: Mapping[str, str] | None = None,
    cursor: str | None = None,
    overlap: timedelta = timedelta(0),
    deletions: Any = "ignore",
    **options: Any,
) -> TableSpec:
    """A table; `columns` are our names, or map them to the source's; `types` says which are not text."""
    names = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    specs = {ours: ColumnSpec(theirs, (types or {}).get(ours, "text")) for ours, theirs in names.items()}
    return TableSpec(name, tuple(key), specs, cursor, overlap, deletions, options=options)


def files(*tables: TableSpec) -> SourceSpec:
    """A source of files."""
    return SourceSpec("portal", "files", tables)


def database(path: Path, *tables: TableSpec) -> SourceSpec:
    """A source in an SQLite file."""
    return SourceSpec("erp", "sql", tables, url=f"sqlite:///{path}")


def run(lake: Lake, source: SourceSpec, folder: Path, *, day: int = 0, full: bool = False) -> Manifest:
    """Extract one source as of the given day."""
    as_of = AS_OF + timedelta(days=day)
    return extract(Extraction(lake, CITY, [source], as_of, folder, from_dir=folder, full=full))


def image(
    lake: Lake, manifest: Manifest, name: str = "things", *, include_deleted: bool = False
) -> list[dict[str, Any]]:
    """Rows of a table at a manifest, by `_row`."""
    sql = view_sql(lake, CITY, manifest.number, name, include_deleted=include_deleted)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT * FROM ({sql}) ORDER BY _row").to_arrow_table().to_pylist()


def everything(connector: Connector, spec: TableSpec) -> Iterator[Batch]:
    """All batches of a table, as its connector plans and gives them."""
    return chain.from_iterable(connector.read(spec, chunk).batches for chunk in connector.plan(spec, None).chunks)


def rejects(lake: Lake, manifest: Manifest, name: str = "things") -> list[dict[str, Any]]:
    """Rejected rows of a table."""
    ref = manifest.tables[name].rejects
    if ref is None:
        return []
    with duckdb.connect() as connection:
        return (
            connection.execute("SELECT * FROM read_parquet(?)", [str(lake.local(ref.key))]).to_arrow_table().to_pylist()
        )


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
