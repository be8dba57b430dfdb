"""The commit: one transaction that appends a run to the book.

Why a second time is safe: a run that is on record is recognized by its id and content, and nothing is written. A run
that was killed before its commit has left nothing. Two runs at once wait for each other at the writers' lock; the
second then finds a manifest not older than its own, or a release its own do not follow, and is refused.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from pregon.ledger import tables
from pregon.ledger.bodies import bucket_of
from pregon.ledger.entries import VALUE_LIMIT, CommitResult, Entry, Examined, QuarantineRow, Run
from pregon.ledger.errors import EntryOutOfStep, RedactedMeanwhile, RunConflict, StaleManifest, UnknownProcess
from pregon.ledger.filters import among, chunks
from pregon.ledger.loading import loader, touch_processes
from pregon.ledger.packing import BATCH, Packed, Packing, batches, compress
from pregon.ledger.reading import head, result_of, written
from transforms.packages import segment_of

MOST_KNOWN = 200_000
"""Findings whose run is remembered while they are replaced; of more, all count as found by the run that looked last."""


def commit(
    connection: Connection, run: Run, entries: Iterable[Entry], quarantine: Iterable[QuarantineRow], examined: Examined
) -> CommitResult:
    """Append a run; see `Ledger.commit`. The caller holds the writers' transaction."""
    packing = Packing()
    earlier = result_of(connection, run.run_id)
    if earlier is not None:
        for _ in packing.all(entries):
            pass
        if packing.content != earlier.content:
            raise RunConflict(run.run_id)
        return earlier.result
    last = head(connection)
    if last is not None and run.manifest <= last.manifest:
        raise StaleManifest(run.run_id, run.manifest, last.manifest, last.run_id)
    newest = connection.execute(select(func.max(tables.redaction.c.number))).scalar() or 0
    if run.redactions != newest:
        raise RedactedMeanwhile(run.run_id, run.redactions, newest)
    book = _Book(connection)
    _append(book, batches(packing.all(entries)))
    book.account()
    quarantined = _replace_quarantine(connection, run.run_id, quarantine, examined)
    result = CommitResult(
        run.run_id, book.sequence, book.releases, book.new_processes, len(book.changed_processes), quarantined
    )
    connection.execute(
        tables.run.insert(),
        {
            "number": book.run,
            "run_id": run.run_id,
            "as_of": written(run.as_of),
            "manifest": run.manifest,
            "fingerprint": run.fingerprint,
            "counts": orjson.dumps(dict(run.counts), option=orjson.OPT_SORT_KEYS).decode(),
            "content": packing.content,
            "sequence": result.sequence,
            "releases": result.releases,
            "new_processes": result.new_processes,
            "changed_processes": result.changed_processes,
            "quarantined": result.quarantined,
        },
    )
    return result


