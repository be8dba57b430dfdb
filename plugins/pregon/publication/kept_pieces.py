"""Where in the files of a publication each group of entries stands, so that the next one can take it from there.

That is kept in a folder for internal use, a file for each segment in each form. It can be deleted at any time: then
everything is compressed anew, to the same bytes. Nothing of what entries say is kept, only hashes and numbers.
"""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from pregon.publication.deflate import Piece
from pregon.publication.manifest import is_intact
from transforms.snapshot import Content, Manifest, PublishedFile

_LAYOUT = 1
_FOLDER = "pieces"


class KeptPiece(NamedTuple):
    """A piece of a group within a file (see `deflate.Piece`), with its entries, and awards and contracts."""

    group: str
    offset: int
    stored: int
    size: int
    crc: int
    rows: int
    awards: int
    alone: bool


class KnownPieces:
    """Pieces that can be lifted out of files, by their group. A group that spans two files has its pieces in order.

    Of some groups maybe not all are known.
    """

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[Path, KeptPiece]]] = defaultdict(list)
        self._open: tuple[Path, BinaryIO] | None = None

    def add(self, path: Path, pieces: Iterable[KeptPiece]) -> None:
        """Take the pieces of a file."""
        for piece in pieces:
            self._found[piece.group].append((path, piece))

    def rows(self, group: str) -> int:
        """Tell how many entries of a group are known."""
        return sum(piece.rows for _, piece in self._found.get(group, ()))

    def lifted(self, group: str) -> Iterator[tuple[Piece, int, int]]:
        """Read the pieces of a group, each with its rows, and awards and contracts.

        Raises `EOFError` where a file ends too early.
        """
        for path, one in self._found[group]:
            if self._open is None or self._open[0] != path:
                self.close()
                self._open = (path, path.open("rb"))
            file = self._open[1]
            file.seek(one.offset)
            data = file.read(one.stored)
            if len(data) != one.stored:
                raise EOFError(path)
            yield Piece(data, one.size, one.crc, one.alone), one.rows, one.awards

    def close(self) -> None:
        """Close the file that was read last."""
        if self._open:
            self._open[1].close()
            self._open = None


KeptFile = tuple[PublishedFile, Sequence[KeptPiece]]


class KeptPieces:
    """The pieces of the promoted snapshot, and of the one that is being built. Without a folder nothing is known."""

    def __init__(self, folder: Path | None = None, previous: tuple[Path, Manifest] | None = None) -> None:
        self._folder = folder / _FOLDER if folder else None
        self._previous = previous
        self._read: tuple[str, Mapping[str, Sequence[KeptPiece]]] = ("", {})
        self._partial: list[Path] = []

    @property
    def enabled(self) -> bool:
        """Tell whether anything can be kept."""
        return self._folder is not None

    def covers(self, content: Content, segment: str, format: str) -> bool:  # noqa: A002
        """Tell whether all pieces of a segment's files in the promoted snapshot are known."""
        kept, files = self._kept(content, segment, format), self._promoted(content, segment, format)
        return bool(files) and all(file.sha256 in kept for file in files)

    def known(self, content: Content, segment: str, format: str) -> KnownPieces:  # noqa: A002
        """Give the pieces of the promoted snapshot that can be lifted: out of files whose checksums are right."""
        found = KnownPieces()
        kept = self._kept(content, segment, format)
        for file in self._promoted(content, segment, format):
            pieces = kept.get(file.sha256, ())
            if self._previous and pieces and is_intact(self._previous[0], file):
                found.add(self._previous[0] / file.path, pieces)
        return found

    def keep(self, content: Content, segment: str, format: str, files: Iterable[KeptFile]) -> None:  # noqa: A002
        """Note the pieces of finished files; what is known of the promoted ones stays."""
        if self._folder is None:
            return
        promoted = {file.sha256 for file in self._promoted(content, segment, format)}
        known = self._kept(content, segment, format)
        kept = {sha256: pieces for sha256, pieces in known.items() if sha256 in promoted}
        kept |= {file.sha256: pieces for file, pieces in files}
        self._folder.mkdir(parents=True, exist_ok=True)
        text = orjson.dumps({"layout": _LAYOUT, "files": kept}, default=tuple)
        partial = self._folder / f".{_name(content, segment, format)}.partial"
        partial.write_bytes(gzip.compress(text, 1, mtime=0))
        self._partial.append(partial)

    def settle(self) -> None:
        """Put what was noted in its place: the snapshot is whole."""
        for partial in self._partial:
            partial.replace(partial.with_name(partial.name.removeprefix(".").removesuffix(".partial")))
        self._partial.clear()

    def _promoted(self, content: Content, segment: str, format: str) -> list[PublishedFile]:  # noqa: A002
        """Give the files of a segment in the order of their parts."""
        found = self._previous[1].files_of(content, segment) if self._previous else ()
        wanted = (file for file in found if file.format == format)
        return sorted(wanted, key=lambda file: (len(file.path), file.path))

    def _kept(self, content: Content, segment: str, format: str) -> Mapping[str, Sequence[KeptPiece]]:  # noqa: A002
        """Give the pieces of files by their checksums; those last asked for stay in memory."""
        name = _name(content, segment, format)
        if self._read[0] != name:
            self._read = (name, _pieces(self._folder / name) if self._folder else {})
        return self._read[1]


def _name(content: Content, segment: str, format: str) -> str:  # noqa: A002
    return f"{content}-{segment}-{'packages' if format == 'JSON' else 'lines'}.json.gz"


def _pieces(path: Path) -> Mapping[str, Sequence[KeptPiece]]:
    """Read what is kept of a segment; nothing where that can't be used."""
    try:
        found = orjson.loads(gzip.decompress(path.read_bytes()))
        if found["layout"] != _LAYOUT:
            return {}
        return {sha256: [KeptPiece(*one) for one in pieces] for sha256, pieces in found["files"].items()}
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, zlib.error):
        return {}
