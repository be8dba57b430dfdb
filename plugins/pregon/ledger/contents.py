"""What each segment of the ledger holds, as a fingerprint: by it a build knows which files can stay."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from pregon.ledger import tables
from pregon.ledger.reading import published

Series = Literal["releases", "processes"]

_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """A segment: how many entries, the clock of the newest run or redaction that touched it, and a hash over it."""

    name: str
    entries: int
    as_of: str
    fingerprint: str


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
        query = select(release.segment, release.ocid, release.release_id, release.content_hash, release.run)
        query = query.where(published(release.ocid)).order_by(release.segment, release.sequence)
    else:
        # Run and content hash of the last release: those of the process also change with runs that released nothing.
        # A release id stands for all releases before it, being a hash over the one before.
        query = select(process.segment, process.ocid, process.last_release_id, release.content_hash, release.run)
        query = query.join_from(tables.process, tables.release, release.sequence == process.sequence)
        query = query.where(published(process.ocid)).order_by(process.segment, process.ocid)
    found: list[SegmentContent] = []
    name, entries, newest = "", 0, ""
    digest = hashlib.sha256()
    for segment, ocid, identifier, content, number in connection.execution_options(yield_per=_PAGE).execute(query):
        if segment != name:
            if entries:
                found.append(SegmentContent(name, entries, newest, digest.hexdigest()))
            name, entries, newest = segment, 0, redacted
            digest = hashlib.sha256(f"{redactions}\n".encode())
        entries += 1
        newest = max(newest, as_of[number])
        digest.update(f"{ocid}\n{identifier}\n{content}\n".encode())
    if entries:
        found.append(SegmentContent(name, entries, newest, digest.hexdigest()))
    return found
