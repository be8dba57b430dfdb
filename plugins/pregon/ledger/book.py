"""The ledger as the rest of Pregón sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from pregon.ledger import committing, history, reading, restoring, tables, verifying
from pregon.ledger.contents import SegmentContent, Series, contents
from pregon.ledger.database import Database, open_database
from pregon.ledger.entries import (
    Accounting,
    CommitResult,
    Entry,
    Examined,
    Head,
    Process,
    Publication,
    Quarantined,
    QuarantineRow,
    Run,
    Segments,
    StoredRelease,
)
from pregon.ledger.errors import PublicationConflict
from pregon.ledger.findings import Verification
from pregon.ledger.history import RecordedProcess
from pregon.ledger.order import Listed, Placed, listed, placed
from pregon.ledger.reading import Order
from pregon.ledger.redacting import Redacting
from pregon.ledger.restoring import Restored, RestoredRelease
from pregon.ledger.stretches import Stretch, stretches
from transforms.releases import MergeRules, Previous

#: seconds a commit waits for another one
PATIENCE = 600.0


class Ledger:
    """One city's book of record.

    Every method opens its own connection and closes it, so an object may be kept over a fork. Iterators read from one
    state of the ledger, whatever is committed meanwhile, and close their connection when exhausted or closed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, location: str | Path, city: str, *, patience: float = PATIENCE) -> "Ledger":
        """Open the ledger of a city, making or upgrading its tables where needed.

        `location` is the path of an SQLite file of its own (made if absent), or a database URL: on PostgreSQL the city
        gets the schema `pregon_<city>`. `patience` is how many seconds a commit waits for another one.
        Raises LedgerUnreachable, LedgerDriverMissing, LedgerTooNew, ForeignLedger, LedgerBusy.
        """
        return cls(open_database(location, city, patience=patience))

    @property
    def location(self) -> str:
        """Path or URL (without password) of the database."""
        return self._database.location

    @property
    def redacting(self) -> Redacting:
        """What was taken back from what is published, and the one way to take more back."""
        return Redacting(self._database)

    def head(self) -> Head | None:
        """Return the last committed run, None if there is none: where the next run starts."""
        with self._database.read() as connection:
            return reading.head(connection)

    def committed(self, run_id: str) -> CommitResult | None:
        """Return what the run did, None if it has not committed."""
        with self._database.read() as connection:
            stored = reading.result_of(connection, run_id)
            return None if stored is None else stored.result

    def clocks(self) -> list[str]:
        """Return the clocks of all committed runs, as releases that were dated by them have it."""
        with self._database.read() as connection:
            return reading.clocks(connection)

    def previous(self, ocids: Iterable[str]) -> dict[str, Previous]:
        """Return what `make_release` needs to know of the processes; those never released are missing.

        All are held in memory: ask for some thousand at a time.
        """
        with self._database.read() as connection:
            return reading.previous(connection, ocids)

    def released(self, ocids: Iterable[str], *, before: str) -> frozenset[str]:
        """Return those of the processes that were released before the run `before`, be it committed or not."""
        with self._database.read() as connection:
            return reading.released(connection, ocids, before)

    def state_hashes(self, ocids: Iterable[str]) -> dict[str, str]:
        """Return the state hashes of the processes; those never released are missing."""
        with self._database.read() as connection:
            return reading.state_hashes(connection, ocids)

    def provenance(self, ocids: Iterable[str]) -> dict[str, list[Any]]:
        """Return [[entry, row], …] of the processes (row as `table:key`); those never released are missing."""
        with self._database.read() as connection:
            return reading.provenance(connection, ocids)

    def provenance_json(self, ocids: Iterable[str]) -> dict[str, bytes]:
        """Return what `provenance` does as the JSON text that was committed: equal texts are equal provenance."""
        with self._database.read() as connection:
            return reading.provenance_json(connection, ocids)

    def commit(
        self,
        run: Run,
        entries: Iterable[Entry],
        quarantine: Iterable[QuarantineRow] = (),
        *,
        examined: Examined | None = None,
    ) -> CommitResult:
        """Append a run in one transaction: all of it, or nothing.

        `entries` and `quarantine` are read as streams; the transaction is open meanwhile, and other committers wait.
        Earlier findings about what was `examined` are replaced by `quarantine`. Repeating a committed run with the same
        entries writes nothing and returns the same result.
        Raises StaleManifest if the run's manifest is not newer than the last committed one, RunConflict if a run of
        this id brought something else, EntryOutOfStep if a release does not follow the last one of its process,
        UnknownProcess if an entry without release names a process without one, LedgerBusy if another run goes on.
        """
        with self._database.write() as connection:
            return committing.commit(connection, run, entries, quarantine, examined or Examined())

    def restore(
        self,
        runs: Sequence[datetime],
        releases: Iterable[RestoredRelease],
        compiled: Iterable[tuple[str, bytes]],
        rules: MergeRules,
        *,
        redacted: bool = False,
    ) -> Restored:
        """Put published releases back into an empty ledger, in one transaction: all of them, or nothing.

        `runs` are the moments of commit, `releases` of each process follow in their order, their sequences have no
        gaps. `compiled` are (ocid, JSON) of compiled releases as they were published, which stay so. `redacted` takes
        releases too whose content is not what their id was made of.
        Raises LedgerNotEmpty, BrokenHistory, RedactionsLost, LedgerBusy.
        """
        with self._database.write() as connection:
            return restoring.restore(connection, self.location, runs, releases, compiled, rules, redacted=redacted)

    def releases(
        self,
        *,
        order: Order = "commit",
        segment: str | None = None,
        month: int | None = None,
        after: int = 0,
        until: int | None = None,
        ocids: Iterable[str] | None = None,
    ) -> Iterator[StoredRelease]:
        """Stream releases with their JSON as committed.

        Restricted to a segment (year of their date, `YYYY` or `undated`), to a month (1 to 12) in it, to those
        committed after a sequence, or up to one, or to some processes (then in chunks of these, each in order). In the
        order of commit, or by ocid and then date.
        """
        with self._database.read() as connection:
            yield from reading.releases(
                connection, order=order, segment=segment, month=month, after=after, until=until, ocids=ocids
            )

    def placed(self, series: Series) -> Iterator[Placed]:
        """Stream what is published in the order of commit without bodies, processes in that of their first releases."""
        with self._database.read() as connection:
            yield from placed(connection, series)

    def listed(self, series: Series, segment: str, month: int | None = None) -> Iterator[Listed]:
        """Stream what a segment holds without bodies, releases in the order of commit, processes by ocid."""
        with self._database.read() as connection:
            yield from listed(connection, series, segment, month)

    def sequence_at(self, segment: str, place: int) -> int:
        """Return the sequence of the release at a place (from 0) of a segment, in the order of commit.

        Raises IndexError if the segment has fewer releases.
        """
        with self._database.read() as connection:
            return reading.sequence_at(connection, segment, place)

    def processes(
        self,
        *,
        segment: str | None = None,
        ocids: Iterable[str] | None = None,
        after: int = 0,
        with_releases: bool = True,
    ) -> Iterator[Process]:
        """Stream processes by ocid, with their compiled release and, unless declined, their releases, oldest first.

        Restricted to a segment (year of their first release), to some processes, or to those with a release committed
        after a sequence.
        """
        with self._database.read() as connection:
            yield from reading.processes(
                connection, segment=segment, ocids=ocids, after=after, with_releases=with_releases
            )

    def segments(self, *, after: int = 0) -> Segments:
        """Count releases and processes by segment.

        With `after`, only releases committed after this sequence and the processes they belong to: the segments to
        build anew.
        """
        with self._database.read() as connection:
            return reading.segments(connection, after)

    def contents(self, series: Series) -> list[SegmentContent]:
        """Return the non-empty segments with a fingerprint of what each holds, by name."""
        with self._database.read() as connection:
            return contents(connection, series)

    def recorded(self, ocid: str) -> RecordedProcess | None:
        """Return all that is on record about a process; None if nothing of it was ever released."""
        with self._database.read() as connection:
            return history.recorded(connection, ocid)

    def ocids(self) -> Iterator[str]:
        """Stream the ocids of all processes, in order."""
        with self._database.read() as connection:
            yield from history.ocids(connection)

    def own_rows(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Stream the ocids of all processes with the source rows of the process itself, none of its entries."""
        with self._database.read() as connection:
            yield from history.own_rows(connection)

    def stretches(self) -> Iterator[Stretch]:
        """Stream the order of commit: stretches of releases of one segment and one run."""
        with self._database.read() as connection:
            yield from stretches(connection)

    def quarantined(self, *, ocid: str | None = None, table: str | None = None) -> Iterator[Quarantined]:
        """Stream what is in quarantine now, by table and row."""
        with self._database.read() as connection:
            yield from reading.quarantined(connection, ocid=ocid, table=table)

    def accounting(self) -> Accounting:
        """Count where the source rows ended: in published processes, or in quarantine."""
        with self._database.read() as connection:
            return reading.accounting(connection)

    def verify(self, rules: MergeRules, tell: Callable[[str, int], None] | None = None) -> Verification:
        """Read everything and tell what is not as it should be.

        Sequences, runs and publications; of each process the chain of its releases with ids, hashes, dates and tags,
        and its compiled release against what they give merged; triggers that keep the book append-only. Processes with
        a redaction on record are excused from the hash that their ids are.
        """
        with self._database.read() as connection:
            return verifying.verify(connection, rules, tell)

    def record_publication(self, publication: Publication) -> None:
        """Put a snapshot on record; a second time changes nothing. Raises PublicationConflict."""
        table = tables.publication
        row = {
            "snapshot": publication.snapshot,
            "as_of": reading.written(publication.as_of),
            "run_id": publication.run_id,
            "sequence": publication.sequence,
        }
        with self._database.write() as connection:
            found = connection.execute(select(table).where(table.c.snapshot == publication.snapshot)).one_or_none()
            if found is None:
                number = connection.execute(select(func.max(table.c.number))).scalar() or 0
                connection.execute(table.insert(), {"number": number + 1, **row})
            elif any(getattr(found, name) != value for name, value in row.items()):
                raise PublicationConflict(publication.snapshot)

    def run_of(self, sequence: int) -> str | None:
        """Return the id of the run that brought the release of a sequence; of the first run for 0; None without it."""
        with self._database.read() as connection:
            return reading.run_of(connection, sequence)

    def sequence_of(self, releases: int, redactions: int) -> int:
        """Return the sequence of the newest release of a publication that holds so many, as of a redaction.

        Releases of processes that were taken back keep their sequence, but are published no more.
        """
        with self._database.read() as connection:
            return reading.sequence_of(connection, releases, redactions)

    def publications(self) -> list[Publication]:
        """Return the snapshots on record, oldest first."""
        with self._database.read() as connection:
            return reading.publications(connection)
