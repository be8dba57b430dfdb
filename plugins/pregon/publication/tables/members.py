"""The members of an archive that are being filled with rows as text, and those of an archive before."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import ZipFile

from pregon.publication.deflate import Compressor, Piece, Stream
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.formats import Before, NotContinued

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

# Bytes of a table that wait before they are compressed: large enough to compress well, small enough that a hundred
# tables stay within memory.
WAITING = 1 << 18

_CHUNK = 1 << 20


class Member:
    """One table within an archive that is being filled.

    It is cut into pieces of one size, wherever its bytes come from: the same rows are the same pieces.
    """

    def __init__(self, stream: Stream, compressor: Compressor) -> None:
        self.stream = stream
        self._compressor = compressor
        self._waiting = bytearray()

    def take(self, data: bytes) -> None:
        """Take the bytes of some rows."""
        self._waiting += data
        while len(self._waiting) >= WAITING:
            self._submit(bytes(self._waiting[:WAITING]))
            del self._waiting[:WAITING]

    def flush(self) -> None:
        """Send what waits to be compressed."""
        if self._waiting:
            self._submit(bytes(self._waiting))
            self._waiting.clear()

    def _submit(self, data: bytes) -> None:
        self._compressor.submit(data, [self], rows=0)

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:  # noqa: ARG002 - tables have no such limit
        """Take a compressed piece."""
        self.stream.add(piece)


class MembersBefore:
    """The members of a promoted archive, whose rows are read from front to back.

    `members` are the names of the tables' members, each with the bytes that it has before its rows.
    """

    def __init__(self, before: Before, format_: str, members: Sequence[tuple[str, int]]) -> None:
        (file,) = before.files
        offsets = before.places.formats[format_].offsets
        if offsets is None:
            raise NotContinued(file.path)
        self._offsets = offsets
        self._members = members
        self._open = ExitStack()
        self._path: Path = before.folder / file.path
        self._archive = self._open.enter_context(ZipFile(self._path))
        self._opened: dict[int, tuple[BinaryIO, int]] = {}

    def sizes(self, table: int, first: int, end: int) -> "NDArray[int64]":
        """Give the bytes that each of some processes has in a table."""
        return cast("NDArray[int64]", self._offsets[first + 1 : end + 1, table] - self._offsets[first:end, table])

    def read(self, table: int, first: int, end: int) -> Iterator[bytes]:
        """Give the rows that some processes have in a table; they come after those that were asked for before."""
        start, stop = int(self._offsets[first, table]), int(self._offsets[end, table])
        if start == stop:
            return
        if table not in self._opened:
            name, header = self._members[table]
            member = cast("BinaryIO", self._open.enter_context(self._archive.open(name)))
            for _ in self._pieces(member, header):
                pass
            self._opened[table] = member, 0
        member, position = self._opened[table]
        for _ in self._pieces(member, start - position):
            pass
        yield from self._pieces(member, stop - start)
        self._opened[table] = member, stop

    def _pieces(self, member: BinaryIO, size: int) -> Iterator[bytes]:
        while size:
            data = member.read(min(size, _CHUNK))
            if not data:
                raise NotContinued(self._path.name)
            size -= len(data)
            yield data

    def close(self) -> None:
        """Close the archive."""
        self._open.close()


def fill(
    member: Member, batch: Batch, table: int, lines: Sequence[bytes], before: MembersBefore | None
) -> "NDArray[int64]":
    """Put the rows of a batch into a member: `lines` that were made, and rows from before in between.

    Gives the bytes of each process.
    """
    import numpy as np

    lengths = np.zeros(len(lines) + 1, np.int64)
    np.cumsum([len(line) for line in lines], out=lengths[1:])
    ends = lengths[batch.ends[:, table]]
    sizes = []
    for run, start, stop in batch.spans(table):
        if run.kept:
            if before is None:
                raise AssertionError("rows are kept of no file")
            for data in before.read(table, run.first, run.end):
                member.take(data)
            sizes.append(before.sizes(table, run.first, run.end))
        else:
            member.take(b"".join(lines[start:stop]))
            sizes.append(np.diff(ends[run.first : run.end + 1]))
    return np.concatenate(sizes)
