"""Accounts for a run: every source row ends in exactly one place, a release or quarantine with its reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import orjson

from pregon.errors import PregonError
from pregon.json_lines import read_json_lines
from pregon.manifest import read as read_manifest
from pregon.run import Run
from pregon.sources.batches import UNREADABLE_CHANGE
from pregon.stages.context import CityContext
from pregon.stages.problems import problems_found
from pregon.stages.redacted import REDACTED
from pregon.stages.renamed import moved_key
from pregon.stages.withheld import withheld_processes
from transforms.quoting import literal

EXAMPLES = 3
"""Cells kept as examples of each kind of finding, for internal eyes."""


class AccountingMismatch(PregonError):
    """Rows of a table were lost or counted twice: a defect of Pregón, never of the data."""

    def __init__(self, table: str, rows: int, accounted: int) -> None:
        super().__init__(
            f"{table}: {rows:,} source rows, but {accounted:,} are accounted for", hint="report this as a defect"
        )
        self.table = table


def verdict_key(run: Run) -> str:
    """Key of the gate's verdict, with the checks that weighed on it."""
    return f"{run.work}/verdict.json"


def summarize(
    run: Run,
    context: CityContext,
    *,
    outcome: str,
    reasons: Sequence[str],
    accepted: Sequence[str] = (),
    accepted_by: str | None = None,
) -> dict[str, Any]:
    """Write `HOME/internal/<city>/runs/<run>/summary.json` and give its content."""
    prepared = run.lake.read_json(f"{run.work}/prepared/prepared.json")
    manifest = read_manifest(run.lake, run.slug, prepared["manifest"])
    processes = withheld_processes(run, context, prepared)
    withheld = _withheld_rows(run, processes.values())
    redacted = _withheld_rows(run, (processes[ocid] for ocid in processes.keys() & context.redactions.withdrawn))
    tables = {}
    for source, name, _ in run.city.tables():
        entry = manifest.tables[name]
        held = Counter(prepared["held"].get(name, {}))
        unusable = Counter(entry.unusable.reasons)
        # These rows are counted where they are as they were last read.
        outdated = unusable.pop(UNREADABLE_CHANGE, 0)
        held.update(unusable)
        if redacted.get(name):
            held[REDACTED] = redacted[name]
        if withheld.get(name, 0) > held[REDACTED]:
            held["process_quarantined"] = withheld[name] - held[REDACTED]
        rows = prepared["rows"].get(name, 0) + sum(unusable.values())
        released = rows - sum(held.values())
        if released < 0:
            raise AccountingMismatch(name, rows, sum(held.values()))
        tables[name] = {
            "source": source,
            "rows": rows,
            "released": released,
            "quarantined": sum(held.values()),
            "reasons": dict(sorted(held.items())),
            "outdated": outdated,
            "notes": dict(entry.notes),
        }
    summary = {
        "city": run.slug,
        "run": run.run_id,
        "as_of": run.as_of,
        "manifest": prepared["manifest"],
        "outcome": outcome,
        "reasons": list(reasons),
        "accepted": [{"name": name, "by": accepted_by} for name in accepted],
        "quality": run.lake.read_json(verdict_key(run))["quality"] if run.lake.exists(verdict_key(run)) else {},
        "processes": prepared["processes"],
        "vanished": prepared["vanished"],
        "tables": tables,
        "dates": _dates(run, prepared["buckets"]),
        "findings": _findings(run, prepared["buckets"]),
        "problems": problems_found(
            run.lake, (f"{run.work}/checked/{bucket:03d}.json" for bucket in prepared["buckets"])
        ),
        "moved": run.lake.read_json(moved_key(run)) if run.lake.exists(moved_key(run)) else {},
    }
    path = run.place.internal(run.slug) / "runs" / run.run_id / "summary.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    temporary.rename(path)
    return summary


def _withheld_rows(run: Run, processes: Iterable[str]) -> dict[str, int]:
    """Count, by source table, the rows that serve processes that are held back, and no others."""
    held = sorted(processes)
    if not held:
        return {}
    rows = literal(str(run.lake.local(f"{run.work}/prepared/rows.parquet")))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""
            SELECT split_part(_row, ':', 1) AS source_table, count(*) FROM (
                SELECT _row FROM read_parquet({rows}) GROUP BY _row
                HAVING bool_and(_process IN (SELECT unnest(?)))
            ) GROUP BY source_table
            """,
            [held],
        )
        return {str(table): int(count) for table, count in found.fetchall()}


def _dates(run: Run, buckets: Iterable[int]) -> dict[str, int]:
    """Count the new releases by the rule that their date follows; ties that were broken are among them."""
    counts: Counter[str] = Counter()
    for bucket in buckets:
        counts.update(run.lake.read_json(f"{run.work}/dated/{bucket:03d}.json"))
    return dict(sorted(counts.items()))


def _findings(run: Run, buckets: Iterable[int]) -> list[dict[str, Any]]:
    """Fold the findings of the mapping: one line per path and code, with its count and a few cells."""
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[dict[str, str]]] = {}
    seen: set[int] = set()
    for bucket in buckets:
        for path, code, value, row in read_json_lines(run.lake.local(f"{run.work}/findings/{bucket:03d}.jsonl.zst")):
            # An organization's row is found wanting once, however many processes refer to it.
            finding = hash((path, code, value, row))
            if finding in seen:
                continue
            seen.add(finding)
            kind = (path if code != "note" else value_kind(value), code)
            counts[kind] += 1
            kept = examples.setdefault(kind, [])
            if len(kept) < EXAMPLES:
                kept.append({"value": value or path, "row": row})
    return [
        {"path": path, "code": code, "count": count, "examples": examples[(path, code)]}
        for (path, code), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def value_kind(note: str) -> str:
    """Give the kind of a note that a city's preparation wrote: what stands before its first colon."""
    return note.partition(":")[0]
