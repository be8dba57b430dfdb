"""What a run would do to published processes: which are gone, and which new ones seem to be one under another key.

Asked at the gate, before anything is committed. A row that served a published process at the last commit and serves a
new one now says it best: so a renamed process is noticed too where the source, read by its changes only, keeps the old
row as well.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from pregon.json_lines import read_json_lines, read_lines
from pregon.run import Prepared, Run
from pregon.stages.context import CityContext
from pregon.stages.since import rows_key
from pregon.stages.vanished import MOST_COMPARED, find_vanished, ocids_of
from transforms.quoting import literal
from transforms.releases.merging import sections
from transforms.releases.renaming import Known, Renaming, Renamings

_PAGE = 500
_EXAMPLES = 3
_MOST_PAIRS = 100
_HEAD = re.compile(rb'\{"ocid":("(?:[^"\\]|\\.)*"),"process":("(?:[^"\\]|\\.)*")').match


@dataclass(frozen=True)
class Moved:
    """`published` processes are known to the ledger; `vanished` of them went in this run, `examples` name some.

    `renamed` are new processes that seem to be published ones, `doubled` new ones whose ocid is that of a published one
    but for letter case.
    """

    published: int = 0
    vanished: int = 0
    examples: tuple[str, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    doubled: tuple[Renaming, ...] = ()

    def lines(self, most: int = 5) -> list[str]:
        """Say of the first renamed processes what speaks for it."""
        lines = [f"{one.old} → {one.new}: {_evidence(one)}" for one in (*self.doubled, *self.renamed)[:most]]
        more = len(self.doubled) + len(self.renamed) - len(lines)
        return [*lines, f"… and {more:,} more"] if more else lines

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, with at most 100 pairs."""
        pairs = [
            {"old": one.old, "new": one.new, "evidence": one.evidence, "rows": list(one.rows), "alike": one.alike}
            for one in (*self.doubled, *self.renamed)
        ]
        return {
            "published": self.published, "vanished": self.vanished, "renamed": len(pairs), "pairs": pairs[:_MOST_PAIRS]
        }  # fmt: skip


def _evidence(one: Renaming) -> str:
    if one.evidence == "letter_case":
        return "the same but for letter case"
    alike = f"{one.alike:.0%} of the values of both are the same"
    return f"the same source rows ({', '.join(one.rows)})" if one.rows else alike


def moved_key(run: Run) -> str:
    """Key of what a run does to published processes, for its summary."""
    return f"{run.work}/moved.json"


def find_moved(run: Run, context: CityContext, prepared: Prepared) -> Moved:
    """Compare what this run looked at with the ledger; nothing is moved where it is empty or has taken this run."""
    if context.ledger.committed(run.run_id) is not None:
        return Moved()
    found = _find(run, context, prepared)
    run.lake.put_json(moved_key(run), found.to_json())
    return found


def _find(run: Run, context: CityContext, prepared: Prepared) -> Moved:
    ledger = context.ledger
    head = ledger.head()
    if head is None:
        return Moved()
    published = sum(ledger.segments().processes.values())
    key = rows_key(run.slug, head.manifest)
    earlier = run.lake.local(key) if run.lake.exists(key) else None
    vanished = find_vanished(run, context, prepared, published, earlier)
    new = dict.fromkeys(_new(run, prepared), "")
    if not published or not new:
        return Moved(published, vanished.count, vanished.ocids[:_EXAMPLES])
    pairs = {pair.new: pair for pair in _by_content(run, context, prepared, vanished.ocids, new)}
    if earlier is not None:
        pairs |= {pair.new: pair for pair in _by_rows(run, context, prepared, earlier, new)}
    doubled = tuple(_doubled(context, new))
    for pair in doubled:
        pairs.pop(pair.new, None)
    renamed = tuple(pairs[ocid] for ocid in sorted(pairs))
    return Moved(published, vanished.count, vanished.ocids[:_EXAMPLES], renamed, doubled)


def _new(run: Run, prepared: Prepared) -> Iterator[str]:
    """Give the ocids that get their first release in this run."""
    for bucket in prepared.buckets:
        for line in read_lines(run.lake.local(f"{run.work}/releases/{bucket:03d}.jsonl.zst")):
            if b'"previous":null' in line:
                found = orjson.loads(line)
                if "release" in found and found["previous"] is None:
                    yield found["ocid"]


