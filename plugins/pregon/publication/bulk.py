"""Bulk files of releases, records and compiled releases: JSON Lines and packages."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pregon.publication.deflate import PIECE, Compressor, Entry, Piece, Receiver, Stream, deflate, write_gzip, write_zip
from pregon.publication.manifest import describe
from transforms.packages import (
    MAXIMUM_AWARDS,
    MAXIMUM_BYTES,
    MAXIMUM_ZIPPED_BYTES,
    SEPARATOR,
    Kind,
    envelope,
    json_lines,
    package_entries,
)
from transforms.publication import Publication
from transforms.snapshot import Content, PublishedFile

# Headers, directory and closing block of an archive of one entry are below this.
_ARCHIVE_OVERHEAD = 1_000


class BulkFile(ABC):
    """A file, or the numbered parts of one, that takes pieces and is finished once."""

    def __init__(
        self, snapshot: Path, content: Content, segment: str, suffix: str, *, published: datetime, fingerprint: str
    ) -> None:
        self.snapshot = snapshot
        self.content: Content = content
        self.segment = segment
        self.stem = f"bulk/{content}/{segment}"
        self.suffix = suffix
        self.published = published
        self.fingerprint = fingerprint
        (snapshot / self.stem).parent.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def finish(self) -> list[PublishedFile]:
        """Write what was taken to its final name and describe it."""

    def scratch(self, name: str = "") -> Path:
        """Place for a stream until the file is finished."""
        return self.snapshot / f"{self.stem}{self.suffix}{name}.part"

    def write(self, path: str, writer: Callable[[BinaryIO], object]) -> None:
        """Write a final file durably, with the time of its content."""
        write_dated(self.snapshot / path, self.published, writer)

    def described(self, path: str, *, rows: int, unpacked: int, format: str, media_type: str) -> PublishedFile:  # noqa: A002
        """Describe a final file for the manifest."""
        return describe(
            self.snapshot,
            path,
            content=self.content,
            segment=self.segment,
            format=format,
            media_type=media_type,
            published=self.published,
            fingerprint=self.fingerprint,
            rows=rows,
            unpacked=unpacked,
        )


def write_dated(file: Path, moment: datetime, writer: Callable[[BinaryIO], object]) -> None:
    """Write a file durably; its modification time becomes `moment`, which servers give as `Last-Modified`."""
    with file.open("wb") as opened:
        writer(opened)
    settle(file, moment)


def settle(file: Path, moment: datetime) -> None:
    """Wait until the disk has a file that is written, and give it the time of its content."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
    os.utime(file, (moment.timestamp(), moment.timestamp()))


class JsonLinesFile(BulkFile):
    """One entry a line, gzipped, never split."""

    def __init__(
        self, snapshot: Path, content: Content, segment: str, *, published: datetime, fingerprint: str
    ) -> None:
        super().__init__(snapshot, content, segment, ".jsonl.gz", published=published, fingerprint=fingerprint)
        self._stream = Stream(self.scratch())
        self._rows = 0

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:  # noqa: ARG002 - lines have no limit
        """Take a piece of lines."""
        self._stream.add(piece)
        self._rows += rows

    def finish(self) -> list[PublishedFile]:
        """Write the gzip file."""
        self._stream.close()
        path = self.stem + self.suffix
        self.write(path, lambda file: write_gzip(file, self._stream, self.published))
        self._stream.remove()
        return [
            self.described(
                path, rows=self._rows, unpacked=self._stream.size, format="JSON Lines", media_type="application/gzip"
            )
        ]


