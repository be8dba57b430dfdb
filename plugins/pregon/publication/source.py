"""What a build needs from the book of record, and nothing more."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from transforms.snapshot import Notice

Series = Literal["releases", "records"]


@dataclass(frozen=True)
class StoredRelease:
    """A published release; `body` is its JSON on one line, exactly as committed. `sequence` counts the commits."""

    ocid: str
    id: str
    date: str
    body: bytes
    tags: tuple[str, ...]
    sequence: int


@dataclass(frozen=True)
class StoredRecord:
    """A contracting process; `first_date` is that of its first release, `releases` are oldest first."""

    ocid: str
    first_date: str
    compiled: bytes
    releases: Sequence[StoredRelease]


@dataclass(frozen=True)
class Committed:
    """A stretch of releases of one segment that were committed one after the other, at the same `as_of`."""

    as_of: datetime
    segment: str
    releases: int


@dataclass(frozen=True)
class Placed:
    """A release, or a process by its first release, at its place in the order of commit; without its text.

    `fingerprint` changes whenever its text would. `committed` is the `as_of` of the commit that brought it, for a
    process the last one that changed it; or that of the newest redaction, which may have changed any.
    """

    sequence: int
    ocid: str
    fingerprint: str
    committed: datetime


@dataclass(frozen=True)
class Listed:
    """A release, or a process by its last release, without its text; `fingerprint` as in `Placed`."""

    sequence: int
    ocid: str
    fingerprint: str


@dataclass(frozen=True)
class Segment:
    """A part of a series that has files of its own.

    `fingerprint` changes whenever a byte of the segment would: a hash over the identities (ocid, release id) of its
    releases, in order, and of any redaction. `published` is the `as_of` of the newest commit that touched it. A year of
    releases has its `months` in it, called `YYYY-MM`.
    """

    name: str
    entries: int
    published: datetime
    fingerprint: str
    months: Sequence["Segment"] = ()


class PublicationSource(Protocol):
    """The ledger as a build sees it. A build notices by `segments` whether something was committed meanwhile."""

    def segments(self, series: Series) -> Sequence[Segment]:
        """List the non-empty segments: years in ascending order, then `undated`.

        Releases are segmented by their own date, records by the date of their first release, so that no record ever
        moves (`transforms.packages.segment_of`).
        """

    def redactions(self) -> Sequence[Notice]:
        """List what was taken back from the publication, oldest first."""

    def listed(self, series: Series, segment: str) -> Iterator[Listed]:
        """Stream what a segment holds, or a month in it, in the order of `releases` or `records`."""

    def releases(self, segment: str, first: int = 1, last: int | None = None) -> Iterator[StoredRelease]:
        """Stream the releases of a segment, or of a month in it, in one fixed order: that of their commit.

        With `first` or `last` those of a stretch of sequences, both ends included.
        """

    def sequence_at(self, segment: str, place: int) -> int:
        """Give the sequence of the release at a place (from 0) in a segment of releases."""

    def issued(self) -> datetime | None:
        """Give the `as_of` of the first commit; None before it."""

    def committed(self) -> Iterator[Committed]:
        """Stream the stretches of which all releases are made, in the order of commit."""

    def placed(self, series: Series) -> Iterator[Placed]:
        """Stream what a series holds in the order of commit, processes in that of their first releases."""

    def released(self, first: int, last: int) -> Iterator[StoredRelease]:
        """Stream the releases of a stretch of sequences, both ends included, in the order of their commit."""

    def records_of(self, ocids: Iterable[str]) -> Iterator[StoredRecord]:
        """Stream the records of some processes by ocid; the ocids are given in order."""

    def records(self, segment: str) -> Iterator[StoredRecord]:
        """Stream the records of a segment by ocid."""

    def sequence_of(self, releases: int, redactions: int) -> int:
        """Give the sequence of the newest release of a publication that held so many, as of a redaction."""

    def changed(self, after: int) -> Iterator[StoredRecord]:
        """Stream the records that have a release of a sequence after this one, by ocid."""

    def newest_release(self) -> tuple[int, str]:
        """Give sequence and id of the release that was committed last; (0, "") where there is none."""

    def release_at(self, sequence: int) -> str | None:
        """Give the id of the release of a sequence, or None; of sequence 0 it is ""."""

    def compiled(self, segment: str) -> Iterator[bytes]:
        """Stream the compiled releases of a segment of records by ocid."""
