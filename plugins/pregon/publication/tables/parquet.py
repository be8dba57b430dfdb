"""Tables as Parquet: a folder for each segment, a file for each table, so that a query reads what it needs over HTTP.

Compressed with Snappy, which every reader has. Row groups are cut by size, not by time, so the same rows give the same
bytes.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

from pregon.publication.bulk import BulkFile, settle
from pregon.publication.source import Segment
from pregon.publication.tables.formats import Rows, SegmentFiles, Setting, Year, about
from transforms.snapshot import PublishedFile
from transforms.tables import Table, arrow_schema, record_batch

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.parquet"

GROUP_BYTES = 16 << 20
"""Bytes in memory of a row group of a table."""

WAITING_BYTES = 64 << 20
"""Bytes in memory of all tables together that wait for their row group."""


class ParquetFormat:
    """Parquet files with the types of the field table, the same in every segment."""

    name: ClassVar[str] = "Parquet"

    def fingerprint(self, setting: Setting) -> str:
        """Name the version of the library, which decides over the bytes, and what the files say of themselves."""
        return f"{version('pyarrow')} {about(setting.publication)!r}"

    def segment(self, setting: Setting, segment: Segment, fingerprint: str) -> SegmentFiles:
        """Begin the files of a segment."""
        return _Folder(setting, segment, fingerprint)

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Write the row groups of all years, small ones together."""
        folder = _Folder(setting, segment, fingerprint)
        for number, table in enumerate(setting.plan.tables):
            for year in years:
                for batch in _batches(setting, year, table):
                    folder.take(number, batch)
        return folder.finish()


def _batches(setting: Setting, year: Year, table: Table) -> Iterator["pa.RecordBatch"]:
    import pyarrow.parquet as pq

    wanted = f"/{table.name}.parquet"
    for file in year.files:
        if file.path.endswith(wanted):
            with pq.ParquetFile(setting.folder / file.path) as opened:
                for group in range(opened.num_row_groups):
                    yield from opened.read_row_group(group).to_batches()


class _Folder(BulkFile):
    def __init__(self, setting: Setting, segment: Segment, fingerprint: str) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".parquet", published=segment.published, fingerprint=fingerprint
        )
        folder = setting.folder / f"{self.stem}{self.suffix}"
        folder.mkdir(parents=True, exist_ok=True)
        metadata = about(setting.publication)
        self._tables = [_File(self, table, metadata) for table in setting.plan.tables]

    def add(self, rows: Rows) -> None:
        """Take rows."""
        for number, taken in rows:
            table = self._tables[number]
            self.take(number, record_batch(table.table, table.schema, taken))

    def take(self, number: int, batch: "pa.RecordBatch") -> None:
        """Take rows of a table; write those of the largest one where too many wait."""
        self._tables[number].take(batch)
        while sum(table.waiting for table in self._tables) > WAITING_BYTES:
            max(self._tables, key=lambda table: table.waiting).write()

    def finish(self) -> list[PublishedFile]:
        """Close the files. Their `rows` are those of their table."""
        return [table.finish() for table in self._tables]

    def discard(self) -> None:
        """Remove the files."""
        for table in self._tables:
            table.discard()


class _File:
    """The file of one table."""

    def __init__(self, folder: _Folder, table: Table, metadata: dict[str, str]) -> None:
        import pyarrow.parquet as pq

        self.table = table
        self.schema = arrow_schema(table).with_metadata({**metadata, "table": table.name})
        self.waiting = 0
        self._rows = 0
        self._folder = folder
        self._path = f"{folder.stem}{folder.suffix}/{table.name}.parquet"
        self._batches: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(folder.snapshot / self._path, self.schema, compression="snappy")

    def take(self, batch: "pa.RecordBatch") -> None:
        self._batches.append(batch)
        self.waiting += batch.nbytes
        if self.waiting > GROUP_BYTES:
            self.write()

    def write(self) -> None:
        import pyarrow as pa

        if self._batches:
            group = pa.Table.from_batches(self._batches).replace_schema_metadata(self.schema.metadata)
            self._writer.write_table(group, row_group_size=group.num_rows)
            self._rows += group.num_rows
        self._batches.clear()
        self.waiting = 0

    def finish(self) -> PublishedFile:
        import pyarrow.parquet as pq

        self.write()
        self._writer.close()
        path = self._folder.snapshot / self._path
        settle(path, self._folder.published)
        written = pq.read_metadata(path)
        unpacked = sum(written.row_group(number).total_byte_size for number in range(written.num_row_groups))
        return self._folder.described(
            self._path, rows=self._rows, unpacked=unpacked, format="Parquet", media_type=MEDIA_TYPE
        )

    def discard(self) -> None:
        self._writer.close()
        (self._folder.snapshot / self._path).unlink(missing_ok=True)