class PackageFiles(BulkFile):
    """A release or record package, zipped; numbered parts where one would exceed the standard's limits.

    The limits are decided piece by piece (about one mebibyte of entries), so a part is at most that far from full. A
    single entry above a limit stands alone in its part.
    """

    def __init__(
        self,
        snapshot: Path,
        kind: Kind,
        segment: str,
        publication: Publication,
        *,
        published: datetime,
        fingerprint: str,
        maximum_zipped_bytes: int = MAXIMUM_ZIPPED_BYTES,
        maximum_bytes: int = MAXIMUM_BYTES,
        maximum_awards: int = MAXIMUM_AWARDS,
    ) -> None:
        super().__init__(snapshot, kind, segment, ".json.zip", published=published, fingerprint=fingerprint)
        self._kind: Kind = kind
        self._publication = publication
        self._limits = (maximum_zipped_bytes, maximum_bytes, maximum_awards)
        self._separator = deflate(SEPARATOR)
        longest = envelope(publication, kind, path=f"{self.stem}-0000{self.suffix}", published=published)
        self._frame = len(longest.head) + len(longest.tail)
        self._parts: list[tuple[Stream, int]] = []
        self._awards = 0

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:
        """Take a piece of entries joined by the package's separator."""
        if self._parts and self._fits(piece, awards):
            stream, before = self._parts[-1]
            stream.add(self._separator)
        else:
            if self._parts:
                self._parts[-1][0].close()
            stream, before = Stream(self.scratch(f".{len(self._parts) + 1}")), 0
            self._parts.append((stream, 0))
            self._awards = 0
        stream.add(piece)
        self._parts[-1] = (stream, before + rows)
        self._awards += awards

    def _fits(self, piece: Piece, awards: int) -> bool:
        stream = self._parts[-1][0]
        zipped, unzipped, most_awards = self._limits
        separator = self._separator
        return (
            stream.stored + len(separator.data) + len(piece.data) + self._frame + _ARCHIVE_OVERHEAD <= zipped
            and stream.size + separator.size + piece.size + self._frame <= unzipped
            and self._awards + awards <= most_awards
        )

    def finish(self) -> list[PublishedFile]:
        """Write the archives; a single one has no number in its name."""
        files = []
        for number, (stream, rows) in enumerate(self._parts, start=1):
            stream.close()
            name = self.stem if len(self._parts) == 1 else f"{self.stem}-{number:03d}"
            path = name + self.suffix
            frame = envelope(self._publication, self._kind, path=path, published=self.published)
            member = path.rpartition("/")[2].removesuffix(".zip")
            entry = Entry(member, [deflate(frame.head), stream, deflate(frame.tail)])

            def archive(file: BinaryIO, entry: Entry = entry) -> None:
                write_zip(file, [entry], self.published)

            self.write(path, archive)
            stream.remove()
            unpacked = len(frame.head) + stream.size + len(frame.tail)
            # Collectors of OCDS data take resources labelled exactly "JSON" for packages and unpack ZIP themselves.
            files.append(
                self.described(path, rows=rows, unpacked=unpacked, format="JSON", media_type="application/zip")
            )
        return files


class Feed:
    """Gathers serialized entries into pieces for the files that want them.

    An entry as large as a piece stands alone, so that packages can be split close to their limits.
    """

    def __init__(
        self, compressor: Compressor, kind: str, lines: Sequence[Receiver], packages: Sequence[Receiver] = ()
    ) -> None:
        self._compressor = compressor
        self._kind = kind
        self._lines = lines
        self._packages = packages
        self._entries: list[bytes] = []
        self._bytes = self._awards = 0

    def add(self, body: bytes, awards: int = 0) -> None:
        """Take one entry, with its number of awards and contracts."""
        if self._entries and (self._bytes + len(body) > PIECE or self._awards + awards > MAXIMUM_AWARDS):
            self.flush()
        self._entries.append(body)
        self._bytes += len(body)
        self._awards += awards

    def flush(self) -> None:
        """Send what has been gathered to be compressed."""
        if not self._entries:
            return
        rows, awards = len(self._entries), self._awards
        if self._lines:
            self._compressor.submit(json_lines(self._kind, self._entries), self._lines, rows=rows, awards=awards)
        if self._packages:
            self._compressor.submit(package_entries(self._entries), self._packages, rows=rows, awards=awards)
        self._entries = []
        self._bytes = self._awards = 0
