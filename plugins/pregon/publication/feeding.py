"""Entries on their way into files: gathered into pieces, or taken from the promoted snapshot as they stand there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from pregon.publication.bulk import JsonLinesFile, PackageFiles
from pregon.publication.deflate import PIECE, WINDOW, Compressor, Piece
from pregon.publication.grouping import Group
from pregon.publication.kept_pieces import KnownPieces
from transforms.packages import MAXIMUM_AWARDS, SEPARATOR, json_lines, package_entries

EntriesFile = JsonLinesFile | PackageFiles

Item = TypeVar("Item")


class EntriesMissing(Exception):
    """The ledger no longer holds what it listed; `key` is an ocid, or the sequence of a release."""

    def __init__(self, key: str | int) -> None:
        super().__init__(f"the ledger listed {key} and does not give it")
        self.key = key


@dataclass(frozen=True)
class _Files:
    """The files that take the pieces of a group; only the own one of a segment notes where they are."""

    group: str
    own: EntriesFile | None
    whole: EntriesFile | None

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:
        if self.own:
            self.own.add(piece, rows=rows, awards=awards, group=self.group)
        if self.whole:
            self.whole.add(piece, rows=rows, awards=awards)


class Feed:
    """Gathers the serialized entries of groups into pieces: lines, or entries of a package.

    A piece has one group's entries. An entry as large as a piece stands alone, so that packages can be split close to
    their limits.
    """

    def __init__(self, compressor: Compressor, kind: str, *, packaged: bool) -> None:
        self._compressor, self._kind, self._packaged = compressor, kind, packaged
        self._files: _Files | None = None
        self._entries: list[bytes] = []
        self._bytes = self._awards = 0
        self._window = b""

    def begin(self, group: Group, own: EntriesFile | None, whole: EntriesFile | None) -> None:
        """Go on with another group, whose entries are for these files; for none, they are only in view of the next."""
        self._files = _Files(group.fingerprint, own, whole) if own or whole else None
        self._window = b"" if group.alone else self._window

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
        text = package_entries(self._entries) if self._packaged else json_lines(self._kind, self._entries)
        if self._files:
            self._compressor.submit(text, [self._files], rows=rows, awards=awards, window=self._window)
        # Of what the next piece comes after it may see this one alone: it is all that it depends on.
        self._window = (text + SEPARATOR if self._packaged else text)[-WINDOW:]
        self._entries = []
        self._bytes = self._awards = 0


class Strand(Generic[Item]):
    """One form of the entries of a segment, on their way into the segment's file and that of all segments.

    `known` are pieces that can be lifted, by group; `text` and `awards` make of an item what the file takes.
    """

    def __init__(
        self,
        compressor: Compressor,
        kind: str,
        files: tuple[EntriesFile | None, EntriesFile | None],
        known: KnownPieces,
        text: Callable[[Item], bytes],
        awards: Callable[[Item], int] | None = None,
    ) -> None:
        self.files = files
        self._compressor, self._known = compressor, known
        self._feed = Feed(compressor, kind, packaged=awards is not None)
        self._text, self._awards = text, awards

    def lacks(self, group: Group) -> bool:
        """Tell whether the entries of a group are needed: some are not known."""
        return self._known.rows(group.fingerprint) != len(group.keys)

    def begin(self, group: Group) -> None:
        """Go on with another group: what is known of it is lifted at once."""
        lacks = self.lacks(group)
        self._feed.begin(group, *(self.files if lacks else (None, None)))
        if not lacks:
            files = _Files(group.fingerprint, *self.files)
            for piece, rows, awards in self._known.lifted(group.fingerprint):
                self._compressor.pass_on(piece, [files], rows=rows, awards=awards)

    def add(self, item: Item) -> None:
        """Take an entry of the group."""
        self._feed.add(self._text(item), self._awards(item) if self._awards else 0)

    def end(self) -> None:
        """Send what has been gathered of the group."""
        self._feed.flush()


def pour(
    groups: Sequence[Group],
    strands: Sequence[Strand[Item]],
    read: Callable[[Sequence[Sequence[Group]]], Iterable[Item]],
    key: Callable[[Item], str | int],
) -> None:
    """Send the entries of a segment through its strands, reading those that one of them lacks.

    `read` gives the entries of stretches of groups, in order; `key` is what a group calls an entry.
    Raises `EntriesMissing` where the ledger has changed since the groups were made.
    """
    lacking = [any(strand.lacks(group) for strand in strands) for group in groups]
    # What is compressed with the group before it in view needs that one too.
    viewed = [lack and not group.alone for lack, group in zip(lacking[1:], groups[1:], strict=True)] + [False]
    needed = [lack or view for lack, view in zip(lacking, viewed, strict=True)]
    stretches = groupby(zip(groups, needed, strict=True), key=lambda one: one[1])
    items = iter(read([[group for group, _ in stretch] for need, stretch in stretches if need]))
    for group, need in zip(groups, needed, strict=True):
        for strand in strands:
            strand.begin(group)
        if need:
            for item in _taken(items, group, key):
                for strand in strands:
                    strand.add(item)
        for strand in strands:
            strand.end()


def _taken(items: Iterator[Item], group: Group, key: Callable[[Item], str | int]) -> Iterator[Item]:
    """Take the entries of a group."""
    for wanted in group.keys:
        item = next(items, None)
        if item is None or key(item) != wanted:
            raise EntriesMissing(wanted)
        yield item
