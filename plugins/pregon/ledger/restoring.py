"""Putting published releases back into an empty ledger, as they were committed.

What the releases do not say stays unknown until the next run, which looks at everything because no configuration is on
record: source rows and provenance, the state hash of processes with more than one release, quarantine, and what the
runs had counted. Runs that released nothing are gone.

Why a second time is safe: it is one transaction, and a ledger that holds anything is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from pregon.ledger import tables
from pregon.ledger.bodies import bucket_of, compressor, decompressor, to_json
from pregon.ledger.errors import BrokenHistory, LedgerNotEmpty, RedactionsLost
from pregon.ledger.filters import among, chunks
from pregon.ledger.loading import loader
from pregon.ledger.reading import written
from transforms.packages import segment_of
from transforms.releases import MergeRules, content_hash, expected_id, merge_release
from transforms.releases.merging import Document, first_compiled, sections

_BATCH = 500
_EXAMPLES = 100
UNKNOWN = ""
"""State hash, configuration or content that nobody knows: equal to none."""


class RestoredRelease(NamedTuple):
    """A release with its place: `sequence` in the order of commit, `run` as a number from 1."""

    sequence: int
    run: int
    json: bytes


@dataclass
class Restored:
    """What was put back.

    `runs` are the moments at which the releases had been committed. `rewritten` counts releases whose content is not
    what their id was made of, by redaction, and `redacted` names their processes, the first so many. `merged_otherwise`
    counts processes whose compiled release was published otherwise than today's rules merge it; it stays as it was
    published.
    """

    releases: int = 0
    processes: int = 0
    runs: tuple[datetime, ...] = ()
    rewritten: int = 0
    redacted: list[str] = field(default_factory=list)
    merged_otherwise: int = 0


@dataclass(slots=True)
class _Process:
    first_date: str
    last_date: str
    last_id: str
    sequence: int
    run: int
    tags: set[str]
    compiled: Document
    state_hash: str


def restore(
    connection: Connection,
    location: str,
    runs: Sequence[datetime],
    releases: Iterable[RestoredRelease],
    compiled: Iterable[tuple[str, bytes]],
    rules: MergeRules,
    *,
    redacted: bool,
) -> Restored:
    """Put releases back; see `Ledger.restore`. The caller holds the writers' transaction."""
    for table in (tables.run, tables.release, tables.process):
        if connection.execute(select(table).limit(1)).first() is not None:
            raise LedgerNotEmpty(location)
    book = _Book(connection, rules, len(runs))
    for batch in chunks(releases, _BATCH):
        book.append(batch)
    if book.found.rewritten and not redacted:
        raise RedactionsLost(book.found.rewritten, book.found.redacted)
    book.close(runs)
    _keep_published(connection, compiled, book.found)
    return book.found


