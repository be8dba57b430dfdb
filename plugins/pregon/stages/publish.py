"""The ledger as the build of a snapshot reads it, and the columns that the city's mapping can fill."""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pregon.ledger import Ledger, Publication, SegmentContent
from pregon.ledger import Process as LedgerProcess
from pregon.ledger import StoredRelease as LedgerRelease
from pregon.publication.manifest import read_current
from pregon.publication.opportunities import KeptOpportunities
from pregon.publication.source import Committed, Listed, Placed, Segment, Series, StoredRecord, StoredRelease
from pregon.run import Run
from pregon.stages.context import CityContext
from pregon.stages.redacted import public_path
from transforms.opportunities import CODE_DIGITS, OpportunityOptions
from transforms.snapshot import Manifest, Notice


class LedgerSource:
    """A `PublicationSource` over a ledger. Nothing is held: each call streams.

    `fields` are the paths of the standard with the city's extensions, by which ids in paths are told from fields.
    """

    def __init__(self, ledger: Ledger, fields: Container[str] = frozenset()) -> None:
        self._ledger = ledger
        self._fields = fields

    def segments(self, series: Series) -> Sequence[Segment]:
        """List the non-empty segments by name; years sort before `undated`."""
        contents = self._ledger.contents("releases" if series == "releases" else "processes")
        return [_segment(part) for part in contents]

    def redactions(self) -> Sequence[Notice]:
        """List what was taken back, as the public may know it, oldest first; not who did it."""
        return [
            Notice(one.number, one.as_of.astimezone(UTC), one.ocid, public_path(one.path, self._fields), one.reason)
            for one in self._ledger.redacting.all()
        ]

    def listed(self, series: Series, segment: str) -> Iterator[Listed]:
        """Stream what a segment holds, or a month in it, in the order of `releases` or `records`."""
        year, month = _year_and_month(segment)
        found = self._ledger.listed("releases" if series == "releases" else "processes", year, month)
        return (Listed(*one) for one in found)

    def releases(self, segment: str, first: int = 1, last: int | None = None) -> Iterator[StoredRelease]:
        """Stream the releases of a segment, or of a month in it, in the order of their commit."""
        year, month = _year_and_month(segment)
        found = self._ledger.releases(segment=year, month=month, after=first - 1, until=last)
        return (_stored(release) for release in found)

    def sequence_at(self, segment: str, place: int) -> int:
        """Give the sequence of the release at a place of a segment."""
        return self._ledger.sequence_at(segment, place)

    def issued(self) -> datetime | None:
        """Give the `as_of` of the first commit; only the beginning of the order of commit is read."""
        return next((stretch.as_of for stretch in self._ledger.stretches()), None)

    def committed(self) -> Iterator[Committed]:
        """Stream the stretches of releases of one segment, in the order of commit."""
        return (Committed(*stretch) for stretch in self._ledger.stretches())

    def placed(self, series: Series) -> Iterator[Placed]:
        """Stream what a series holds in the order of commit."""
        return (Placed(*one) for one in self._ledger.placed("releases" if series == "releases" else "processes"))

    def released(self, first: int, last: int) -> Iterator[StoredRelease]:
        """Stream the releases of a stretch of sequences in the order of their commit."""
        return (_stored(release) for release in self._ledger.releases(after=first - 1, until=last))

    def records_of(self, ocids: Iterable[str]) -> Iterator[StoredRecord]:
        """Stream the records of some processes by ocid."""
        return map(_record, self._ledger.processes(ocids=ocids))

    def records(self, segment: str) -> Iterator[StoredRecord]:
        """Stream the records of a segment by ocid."""
        return map(_record, self._ledger.processes(segment=segment))

    def sequence_of(self, releases: int, redactions: int) -> int:
        """Give the sequence of the newest release of a publication that held so many, as of a redaction."""
        return self._ledger.sequence_of(releases, redactions)

    def changed(self, after: int) -> Iterator[StoredRecord]:
        """Stream the records that have a release of a sequence after this one, by ocid."""
        return map(_record, self._ledger.processes(after=after))

    def newest_release(self) -> tuple[int, str]:
        """Give sequence and id of the release that was committed last; (0, "") where there is none."""
        head = self._ledger.head()
        sequence = head.result.sequence if head else 0
        return sequence, self.release_at(sequence) or ""

    def release_at(self, sequence: int) -> str | None:
        """Give the id of the release of a sequence, or None; of sequence 0 it is ""."""
        if sequence == 0:
            return ""
        found = list(self._ledger.releases(after=sequence - 1, until=sequence))
        return found[0].release_id if found else None

    def compiled(self, segment: str) -> Iterator[bytes]:
        """Stream the compiled releases of a segment of records by ocid."""
        return (process.compiled for process in self._ledger.processes(segment=segment, with_releases=False))


