"""Quality of the whole: what was found of single processes, carried forward where they did not change, and judged.

`decide` joins what `check` found to what was known of the other processes, and judges the whole; `commit` keeps it for
the next run; `build` keeps the facts of a snapshot, which later runs are compared with. Where nothing usable was kept,
all is found anew from the ledger.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from expectations.assessment import Assessor
from expectations.checks.model import Query, Setting
from expectations.facts import facts_schema
from expectations.summary import QualitySummary, summarize
from pregon.duck import parquet, session
from pregon.lake import Lake
from pregon.links.kept import kept_links
from pregon.publication.manifest import read_current
from pregon.run import Run
from pregon.stages.assessing import (
    FACTS,
    FAILURES,
    assess_ledger,
    assessor,
    bucket_key,
    checks_fingerprint,
    failed_schema,
)
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from transforms.packages import rfc3339

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

SUMMARY = "quality.json"
"""The summary, with the fingerprint of the checks that gave it."""


def judge(run: Run, context: CityContext, buckets: Sequence[int]) -> QualitySummary:
    """Judge the publication as it will be after this run; give the same again once the ledger has taken it."""
    key = f"{run.work}/quality/{SUMMARY}"
    if context.ledger.committed(run.run_id) and run.lake.exists(key):
        return QualitySummary.from_json(run.lake.read_json(key)["summary"])
    checks = assessor(context)
    with run.lake.scratch(f"{run.work}/scratch/quality") as scratch:
        before = _standing(run.lake, context, checks, scratch)
        for name in (FACTS, FAILURES):
            new = [run.lake.local(bucket_key(run, bucket, name)) for bucket in buckets]
            seen = [run.lake.local(bucket_key(run, bucket, FACTS)) for bucket in buckets]
            with run.lake.writer(f"{run.work}/quality/{name}") as path:
                schema = facts_schema() if name == FACTS else failed_schema()
                _join(before / name if before else None, new, seen, path, schema)
        facts = run.lake.local(f"{run.work}/quality/{FACTS}")
        summary = _summary(run.lake, context, checks, facts, before / FACTS if before else None, run.as_of, scratch)
    run.lake.put_json(key, {"fingerprint": checks_fingerprint(context), "summary": summary.to_json()})
    return summary


def _summary(
    lake: Lake, context: CityContext, checks: Assessor, facts: Path, before: Path | None, as_of: str, scratch: Path
) -> QualitySummary:
    """Judge facts against those of the publication that readers see; where there is none, against those of `before`."""
    published = _published(lake, context)
    previous = published.facts if published else before
    quality = context.city.quality
    setting = Setting(
        as_of=as_of,
        first_seen=frozenset({as_of, *context.ledger.clocks()}),
        update_days=quality.update_days,
        delay_days=quality.delay_days,
        same_checks=published is None or published.same_checks,
        links=kept_links(context.home.internal(context.city.slug)),
    )
    with asking(facts, previous=previous, scratch=scratch) as query:
        return summarize(
            query, checks.checks, setting=setting, left_out=quality.left_out, over_time=previous is not None
        )


@contextmanager
def asking(
    facts: Path, *, scratch: Path, previous: Path | None = None, failures: Path | None = None
) -> Iterator[Query]:
    """Open the tables that checks of the whole ask: `facts`, and where they are given `previous` and `failures`.

    `scratch` is a local folder for spilling, on a disk with room.
    """
    with session(scratch, about="the checks of the whole") as connection:
        for name, path in (("facts", facts), ("previous", previous), ("failures", failures)):
            if path is not None:
                connection.execute(f"CREATE VIEW {name} AS FROM {parquet([path])}")

        def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
            return connection.execute(sql, parameters).fetchall()

        yield query


_GROUP_BYTES = 32 << 20
"""Bytes in memory of a row group."""

_BATCH_ROWS = 4_096


def _join(before: Path | None, new: Sequence[Path], seen: Sequence[Path], path: Path, schema: "pa.Schema") -> None:
    """Write the rows of `before` but those of processes in `seen`, then those in `new`, each in their order.

    Read and written piece by piece: DuckDB needs all of them at once to sort rows that hold lists.
    """
    import pyarrow.parquet as pq

    if before is not None and not new:
        shutil.copyfile(before, path)
        return
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in chain(_but(before, seen) if before else (), chain.from_iterable(map(_batches, new))):
            waiting.append(batch)
            if sum(one.nbytes for one in waiting) > _GROUP_BYTES:
                _write(writer, waiting)
        _write(writer, waiting)


def _batches(path: Path) -> Iterator["pa.RecordBatch"]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_BATCH_ROWS)


def _but(path: Path, seen: Sequence[Path]) -> Iterator["pa.RecordBatch"]:
    """Give the rows of a file but those of processes in `seen`."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    without = pa.concat_tables([pq.read_table(one, columns=["ocid"]) for one in seen])["ocid"].combine_chunks()
    for batch in _batches(path):
        yield batch.filter(pc.invert(pc.is_in(batch["ocid"], value_set=without)))