class _Book:
    def __init__(self, connection: Connection, rules: MergeRules, runs: int) -> None:
        self._connection = connection
        self._rules = rules
        self._loader = loader(connection)
        self._compress, self._decompress = compressor(), decompressor()
        # By run, the first of which has number 1.
        self._last = [0] * (runs + 1)
        self._releases = [0] * (runs + 1)
        self._new = [0] * (runs + 1)
        self.found = Restored()

    def append(self, batch: list[RestoredRelease]) -> None:
        documents: list[Document] = [orjson.loads(release.json) for release in batch]
        known = self._known({document["ocid"] for document in documents})
        rows = []
        for release, document in zip(batch, documents, strict=True):
            ocid = document["ocid"]
            before = known.get(ocid)
            rows.append(self._release(release, document, before))
            known[ocid] = self._follow(release, document, before)
            self._last[release.run] = max(self._last[release.run], release.sequence)
            self._releases[release.run] += 1
            self._new[release.run] += before is None
        self._loader.insert(tables.release, rows)
        self._loader.replace(tables.process, [self._process(ocid, process) for ocid, process in known.items()])
        self.found.releases += len(batch)

    def _follow(self, release: RestoredRelease, document: Document, before: _Process | None) -> _Process:
        ocid, identifier, date = document["ocid"], document["id"], document["date"]
        if before is not None and (date <= before.last_date or release.sequence <= before.sequence):
            raise BrokenHistory(ocid, f"release {identifier} of {date} comes after that of {before.last_date}")
        if expected_id(document, before.last_id if before else None) != identifier:
            self.found.rewritten += 1
            if ocid not in self.found.redacted and len(self.found.redacted) < _EXAMPLES:
                self.found.redacted.append(ocid)
        if before is None:
            self.found.processes += 1
            return _Process(
                date, date, identifier, release.sequence, release.run, set(document["tag"]),
                first_compiled(document), content_hash(sections(document)),
            )  # fmt: skip
        return _Process(
            before.first_date, date, identifier, release.sequence, release.run, before.tags | set(document["tag"]),
            merge_release(before.compiled, document, self._rules), UNKNOWN,
        )  # fmt: skip

    def _known(self, ocids: set[str]) -> dict[str, _Process]:
        columns = tables.process.c
        query = select(tables.process).where(among(self._connection, columns.ocid, sorted(ocids)))
        return {
            row.ocid: _Process(
                row.first_date, row.last_date, row.last_release_id, row.sequence, row.run, set(orjson.loads(row.tags)),
                orjson.loads(self._decompress(row.compiled)), row.state_hash,
            )
            for row in self._connection.execute(query)
        }  # fmt: skip

    def _release(self, release: RestoredRelease, document: Document, before: _Process | None) -> tuple[Any, ...]:
        date = document["date"]
        return (
            release.sequence,
            document["ocid"],
            document["id"],
            before.last_id if before else None,
            date,
            segment_of(date),
            int(date[5:7]),
            orjson.dumps(document["tag"]).decode(),
            content_hash(document),
            release.run,
            bucket_of(document["ocid"]),
            self._compress(release.json),
        )

    def _process(self, ocid: str, process: _Process) -> tuple[Any, ...]:
        return (
            ocid,
            process.first_date,
            process.last_date,
            segment_of(process.first_date),
            process.last_id,
            process.sequence,
            orjson.dumps(sorted(process.tags)).decode(),
            process.state_hash,
            process.run,
            bucket_of(ocid),
            "{}",
            self._compress(to_json(process.compiled)),
            self._compress(b"[]"),
        )

    def close(self, runs: Sequence[datetime]) -> None:
        """Write the runs, each named by its clock as runs are."""
        release = tables.release.c
        count, first, last = self._connection.execute(
            select(func.count(), func.min(release.sequence), func.max(release.sequence)).select_from(tables.release)
        ).one()
        if count and (first, last) != (1, count):
            raise BrokenHistory("", f"{count:,} releases have the places {first:,} to {last:,}")
        self._loader.insert(
            tables.run,
            [
                (
                    number,
                    f"{as_of:%Y%m%dT%H%M%SZ}",
                    written(as_of),
                    number,
                    UNKNOWN,
                    orjson.dumps({"restored": self._releases[number]}).decode(),
                    UNKNOWN,
                    self._last[number],
                    self._releases[number],
                    self._new[number],
                    self._releases[number] - self._new[number],
                    0,
                )
                for number, as_of in enumerate(runs, 1)
            ],
        )
        self.found.runs = tuple(runs)


def _keep_published(connection: Connection, compiled: Iterable[tuple[str, bytes]], found: Restored) -> None:
    """Let compiled releases stay as they were published, where rules have changed since and merge them otherwise."""
    compress, decompress = compressor(), decompressor()
    process = tables.process
    for chunk in chunks(compiled, _BATCH):
        published = dict(chunk)
        query = select(process.c.ocid, process.c.compiled).where(among(connection, process.c.ocid, list(published)))
        merged = {ocid: decompress(body) for ocid, body in connection.execute(query)}
        if missing := published.keys() - merged.keys():
            raise BrokenHistory(min(missing), "a compiled release was published, but none of its releases")
        for ocid, body in published.items():
            if body != merged[ocid]:
                found.merged_otherwise += 1
                connection.execute(process.update().where(process.c.ocid == ocid).values(compiled=compress(body)))
