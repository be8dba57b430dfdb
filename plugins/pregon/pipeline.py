"""The nine stages, in order. DAG tasks and the command line call these functions; read them from top to bottom.

    extract ─► prepare ─► map ─► release ─► check ─► (decide) ─► commit ═► build ─► promote ─► push

Each takes the run and the result of the stage before, does its work on files, and gives a small result that passes
through XCom. Any of them may be killed at any moment and repeated with the same clock: the same bytes come out, because
files are put whole under names that the run decides, and the ledger takes a run once.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from expectations.checks.structure import StructureCheck
from pregon.errors import PregonError
from pregon.json_lines import JsonLinesWriter
from pregon.manifest import Manifest, Mark
from pregon.manifest import read as read_manifest
from pregon.memory import paused_collection
from pregon.publication.build import Format, build_snapshot
from pregon.publication.promote import Retention
from pregon.publication.promote import promote as promote_snapshot
from pregon.publication.tables import TableOptions
from pregon.publishers import Plan
from pregon.quality_report import KeptQuality, write_internal
from pregon.run import (
    Announced,
    Built,
    Checked,
    Committed,
    Expected,
    Extracted,
    Mapped,
    Prepared,
    Promoted,
    Pushed,
    Read,
    Released,
    Run,
    Verdict,
)
from pregon.sources.extract import Extraction
from pregon.sources.extract import extract as extract_sources
from pregon.sources.masking import masked_by_table
from pregon.sources.planning import Portion
from pregon.stages.accounting import summarize
from pregon.stages.affected import naming_affected_lines
from pregon.stages.again import rows_again
from pregon.stages.announce import announce_current
from pregon.stages.announce import plan_announcement as plan_announcement_of
from pregon.stages.assessing import assess_bucket, assessor
from pregon.stages.check import check_releases
from pregon.stages.commit import commit_run
from pregon.stages.context import CityContext
from pregon.stages.gate import GateAsks, GateStopped, Unaccepted, decide_run, keep_verdict
from pregon.stages.map import map_bucket
from pregon.stages.policy import decided
from pregon.stages.prepare import prepare_tables
from pregon.stages.publish import LedgerSource, kept_opportunities, mapped_paths, record_promotion
from pregon.stages.push import plan_push as plan_push_of
from pregon.stages.push import push_snapshot
from pregon.stages.quality import keep_published
from pregon.stages.rebuilding import Rebuilding, earlier_key
from pregon.stages.redacted import redacted_state, redactions_key, refuse_while_redacting
from pregon.stages.release import release_states
from pregon.stages.since import since_last_commit
from pregon.stages.vanished import known_key
from pregon.table_expectations.releases import taking_releases
from pregon.table_expectations.stage import judge_tables, suites_of
from transforms.mapping.history import PastState
from transforms.records import RecordForm

__all__ = [
    "STAGES",
    "Announced",
    "Built",
    "Checked",
    "Committed",
    "Expected",
    "Extracted",
    "GateAsks",
    "GateStopped",
    "Mapped",
    "Prepared",
    "Progress",
    "Promoted",
    "Pushed",
    "Released",
    "Run",
    "Unaccepted",
    "Verdict",
    "announce",
    "build",
    "check",
    "commit",
    "decide",
    "extract",
    "finish_extract",
    "judge_expectations",
    "map_states",
    "plan_announcement",
    "plan_extract",
    "prepare",
    "promote",
    "push",
    "read_portion",
    "release",
    "summary",
    "validate",
]  # fmt: skip

STAGES = ("extract", "prepare", "map", "release", "check", "commit", "build", "promote", "push")

Progress = Callable[[str, int], None]
"""Told what is being worked on and how many rows or processes are done."""


class NoFiles(PregonError):
    """A folder of files was given for a city that reads none."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"{slug} has no source of kind files, nor one with a local variant: nothing to read from a folder",
            hint="run it without --from",
        )
        self.slug = slug


def validate(run: Run) -> None:
    """Check configuration, mapping and preparation of the city before anything runs; raises InvalidCity, NoFiles."""
    _ = _context(run).plan, suites_of(run)
    if run.from_dir and not any(source.reads_files for source in run.city.sources.values()):
        raise NoFiles(run.slug)


def extract(run: Run, progress: Progress | None = None) -> Extracted:
    """1. Copy what changed at the sources into raw parts and images; the manifest is written last."""
    _ = _context(run).plan
    with _naming_lines(run):
        return _extracted(extract_sources(_extraction(run, progress)))


def plan_extract(run: Run, source: str) -> tuple[Portion, ...]:
    """1a. Decide what is to be read of a source, in portions for one task each; begins afresh when repeated."""
    _ = _context(run).plan
    extraction = _extraction(run)
    extraction.withdraw()
    with _naming_lines(run):
        return () if extraction.made() else extraction.plan(source).portions