def _write(writer: "pq.ParquetWriter", waiting: list["pa.RecordBatch"]) -> None:
    import pyarrow as pa

    if waiting:
        group = pa.Table.from_batches(waiting)
        writer.write_table(group, row_group_size=max(group.num_rows, 1))
        waiting.clear()


def _standing(lake: Lake, context: CityContext, checks: Assessor, scratch: Path) -> Path | None:
    """Give the folder with what the last commit kept; found anew from the ledger where other checks made it."""
    head = context.ledger.head()
    if head is None:
        return None
    folder = f"{kept_key(context.city.slug, head.manifest)}/quality"
    if all(lake.exists(f"{folder}/{name}") for name in (FACTS, FAILURES, SUMMARY)):
        kept = lake.read_json(f"{folder}/{SUMMARY}")
        if kept["fingerprint"] == checks_fingerprint(context):
            return lake.local(f"{folder}/{FACTS}").parent
    assess_ledger(context.ledger, checks, scratch)
    return scratch


class Standing(NamedTuple):
    """What the checks found in the publication as the ledger has it: facts and failures, and what they come to.

    `scratch` is a local folder for work files, for as long as this is open.
    """

    facts: Path
    failures: Path
    summary: QualitySummary
    scratch: Path


@contextmanager
def standing(lake: Lake, context: CityContext, *, purpose: str, afresh: bool = False) -> Iterator[Standing | None]:
    """Give what the last commit kept, or find it anew where nothing usable was kept; None where nothing was committed.

    `afresh`: what was kept is not to be believed, because the ledger was rewritten by a redaction. `purpose` names the
    work files, so that two at once keep out of each other's way.
    """
    head = context.ledger.head()
    if head is None:
        yield None
        return
    checks = assessor(context)
    with lake.scratch(f"{context.city.slug}/quality-{purpose}") as scratch:
        if afresh:
            assess_ledger(context.ledger, checks, scratch)
        folder = scratch if afresh else _standing(lake, context, checks, scratch) or scratch
        facts = folder / FACTS
        if folder == scratch:
            summary = _summary(lake, context, checks, facts, None, rfc3339(head.as_of), scratch)
        else:
            key = f"{kept_key(context.city.slug, head.manifest)}/quality/{SUMMARY}"
            summary = QualitySummary.from_json(lake.read_json(key)["summary"])
        yield Standing(facts, folder / FAILURES, summary, scratch)


def keep_quality(run: Run, manifest: int) -> None:
    """Keep what was found under the manifest's number, for the next run."""
    for name in (FACTS, FAILURES, SUMMARY):
        run.lake.copy(f"{run.work}/quality/{name}", f"{kept_key(run.slug, manifest)}/quality/{name}")


def published_key(city: str, snapshot: str, name: str = FACTS) -> str:
    """Key of the facts of a published snapshot, or of their summary."""
    return f"{city}/published/{snapshot}/{name}"


def keep_published(lake: Lake, context: CityContext, snapshot: str) -> None:
    """Keep facts and summary of what a snapshot was built from, and drop those of snapshots that are no more."""
    slug, head = context.city.slug, context.ledger.head()
    for name in (SUMMARY, FACTS):
        if head is not None and lake.exists(kept := f"{kept_key(slug, head.manifest)}/quality/{name}"):
            lake.copy(kept, published_key(slug, snapshot, name))
    there = context.home.public(slug) / "snapshots"
    for name in lake.folders(f"{slug}/published"):
        if not (there / name).is_dir():
            lake.remove_prefix(f"{slug}/published/{name}")


class _Published(NamedTuple):
    """Facts of the publication that is there, and whether these checks made them."""

    facts: Path
    same_checks: bool


def _published(lake: Lake, context: CityContext) -> _Published | None:
    """Give the facts of the current publication; None where there are none, or none of this shape."""
    import pyarrow.parquet as pq

    current = read_current(context.home.public(context.city.slug))
    if current is None:
        return None
    facts, summary = (published_key(context.city.slug, current[1].snapshot, name) for name in (FACTS, SUMMARY))
    if not lake.exists(facts) or pq.read_schema(lake.local(facts)).names != facts_schema().names:
        return None
    same = lake.exists(summary) and lake.read_json(summary)["fingerprint"] == checks_fingerprint(context)
    return _Published(lake.local(facts), same)


def published_summary(lake: Lake, context: CityContext) -> QualitySummary | None:
    """Give what the current publication came to; what the last commit did where that is not known; None before both."""
    slug, head = context.city.slug, context.ledger.head()
    current = read_current(context.home.public(slug))
    keys = [published_key(slug, current[1].snapshot, SUMMARY)] if current else []
    keys += [f"{kept_key(slug, head.manifest)}/quality/{SUMMARY}"] if head is not None else []
    for key in keys:
        if lake.exists(key):
            return QualitySummary.from_json(lake.read_json(key)["summary"])
    return None
