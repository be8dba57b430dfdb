"""What is published, in the order of commit or in that of a segment's files, told without reading bodies."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from pregon.ledger import tables
from pregon.ledger.contents import Series
from pregon.ledger.reading import published

_PAGE = 10_000


class Placed(NamedTuple):
    """A release, or a process by the sequence of its first release.

    `fingerprint` changes whenever the bodies would. `committed` is the clock of the run that brought the release, of a
    process the last one; or that of the newest redaction.
    """

    sequence: int
    ocid: str
    fingerprint: str
    committed: datetime


class Listed(NamedTuple):
    """A release, or a process by the sequence of its last release; `fingerprint` changes whenever the bodies would."""

    sequence: int
    ocid: str
    fingerprint: str


def placed(connection: Connection, series: Series) -> Iterator[Placed]:
    """Stream releases, or processes, in the order of commit."""
    release, process, run = tables.release.c, tables.process.c, tables.run.c
    redactions, redacted = _newest_redaction(connection)
    as_of = {
        row.number: datetime.fromisoformat(max(row.as_of, redacted))
        for row in connection.execute(select(run.number, run.as_of))
    }
    if series == "releases":
        query = select(release.sequence, release.ocid, release.release_id, release.content_hash, release.run)
        query = query.where(published(release.ocid)).order_by(release.sequence)
    else:
        # By the first releases, which follow none: no sorting, whatever the number of processes. What a process says is
        # told by its last release, whose id stands for all before it.
        last = tables.release.alias("last")
        query = select(release.sequence, release.ocid, process.last_release_id, last.c.content_hash, last.c.run)
        query = query.join_from(tables.release, tables.process, process.ocid == release.ocid)
        query = query.join(last, last.c.sequence == process.sequence)
        query = query.where(release.previous_id.is_(None), published(release.ocid)).order_by(release.sequence)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for sequence, ocid, identifier, content, number in rows:
            yield Placed(sequence, ocid, f"{identifier} {content} {redactions}", as_of[number])


def listed(connection: Connection, series: Series, segment: str, month: int | None = None) -> Iterator[Listed]:
    """Stream what a segment holds, or a month in it: releases in the order of commit, processes by ocid."""
    release, process = tables.release.c, tables.process.c
    redactions, _ = _newest_redaction(connection)
    if series == "releases":
        query = select(release.sequence, release.ocid, release.release_id, release.content_hash)
        query = query.where(release.segment == segment, published(release.ocid)).order_by(release.sequence)
        if month is not None:
            query = query.where(release.month == month)
    else:
        query = select(process.sequence, process.ocid, process.last_release_id, release.content_hash)
        query = query.join_from(tables.process, tables.release, release.sequence == process.sequence)
        query = query.where(process.segment == segment, published(process.ocid)).order_by(process.ocid)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for sequence, ocid, identifier, content in rows:
            yield Listed(sequence, ocid, f"{identifier} {content} {redactions}")


def _newest_redaction(connection: Connection) -> tuple[int, str]:
    """Return number and clock of the newest redaction; (0, "") where there is none."""
    columns = tables.redaction.c
    newest = connection.execute(
        select(columns.number, columns.as_of).order_by(columns.number.desc()).limit(1)
    ).one_or_none()
    return (0, "") if newest is None else (newest.number, newest.as_of)
