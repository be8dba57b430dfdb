"""Tables as CSV: one file each, in one ZIP archive for each segment."""

from collections.abc import Sequence
from typing import BinaryIO, ClassVar

from pregon.publication.bulk import BulkFile
from pregon.publication.deflate import COMPRESSION, Compressor, Entry, Piece, Stream, Stretch, deflate, write_zip
from pregon.publication.lifting import lift
from pregon.publication.source import Segment
from pregon.publication.tables.formats import Rows, SegmentFiles, Setting, Year
from transforms.snapshot import PublishedFile
from transforms.tables import csv_header, csv_rows

# Characters of a table that wait before they are compressed: large enough to compress well, small enough that a
# hundred tables stay within memory.
WAITING = 1 << 18


class Member:
    """One table within an archive that is being filled; text waits until there is enough to compress well."""

    def __init__(self, stream: Stream, compressor: Compressor) -> None:
        self.stream = stream
        self.rows = 0
        self._compressor = compressor
        self._waiting: list[str] = []
        self._characters = self._rows = 0

    def take(self, text: str, rows: int) -> None:
        """Take the text of some rows."""
        self._waiting.append(text)
        self._characters += len(text)
        self._rows += rows
        if self._characters > WAITING:
            self.flush()

    def flush(self) -> None:
        """Send what waits to be compressed."""
        if self._waiting:
            self._compressor.submit("".join(self._waiting).encode(), [self], rows=self._rows)
            self._waiting.clear()
            self._characters = self._rows = 0

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:  # noqa: ARG002 - tables have no such limit
        """Take a compressed piece."""
        self.stream.add(piece)
        self.rows += rows


class CsvFormat:
    """CSV in ZIP archives, with the plan's header even where a table is empty."""

    name: ClassVar[str] = "CSV"

    def fingerprint(self, setting: Setting) -> str:
        """Only the byte order mark is a matter of choice."""
        return f"{COMPRESSION} {'byte order mark' if setting.options.byte_order_mark else ''}"

    def segment(self, setting: Setting, segment: Segment, fingerprint: str) -> SegmentFiles:
        """Begin the archive of a segment."""
        return _Archive(setting, segment, fingerprint)

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
    def __init__(self, setting: Setting, segment: Segment, fingerprint: str) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".csv.zip", published=segment.published, fingerprint=fingerprint
        )
        self._setting = setting
        self._members = [
            Member(Stream(self.scratch(f".{table.name}")), setting.compressor) for table in setting.plan.tables
        ]

    def add(self, rows: Rows) -> None:
        """Take rows."""
        for number, taken in rows:
            self._members[number].take(csv_rows(taken), len(taken.rows))

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
        files = self.written(entries, self._members[0].rows)
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
        for member in self._members:
            member.stream.remove()
