"""Files as they lie on disk, unpacked from gzip, bzip2, xz, Zstandard or zip while they are read.

Nothing in a file is trusted: a member's name is never used as a path, and an archive that grows beyond reason is
refused.
"""

import bz2
import fnmatch
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pregon.sources.base import SourceLimitError, SourceUnreadableError

CHUNK = 1 << 16
MAX_BYTES = 20 << 30
"""The most that one file may hold after unpacking."""
MAX_RATIO = 200
RATIO_FROM = 64 << 20
"""An archive may expand by `MAX_RATIO`; small ones are not worth a look."""
MAX_MEMBERS = 10_000
MAX_XZ_MEMORY = 256 << 20
"""An xz file says itself how much memory it needs: its highest level asks for 65 MB, a hostile one for any amount."""

_COMPRESSED = (
    ("gzip", re.compile(rb"\x1f\x8b")),
    ("bzip2", re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")),
    ("xz", re.compile(rb"\xfd7zXZ\x00")),
    ("zstd", re.compile(rb"\x28\xb5\x2f\xfd")),
)
"""First bytes: RFC 1952, the bzip2 and xz file formats, RFC 8878."""
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"


def without_container(name: str) -> str:
    """Give a file's name without the ending of a container: `awards.csv` for `awards.csv.gz`."""
    ending = next((one for one in _SUFFIXES if name.lower().endswith(one)), "")
    return name[: len(name) - len(ending)]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A local copy of one file of a table: `name` is what people know it by (no machine's path).

    `several`: the table has other files, too.
    """

    path: Path
    name: str
    source: str
    table: str
    container: str | None = None
    member: str | None = None
    several: bool = False

    @property
    def inner_name(self) -> str:
        """The name without its container: what tells the format."""
        if self.member:
            return PurePosixPath(self.member).name
        return without_container(self.name) if self.container else self.name

    def unreadable(self, problem: str, hint: str | None = None) -> SourceUnreadableError:
        """Give an error about this file."""
        return SourceUnreadableError(problem, source=self.source, table=self.table, file=self.name, hint=hint)

    def limit(self, problem: str) -> SourceLimitError:
        """Give an error about this file's size or build."""
        return SourceLimitError(
            problem, source=self.source, table=self.table, file=self.name, hint="check where the file comes from"
        )


def inspect(path: Path, name: str, source: str, table: str, member: str | None, *, workbook: bool) -> SourceFile:
    """Look at a file's first bytes and, in a zip archive, choose the member to read.

    Args:
        path: the local file.
        name: what to call it in messages.
        source: the source's name.
        table: the table's name.
        member: pattern of the member's name, needed where an archive has several.
        workbook: an XLSX workbook is expected, which is itself a zip archive.
    """
    file = SourceFile(path, name, source, table)
    with path.open("rb") as stream:
        first = stream.read(10)
    for container, magic in _COMPRESSED:
        if magic.match(first):
            return SourceFile(path, name, source, table, container=container)
    if first[:4] not in {_ZIP, _EMPTY_ZIP}:
        return file
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise file.unreadable(f"is a damaged zip archive ({error})") from error
    check_members(file, infos)
    if workbook and any(info.filename == "[Content_Types].xml" for info in infos):
        return file
    names = [info.filename for info in infos if not info.filename.startswith("__MACOSX/")]
    chosen = fnmatch.filter(names, member) if member else names
    if len(chosen) != 1:
        wanted = f"matching {member!r}" if member else "to read"
        raise file.unreadable(
            f"the archive holds {len(chosen)} members {wanted}: {', '.join(sorted(names)[:20])}",
            hint="name one with `member:` of the table",
        )
    return SourceFile(path, name, source, table, container="zip", member=chosen[0])


def check_members(file: SourceFile, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive whose members have unsafe names, are encrypted, or expand beyond reason."""
    if len(infos) > MAX_MEMBERS:
        raise file.limit(f"the archive holds {len(infos):,} members, more than {MAX_MEMBERS:,}")
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in info.filename.partition("/")[0]:
            raise file.limit(f"the archive's member {info.filename!r} leads out of the archive")
        if info.flag_bits & 1:
            raise file.unreadable(f"the archive's member {info.filename!r} is encrypted", "provide it without password")
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if total > MAX_BYTES:
        raise file.limit(f"the archive expands to {total:,} bytes, more than {MAX_BYTES:,}")
    if total > RATIO_FROM and total > MAX_RATIO * max(packed, 1):
        raise file.limit(f"the archive expands {total // max(packed, 1):,} times, more than {MAX_RATIO}")


@contextmanager
def unpacked(file: SourceFile) -> Iterator[IO[bytes]]:
    """Open the bytes inside a file's container; no call of `read` holds more than it was asked for."""
    if file.container == "zip" and file.member:
        with zipfile.ZipFile(file.path) as archive, archive.open(file.member) as stream:
            yield stream
        return
    with file.path.open("rb") as packed, closing(_reader(file.container, packed)) as stream:
        yield stream


def _reader(container: str | None, packed: IO[bytes]) -> IO[bytes]:
    if container == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    if container == "bzip2":
        return bz2.BZ2File(packed)
    if container == "xz":
        return cast(IO[bytes], _Xz(packed))
    if container == "zstd":
        import pyarrow as pa

        # Unlike the reader of `zstandard`, Arrow's notices that a file is cut off.
        return cast(IO[bytes], pa.CompressedInputStream(cast(io.IOBase, packed), "zstd"))
    return packed


class _Xz(io.RawIOBase):
    """Reads xz streams, one after the other, within bounded memory, which `lzma.open` doesn't know."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._stream: lzma.LZMADecompressor | None = self._new()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Give at most `size` bytes, none at the end."""
        while self._stream is not None:
            if self._stream.eof:
                # Streams may be followed by others, and by null bytes between them (xz file format, section 2.2).
                self._rest = self._stream.unused_data.lstrip(b"\x00")
                while not self._rest and (more := self._packed.read(CHUNK)):
                    self._rest = more.lstrip(b"\x00")
                self._stream = self._new() if self._rest else None
                continue
            if self._stream.needs_input and not self._rest:
                self._rest = self._packed.read(CHUNK)
                if not self._rest:
                    raise EOFError("the end of the stream is missing")
            data, self._rest = self._stream.decompress(self._rest, size), b""
            if data:
                return data
        return b""

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)


def chunks(file: SourceFile) -> Iterator[bytes]:
    """Give the bytes inside a file's container, checked against the limits as they come.

    Raises:
        SourceLimitError: there are more than is safe.
        SourceUnreadableError: the container is damaged or ends too early.
    """
    total = 0
    packed = max(file.path.stat().st_size, 1)
    try:
        with unpacked(file) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > MAX_BYTES:
                    raise file.limit(f"expands to more than {MAX_BYTES:,} bytes")
                if file.container and total > RATIO_FROM and total > MAX_RATIO * packed:
                    raise file.limit(f"expands more than {MAX_RATIO} times")
                yield chunk
    except _DAMAGE as error:
        if not file.container:
            raise
        raise file.unreadable(f"the archive is damaged or cut off ({error})", "fetch the file again") from error


_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError, ValueError)
"""What decompressors raise: gzip, bzip2 and Zstandard have no errors of their own."""


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Give the hash of the file as it lies there, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