def read_portion(run: Run, source: str, portion: int, progress: Progress | None = None) -> Read:
    """1b. Read one portion into the lake: goes on where a killed try stopped, and afresh where one had ended."""
    with _naming_lines(run):
        read = _extraction(run, progress).read(source, portion, afresh=True)
    return Read(read.portion.label, read.rows, read.bytes, read.first, read.last)


def finish_extract(run: Run) -> Extracted:
    """1c. Look at what was read, fold it into the images, and write the manifest."""
    with _naming_lines(run):
        return _extracted(_extraction(run).finish())


def _naming_lines(run: Run) -> AbstractContextManager[None]:
    return naming_affected_lines(run.city, _context(run).transform)


def _extraction(run: Run, progress: Progress | None = None) -> Extraction:
    context = _context(run)
    from_dir = Path(run.from_dir) if run.from_dir else None
    head = context.ledger.head()
    return Extraction(
        run.lake, run.slug, context.sources(from_dir), run.clock, Path(run.home), from_dir=from_dir, full=run.full,
        used=Mark(head.manifest, head.as_of) if head else None, accept=run.accepted, progress=progress,
        masked=masked_by_table(context.ledger.redacting.masked_cells()),
    )  # fmt: skip


def _extracted(manifest: Manifest) -> Extracted:
    tables = manifest.tables.values()
    return Extracted(
        manifest.number, sum(table.rows_read for table in tables), sum(sum(table.rejected.values()) for table in tables)
    )


def prepare(run: Run, extracted: Extracted, progress: Progress | None = None) -> Prepared:
    """2. Run the city's SQL over the images, find the processes concerned, and share them out into buckets."""
    context = _context(run)
    key = f"{run.work}/prepared"
    if context.ledger.committed(run.run_id) and run.lake.exists(f"{key}/prepared.json"):
        # Seen from a ledger that has taken this run, nothing would be left to look at; what it prepared then stands.
        return _prepared(run, key)
    manifest = read_manifest(run.lake, run.slug, extracted.manifest)
    since = since_last_commit(context, run.lake, manifest, full=run.full, again=rows_again(run))
    with (
        run.lake.scratch(f"{run.work}/scratch/prepare") as scratch,
        run.lake.scratch(f"{run.work}/scratch/out") as folder,
    ):
        found = prepare_tables(
            run.city,
            context.transform,
            context.plan,
            images=since.images,
            cancelled=since.cancelled,
            earlier=since.earlier,
            changed=since.changed,
            scratch=scratch,
            folder=folder,
        )
        for path in sorted(folder.rglob("*.parquet")):
            run.lake.put_file(f"{key}/{path.relative_to(folder)}", path)
    description = {**dataclasses.asdict(found), "manifest": manifest.number}
    run.lake.put_json(f"{key}/prepared.json", description)
    if progress:
        progress("processes", found.processes)
    return _prepared(run, key)


def _prepared(run: Run, key: str) -> Prepared:
    found = run.lake.read_json(f"{key}/prepared.json")
    return Prepared(key, found["manifest"], tuple(found["buckets"]), found["processes"], found["everything"])


def map_states(run: Run, prepared: Prepared, bucket: int, progress: Progress | None = None) -> Mapped:
    """3. Assemble the state of each process of a bucket, with what its rows could not say."""
    context = _context(run)
    folder = run.lake.local(f"{prepared.key}/prepared.json").parent
    key = f"{run.work}/states/{bucket:03d}.jsonl.zst"
    # What was published before keeps the ocid under which it was.
    prefix = "" if context.plan.documents else f"{run.city.ocid_prefix}-"
    processes = findings = 0
    with (
        run.lake.scratch(f"{run.work}/scratch/map-{bucket:03d}") as scratch,
        _rebuilding(run, prefix, bucket) as rebuilding,
        run.lake.writer(key) as path,
        run.lake.writer(f"{run.work}/findings/{bucket:03d}.jsonl.zst") as findings_path,
        run.lake.writer(f"{run.work}/provenance/{bucket:03d}.jsonl.zst") as provenance_path,
        JsonLinesWriter(path) as states,
        JsonLinesWriter(provenance_path) as provenance,
        JsonLinesWriter(findings_path) as notes,
        paused_collection(),
    ):
        for state in map_bucket(
            run.city, context.plan, context.disclosure, folder=folder, bucket=bucket, scratch=scratch,
            published=context.published, rebuilding=rebuilding,
        ):  # fmt: skip
            processes += 1
            ocid = prefix + state.local_id
            state = redacted_state(context.redactions, ocid, state)  # noqa: PLW2901 - what was taken back is gone
            # The ocid first and the state last: stages that need only one of them can find it without reading the line.
            states.write({"ocid": ocid, "process": state.process, "modified": state.modified, "state": state.document})
            # Apart from the states, because nothing but the commit and the findings of the check ask for it.
            provenance.write({"ocid": ocid, "provenance": state.provenance})
            for finding in state.findings:
                findings += 1
                notes.write([finding.path, finding.code, finding.value, finding.row])
    run.lake.put_json(redactions_key(run.work, bucket), context.redactions.number)
    if progress:
        progress("processes", processes)
    return Mapped(key, bucket, processes, findings)


