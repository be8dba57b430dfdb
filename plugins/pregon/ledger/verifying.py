"""Reads the whole ledger and holds it against what it promises.

Memory does not grow with the ledger: processes are read page by page, each with its releases.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, select

from pregon.ledger import tables
from pregon.ledger.bodies import bucket_of, decompressor
from pregon.ledger.database import missing_triggers
from pregon.ledger.filters import among
from pregon.ledger.findings import Verification
from transforms.packages import segment_of
from transforms.releases import (
    MergeRules,
    NotJson,
    UnmergeableState,
    content_hash,
    expected_id,
    merge_release,
)
from transforms.releases.merging import first_compiled
from transforms.releases.tags import base_of

_PAGE = 500
Tell = Callable[[str, int], None]


def verify(connection: Connection, rules: MergeRules, tell: Tell | None = None) -> Verification:
    """Verify everything; see `Ledger.verify`."""
    found = Verification()
    for trigger in missing_triggers(connection):
        found.add("append_only", f"the trigger {trigger} is gone, which keeps the book append-only")
    _verify_runs(connection, found)
    _verify_publications(connection, found)
    _verify_orphans(connection, found)
    redacted = _redacted(connection)
    rows: dict[str, int] = {}
    for process, releases in _processes(connection):
        _verify_process(process, releases, rules, found, redacted=bool(redacted & {process.ocid, None}))
        for table, number in orjson.loads(process.rows).items():
            rows[table] = rows.get(table, 0) + number
        found.processes += 1
        if tell and not found.processes % 100:
            tell("processes", found.processes)
    _verify_rows(connection, rows, found)
    if tell:
        tell("processes", found.processes)
    return found


def _verify_runs(connection: Connection, found: Verification) -> None:
    run, release = tables.run.c, tables.release.c
    count, first, last = connection.execute(
        select(func.count(), func.min(release.sequence), func.max(release.sequence)).select_from(tables.release)
    ).one()
    found.releases = count
    if count and (first, last) != (1, count):
        found.add("sequence", f"{count:,} releases are numbered {first:,} to {last:,}: there are gaps")
    number, sequence, manifest = 0, 0, 0
    for row in connection.execute(select(tables.run).order_by(run.number)):
        number += 1
        if row.number != number:
            found.add("run", f"run {row.run_id} has the number {row.number}, and {number} is missing")
            number = row.number
        if row.sequence - sequence != row.releases:
            found.add(
                "run", f"run {row.run_id} brought {row.releases:,} releases, but ends {row.sequence - sequence:,} later"
            )
        if row.manifest <= manifest:
            found.add("run", f"run {row.run_id} has manifest {row.manifest}, which is not after {manifest}")
        numbers = select(func.count()).where(release.sequence > sequence, release.sequence <= row.sequence)
        there = connection.execute(numbers).scalar_one()
        if there != row.releases:
            found.add("run", f"run {row.run_id} brought {row.releases:,} releases, of which {there:,} are there")
        if strangers := connection.execute(numbers.where(release.run != row.number)).scalar_one():
            found.add("run", f"{strangers:,} releases among those of run {row.run_id} are of other runs")
        sequence, manifest = row.sequence, row.manifest
        found.runs += 1
    if sequence != (last or 0):
        found.add("run", f"the last run ends at release {sequence:,}, but there are {last or 0:,}")


def _verify_publications(connection: Connection, found: Verification) -> None:
    last = connection.execute(select(func.max(tables.release.c.sequence))).scalar() or 0
    runs = select(tables.run.c.run_id)
    for row in connection.execute(select(tables.publication).order_by(tables.publication.c.number)):
        found.publications += 1
        if row.sequence > last:
            found.add("publication", f"snapshot {row.snapshot} ends at release {row.sequence:,}, which is not there")
        if connection.execute(runs.where(tables.run.c.run_id == row.run_id)).first() is None:
            found.add("publication", f"snapshot {row.snapshot} is of run {row.run_id}, which is not there")


def _verify_orphans(connection: Connection, found: Verification) -> None:
    release, process = tables.release.c, tables.process.c
    without = select(release.ocid).distinct().where(~select(process.ocid).where(process.ocid == release.ocid).exists())
    for (ocid,) in connection.execute(without):
        found.add("process", "has releases, but no process", ocid)
    folded = func.lower(process.ocid)
    doubled = select(func.min(process.ocid), func.max(process.ocid)).group_by(folded).having(func.count() > 1)
    for first, second in connection.execute(doubled):
        found.add("letter_case", f"differs from {second} in letter case only", first)


def _redacted(connection: Connection) -> frozenset[str | None]:
    """Give the processes of which something was redacted; None among them stands for all."""
    return frozenset(connection.execute(select(tables.redaction.c.ocid).distinct()).scalars())


def _processes(connection: Connection) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    """Stream processes by ocid, each with its releases in the order of commit."""
    process, release = tables.process, tables.release
    last = ""
    while True:
        page = list(
            connection.execute(select(process).where(process.c.ocid > last).order_by(process.c.ocid).limit(_PAGE))
        )
        if not page:
            return
        ocids = [row.ocid for row in page]
        rows = connection.execute(
            select(release).where(among(connection, release.c.ocid, ocids)).order_by(release.c.ocid, release.c.sequence)
        )
        histories = {ocid: list(history) for ocid, history in groupby(rows, key=attrgetter("ocid"))}
        for row in page:
            yield row, histories.get(row.ocid, [])
        last = ocids[-1]


def _verify_process(
    process: Row[Any], releases: list[Row[Any]], rules: MergeRules, found: Verification, *, redacted: bool
) -> None:
    ocid = process.ocid
    found.redacted += redacted
    if not releases:
        found.add("process", "has no release", ocid)
        return
    decompress = decompressor()
    compiled: dict[str, Any] | None = None
    previous: Row[Any] | None = None
    tags: set[str] = set()
    for release in releases:
        text = decompress(release.body)
        document: dict[str, Any] = orjson.loads(text)
        problem = _heading(release, document, previous)
        if problem:
            found.add("release", problem, ocid, release.release_id)
        if content_hash(document) != release.content_hash:
            found.add("content", "its content is not what the hash beside it was made of", ocid, release.release_id)
        if not redacted and _id(document, previous) != release.release_id:
            found.add(
                "identity", "its id is not that of this content after the release before", ocid, release.release_id
            )
        missing = [tag for tag in document["tag"] if base_of(tag) not in tags | set(document["tag"])]
        if missing:
            found.add(
                "tags", f"{', '.join(missing)} without an earlier {base_of(missing[0])}", ocid, release.release_id
            )
        tags |= set(document["tag"])
        try:
            compiled = first_compiled(document) if compiled is None else merge_release(compiled, document, rules)
        except UnmergeableState as error:
            found.add("merge", str(error), ocid, release.release_id)
            return
        previous = release
    if orjson.loads(decompress(process.compiled)) != compiled:
        found.add("compiled", "its compiled release is not what its releases give merged", ocid)
    for problem in _facts(process, releases, tags):
        found.add("process", problem, ocid)


def _id(document: Mapping[str, Any], previous: Row[Any] | None) -> str | None:
    try:
        return expected_id(dict(document), previous.release_id if previous else None)
    except NotJson:
        return None


def _heading(release: Row[Any], document: Mapping[str, Any], previous: Row[Any] | None) -> str | None:
    """Say what is wrong with what stands beside a body: the first that is."""
    if release.previous_id != (previous.release_id if previous else None):
        return f"follows {release.previous_id}, and the release before it is {previous and previous.release_id}"
    if previous is not None and release.date <= previous.date:
        return f"its date {release.date} is not after that of the release before, {previous.date}"
    beside = {
        "ocid": (release.ocid, document.get("ocid")),
        "id": (release.release_id, document.get("id")),
        "date": (release.date, document.get("date")),
        "tag": (orjson.loads(release.tags), document.get("tag")),
        "segment": (release.segment, segment_of(release.date)),
        "month": (release.month, int(release.date[5:7])),
        "bucket": (release.bucket, bucket_of(release.ocid)),
    }
    for name, (kept, said) in beside.items():
        if kept != said:
            return f"{name} is {kept!r} beside the release, and {said!r} by its content"
    return None


def _facts(process: Row[Any], releases: list[Row[Any]], tags: set[str]) -> Iterator[str]:
    first, last = releases[0], releases[-1]
    facts = {
        "first_date": (process.first_date, first.date),
        "last_date": (process.last_date, last.date),
        "segment": (process.segment, first.segment),
        "last_release_id": (process.last_release_id, last.release_id),
        "sequence": (process.sequence, last.sequence),
        "tags": (orjson.loads(process.tags), sorted(tags)),
        "bucket": (process.bucket, last.bucket),
    }
    for name, (kept, said) in facts.items():
        if kept != said:
            yield f"{name} is {kept!r}, and {said!r} by its releases"
    if process.run < last.run:
        yield f"was last seen by run {process.run}, before its last release by run {last.run}"
    rows: dict[str, int] = {}
    for row in {row for _, row in orjson.loads(decompressor()(process.provenance))}:
        table = row.partition(":")[0]
        rows[table] = rows.get(table, 0) + 1
    if rows != orjson.loads(process.rows):
        yield "the numbers of its source rows are not those of its provenance"


def _verify_rows(connection: Connection, rows: Mapping[str, int], found: Verification) -> None:
    kept = {row.source_table: row.rows for row in connection.execute(select(tables.source_rows))}
    for table in sorted(kept.keys() | rows.keys()):
        if kept.get(table, 0) != rows.get(table, 0):
            found.add(
                "source_rows", f"{table}: {kept.get(table, 0):,} rows in all, but {rows.get(table, 0):,} in processes"
            )
