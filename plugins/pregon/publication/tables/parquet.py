"""Tables as Parquet: a folder for each segment, a file for each table, so that a query reads what it needs over HTTP.

Compressed with Snappy, which every reader has. Row groups of a table have a fixed number of rows, so the same rows give
the same bytes, wherever they come from.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pregon.publication.bulk import BulkFile, settle
from pregon.publication.source import Segment
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.formats import Before, NotContinued, SegmentFiles, Setting, Year, about
from transforms.snapshot import PublishedFile
from transforms.tables import Table, arrow_schema, record_batch

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.parquet"

GROUP_CELLS = 1_000_000
MOST_GROUP_ROWS = 1 << 16
"""A row group has so many cells, some megabytes in memory, and no more than so many rows."""


class ParquetFormat:
    """Parquet files with the types of the field table, the same in every segment."""

    name: ClassVar[str] = "Parquet"

    def fingerprint(self, setting: Setting) -> str:
        """Name the version of the library, which decides over the bytes, and what the files say of themselves."""
        return f"{version('pyarrow')} {about(setting.publication)!r}"

    def segment(
        self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None
    ) -> SegmentFiles:
        """Begin the files of a segment."""
        return _Folder(setting, segment, fingerprint, before)

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Write the row groups of all years, small ones together."""
        folder = _Folder(setting, segment, fingerprint)
        for number, table in enumerate(setting.plan.tables):
            for year in years:
                for batch in _batches(setting, year, table):
                    folder.take(number, batch)
        return folder.finish()


def _batches(setting: Setting, year: Year, table: Table) -> Iterator["pa.RecordBatch"]:
    wanted = f"/{table.name}.parquet"
    for file in year.files:
        if file.path.endswith(wanted):
            yield from _read(setting.folder / file.path)


def _read(path: Path) -> Iterator["pa.RecordBatch"]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as opened:
        for group in range(opened.num_row_groups):
            yield from opened.read_row_group(group).to_batches()


class _RowsBefore:
    """The rows of a promoted file, read from front to back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._batches = _read(path)
        self._batch: pa.RecordBatch | None = None
        self._begins = self._end = 0

    def rows(self, start: int, stop: int) -> Iterator["pa.RecordBatch"]:
        """Give the rows from `start` up to, but without, `stop`; they come after those that were asked for before."""
        while start < stop:
            while self._batch is None or start >= self._end:
                self._batch = next(self._batches, None)
                if self._batch is None:
                    raise NotContinued(self._path.name)
                self._begins, self._end = self._end, self._end + self._batch.num_rows
            until = min(stop, self._end)
            yield self._batch.slice(start - self._begins, until - start)
            start = until


class _Folder(BulkFile):
    sizes = None

    def __init__(self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".parquet", published=segment.published, fingerprint=fingerprint
        )
        folder = setting.folder / f"{self.stem}{self.suffix}"
        folder.mkdir(parents=True, exist_ok=True)
        metadata = about(setting.publication)
        self._tables = [_File(self, table, metadata) for table in setting.plan.tables]
        self._before: list[_RowsBefore] = []
        if before:
            self._offsets = before.places.offsets
            self._before = [_RowsBefore(before.folder / table.path) for table in self._tables]

    def add(self, batch: Batch) -> None:
        """Take rows."""
        for number, table in enumerate(self._tables):
            taken = batch.made.get(number)
            made = record_batch(table.table, table.schema, taken) if taken else None
            for run, start, stop in batch.spans(number):
                if run.kept:
                    first, end = (int(self._offsets[at, number]) for at in (run.first, run.end))
                    for one in self._before[number].rows(first, end):
                        table.take(one)
                elif made is not None:
                    table.take(made.slice(start, stop - start))

    def take(self, number: int, batch: "pa.RecordBatch") -> None:
        """Take rows of a table."""
        self._tables[number].take(batch)

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
        self.path = f"{folder.stem}{folder.suffix}/{table.name}.parquet"
        self._group = min(MOST_GROUP_ROWS, GROUP_CELLS // len(table.header))
        self._rows = self._waiting = 0
        self._folder = folder
        self._batches: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(folder.snapshot / self.path, self.schema, compression="snappy")

    def take(self, batch: "pa.RecordBatch") -> None:
        while batch.num_rows:
            some = batch.slice(0, self._group - self._waiting)
            batch = batch.slice(some.num_rows)
            self._batches.append(some)
            self._waiting += some.num_rows
            if self._waiting == self._group:
                self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if self._batches:
            # What was read back may call the elements of a list otherwise.
            batches = [
                one
                if one.schema.equals(self.schema)
                else pa.RecordBatch.from_arrays(
                    [column.cast(field.type) for column, field in zip(one.columns, self.schema, strict=True)],
                    schema=self.schema,
                )
                for one in self._batches
            ]
            # In one chunk: how a page is cut must not depend on the batches in which rows came.
            group = pa.Table.from_batches(batches).combine_chunks().replace_schema_metadata(self.schema.metadata)
            self._writer.write_table(group, row_group_size=group.num_rows)
            self._rows += group.num_rows
        self._batches.clear()
        self._waiting = 0

    def finish(self) -> PublishedFile:
        import pyarrow.parquet as pq

        self._write()
        self._writer.close()
        path = self._folder.snapshot / self.path
        settle(path, self._folder.published)
        written = pq.read_metadata(path)
        unpacked = sum(written.row_group(number).total_byte_size for number in range(written.num_row_groups))
        return self._folder.described(
            self.path, rows=self._rows, unpacked=unpacked, format="Parquet", media_type=MEDIA_TYPE
        )

    def discard(self) -> None:
        self._writer.close()
        (self._folder.snapshot / self.path).unlink(missing_ok=True)