@contextmanager
def _rebuilding(run: Run, prefix: str, bucket: int) -> Iterator[Rebuilding | None]:
    """Let map write the earlier states of a bucket beside its states, where the city's history is of events."""
    if run.city.history != "events":
        yield None
        return
    context = _context(run)

    def released(local_ids: Sequence[str]) -> frozenset[str]:
        ocids = context.ledger.released([prefix + local_id for local_id in local_ids], before=run.run_id)
        return frozenset(ocid.removeprefix(prefix) for ocid in ocids)

    with run.lake.writer(earlier_key(run.work, bucket)) as path, JsonLinesWriter(path) as earlier:

        def write(past: PastState) -> None:
            ocid = prefix + past.local_id
            if ocid not in context.redactions.withdrawn:
                document = context.redactions.applied(ocid, past.document)
                earlier.write({"ocid": ocid, "at": past.at, "state": document})

        yield Rebuilding(f"{run.clock:%Y-%m-%dT%H:%M:%SZ}", released, write)


def release(run: Run, mapped: Mapped, progress: Progress | None = None) -> Released:
    """4. Compare the states with the ledger; what changed becomes one new release each."""
    context = _context(run)
    key = f"{run.work}/releases/{mapped.bucket:03d}.jsonl.zst"
    with (
        run.lake.writer(key) as path,
        run.lake.writer(f"{run.work}/moved/{mapped.bucket:03d}.jsonl.zst") as moved,
        paused_collection(),
    ):
        counts = release_states(
            run.lake.local(mapped.key), run.lake.local(f"{run.work}/provenance/{mapped.bucket:03d}.jsonl.zst"),
            path, moved, context.ledger, rules=context.merge_rules, language=run.city.language, as_of=run.clock,
            earlier=run.lake.local(earlier_key(run.work, mapped.bucket)) if run.city.history == "events" else None,
            withdrawn=context.redactions.withdrawn,
        )  # fmt: skip
    dated = f"{run.work}/dated/{mapped.bucket:03d}.json"
    if context.ledger.committed(run.run_id) is None or not run.lake.exists(dated):
        # Seen from a ledger that has taken this run there is nothing to date; what was released then stands.
        run.lake.put_json(dated, dict(counts.dates))
    run.lake.put_json(known_key(run, mapped.bucket), counts.known)
    if progress:
        progress("processes", counts.processes)
    return Released(key, mapped.bucket, counts.processes, counts.releases, counts.quarantined)


def check(run: Run, released: Released, progress: Progress | None = None) -> Checked:
    """5. Check every new release; those that break the schema go to quarantine with the source row to blame."""
    with paused_collection():
        checked = check_releases(
            run.lake.local(released.key),
            run.lake.local(f"{run.work}/provenance/{released.bucket:03d}.jsonl.zst"),
            StructureCheck(_context(run).validator),
        )
        key = f"{run.work}/checked/{released.bucket:03d}.json"
        run.lake.put_json(key, checked.to_json())
        context = _context(run)
        with taking_releases(run, suites_of(run), released.bucket) as taken:
            also = taken.add if taken else None
            assess_bucket(run, context.ledger, assessor(context), released.bucket, checked.quarantined, also)
    if progress:
        progress("processes", released.processes)
    held = len(checked.quarantined) - checked.redacted  # what was taken back says nothing of the records' quality
    return Checked(key, released.bucket, released.processes, checked.passed, held)


def judge_expectations(
    run: Run, prepared: Prepared, checked: Sequence[Checked], progress: Progress | None = None
) -> Expected:
    """5. Hold the source tables, and what the new releases compile to, against the city's suites of expectations."""
    del checked  # the releases of every bucket have to be there: they are taken while it is checked
    if not suites_of(run):
        return Expected()
    results = judge_tables(run, _context(run), prepared, progress)
    return Expected(**results.counts, critical=len(results.failures("critical")))


def decide(run: Run, prepared: Prepared, checked: Sequence[Checked], *, may_ask: bool = False) -> Verdict:
    """5. The gate over the whole run. It raises GateStopped, or GateAsks: then nothing has changed but work files.

    With `may_ask` a verdict `ask` is returned, to be put to a person: `Verdict.approved` is what may be committed.
    """
    return decide_run(run, _context(run), prepared, checked, may_ask=may_ask)


