"""Quality within the stages: what the checks say of each process, carried forward where it did not change.

`check` looks at the compiled release of every process with a new release, bucket by bucket; `decide` joins that to
what was known of the others, and judges the whole; `commit` keeps it for the next run; `build` keeps the facts of a
snapshot, which later runs are compared with. Where nothing usable was kept, all is found anew from the ledger.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import orjson

from expectations.assessment import Assessed, Assessor
from expectations.checks.model import Query, Setting
from expectations.facts import Fact, facts_schema, facts_table
from expectations.summary import QualitySummary, summarize
from pregon.json_lines import read_json_lines
from pregon.lake import Lake
from pregon.ledger import Ledger, Process
from pregon.publication.draft import digest
from pregon.publication.manifest import read_current
from pregon.run import Run
from pregon.stages.check import source_row
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from transforms.packages import rfc3339
from transforms.quoting import literal
from transforms.releases.merging import first_compiled

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts.parquet"
FAILURES = "failures.parquet"
SUMMARY = "quality.json"
"""The summary, with the fingerprint of the checks that gave it."""

_BATCH = 2_000
"""Processes written at once."""

_HISTORIES = 200
"""Processes whose earlier releases are held at once."""

Failed = dict[str, str]
"""A failure as a row: ocid, check, path, pointer, value, other, and table and row of the source it comes from."""

_FAILED = ("ocid", "check", "path", "pointer", "value", "other", "table", "row")


def assessor(context: CityContext) -> Assessor:
    """Give the checks of a city."""
    return assessor_of(tuple(context.city.extensions), tuple(context.city.quality.left_out))


@cache
def assessor_of(extensions: tuple[str, ...], left_out: tuple[str, ...]) -> Assessor:
    """Give the checks for these extensions, made once for all buckets: it looks up those of some thousand fields."""
    return Assessor(extensions, left_out=left_out)


def checks_fingerprint(checks: Assessor) -> str:
    """Tell verdicts of these checks, and rows of this shape, from those of others."""
    return digest(version("pregon"), str(facts_schema()), *(f"{check.id} {check.version}" for check in checks.checks))


def assess_bucket(
    run: Run,
    ledger: Ledger,
    checks: Assessor,
    bucket: int,
    quarantined: Iterable[str],
    also: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Look at the processes of a bucket whose new releases may be published, or that come from other rows now.

    Of processes that were released before, all releases are looked at, so that what is found does not depend on which
    run looked. First publications, which are most of what there is, ask the ledger nothing. `also` is given what the
    processes with new releases compile to.
    """
    held = frozenset(quarantined)
    releases = read_json_lines(run.lake.local(f"{run.work}/releases/{bucket:03d}.jsonl.zst"))
    sources = read_json_lines(run.lake.local(f"{run.work}/provenance/{bucket:03d}.jsonl.zst"))

    def assessed() -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
        known: list[_Changed] = []
        for ocid, group in groupby(releases, key=itemgetter("ocid")):
            lines = list(group)
            last = lines[-1]
            if ocid in held or "release" not in last:
                continue
            # Both files are in the order of the states, and every state has its provenance.
            provenance = next(source["provenance"] for source in sources if source["ocid"] == ocid)
            new = [line["release"] for line in lines]
            changed = _Changed(ocid, last["compiled"] or first_compiled(new[-1]), new, provenance)
            if also:
                also(changed.compiled)
            if lines[0]["previous"] is None:
                yield checks.assess(changed.compiled, checks.history(new)), provenance
                continue
            known.append(changed)
            if len(known) == _HISTORIES:
                yield from _with_history(known, checks, ledger)
                known.clear()
        yield from _with_history(known, checks, ledger)

    with (
        run.lake.writer(_bucket_key(run, bucket, FACTS)) as facts,
        run.lake.writer(_bucket_key(run, bucket, FAILURES)) as failures,
    ):
        _write(chain(assessed(), _assess_moved(run, ledger, checks, bucket)), facts, failures)


def _assess_moved(
    run: Run, ledger: Ledger, checks: Assessor, bucket: int
) -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
    """Look again at processes that did not change, but whose source rows did: failures name the row."""
    moved = read_json_lines(run.lake.local(f"{run.work}/moved/{bucket:03d}.jsonl.zst"))
    while chunk := list(islice(moved, _BATCH)):
        provenance = {line["ocid"]: line["provenance"] for line in chunk}
        yield from _assess_processes(ledger.processes(ocids=provenance), provenance, checks)


