"""Queries: everything in an order that does not depend on the database or on when it was written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Row, Select, func, select

from pregon.ledger import tables
from pregon.ledger.bodies import decompressor
from pregon.ledger.entries import (
    Accounting,
    CommitResult,
    Head,
    Process,
    Publication,
    Quarantined,
    QuarantineRow,
    Segments,
    StoredRelease,
)
from pregon.ledger.filters import among, chunks
from transforms.releases import Previous

Order = Literal["commit", "ocid"]

# Bodies fetched at once while streaming.
_PAGE = 500
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run on record: what it did, and the hash of what it brought."""

    result: CommitResult
    content: str


def written(moment: datetime) -> str:
    """Write an aware moment as the ledger keeps it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def head(connection: Connection) -> Head | None:
    """Return the last committed run."""
    row = connection.execute(select(tables.run).order_by(tables.run.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    as_of = datetime.fromisoformat(row.as_of)
    return Head(row.run_id, as_of, row.manifest, row.fingerprint, orjson.loads(row.counts), _result(row))


def clocks(connection: Connection) -> list[str]:
    """Return the clocks of all committed runs, oldest first."""
    return list(connection.scalars(select(tables.run.c.as_of).order_by(tables.run.c.number)))


def result_of(connection: Connection, run_id: str) -> StoredRun | None:
    """Return the run of this id, if it was committed."""
    row = connection.execute(select(tables.run).where(tables.run.c.run_id == run_id)).one_or_none()
    return None if row is None else StoredRun(_result(row), row.content)


def _result(row: Row[Any]) -> CommitResult:
    return CommitResult(
        row.run_id, row.sequence, row.releases, row.new_processes, row.changed_processes, row.quarantined
    )


def previous(connection: Connection, ocids: Iterable[str]) -> dict[str, Previous]:
    """Return what is known of the processes that were released; see `Ledger.previous`."""
    decompress = decompressor()
    columns = tables.process.c
    found: dict[str, Previous] = {}
    tags: dict[str, frozenset[str]] = {}
    for chunk in chunks(ocids, _CHUNK):
        query = select(
            columns.ocid, columns.last_release_id, columns.last_date, columns.state_hash, columns.tags, columns.compiled
        ).where(among(connection, columns.ocid, chunk))
        for ocid, release_id, date, state_hash, tag_text, compiled in connection.execute(query):
            if tag_text not in tags:
                tags[tag_text] = frozenset(orjson.loads(tag_text))
            found[ocid] = Previous(release_id, date, state_hash, tags[tag_text], decompress(compiled))
    return found


def released(connection: Connection, ocids: Iterable[str], before: str) -> frozenset[str]:
    """Return those of the processes that were released before a run; see `Ledger.released`."""
    run, columns = tables.run.c, tables.release.c
    number = connection.execute(select(run.number).where(run.run_id == before)).scalar_one_or_none()
    found: set[str] = set()
    for chunk in chunks(ocids, _CHUNK):
        query = select(columns.ocid).where(among(connection, columns.ocid, chunk)).distinct()
        if number is not None:
            query = query.where(columns.run < number)
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def state_hashes(connection: Connection, ocids: Iterable[str]) -> dict[str, str]:
    """Return the state hashes of the processes that were released."""
    columns = tables.process.c
    found: dict[str, str] = {}
    for chunk in chunks(ocids, _CHUNK):
        query = select(columns.ocid, columns.state_hash).where(among(connection, columns.ocid, chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def provenance(connection: Connection, ocids: Iterable[str]) -> dict[str, list[Any]]:
    """Return the source rows behind the entries of the processes."""
    return {ocid: orjson.loads(text) for ocid, text in provenance_json(connection, ocids).items()}


def provenance_json(connection: Connection, ocids: Iterable[str]) -> dict[str, bytes]:
    """Return the same as JSON text."""
    decompress = decompressor()
    columns = tables.process.c
    found: dict[str, bytes] = {}
    for chunk in chunks(ocids, _CHUNK):
        query = select(columns.ocid, columns.provenance).where(among(connection, columns.ocid, chunk))
        found.update((row[0], decompress(row[1])) for row in connection.execute(query))
    return found


def published(ocid: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a process was not taken back as a whole."""
    columns = tables.redaction.c
    withdrawn = select(columns.ocid).where(columns.path.is_(None), columns.ocid.is_not(None))
    return ocid.not_in(withdrawn)