def _append(book: "_Book", packed: Iterable[list[Packed]]) -> None:
    """Write each batch in a thread, while the next one is read and packed; one is always done before the next.

    Compression and the database work without the interpreter, and they are as much work as packing.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="commit") as pool:
        before: Future[None] | None = None
        for batch in packed:
            if before:
                before.result()
            before = pool.submit(book.append, batch)
        if before:
            before.result()


@dataclass(slots=True)
class _Known:
    """A process as it stands in the book, or in the batch being written."""

    first_date: str
    segment: str
    last_date: str
    last_id: str
    sequence: int
    tags: set[str]
    rows: dict[str, int]


@dataclass
class _Book:
    """Appends batches; keeps the counts of the run."""

    connection: Connection
    run: int = field(init=False)
    sequence: int = field(init=False)
    releases: int = 0
    new_processes: int = 0
    changed_processes: set[str] = field(default_factory=set)
    _rows: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run = (self.connection.execute(select(func.max(tables.run.c.number))).scalar() or 0) + 1
        self.sequence = self.connection.execute(select(func.max(tables.release.c.sequence))).scalar() or 0
        self._loader = loader(self.connection)
        self._first_sequence = self.sequence

    def append(self, batch: list[Packed]) -> None:
        """Compress and write a batch of entries; those of one process follow each other."""
        compress(batch)
        known = self._known({entry.ocid for entry in batch})
        before = set(known)
        releases: list[tuple[Any, ...]] = []
        processes: dict[str, tuple[Any, ...]] = {}
        touched: dict[str, dict[str, Any]] = {}
        for entry in batch:
            process = known.get(entry.ocid)
            if entry.release_id is None:
                if process is None:
                    raise UnknownProcess(entry.ocid)
                touched[entry.ocid] = {
                    "key": entry.ocid,
                    "new_state_hash": entry.state_hash,
                    "new_rows": _rows_text(entry.rows),
                    "new_provenance": entry.provenance,
                    "new_run": self.run,
                }
            else:
                process = known[entry.ocid] = self._follow(entry, process)
                releases.append(self._release(entry, process))
                processes[entry.ocid] = self._process(entry, process)
                touched.pop(entry.ocid, None)
            self._count_rows(process.rows, entry.rows)
            process.rows = entry.rows
        self._loader.insert(tables.release, releases)
        self._loader.insert(tables.process, [row for ocid, row in processes.items() if ocid not in before])
        self._loader.replace(tables.process, [row for ocid, row in processes.items() if ocid in before])
        if touched:
            touch_processes(self.connection, touched.values())

    def account(self) -> None:
        """Add what the run changed to the numbers of rows of the source tables."""
        sums = {row.source_table: row.rows for row in self.connection.execute(select(tables.source_rows))}
        changed = [
            (table, sums.get(table, 0) + difference) for table, difference in sorted(self._rows.items()) if difference
        ]
        self._loader.replace(tables.source_rows, changed)

    def _known(self, ocids: set[str]) -> dict[str, _Known]:
        columns = tables.process.c
        query = select(
            columns.ocid,
            columns.first_date,
            columns.segment,
            columns.last_date,
            columns.last_release_id,
            columns.sequence,
            columns.tags,
            columns.rows,
        ).where(among(self.connection, columns.ocid, sorted(ocids)))
        return {
            row[0]: _Known(row[1], row[2], row[3], row[4], row[5], set(orjson.loads(row[6])), orjson.loads(row[7]))
            for row in self.connection.execute(query)
        }

    def _follow(self, entry: Packed, process: _Known | None) -> _Known:
        """Check that the release follows the process's last one, and step on."""
        assert entry.release_id is not None  # noqa: S101 - entries without release go another way
        self.sequence += 1
        self.releases += 1
        if process is None:
            if entry.previous_id is not None:
                raise EntryOutOfStep(entry.ocid, f"follows release {entry.previous_id}, but nothing was released yet")
            self.new_processes += 1
            segment = segment_of(entry.date)
            return _Known(entry.date, segment, entry.date, entry.release_id, self.sequence, set(entry.tags), {})
        if entry.previous_id != process.last_id:
            raise EntryOutOfStep(
                entry.ocid, f"follows release {entry.previous_id}, but the last one is {process.last_id}"
            )
        if entry.date <= process.last_date:
            raise EntryOutOfStep(
                entry.ocid, f"release {entry.release_id} of {entry.date} is not after that of {process.last_date}"
            )
        if process.sequence <= self._first_sequence:
            self.changed_processes.add(entry.ocid)
        process.last_date, process.last_id, process.sequence = entry.date, entry.release_id, self.sequence
        process.tags.update(entry.tags)
        return process

    def _release(self, entry: Packed, process: _Known) -> tuple[Any, ...]:
        return (
            process.sequence,
            entry.ocid,
            entry.release_id,
            entry.previous_id,
            entry.date,
            segment_of(entry.date),
            int(entry.date[5:7]),
            orjson.dumps(entry.tags).decode(),
            entry.content_hash,
            self.run,
            bucket_of(entry.ocid),
            entry.body,
        )

    def _process(self, entry: Packed, process: _Known) -> tuple[Any, ...]:
        return (
            entry.ocid,
            process.first_date,
            process.last_date,
            process.segment,
            process.last_id,
            process.sequence,
            orjson.dumps(sorted(process.tags)).decode(),
            entry.state_hash,
            self.run,
            bucket_of(entry.ocid),
            _rows_text(entry.rows),
            entry.compiled,
            entry.provenance,
        )

    def _count_rows(self, before: dict[str, int], now: dict[str, int]) -> None:
        for table, number in now.items():
            self._rows[table] = self._rows.get(table, 0) + number
        for table, number in before.items():
            self._rows[table] = self._rows.get(table, 0) - number


def _rows_text(rows: dict[str, int]) -> str:
    return orjson.dumps(rows, option=orjson.OPT_SORT_KEYS).decode()


def _replace_quarantine(
    connection: Connection, run_id: str, quarantine: Iterable[QuarantineRow], examined: Examined
) -> int:
    columns = tables.quarantine.c
    known = _known_findings(connection)
    if examined.everything:
        connection.execute(tables.quarantine.delete())
    for ocids in chunks(examined.ocids, 5000):
        connection.execute(tables.quarantine.delete().where(among(connection, columns.ocid, ocids)))
    if examined.rows:
        connection.execute(tables.quarantine.delete().where(columns.ocid.is_(None)))
    number: int = connection.execute(select(func.max(columns.number))).scalar() or 0
    first = number
    write = loader(connection)
    for batch in chunks(quarantine, BATCH):
        write.insert(
            tables.quarantine,
            [_quarantine_row(number + place, known.get(_finding(row), run_id), row) for place, row in _numbered(batch)],
        )
        number += len(batch)
    return number - first


def _known_findings(connection: Connection) -> dict[int, str]:
    """Give the run that each finding came with, so that one that is found again keeps it; hashes, to be small."""
    columns = tables.quarantine.c
    if (connection.execute(select(func.count()).select_from(tables.quarantine)).scalar() or 0) > MOST_KNOWN:
        return {}
    query = select(
        columns.run_id, columns.source_table, columns.row_key, columns.reason, columns.ocid, columns.path
    )  # fmt: skip
    runs: dict[str, str] = {}
    return {hash(tuple(finding)): runs.setdefault(run_id, run_id) for run_id, *finding in connection.execute(query)}


def _finding(row: QuarantineRow) -> int:
    return hash((row.table, row.row, row.reason, row.ocid, row.path))


def _numbered(batch: list[QuarantineRow]) -> Iterator[tuple[int, QuarantineRow]]:
    return ((place, row) for place, row in enumerate(batch, 1))


def _quarantine_row(number: int, run_id: str, row: QuarantineRow) -> tuple[Any, ...]:
    # PostgreSQL's text can't hold NUL, which does turn up in source values.
    value = None if row.value is None else row.value[:VALUE_LIMIT].replace("\0", "\N{SYMBOL FOR NULL}")
    return (number, run_id, row.table, row.row, row.ocid, row.path, value, row.reason, row.message)
