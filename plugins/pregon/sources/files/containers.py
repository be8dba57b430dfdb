"""Files as they lie on disk: found by name or pattern, and unpacked from gzip or zip while they are read.

Nothing in a file is trusted: a member's name is never used as a path, and an archive that grows beyond reason is
refused.
"""

import fnmatch
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from pregon.sources.base import SourceLimitError, SourceUnreadableError

CHUNK = 1 << 16
MAX_BYTES = 20 << 30
"""The most that one file may hold after unpacking."""
MAX_RATIO = 200
RATIO_FROM = 64 << 20
"""An archive may expand by `MAX_RATIO`; small ones are not worth a look."""
MAX_MEMBERS = 10_000

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A local copy of one file of a table: `name` is what people know it by (no machine's path)."""

    path: Path
    name: str
    source: str
    table: str
    container: str | None = None
    member: str | None = None

    @property
    def inner_name(self) -> str:
        """The name without its container: what tells the format."""
        if self.member:
            return PurePosixPath(self.member).name
        return self.name.removesuffix(".gz") if self.container == "gzip" else self.name

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
        magic = stream.read(4)
    if magic[:2] == _GZIP:
        return SourceFile(path, name, source, table, container="gzip")
    if magic not in {_ZIP, _EMPTY_ZIP}:
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
    """Open the bytes inside a file's container."""
    if file.container == "zip" and file.member:
        with zipfile.ZipFile(file.path) as archive, archive.open(file.member) as stream:
            yield stream
    elif file.container == "gzip":
        with gzip.open(file.path, "rb") as packed:
            yield packed  # type: ignore[misc] # GzipFile reads bytes
    else:
        with file.path.open("rb") as plain:
            yield plain


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
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise file.unreadable(f"the archive is damaged or cut off ({error})", "fetch the file again") from error


def digest(path: Path) -> str:
    """Give the SHA-256 of the file as it lies there, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
