"""Compressed stretches out of finished archives: what a year's file holds is used again in the file of all years."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from pregon.publication.crc import cut_crc, split_crc
from pregon.publication.deflate import LAST_BLOCK, Piece

_LOCAL_HEADER = 30
"""Bytes of a local header before the names: APPNOTE.TXT, section 4.3.7."""


class UnlikeArchive(BadZipFile):
    """A member of an archive does not begin or end as it was written."""

    def __init__(self, archive: Path, member: str) -> None:
        super().__init__(f"{archive.name}: {member} is not as it was written")
        self.archive = archive
        self.member = member


@dataclass(frozen=True)
class Lifted:
    """A stretch within a file; `size` and `crc` are those before compression, `stored` its bytes in the file."""

    path: Path
    offset: int
    stored: int
    size: int
    crc: int

    def copy_to(self, target: BinaryIO) -> None:
        """Append the compressed bytes to an open file."""
        left = self.stored
        with self.path.open("rb") as source:
            source.seek(self.offset)
            while left:
                data = source.read(min(left, 1 << 20))
                if not data:
                    raise EOFError(self.path)
                target.write(data)
                left -= len(data)


def lift(path: Path, frames: Sequence[tuple[str, Piece, Piece | None]]) -> list[Lifted]:
    """Give what stands in members of an archive that `write_zip` has made, between their first and last piece.

    `frames` are (member, first piece, last piece). Raises `UnlikeArchive` where a member does not begin or end so, and
    what reading a damaged archive raises.
    """
    found = []
    with ZipFile(path) as archive, path.open("rb") as file:
        for member, before, after in frames:
            info = archive.getinfo(member)
            file.seek(info.header_offset + _LOCAL_HEADER - 4)
            lengths = file.read(4)
            offset = (
                info.header_offset
                + _LOCAL_HEADER
                + sum(int.from_bytes(lengths[at : at + 2], "little") for at in (0, 2))
            )
            tail = (after.data if after else b"") + LAST_BLOCK
            stored = info.compress_size - len(before.data) - len(tail)
            size = info.file_size - before.size - (after.size if after else 0)
            file.seek(offset)
            begins = file.read(len(before.data)) == before.data
            file.seek(offset + info.compress_size - len(tail))
            if stored < 0 or size < 0 or not begins or file.read(len(tail)) != tail:
                raise UnlikeArchive(path, member)
            crc = cut_crc(info.CRC, after.crc, after.size) if after else info.CRC
            crc = split_crc(crc, before.crc, size)
            found.append(Lifted(path, offset + len(before.data), stored, size, crc))
    return found