def _by_rows(
    run: Run, context: CityContext, prepared: Prepared, earlier: Path, new: Mapping[str, str]
) -> Iterator[Renaming]:
    """Give the published processes of whose rows at least half, their own aside, serve a new process now."""
    import pyarrow as pa

    keys = {}
    for bucket in prepared.buckets:
        for line in read_lines(run.lake.local(f"{run.work}/states/{bucket:03d}.jsonl.zst")):
            head = _HEAD(line)
            if head is not None and (ocid := orjson.loads(head[1])) in new:
                keys[orjson.loads(head[2])] = ocid
    lookups = [f"_row NOT LIKE {literal(name + ':%')}" for _, name, table in run.city.tables() if table.lookup]
    served = " AND ".join(["true", *lookups])
    before, now = literal(str(earlier)), literal(str(run.lake.local(f"{prepared.key}/rows.parquet")))
    with duckdb.connect() as connection:
        connection.register("new", pa.table({"_process": list(keys)}))
        found = connection.execute(f"""
            WITH came AS (
                SELECT _row, _process FROM read_parquet({now}) AS n SEMI JOIN new USING (_process) WHERE {served}
            ), moved AS (
                SELECT e._process AS old, came._process AS new,
                       count(*) AS number, min(_row) AS first, max(_row) AS last
                FROM read_parquet({before}) e JOIN came USING (_row)
                WHERE e._process <> came._process AND e._process NOT IN (FROM new)
                GROUP BY ALL
            )
            SELECT old, new, first, last FROM moved
            JOIN (SELECT _process AS old, count(*) AS rows FROM read_parquet({before})
                  WHERE _process IN (SELECT old FROM moved) AND {served} GROUP BY ALL) USING (old)
            WHERE number >= greatest(1, (rows - 1) / 2)
            ORDER BY new, number DESC, old
        """).fetchall()  # fmt: skip
    ocids = ocids_of(context, {str(row[0]) for row in found}, earlier)
    given: set[str] = set()
    for old, process, first, last in found:
        if (ocid := ocids.get(old)) is not None and process not in given:
            given.add(process)
            yield Renaming(ocid, keys[process], "rows", tuple(dict.fromkeys((first, last))))


def _by_content(
    run: Run, context: CityContext, prepared: Prepared, vanished: tuple[str, ...], new: Mapping[str, str]
) -> Iterator[Renaming]:
    """Give the vanished processes that say what a new one says, or had its rows, as far as they are few enough."""
    if not vanished or len(vanished) >= MOST_COMPARED or len(new) >= MOST_COMPARED:
        return
    lookups = frozenset(f"{name}:" for _, name, table in run.city.tables() if table.lookup)
    prefix = f"{run.city.ocid_prefix}-"

    def rows(provenance: Iterable[tuple[str, str]]) -> frozenset[str]:
        return frozenset(
            row for entry, row in provenance
            if not entry.startswith("parties/") and row[: row.index(":") + 1] not in lookups
        )  # fmt: skip

    def gone() -> Iterator[Known]:
        for start in range(0, len(vanished), _PAGE):
            page = vanished[start : start + _PAGE]
            provenance = context.ledger.provenance(page)
            for ocid, previous in context.ledger.previous(page).items():
                yield Known(ocid, ocid.removeprefix(prefix), sections(previous.compiled), rows(provenance[ocid]))

    def came() -> Iterator[Known]:
        for bucket in prepared.buckets:
            sources = read_json_lines(run.lake.local(f"{run.work}/provenance/{bucket:03d}.jsonl.zst"))
            for line in read_json_lines(run.lake.local(f"{run.work}/states/{bucket:03d}.jsonl.zst")):
                source = next(sources)
                if (ocid := line["ocid"]) in new:
                    yield Known(ocid, ocid.removeprefix(prefix), line["state"], rows(source["provenance"]))

    yield from Renamings(gone(), context.merge_rules).of(came())


def _doubled(context: CityContext, new: Mapping[str, str]) -> Iterator[Renaming]:
    """Give the new ocids that a published one equals but for letter case, which OCDS does not allow."""
    folded = {ocid.casefold(): ocid for ocid in new}
    for ocid in context.ledger.ocids():
        if (double := folded.get(ocid.casefold())) is not None and double != ocid:
            yield Renaming(ocid, double, "letter_case")
