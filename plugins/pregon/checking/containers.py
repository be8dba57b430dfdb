"""Takes compression off: the JSON texts in a plain, gzipped or zipped file, however often it was packed."""

import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pregon.errors import PregonError

Opener = Callable[[], AbstractContextManager[BinaryIO]]

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class Unreadable(PregonError):
    """The file can't be read on from here; `where` and `problem` are a finding, and checking goes on elsewhere."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.where = where
        self.problem = problem


@dataclass(frozen=True)
class Part:
    """A JSON text in a file: the file itself, what it is the compressed form of, or a member of a ZIP archive."""

    name: str
    open: Opener


def from_path(path: Path) -> Opener:
    """Open a file as often as asked."""

    def opened() -> AbstractContextManager[BinaryIO]:
        return path.open("rb")

    return opened


@contextmanager
def from_pipe(stream: BinaryIO) -> Iterator[Opener]:
    """Copy a stream that can be read once to a file without a name, for as long as the block lasts."""
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        yield from_path(Path(copy.name))


def parts(opener: Opener, name: str = "") -> Iterator[Part]:
    """Give the JSON texts in a file, compression taken off, however often it was put on. Raises Unreadable."""
    with translated(name), opener() as file:
        magic = file.read(4)
    if magic.startswith(_GZIP):
        yield from parts(_unzipped(opener), name)
    elif magic == _ZIP:
        yield from _members(opener, name)
    else:
        yield Part(name, opener)


def _unzipped(opener: Opener) -> Opener:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with opener() as outer, gzip.GzipFile(fileobj=outer, mode="rb") as file:
            yield cast(BinaryIO, file)

    return opened


def _members(opener: Opener, name: str) -> Iterator[Part]:
    with translated(name), _archive(opener) as archive:
        members = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    if not members:
        raise Unreadable(name, "the ZIP archive is empty")
    for member in members:

        def opened(member: str = member) -> AbstractContextManager[BinaryIO]:
            return _member(opener, member)

        label = f"{name}/{member}" if name else member if len(members) > 1 else ""
        yield from parts(opened, label)


@contextmanager
def _member(opener: Opener, member: str) -> Iterator[BinaryIO]:
    with _archive(opener) as archive, archive.open(member) as file:
        yield cast(BinaryIO, file)


@contextmanager
def _archive(opener: Opener) -> Iterator[zipfile.ZipFile]:
    with opener() as outer:
        if isinstance(outer, io.BufferedReader):
            with zipfile.ZipFile(outer) as archive:
                yield archive
        else:
            # An archive is read from its end; what comes out of another compression has to be laid down first.
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(outer, copy)
                with zipfile.ZipFile(copy) as archive:
                    yield archive


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what is wrong with compressed data into Unreadable."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise Unreadable(where, f"the compressed file is damaged or cut off: {error}") from error
    except (RuntimeError, NotImplementedError) as error:
        # What zipfile says of archives with a password, and of methods that it can't undo.
        raise Unreadable(where, f"the archive can't be unpacked: {error}") from error
