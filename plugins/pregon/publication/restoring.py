"""A publication as a ledger can be restored from: which snapshot, whether it is whole, and its releases in order."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from pregon.errors import PregonError
from pregon.publication.manifest import MANIFEST, checksum, read_current, read_manifest
from pregon.publication.promote import snapshots
from transforms.packages import segment_of
from transforms.snapshot import FULL, Content, Manifest

Tell = Callable[[str, int], None]


class NoPublication(PregonError):
    """There is no snapshot at this place."""

    def __init__(self, place: Path) -> None:
        super().__init__(
            f"there is no publication at {place}",
            hint="name the folder of a snapshot (it holds manifest.json) or of a publication (it holds current)",
        )
        self.place = place


class ForeignPublication(PregonError):
    """The snapshot is another city's."""

    def __init__(self, snapshot: Path, city: str, owner: str) -> None:
        super().__init__(f"{snapshot} is a publication of {owner}, not of {city}")
        self.city = city
        self.owner = owner


class FullerPublication(PregonError):
    """Beside the current snapshot there is one with more releases, which have been published and must not be lost."""

    def __init__(self, current: Manifest, fuller: Path, releases: int) -> None:
        super().__init__(
            f"the current snapshot {current.snapshot} has {current.counts['releases']:,} releases, but {fuller.name} "
            f"has {releases:,}: what was published once is not to be lost",
            hint=f"restore from that: --from-publication {fuller}",
        )
        self.fuller = fuller


class UnrestorablePublication(PregonError):
    """The snapshot lacks what a ledger needs, or its files contradict each other."""

    def __init__(self, snapshot: Path, problem: str) -> None:
        super().__init__(f"{snapshot}: {problem}", hint="restore from another copy of the publication")
        self.snapshot = snapshot


class Stretch(NamedTuple):
    """So many releases of a segment that were committed one after the other, as `commits.csv.gz` tells."""

    as_of: str
    segment: str
    releases: int


class PlacedRelease(NamedTuple):
    """A release with its place in the order of commit, and the number of its run, both from 1."""

    sequence: int
    run: int
    json: bytes


@dataclass(frozen=True)
class RestorablePublication:
    """A snapshot whose files of releases, compiled releases and commits are what its manifest says.

    `runs` are the moments of commit, in order. `ordered` is false where the publication does not tell the order of
    commit, because an older Pregón made it: then all releases are of one run, in the order of the file.
    """

    folder: Path
    manifest: Manifest
    runs: tuple[datetime, ...]
    ordered: bool

    def releases(self, tell: Tell | None = None) -> Iterator[PlacedRelease]:
        """Stream all releases, those of a process in their order. Raises UnrestorablePublication."""
        places: Iterator[tuple[int, int]] = iter(())
        current = ""
        number = 0
        for number, line in enumerate(self._lines("releases"), 1):
            segment = segment_of(orjson.loads(line)["date"])
            if not self.ordered:
                yield PlacedRelease(number, 1, line)
            else:
                if segment != current:
                    if next(places, None) is not None:
                        raise UnrestorablePublication(self.folder, f"releases of {current} are missing")
                    current, places = segment, self._places(segment)
                place = next(places, None)
                if place is None:
                    raise UnrestorablePublication(self.folder, f"more releases of {segment} than were committed")
                yield PlacedRelease(*place, line)
            if tell and not number % 1000:
                tell("releases", number)
        if number != self.manifest.counts["releases"] or next(places, None) is not None:
            raise UnrestorablePublication(
                self.folder, f"{number:,} releases, where the manifest counts {self.manifest.counts['releases']:,}"
            )

    def compiled(self) -> Iterator[tuple[str, bytes]]:
        """Stream ocid and JSON of the compiled releases."""
        for line in self._lines("compiled"):
            yield orjson.loads(line)["ocid"], line

    def _places(self, segment: str) -> Iterator[tuple[int, int]]:
        """Give sequence and run of each release of a segment, in order; the file is read anew for each segment."""
        sequence = 0
        for run, stretch in _numbered(self.stretches()):
            if stretch.segment == segment:
                yield from ((place, run) for place in range(sequence + 1, sequence + stretch.releases + 1))
            sequence += stretch.releases

    def stretches(self) -> Iterator[Stretch]:
        """Stream the order of commit; nothing where the publication does not tell it."""
        lines = self._lines("commits")
        if next(lines, None) is not None:  # the header
            for line in lines:
                as_of, segment, releases = line.decode().split(",")
                yield Stretch(as_of, segment, int(releases))

    def _lines(self, content: Content) -> Iterator[bytes]:
        for path in _files(self.manifest, content):
            with gzip.open(self.folder / path) as lines:
                for line in lines:
                    yield line.removesuffix(b"\n")