def record_promotion(ledger: Ledger, snapshot: Manifest) -> None:
    """Put a promoted snapshot on record. A second time changes nothing: all that is recorded lies in the snapshot.

    Releases are numbered without gaps, so the newest one in it is known by their count and by those taken back.
    """
    sequence = ledger.sequence_of(snapshot.counts["releases"], snapshot.redactions)
    run_id = ledger.run_of(sequence)
    if run_id is None:
        return  # nothing was ever committed: there is nothing of the ledger in it
    as_of = datetime.fromisoformat(snapshot.as_of)
    known = {publication.snapshot for publication in ledger.publications()}
    if snapshot.snapshot not in known:  # asked first, because writing waits for a commit that is going on
        ledger.record_publication(Publication(snapshot.snapshot, as_of, run_id, sequence))


def releases_without_ledger(context: CityContext) -> int:
    """Count the releases of the current publication if the ledger that should hold them is empty; else 0."""
    if context.ledger.head() is not None:
        return 0
    current = read_current(context.home.public(context.city.slug))
    return current[1].counts["releases"] if current else 0


def _year_and_month(segment: str) -> tuple[str, int | None]:
    year, _, month = segment.partition("-")
    return year, int(month) if month else None


def _segment(part: SegmentContent) -> Segment:
    return Segment(
        name=part.name,
        entries=part.entries,
        published=datetime.strptime(part.as_of, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        fingerprint=part.fingerprint,
        months=[_segment(month) for month in part.months],
    )


def _record(process: LedgerProcess) -> StoredRecord:
    return StoredRecord(
        ocid=process.ocid,
        first_date=process.first_date,
        compiled=process.compiled,
        releases=[_stored(release) for release in process.releases],
    )


def _stored(release: LedgerRelease) -> StoredRelease:
    return StoredRelease(
        ocid=release.ocid,
        id=release.release_id,
        date=release.date,
        body=release.json,
        tags=release.tags,
        sequence=release.sequence,
    )


def kept_opportunities(run: Run, code_version: str) -> KeptOpportunities | None:
    """Give what finds the opportunities of a city; None where it does not want them listed."""
    wanted, folder = run.city.build.opportunities, run.place.internal(run.slug) / "work"
    if not wanted.enabled:
        KeptOpportunities.forget(folder)
        return None
    options = OpportunityOptions(
        wanted.closed_days,
        wanted.expiring_days,
        {**CODE_DIGITS, **{scheme.upper(): digits for scheme, digits in wanted.code_digits.items()}},
    )
    return KeptOpportunities(options, code_version, folder)


def mapped_paths(context: CityContext) -> frozenset[str]:
    """Give the paths that the mapping can fill, references and what goes with every entry included."""
    mapping = context.transform.mapping
    if mapping.documents is not None:
        return frozenset()  # what documents hold is known when they are read
    paths = set(mapping.bindings) | {"ocid", "id", "date", "tag", "initiationType", "language"}
    paths.update(f"{child.array}/id" for child in mapping.tables.values() if child.array)
    for party in mapping.parties.values():
        paths.update({"parties/id", "parties/roles"})
        paths.update(f"parties/{path}" for path in party.bindings)
        paths.update(f"parties/{child.array}/id" for child in party.tables.values() if child.id)
        for reference in party.references:
            paths.update({f"{reference.path}/id", f"{reference.path}/name"})
    return frozenset(path for path in paths if context.fields.get(path) is not None)
