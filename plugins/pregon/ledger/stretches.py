"""The order of commit, as stretches of releases that came one after the other into the same segment."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, select

from pregon.ledger import tables

_PAGE = 10_000


class Stretch(NamedTuple):
    """So many releases of a segment, committed one after the other by the run of `as_of`."""

    as_of: datetime
    segment: str
    releases: int


def stretches(connection: Connection) -> Iterator[Stretch]:
    """Stream the stretches of which all releases are made, in the order of commit."""
    run, release = tables.run.c, tables.release.c
    runs = list(connection.execute(select(run.sequence, run.as_of).order_by(run.number)))
    ends = [row.sequence for row in runs]
    # Of which run a release is, its sequence tells; so the query stays within the index of segments.
    query = select(release.sequence, release.segment).order_by(release.sequence)
    # Closed even if nobody reads on: a cursor in the middle would stay open on PostgreSQL.
    with connection.execution_options(yield_per=_PAGE).execute(query) as rows:
        numbered = ((bisect_left(ends, sequence), segment) for sequence, segment in rows)
        for (number, segment), group in groupby(numbered):
            yield Stretch(datetime.fromisoformat(runs[number].as_of), segment, sum(1 for _ in group))