def _assess_processes(
    processes: Iterable[Process], provenance: Mapping[str, Sequence[Sequence[str]]], checks: Assessor
) -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
    for process in processes:
        history = checks.history(orjson.loads(release.json) for release in process.releases)
        yield checks.assess(orjson.loads(process.compiled), history), provenance[process.ocid]


class _Changed(NamedTuple):
    """A process with new releases."""

    ocid: str
    compiled: dict[str, Any]
    new: list[dict[str, Any]]
    provenance: Sequence[Sequence[str]]


def _with_history(
    processes: Sequence[_Changed], checks: Assessor, ledger: Ledger
) -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
    stored: dict[str, list[dict[str, Any]]] = {}
    if processes:
        for release in ledger.releases(order="ocid", ocids=[process.ocid for process in processes]):
            stored.setdefault(release.ocid, []).append(orjson.loads(release.json))
    for ocid, compiled, new, provenance in processes:
        # Where a run is repeated after its commit, the ledger has the new ones already.
        ids = {release["id"] for release in new}
        before = [release for release in stored.get(ocid, ()) if release["id"] not in ids]
        yield checks.assess(compiled, checks.history(before + new)), provenance


def _bucket_key(run: Run, bucket: int, name: str) -> str:
    return f"{run.work}/quality/{bucket:03d}/{name}"


def _write(assessed: Iterable[tuple[Assessed, Sequence[Sequence[str]]]], facts: Path, failures: Path) -> None:
    import pyarrow.parquet as pq

    rows: list[Fact] = []
    failed: list[Failed] = []
    with pq.ParquetWriter(facts, facts_schema()) as fact_file, pq.ParquetWriter(failures, _failed_schema()) as file:

        def flush() -> None:
            fact_file.write_table(facts_table(rows))
            file.write_table(_failed_table(failed))
            rows.clear()
            failed.clear()

        for found, provenance in assessed:
            rows.append(found.fact)
            failed += _failed_rows(found, provenance)
            if len(rows) == _BATCH:
                flush()
        flush()


def _failed_rows(assessed: Assessed, provenance: Sequence[Sequence[str]]) -> Iterator[Failed]:
    for check, failure, entry in assessed.found:
        table, row = source_row(provenance, entry)
        yield {
            "ocid": assessed.fact["ocid"], "check": check, "path": failure.path, "pointer": failure.pointer,
            "value": failure.value, "other": failure.other, "table": table, "row": row,
        }  # fmt: skip


def _failed_schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in _FAILED])


def _failed_table(failed: Sequence[Failed]) -> "pa.Table":
    import pyarrow as pa

    return pa.Table.from_pylist(list(failed), schema=_failed_schema())


def judge(run: Run, context: CityContext, buckets: Sequence[int]) -> QualitySummary:
    """Judge the publication as it will be after this run; give the same again once the ledger has taken it."""
    key = f"{run.work}/quality/{SUMMARY}"
    if context.ledger.committed(run.run_id) and run.lake.exists(key):
        return QualitySummary.from_json(run.lake.read_json(key)["summary"])
    checks = assessor(context)
    with run.lake.scratch(f"{run.work}/scratch/quality") as scratch:
        before = _standing(run.lake, context, checks, scratch)
        for name in (FACTS, FAILURES):
            new = [run.lake.local(_bucket_key(run, bucket, name)) for bucket in buckets]
            seen = [run.lake.local(_bucket_key(run, bucket, FACTS)) for bucket in buckets]
            with run.lake.writer(f"{run.work}/quality/{name}") as path:
                _join(before / name if before else None, new, seen, path)
        facts = run.lake.local(f"{run.work}/quality/{FACTS}")
        summary = _summary(run.lake, context, checks, facts, before / FACTS if before else None, run.as_of)
    run.lake.put_json(key, {"fingerprint": checks_fingerprint(checks), "summary": summary.to_json()})
    return summary


