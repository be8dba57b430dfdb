"""What is published in the order of commit, told without reading bodies."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

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


def placed(connection: Connection, series: Series) -> Iterator[Placed]:
    """Stream releases, or processes, in the order of commit."""
    release, process, run, redaction = tables.release.c, tables.process.c, tables.run.c, tables.redaction.c
    newest = connection.execute(
        select(redaction.number, redaction.as_of).order_by(redaction.number.desc()).limit(1)
    ).one_or_none()
    redactions, redacted = (0, "") if newest is None else newest
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


def states(connection: Connection, segment: str) -> Iterator[tuple[str, str]]:
    """Stream ocid and state of the processes of a segment by ocid; a state changes whenever the bodies would."""
    process, redaction = tables.process.c, tables.redaction.c
    redactions = connection.execute(select(func.coalesce(func.max(redaction.number), 0))).scalar_one()
    last = tables.release.alias("last")
    query = select(process.ocid, process.last_release_id, last.c.content_hash)
    query = query.join_from(tables.process, last, last.c.sequence == process.sequence)
    query = query.where(process.segment == segment, published(process.ocid)).order_by(process.ocid)
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        for ocid, identifier, content in rows:
            yield ocid, f"{identifier} {content} {redactions}"