def _release_columns() -> Select[Any]:
    columns = tables.release.c
    return select(columns.sequence, columns.ocid, columns.release_id, columns.date, columns.tags, columns.body)


def releases(
    connection: Connection,
    *,
    order: Order,
    segment: str | None,
    month: int | None,
    after: int,
    until: int | None,
    ocids: Iterable[str] | None,
) -> Iterator[StoredRelease]:
    """Stream releases; see `Ledger.releases`."""
    columns = tables.release.c
    query = _release_columns().where(published(columns.ocid))
    if segment is not None:
        query = query.where(columns.segment == segment)
    if month is not None:
        query = query.where(columns.month == month)
    if after:
        query = query.where(columns.sequence > after)
    if until is not None:
        query = query.where(columns.sequence <= until)
    query = query.order_by(*((columns.sequence,) if order == "commit" else (columns.ocid, columns.date)))
    if ocids is None:
        yield from _stream(connection, query)
        return
    for chunk in chunks(ocids, _CHUNK):
        yield from _stream(connection, query.where(among(connection, columns.ocid, chunk)))


def _stream(connection: Connection, query: Select[Any]) -> Iterator[StoredRelease]:
    decompress = decompressor()
    tags: dict[str, tuple[str, ...]] = {}
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for sequence, ocid, release_id, date, tag_text, body in rows:
            if tag_text not in tags:
                tags[tag_text] = tuple(orjson.loads(tag_text))
            yield StoredRelease(sequence, ocid, release_id, date, tags[tag_text], decompress(body))


def sequence_at(connection: Connection, segment: str, place: int) -> int:
    """Return the sequence of the release at a place of a segment; see `Ledger.sequence_at`."""
    columns = tables.release.c
    query = select(columns.sequence).where(columns.segment == segment).order_by(columns.sequence)
    found = connection.execute(query.offset(place).limit(1)).scalar_one_or_none()
    if found is None:
        raise IndexError(f"segment {segment} has no release {place}")
    return int(found)


def processes(
    connection: Connection, *, segment: str | None, ocids: Iterable[str] | None, after: int, with_releases: bool
) -> Iterator[Process]:
    """Stream processes by ocid; see `Ledger.processes`."""
    if ocids is not None:
        for chunk in chunks(ocids, _PAGE):
            yield from _process_page(connection, _process_query(segment, after), chunk, with_releases=with_releases)
        return
    last = ""
    while True:
        keys = _process_query(segment, after).with_only_columns(tables.process.c.ocid)
        keys = keys.where(tables.process.c.ocid > last).limit(_PAGE)
        page = list(connection.execute(keys).scalars())
        if not page:
            return
        yield from _process_page(connection, _process_query(segment, after), page, with_releases=with_releases)
        last = page[-1]


def _process_query(segment: str | None, after: int) -> Select[Any]:
    columns = tables.process.c
    query = select(columns.ocid, columns.first_date, columns.last_date, columns.compiled).order_by(columns.ocid)
    query = query.where(published(columns.ocid))
    if segment is not None:
        query = query.where(columns.segment == segment)
    if after:
        query = query.where(columns.sequence > after)
    return query


def _process_page(
    connection: Connection, query: Select[Any], ocids: list[str], *, with_releases: bool
) -> Iterator[Process]:
    decompress = decompressor()
    histories: dict[str, tuple[StoredRelease, ...]] = {}
    if with_releases:
        columns = tables.release.c
        stored = _stream(
            connection,
            _release_columns().where(among(connection, columns.ocid, ocids)).order_by(columns.ocid, columns.date),
        )
        histories = {ocid: tuple(history) for ocid, history in groupby(stored, key=attrgetter("ocid"))}
    # Closed also where its reader stops early: on PostgreSQL it is a cursor of the server.
    with connection.execute(query.where(among(connection, tables.process.c.ocid, ocids))) as rows:
        for ocid, first_date, last_date, compiled in rows:
            yield Process(ocid, first_date, last_date, decompress(compiled), histories.get(ocid, ()))


