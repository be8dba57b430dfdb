"""Tables as CSV: one file each, in one ZIP archive for each segment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from pregon.publication.bulk import BulkFile
from pregon.publication.deflate import COMPRESSION, Entry, Piece, Stream, Stretch, deflate, write_zip
from pregon.publication.lifting import lift
from pregon.publication.source import Segment
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.formats import Before, SegmentFiles, Setting, Year
from pregon.publication.tables.members import Member, MembersBefore, fill
from transforms.snapshot import PublishedFile
from transforms.tables import csv_header, csv_lines

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray


class CsvFormat:
    """CSV in ZIP archives, with the plan's header even where a table is empty."""

    name: ClassVar[str] = "CSV"

    def fingerprint(self, setting: Setting) -> str:
        """Only the byte order mark is a matter of choice."""
        return f"{COMPRESSION} {'byte order mark' if setting.options.byte_order_mark else ''}"

    def segment(
        self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None
    ) -> SegmentFiles:
        """Begin the archive of a segment."""
        return _Archive(setting, segment, fingerprint, before)

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Write the archive of all years: the compressed rows of each year, one after the other."""
        headers = _headers(setting)
        frames = [(name, header, None) for name, header in headers.items()]
        lifted = [lift(setting.folder / file.path, frames) for year in years for file in year.files]
        archive = _Archive(setting, segment, fingerprint)
        entries = [
            Entry(name, [header, *(of_file[number] for of_file in lifted if of_file[number].size)])
            for number, (name, header) in enumerate(headers.items())
        ]
        return archive.written(entries, sum(file.rows or 0 for year in years for file in year.files))


def _headers(setting: Setting) -> dict[str, Piece]:
    mark = setting.options.byte_order_mark
    return {f"{table.name}.csv": deflate(csv_header(table, byte_order_mark=mark)) for table in setting.plan.tables}


class _Archive(BulkFile):
    def __init__(self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".csv.zip", published=segment.published, fingerprint=fingerprint
        )
        self._setting = setting
        self._processes = 0
        self.sizes: list[NDArray[int64]] = []
        headers = [(name, header.size) for name, header in _headers(setting).items()] if before else []
        self._before = MembersBefore(before, CsvFormat.name, headers) if before else None
        self._members = [
            Member(Stream(self.scratch(f".{table.name}")), setting.compressor) for table in setting.plan.tables
        ]

    def add(self, batch: Batch) -> None:
        """Take rows."""
        import numpy as np

        sizes = []
        for number, member in enumerate(self._members):
            taken = batch.made.get(number)
            lines = [line.encode() for line in csv_lines(taken)] if taken else []
            sizes.append(fill(member, batch, number, lines, self._before))
        self.sizes.append(np.column_stack(sizes))
        self._processes += batch.processes

    def finish(self) -> list[PublishedFile]:
        """Write the archive. Its `rows` are the processes."""
        for member in self._members:
            member.flush()
        self._setting.compressor.drain()
        entries = []
        for (name, header), member in zip(_headers(self._setting).items(), self._members, strict=True):
            member.stream.close()
            stretches: list[Stretch] = [header, member.stream]
            entries.append(Entry(name, stretches))
        files = self.written(entries, self._processes)
        self.discard()
        return files

    def written(self, entries: Sequence[Entry], processes: int) -> list[PublishedFile]:
        """Write entries as the archive and describe it."""
        path = self.stem + self.suffix

        def archive(file: BinaryIO) -> None:
            write_zip(file, entries, self.published)

        self.write(path, archive)
        unpacked = sum(part.size for entry in entries for part in entry.stretches)
        return [self.described(path, rows=processes, unpacked=unpacked, format="CSV", media_type="application/zip")]

    def discard(self) -> None:
        """Remove the streams."""
        if self._before:
            self._before.close()
        for member in self._members:
            member.stream.remove()