def commit(
    run: Run, prepared: Prepared, verdict: Verdict, checked: Sequence[Checked], progress: Progress | None = None
) -> Committed:
    """6. Append the releases to the ledger in one transaction, with the number of the manifest they came from.

    A verdict that still asks is refused: raises Unaccepted.
    """
    if verdict.outcome in ("ask", "stop"):
        raise Unaccepted(run.slug, verdict.outcome, verdict.reasons)
    context = _context(run)
    keep_verdict(run, context, verdict)
    with paused_collection():
        result = commit_run(run, context, prepared, checked, progress)
    summarize(
        run, context, outcome=verdict.outcome, reasons=verdict.reasons, accepted=verdict.accepted,
        accepted_by=verdict.accepted_by,
    )  # fmt: skip
    return Committed(result.releases, result.new_processes + result.changed_processes, result.sequence)


def build(run: Run, progress: Progress | None = None, *, redacting: bool = False) -> Built:
    """7. Build a snapshot of files from the ledger; none where nothing changed.

    While a redaction is not completed only the redaction itself (`redacting`) may: raises RedactionUnderWay.
    """
    context = _context(run)
    if not redacting:
        refuse_while_redacting(context.ledger, run.slug)
    formats: list[Format] = ["jsonl", "packages", *run.city.build.tables]
    if run.city.build.api:
        formats.append("api")
    snapshot = build_snapshot(
        run.place.public(run.slug),
        LedgerSource(context.ledger, context.fields),
        context.publication,
        as_of=run.clock,
        code_version=version("pregon"),
        paths=mapped_paths(context),
        formats=formats,
        records=RecordForm(run.city.build.records.releases, run.city.build.records.versioned),
        rules=context.merge_rules,
        quality=KeptQuality(run.lake, context, afresh=redacting),
        tables=TableOptions(
            run.city.build.csv.byte_order_mark, run.city.build.workbook.language or run.city.languages[0]
        ),
        policy=decided(context.city, context.transform, context.fields),
        opportunities=kept_opportunities(run, version("pregon")),
        work=run.place.internal(run.slug) / "work",
    )
    keep_published(run.lake, context, snapshot.manifest.snapshot)
    if not redacting:
        write_internal(run.lake, context, snapshot.path)
    files = snapshot.manifest.files
    if progress:
        progress("files", len(files))
    return Built(snapshot.manifest.snapshot, snapshot.created, len(files), sum(file.bytes for file in files))


def promote(run: Run, built: Built, progress: Progress | None = None) -> Promoted:
    """8. Verify every checksum of the snapshot, let `current` point to it, and put that on record."""
    root = run.place.public(run.slug)
    promoted = promote_snapshot(
        root / "snapshots" / built.snapshot,
        retention=Retention(
            run.city.build.snapshots, run.city.build.snapshot_days, frozenset(run.city.build.permanent)
        ),
        redactions=_context(run).ledger.redacting.newest(),
    )
    record_promotion(_context(run).ledger, promoted.manifest)
    if progress:
        progress("files", built.files)
    return Promoted(built.snapshot, str(root / "current"))


def push(run: Run, promoted: Promoted, target: str, progress: Progress | None = None) -> Pushed:
    """9. Send the snapshot to one configured target, and verify what arrived."""
    return push_snapshot(run, _context(run), promoted.snapshot, target, progress)


def plan_push(run: Run, promoted: Promoted, target: str) -> Plan:
    """Say what `push` would do."""
    return plan_push_of(run, _context(run), promoted.snapshot, target)


def announce(run: Run, progress: Progress | None = None, *, again: bool = False) -> Announced:
    """After the last stage: tell the city's WebSub hub and webhooks what readers see, unless they know.

    Nothing depends on it: where it fails, the publication stands, and those who were not told are told next time.
    """
    return announce_current(run, _context(run), again=again, progress=progress)


def plan_announcement(run: Run, *, again: bool = False) -> dict[str, list[str]]:
    """Say for each recipient what `announce` would send."""
    return plan_announcement_of(run, _context(run), again=again)


def summary(run: Run) -> dict[str, object]:
    """Account for the run: where every source row ended. Written by `commit`, or by the gate that stopped the run."""
    path = run.place.internal(run.slug) / "runs" / run.run_id / "summary.json"
    import orjson

    found: dict[str, object] = orjson.loads(path.read_bytes())
    return found


@lru_cache(maxsize=1)
def _context(run: Run) -> CityContext:
    """Compile a city once per run and process; a later run reads its folder anew."""
    return CityContext(run.city, run.place, run.clock)