def _summary(
    lake: Lake, context: CityContext, checks: Assessor, facts: Path, before: Path | None, as_of: str
) -> QualitySummary:
    """Judge facts against those of the publication that readers see; where there is none, against those of `before`."""
    published = _published(lake, context, checks)
    previous = published.facts if published else before
    quality = context.city.quality
    setting = Setting(
        as_of=as_of,
        first_seen=frozenset({as_of, *context.ledger.clocks()}),
        update_days=quality.update_days,
        delay_days=quality.delay_days,
        same_checks=published is None or published.same_checks,
    )
    with asking(facts, previous) as query:
        return summarize(
            query, checks.checks, setting=setting, left_out=quality.left_out, over_time=previous is not None
        )


@contextmanager
def asking(facts: Path, previous: Path | None = None, failures: Path | None = None) -> Iterator[Query]:
    """Open the tables that checks of the whole ask: `facts`, and where they are given `previous` and `failures`."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        for name, path in (("facts", facts), ("previous", previous), ("failures", failures)):
            if path is not None:
                connection.execute(f"CREATE VIEW {name} AS FROM {_parquet([path])}")

        def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
            return connection.execute(sql, parameters).fetchall()

        yield query


def _join(before: Path | None, new: Sequence[Path], seen: Sequence[Path], path: Path) -> None:
    """Write the rows of `before` but those of processes in `seen`, and those in `new`, by ocid."""
    if before is not None and not new:
        shutil.copyfile(before, path)
        return
    parts = [f"FROM {_parquet(new)}"] if new else []
    if before is not None:
        parts.append(f"FROM {_parquet([before])} WHERE ocid NOT IN (SELECT ocid FROM {_parquet(seen)})")
    with duckdb.connect() as connection:
        if not parts:
            empty = facts_schema() if path.name.startswith(f".{FACTS}") else _failed_schema()
            connection.register("empty", empty.empty_table())
            parts.append("FROM empty")
        rows = " UNION ALL ".join(parts)
        connection.execute(
            f"COPY (FROM ({rows}) ORDER BY ALL) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )


def _standing(lake: Lake, context: CityContext, checks: Assessor, scratch: Path) -> Path | None:
    """Give the folder with what the last commit kept; found anew from the ledger where other checks made it."""
    head = context.ledger.head()
    if head is None:
        return None
    folder = f"{kept_key(context.city.slug, head.manifest)}/quality"
    if all(lake.exists(f"{folder}/{name}") for name in (FACTS, FAILURES, SUMMARY)):
        kept = lake.read_json(f"{folder}/{SUMMARY}")
        if kept["fingerprint"] == checks_fingerprint(checks):
            return lake.local(f"{folder}/{FACTS}").parent
    assess_ledger(context.ledger, checks, scratch)
    return scratch


class Standing(NamedTuple):
    """What the checks found in the publication as the ledger has it: facts and failures, and what they come to."""

    facts: Path
    failures: Path
    summary: QualitySummary


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
            summary = _summary(lake, context, checks, facts, None, rfc3339(head.as_of))
        else:
            key = f"{kept_key(context.city.slug, head.manifest)}/quality/{SUMMARY}"
            summary = QualitySummary.from_json(lake.read_json(key)["summary"])
        yield Standing(facts, folder / FAILURES, summary)


def assess_ledger(ledger: Ledger, checks: Assessor, folder: Path) -> None:
    """Look at every process of a ledger, and write facts and failures into a folder."""

    def assessed() -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
        processes = ledger.processes()
        while chunk := list(islice(processes, _BATCH)):
            yield from _assess_processes(chunk, ledger.provenance([process.ocid for process in chunk]), checks)

    _write(assessed(), folder / FACTS, folder / FAILURES)


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


def _published(lake: Lake, context: CityContext, checks: Assessor) -> _Published | None:
    """Give the facts of the current publication; None where there are none, or none of this shape."""
    import pyarrow.parquet as pq

    current = read_current(context.home.public(context.city.slug))
    if current is None:
        return None
    facts, summary = (published_key(context.city.slug, current[1].snapshot, name) for name in (FACTS, SUMMARY))
    if not lake.exists(facts) or pq.read_schema(lake.local(facts)).names != facts_schema().names:
        return None
    same = lake.exists(summary) and lake.read_json(summary)["fingerprint"] == checks_fingerprint(checks)
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


def _parquet(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"
