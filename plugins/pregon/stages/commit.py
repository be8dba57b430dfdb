"""Stage 6, commit: the releases that passed, and what is held back, go to the ledger in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pregon.images import prune
from pregon.json_lines import read_json_lines
from pregon.lake import Lake
from pregon.ledger import CommitResult, Entry, Examined, QuarantineRow
from pregon.ledger import Run as LedgerRun
from pregon.manifest import read as read_manifest
from pregon.rejects import read_rejects
from pregon.run import Checked, Prepared, Run
from pregon.sources.batches import UNREADABLE_CHANGE
from pregon.stages.context import CityContext
from pregon.stages.prepare import KEPT
from pregon.stages.quality import keep_quality
from pregon.stages.redacted import redactions_obeyed
from pregon.stages.since import kept_key
from pregon.stages.withheld import find_withheld, withheld_before, withheld_key
from pregon.table_expectations.stage import keep_verdicts
from transforms.releases.merging import first_compiled

VALUE_LENGTH = 200
"""Characters of a rejected row's text that quarantine keeps."""

Progress = Callable[[str, int], None]


def commit_run(
    run: Run, context: CityContext, prepared: Prepared, checked: Sequence[Checked], progress: Progress | None = None
) -> CommitResult:
    """Commit a run. Safe to repeat: the ledger knows the run by its id and answers as the first time."""
    done = context.ledger.committed(run.run_id)
    if done is not None:
        # Compared with a ledger that has this run already, nothing would be new: what it did then is the answer.
        _clean_up(run, prepared.manifest)
        return done
    ledger_run = LedgerRun(
        run_id=run.run_id,
        as_of=run.clock,
        manifest=prepared.manifest,
        fingerprint=context.transform.fingerprint,
        counts={
            "processes": prepared.processes,
            "passed": sum(part.passed for part in checked),
            "quarantined": sum(part.quarantined for part in checked),
        },
        redactions=redactions_obeyed(run, prepared.buckets, context.redactions.number),
    )
    verdicts = {part.bucket: run.lake.read_json(part.key) for part in checked}
    # Stored first, under the manifest's number: the next run finds it if, and only if, the ledger took this one.
    for key in run.lake.list(prepared.key):
        name = key.removeprefix(f"{prepared.key}/")
        if name.partition("/")[0] in KEPT:
            run.lake.copy(key, f"{kept_key(run.slug, prepared.manifest)}/{name}")
    described = run.lake.read_json(f"{prepared.key}/prepared.json")
    before = withheld_before(run, context, described)
    withheld = find_withheld(run, before, prepared.buckets)
    run.lake.put_json(withheld_key(run.slug, prepared.manifest), withheld)
    keep_quality(run, prepared.manifest)
    keep_verdicts(run, prepared.manifest)
    result = context.ledger.commit(
        ledger_run,
        _entries(run, verdicts, progress),
        _quarantine(run, prepared, verdicts),
        examined=_examined(run, prepared, before.keys() - withheld.keys()),
    )
    _clean_up(run, prepared.manifest)
    return result


def _clean_up(run: Run, manifest: int) -> None:
    """Remove what only runs before this one needed."""
    for number in run.lake.folders(f"{run.slug}/committed"):
        if number.isdecimal() and int(number) < manifest:
            run.lake.remove_prefix(f"{run.slug}/committed/{number}")
    for earlier in run.lake.folders(f"{run.slug}/runs"):
        if earlier < run.run_id:
            run.lake.remove_prefix(f"{run.slug}/runs/{earlier}")
    prune(run.lake, run.slug, manifest)


def _entries(run: Run, verdicts: dict[int, Any], progress: Progress | None) -> Iterator[Entry]:
    done = 0
    for bucket, verdict in sorted(verdicts.items()):
        held = set(verdict["quarantined"])
        sources = read_json_lines(run.lake.local(f"{run.work}/provenance/{bucket:03d}.jsonl.zst"))
        for line in read_json_lines(run.lake.local(f"{run.work}/releases/{bucket:03d}.jsonl.zst")):
            ocid = line["ocid"]
            if ocid in held:
                continue
            release = line["release"]
            done += 1
            if line.get("followed"):
                # What is known of the process comes with the last of its releases.
                yield Entry(ocid, line["state_hash"], release, {}, line["previous"])
                continue
            # Both files are in the order of the states, and every state has its provenance.
            provenance = next(source["provenance"] for source in sources if source["ocid"] == ocid)
            yield Entry(
                ocid=ocid,
                state_hash=line["state_hash"],
                release=release,
                compiled=line["compiled"] or first_compiled(release),
                previous_id=line["previous"],
                provenance=provenance,
                rows=_rows_by_table(provenance),
            )
            if progress and not done % 1000:
                progress("releases", done)
        for line in read_json_lines(run.lake.local(f"{run.work}/moved/{bucket:03d}.jsonl.zst")):
            yield Entry(**line, rows=_rows_by_table(line["provenance"]))


def _rows_by_table(provenance: Sequence[Sequence[str]]) -> dict[str, int]:
    """Count the source rows of a process, each once, by their table."""
    counts: dict[str, int] = {}
    for row in {row for _, row in provenance}:
        table = row[: row.index(":")]
        counts[table] = counts.get(table, 0) + 1
    return dict(sorted(counts.items()))


def _quarantine(run: Run, prepared: Prepared, verdicts: dict[int, Any]) -> Iterator[QuarantineRow]:
    """Give rows that could not be read, rows that reach no process, and processes that break the schema."""
    yield from _rejected(run.lake, run.slug, prepared.manifest)
    for table, row, reason, message in _held(run.lake, prepared):
        yield QuarantineRow(table=table, row=row.partition(":")[2], reason=reason, message=message)
    for _, verdict in sorted(verdicts.items()):
        for finding in verdict["findings"]:
            yield QuarantineRow(**finding)


def _held(lake: Lake, prepared: Prepared) -> Iterator[tuple[str, str, str, str]]:
    yield from _rows(lake, f"{prepared.key}/held.parquet", ("_table", "_row", "_reason", "_message"))


def _rejected(lake: Lake, city: str, number: int) -> Iterator[QuarantineRow]:
    for table in read_manifest(lake, city, number).tables.values():
        for reject in read_rejects(lake, table):
            yield QuarantineRow(
                table=table.name,
                row=reject.name,
                reason=reject.reason,
                message=f"record {reject.position} of {table.source}.{table.name} can't be used"
                + ("; the row stays as it was last read" if reject.reason == UNREADABLE_CHANGE else ""),
                value=reject.raw[:VALUE_LENGTH] or None,
            )


def _rows(lake: Lake, key: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(lake.local(key)) as file:
        for batch in file.iter_batches(columns=list(columns)):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _examined(run: Run, prepared: Prepared, gone: Iterable[str]) -> Examined:
    """Give what the run looked at: all rows always, and of the processes those that it mapped or that are gone."""
    if prepared.everything:
        return Examined(everything=True)
    return Examined(ocids=chain(_ocids(run, prepared), sorted(gone)), rows=True)


def _ocids(run: Run, prepared: Prepared) -> Iterable[str]:
    for bucket in prepared.buckets:
        for line in read_json_lines(run.lake.local(f"{run.work}/states/{bucket:03d}.jsonl.zst")):
            yield line["ocid"]
