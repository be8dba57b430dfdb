"""Everything that is on record about one process."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from pregon.ledger import tables
from pregon.ledger.bodies import decompressor

_PAGE = 10_000


class RecordedRelease(NamedTuple):
    """A release with its run, and the first snapshot on record that holds it."""

    sequence: int
    release_id: str
    previous_id: str | None
    date: str
    run_id: str
    as_of: str
    manifest: int
    publication: str | None
    json: bytes


@dataclass(frozen=True)
class RecordedProcess:
    """The releases of a process, oldest first, its provenance now, and the redactions of it."""

    releases: tuple[RecordedRelease, ...]
    provenance: tuple[tuple[str, str], ...]
    redactions: tuple[dict[str, str | None], ...]


def recorded(connection: Connection, ocid: str) -> RecordedProcess | None:
    """Return what is on record about a process; see `Ledger.recorded`."""
    release, run, process = tables.release.c, tables.run.c, tables.process.c
    decompress = decompressor()
    known = connection.execute(select(process.provenance).where(process.ocid == ocid)).one_or_none()
    if known is None:
        return None
    publication = tables.publication.c
    published = list(
        connection.execute(select(publication.sequence, publication.snapshot).order_by(publication.number))
    )
    # A rolled back snapshot may hold less than one before it: what counts is the first that goes as far.
    reach: list[tuple[int, str]] = []
    for sequence, snapshot in published:
        if not reach or sequence > reach[-1][0]:
            reach.append((sequence, snapshot))
    ends = [sequence for sequence, _ in reach]
    query = (
        select(tables.release, run.run_id, run.as_of, run.manifest)
        .join_from(tables.release, tables.run, run.number == release.run)
        .where(release.ocid == ocid)
        .order_by(release.sequence)
    )
    releases = []
    for row in connection.execute(query):
        place = bisect_left(ends, row.sequence)
        releases.append(
            RecordedRelease(
                row.sequence, row.release_id, row.previous_id, row.date, row.run_id, row.as_of, row.manifest,
                reach[place][1] if place < len(reach) else None, decompress(row.body),
            )
        )  # fmt: skip
    provenance = tuple((entry, source) for entry, source in orjson.loads(decompress(known.provenance)))
    return RecordedProcess(tuple(releases), provenance, tuple(_redactions(connection, ocid)))


def _redactions(connection: Connection, ocid: str) -> Iterator[dict[str, Any]]:
    columns = tables.redaction.c
    for row in connection.execute(select(tables.redaction).where(columns.ocid == ocid).order_by(columns.number)):
        yield {"as_of": row.as_of, "path": row.path, "reason": row.reason, "author": row.author}


def ocids(connection: Connection) -> Iterator[str]:
    """Stream the ocids of all processes, in order."""
    columns = tables.process.c
    query = select(columns.ocid).order_by(columns.ocid)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        yield from rows.scalars()


def own_rows(connection: Connection) -> Iterator[tuple[str, frozenset[str]]]:
    """Stream the ocids of all processes with the source rows of the process itself, none of its entries."""
    columns = tables.process.c
    decompress = decompressor()
    query = select(columns.ocid, columns.provenance).order_by(columns.ocid)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for ocid, provenance in rows:
            yield ocid, frozenset(row for entry, row in orjson.loads(decompress(provenance)) if not entry)
