"""What each segment of the ledger holds, as a fingerprint: by it a build knows which files can stay."""

import hashlib
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

from sqlalchemy import Connection, literal, select

from pregon.ledger import tables
from pregon.ledger.reading import published

Series = Literal["releases", "processes"]

_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """A segment: how many entries, the clock of the newest run or redaction that touched it, and a hash over it.

    A year of releases has its months in it.
    """

    name: str
    entries: int
    as_of: str
    fingerprint: str
    months: tuple["SegmentContent", ...] = ()


class _Adding:
    """A segment that is being summed up."""

    def __init__(self, name: str, redactions: int, redacted: str) -> None:
        self._name = name
        self._entries = 0
        self._newest = redacted
        self._digest = hashlib.sha256(f"{redactions}\n".encode())

    def add(self, text: bytes, as_of: str) -> None:
        self._entries += 1
        self._newest = max(self._newest, as_of)
        self._digest.update(text)

    def content(self, months: tuple[SegmentContent, ...] = ()) -> SegmentContent:
        return SegmentContent(self._name, self._entries, self._newest, self._digest.hexdigest(), months)


def contents(connection: Connection, series: Series) -> list[SegmentContent]:
    """Give the non-empty segments of releases (by their date) or processes (by their first release), by name.

    The fingerprint is a hash over identities and content hashes in the order in which the entries are streamed; a
    redaction changes it, because it changes bodies without changing identities.
    """
    release, process, run, redaction = tables.release.c, tables.process.c, tables.run.c, tables.redaction.c
    newest_redaction = connection.execute(
        select(redaction.number, redaction.as_of).order_by(redaction.number.desc()).limit(1)
    ).one_or_none()
    redactions, redacted = (0, "") if newest_redaction is None else newest_redaction
    as_of = {row.number: row.as_of for row in connection.execute(select(run.number, run.as_of))}
    if series == "releases":
        query = select(
            release.segment, release.month, release.ocid, release.release_id, release.content_hash, release.run
        )
        query = query.where(published(release.ocid)).order_by(release.segment, release.sequence)
    else:
        # Run and content hash of the last release: those of the process also change with runs that released nothing.
        # A release id stands for all releases before it, being a hash over the one before.
        query = select(
            process.segment, literal(0), process.ocid, process.last_release_id, release.content_hash, release.run
        )
        query = query.join_from(tables.process, tables.release, release.sequence == process.sequence)
        query = query.where(published(process.ocid)).order_by(process.segment, process.ocid)
    rows = connection.execution_options(yield_per=_PAGE).execute(query)
    found: list[SegmentContent] = []
    for name, entries in groupby(rows, key=itemgetter(0)):
        year, months = _Adding(name, redactions, redacted), dict[int, _Adding]()
        for _, month, ocid, identifier, content, number in entries:
            text = f"{ocid}\n{identifier}\n{content}\n".encode()
            year.add(text, as_of[number])
            if month and name.isdigit():
                if month not in months:
                    months[month] = _Adding(f"{name}-{month:02d}", redactions, redacted)
                months[month].add(text, as_of[number])
        found.append(year.content(tuple(months[month].content() for month in sorted(months))))
    return found
