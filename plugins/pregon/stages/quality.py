"""Quality within the stages: what the checks say of each process, carried forward where it did not change.

`check` looks at the compiled release of every process with a new release, bucket by bucket; `decide` joins that to
what was known of the others, and judges the whole; `commit` keeps it for the next run; `build` keeps the facts of a
snapshot, which later runs are compared with. Where nothing usable was kept, all is found anew from the ledger.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import orjson

from expectations.assessment import Assessed, Assessor
from expectations.checks.model import Query
from expectations.facts import Fact, facts_schema, facts_table
from expectations.summary import QualitySummary, summarize
from pregon.json_lines import read_json_lines
from pregon.lake import Lake
from pregon.ledger import Ledger
from pregon.publication.draft import digest
from pregon.publication.manifest import read_current
from pregon.run import Run
from pregon.stages.check import source_row
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
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
    return _assessor(tuple(context.city.extensions))


@cache
def _assessor(extensions: tuple[str, ...]) -> Assessor:
    # Made once for all buckets: it looks up the checks of some thousand fields.
    return Assessor(extensions)


def checks_fingerprint(checks: Assessor) -> str:
    """Tell verdicts of these checks from those of others."""
    return digest(version("pregon"), *(f"{check.id} {check.version}" for check in checks.checks))


def assess_bucket(run: Run, checks: Assessor, ledger: Ledger, bucket: int, quarantined: Iterable[str]) -> None:
    """Look at the processes of a bucket whose new releases may be published.

    Of processes that were released before, all releases are looked at, so that what is found does not depend on which
    run looked. First publications, which are most of what there is, ask the ledger nothing.
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
        _write(assessed(), facts, failures)


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
        previous = _published(run.lake, context) or (before / FACTS if before else None)
        with asking(facts, previous) as query:
            summary = summarize(query, checks.checks, over_time=previous is not None)
    run.lake.put_json(key, {"fingerprint": checks_fingerprint(checks), "summary": summary.to_json()})
    return summary


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


def assess_ledger(ledger: Ledger, checks: Assessor, folder: Path) -> None:
    """Look at every process of a ledger, and write facts and failures into a folder."""

    def assessed() -> Iterator[tuple[Assessed, Sequence[Sequence[str]]]]:
        processes = ledger.processes()
        while chunk := list(islice(processes, _BATCH)):
            provenance = ledger.provenance([process.ocid for process in chunk])
            for process in chunk:
                releases = (orjson.loads(release.json) for release in process.releases)
                compiled = orjson.loads(process.compiled)
                yield checks.assess(compiled, checks.history(releases)), provenance[process.ocid]

    _write(assessed(), folder / FACTS, folder / FAILURES)


def keep_quality(run: Run, manifest: int) -> None:
    """Keep what was found under the manifest's number, for the next run."""
    for name in (FACTS, FAILURES, SUMMARY):
        run.lake.copy(f"{run.work}/quality/{name}", f"{kept_key(run.slug, manifest)}/quality/{name}")


def published_key(city: str, snapshot: str) -> str:
    """Key of the facts of a published snapshot."""
    return f"{city}/published/{snapshot}/{FACTS}"


def keep_published(lake: Lake, context: CityContext, snapshot: str) -> None:
    """Keep the facts that a snapshot was built from, and drop those of snapshots that are no more."""
    slug, head = context.city.slug, context.ledger.head()
    if head is not None and lake.exists(kept := f"{kept_key(slug, head.manifest)}/quality/{FACTS}"):
        lake.copy(kept, published_key(slug, snapshot))
    there = context.home.public(slug) / "snapshots"
    for name in lake.folders(f"{slug}/published"):
        if not (there / name).is_dir():
            lake.remove_prefix(f"{slug}/published/{name}")


def _published(lake: Lake, context: CityContext) -> Path | None:
    current = read_current(context.home.public(context.city.slug))
    key = published_key(context.city.slug, current[1].snapshot) if current else None
    return lake.local(key) if key and lake.exists(key) else None


def _parquet(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"