def find_restorable(place: Path, city: str) -> RestorablePublication:
    """Find and verify the publication at a place: the folder of a snapshot, or one with a pointer `current`.

    Of the latter, the current snapshot must hold all that was ever published, as far as the snapshots there tell.
    Raises NoPublication, ForeignPublication, FullerPublication, UnrestorablePublication, BrokenSnapshot.
    """
    folder, manifest = _find(place)
    if manifest.city != city:
        raise ForeignPublication(folder, city, manifest.city)
    if not (place / MANIFEST).is_file():
        fuller = max(snapshots(place), key=lambda one: (one.counts["releases"], one.snapshot == manifest.snapshot))
        if fuller.counts["releases"] > manifest.counts["releases"]:
            raise FullerPublication(manifest, place / "snapshots" / fuller.snapshot, fuller.counts["releases"])
    _verify(folder, manifest)
    found = RestorablePublication(folder, manifest, (datetime.fromisoformat(manifest.published),), ordered=False)
    if not _files(manifest, "commits"):
        return found
    runs = [stretch.as_of for _, stretch in _first(_numbered(found.stretches()))]
    return RestorablePublication(folder, manifest, tuple(map(datetime.fromisoformat, runs)), ordered=True)


def _find(place: Path) -> tuple[Path, Manifest]:
    if (place / MANIFEST).is_file():
        return place, read_manifest(place)
    current = read_current(place)
    if current is None:
        if (place / "current").exists():
            read_manifest(place / "current")  # says what is wrong with it
        raise NoPublication(place)
    return current


def _verify(folder: Path, manifest: Manifest) -> None:
    """Compare the files from which a ledger is restored with their checksums; a copy may lack the others."""
    problems = []
    if manifest.counts["releases"] and not _files(manifest, "releases"):
        problems.append("it has no releases as JSON Lines")
    wanted = {path for content in _NEEDED for path in _files(manifest, content)}
    for one in (one for one in manifest.files if one.path in wanted):
        file = folder / one.path
        if not file.is_file():
            problems.append(f"{one.path} is missing")
        elif file.stat().st_size != one.bytes or checksum(file) != one.sha256:
            problems.append(f"{one.path} has other bytes than when it was built")
    if problems:
        raise UnrestorablePublication(folder, "; ".join(problems))


_NEEDED: tuple[Content, ...] = ("releases", "compiled", "commits")


def _files(manifest: Manifest, content: Content) -> list[str]:
    wanted = "CSV" if content == "commits" else "JSON Lines"
    return [one.path for one in manifest.files_of(content, FULL) if one.format == wanted]


def _numbered(stretches: Iterator[Stretch]) -> Iterator[tuple[int, Stretch]]:
    """Count the runs from 1: stretches of one moment are of one run."""
    run, as_of = 0, None
    for stretch in stretches:
        if stretch.as_of != as_of:
            run, as_of = run + 1, stretch.as_of
        yield run, stretch


def _first(numbered: Iterator[tuple[int, Stretch]]) -> Iterator[tuple[int, Stretch]]:
    """Give the first stretch of each run."""
    last = 0
    for run, stretch in numbered:
        if run != last:
            last = run
            yield run, stretch