def segments(connection: Connection, after: int) -> Segments:
    """Count releases and processes by segment; see `Ledger.segments`."""
    release, process = tables.release, tables.process
    by_release = select(release.c.segment, func.count()).group_by(release.c.segment).order_by(release.c.segment)
    by_process = select(process.c.segment, func.count()).group_by(process.c.segment).order_by(process.c.segment)
    by_release = by_release.where(published(release.c.ocid))
    by_process = by_process.where(published(process.c.ocid))
    if after:
        by_release = by_release.where(release.c.sequence > after)
        changed = select(release.c.ocid).where(release.c.sequence > after)
        by_process = by_process.where(process.c.ocid.in_(changed))
    return Segments(
        {row[0]: row[1] for row in connection.execute(by_release)},
        {row[0]: row[1] for row in connection.execute(by_process)},
    )


def quarantined(connection: Connection, *, ocid: str | None, table: str | None) -> Iterator[Quarantined]:
    """Stream the quarantine; see `Ledger.quarantined`."""
    columns = tables.quarantine.c
    query = select(tables.quarantine).order_by(columns.source_table, columns.row_key, columns.number)
    if ocid is not None:
        query = query.where(columns.ocid == ocid)
    if table is not None:
        query = query.where(columns.source_table == table)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for row in rows:
            yield Quarantined(
                row.run_id,
                QuarantineRow(row.source_table, row.row_key, row.reason, row.message, row.ocid, row.path, row.value),
            )


def accounting(connection: Connection) -> Accounting:
    """Count where the source rows ended; see `Ledger.accounting`."""
    columns, process = tables.quarantine.c, tables.process.c
    once = select(columns.source_table, columns.row_key).distinct().subquery()
    held = select(once.c.source_table, func.count()).group_by(once.c.source_table).order_by(once.c.source_table)
    published = Counter({row.source_table: row.rows for row in connection.execute(select(tables.source_rows))})
    # Few, where the gate does its work: what they were released with is taken off again.
    withheld = select(process.rows).where(process.ocid.in_(select(columns.ocid).where(columns.ocid.is_not(None))))
    for (text,) in connection.execution_options(yield_per=_PAGE).execute(withheld):
        published.subtract(orjson.loads(text))
    return Accounting(
        {table: number for table, number in sorted(published.items()) if number},
        {row[0]: row[1] for row in connection.execute(held)},
    )


def sequence_of(connection: Connection, releases: int, redactions: int) -> int:
    """Return the sequence of the newest release where so many are published; see `Ledger.sequence_of`."""
    columns = tables.redaction.c
    withdrawn = select(columns.ocid).where(
        columns.path.is_(None), columns.ocid.is_not(None), columns.number <= redactions
    )
    query = select(func.count()).select_from(tables.release).where(tables.release.c.ocid.in_(withdrawn))
    sequence = releases
    while True:
        missing = connection.execute(query.where(tables.release.c.sequence <= sequence)).scalar_one()
        if releases + missing == sequence:
            return sequence
        sequence = releases + missing


def run_of(connection: Connection, sequence: int) -> str | None:
    """Return the id of the run that brought a release; see `Ledger.run_of`."""
    columns = tables.run.c
    query = select(columns.run_id).where(columns.sequence >= sequence).order_by(columns.number).limit(1)
    return connection.execute(query).scalar_one_or_none()


def publications(connection: Connection) -> list[Publication]:
    """Return the snapshots on record, oldest first."""
    table = tables.publication
    return [
        Publication(row.snapshot, datetime.fromisoformat(row.as_of), row.run_id, row.sequence)
        for row in connection.execute(select(table).order_by(table.c.number))
    ]
