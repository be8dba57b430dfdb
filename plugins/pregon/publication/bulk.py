"""Bulk files of releases, records and compiled releases: JSON Lines and packages."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pregon.publication.deflate import GZIP_HEADER, Entry, Piece, Stream, deflate, write_gzip, write_zip
from pregon.publication.kept_pieces import KeptFile, KeptPiece
from pregon.publication.lifting import lift
from pregon.publication.manifest import describe
from transforms.packages import (
    MAXIMUM_AWARDS,
    MAXIMUM_BYTES,
    MAXIMUM_ZIPPED_BYTES,
    SEPARATOR,
    Kind,
    envelope,
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


def _noted(group: str, offset: int, piece: Piece, rows: int, awards: int) -> KeptPiece:
    return KeptPiece(group, offset, piece.stored, piece.size, piece.crc, rows, awards, piece.alone)


class JsonLinesFile(BulkFile):
    """One entry a line, gzipped, never split. `kept` is where the pieces of each group are, once it is finished."""

    def __init__(
        self, snapshot: Path, content: Content, segment: str, *, published: datetime, fingerprint: str
    ) -> None:
        super().__init__(snapshot, content, segment, ".jsonl.gz", published=published, fingerprint=fingerprint)
        self.kept: list[KeptFile] = []
        self._stream = Stream(self.scratch())
        self._rows = 0
        self._noted: list[KeptPiece] = []

    def add(self, piece: Piece, *, rows: int, awards: int, group: str = "") -> None:
        """Take a piece of lines; where it is gets noted if it is of a `group`."""
        if group:
            offset = GZIP_HEADER + self._stream.stored
            self._noted.append(_noted(group, offset, piece, rows, awards))
        self._stream.add(piece)
        self._rows += rows

    def finish(self) -> list[PublishedFile]:
        """Write the gzip file."""
        self._stream.close()
        path = self.stem + self.suffix
        self.write(path, lambda file: write_gzip(file, self._stream, self.published))
        self._stream.remove()
        file = self.described(
            path, rows=self._rows, unpacked=self._stream.size, format="JSON Lines", media_type="application/gzip"
        )
        self.kept = [(file, self._noted)]
        return [file]


@dataclass
class _Part:
    """A package that is being filled; the last piece in it that stands alone begins at `alone`."""

    stream: Stream
    rows: int = 0
    awards: int = 0
    alone: int = 0
    noted: list[KeptPiece] = field(default_factory=list)


class PackageFiles(BulkFile):
    """A release or record package, zipped; numbered parts where one would exceed the standard's limits.

    The limits are decided piece by piece (at most about one mebibyte of entries), so a part is at most that far from
    full. A single entry above a limit stands alone in its part. `kept` is where the pieces of each group are, once the
    files are finished.
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
        self.kept: list[KeptFile] = []
        self._parts: list[_Part] = []

    def add(self, piece: Piece, *, rows: int, awards: int, group: str = "") -> None:
        """Take a piece of entries joined by the package's separator; where it is gets noted if it is of a `group`."""
        if self._parts and self._fits(piece, awards):
            part = self._parts[-1]
            part.stream.add(self._separator)
        else:
            if not piece.alone:
                # What comes before it will not be in its part: it is compressed without that, for this part only.
                part = self._parts[-1]
                piece, group = deflate(part.stream.unpacked(part.alone, self._separator, piece)), ""
            if self._parts:
                self._parts[-1].stream.close()
            part = _Part(Stream(self.scratch(f".{len(self._parts) + 1}")))
            self._parts.append(part)
        if piece.alone:
            part.alone = part.stream.stored
        if group:
            part.noted.append(_noted(group, part.stream.stored, piece, rows, awards))
        part.stream.add(piece)
        part.rows += rows
        part.awards += awards

    def _fits(self, piece: Piece, awards: int) -> bool:
        part = self._parts[-1]
        stream = part.stream
        zipped, unzipped, most_awards = self._limits
        separator = self._separator
        return (
            stream.stored + separator.stored + piece.stored + self._frame + _ARCHIVE_OVERHEAD <= zipped
            and stream.size + separator.size + piece.size + self._frame <= unzipped
            and part.awards + awards <= most_awards
        )

    def finish(self) -> list[PublishedFile]:
        """Write the archives; a single one has no number in its name."""
        files = []
        for number, part in enumerate(self._parts, start=1):
            stream = part.stream
            stream.close()
            name = self.stem if len(self._parts) == 1 else f"{self.stem}-{number:03d}"
            path = name + self.suffix
            frame = envelope(self._publication, self._kind, path=path, published=self.published)
            member = path.rpartition("/")[2].removesuffix(".zip")
            head, tail = deflate(frame.head), deflate(frame.tail)
            entry = Entry(member, [head, stream, tail])

            def archive(file: BinaryIO, entry: Entry = entry) -> None:
                write_zip(file, [entry], self.published)

            self.write(path, archive)
            stream.remove()
            unpacked = len(frame.head) + stream.size + len(frame.tail)
            # Collectors of OCDS data take resources labelled exactly "JSON" for packages and unpack ZIP themselves.
            file = self.described(path, rows=part.rows, unpacked=unpacked, format="JSON", media_type="application/zip")
            files.append(file)
            if part.noted:
                start = lift(self.snapshot / path, [(member, head, tail)])[0].offset
                self.kept.append((file, [one._replace(offset=start + one.offset) for one in part.noted]))
        return files
