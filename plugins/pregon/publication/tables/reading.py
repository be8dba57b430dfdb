"""Reading the tables of a finished snapshot back, for targets that take rows rather than files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pregon.errors import PregonError
from transforms.snapshot import FULL, Manifest

if TYPE_CHECKING:
    import pyarrow as pa


class NoSuchTable(PregonError):
    """A snapshot does not hold a table in a form whose types are exact."""

    def __init__(self, snapshot: str, table: str, *, parquet: bool, tables: tuple[str, ...]) -> None:
        problem = f"has no table {table!r}" if parquet else "has no tables as Parquet, of which rows are read"
        hint = f"its tables are {', '.join(tables)}" if parquet else "add parquet to build.tables in city.yaml"
        super().__init__(f"snapshot {snapshot} {problem}", hint=hint)
        self.snapshot = snapshot
        self.table = table


def table_batches(folder: Path, manifest: Manifest, table: str, *, rows: int = 5_000) -> Iterator["pa.RecordBatch"]:
    """Give the rows of a table over all segments, in the order of the file, at most `rows` at a time.

    Columns are named by their OCDS paths and have the types of `transforms.tables.arrow_schema`. Raises `NoSuchTable`.
    """
    import pyarrow.parquet as pq

    path = f"bulk/tables/{FULL}.parquet/{table}.parquet"
    held = {file.path for file in manifest.files if file.content == "tables" and file.format == "Parquet"}
    if path not in held:
        names = tuple(one.name for one in manifest.tables)
        raise NoSuchTable(manifest.snapshot, table, parquet=bool(held), tables=names)
    with pq.ParquetFile(folder / path) as opened:
        yield from opened.iter_batches(batch_size=rows)
