"""What the checks find in single processes: facts and failures, as Parquet files.

`check` looks at the compiled release of every process with a new release, bucket by bucket; where nothing usable was
kept, every process of the ledger is looked at. Both come to the same rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from expectations.assessment import Assessed, Assessor
from expectations.checks.earlier import UNKNOWN
from expectations.checks.registry import checks_by_id
from expectations.facts import Fact, facts_schema, facts_table
from pregon.json_lines import read_json_lines
from pregon.ledger import Ledger, Process
from pregon.publication.draft import digest
from pregon.run import Run
from pregon.stages.check import source_row
from pregon.stages.context import CityContext
from transforms.releases.merging import first_compiled

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts.parquet"
FAILURES = "failures.parquet"
_BATCH = 2_000
"""Processes written at once."""

_HISTORIES = 200
"""Processes whose earlier releases are held at once."""

Failed = dict[str, str]
"""A failure as a row: ocid, check, path, pointer, value, other, and table and row of the source it comes from."""

_FAILED = ("ocid", "check", "path", "pointer", "value", "other", "table", "row")


Looked = Iterator[tuple[Assessed, Sequence[Sequence[str]]]]
"""What was found of processes, each with its provenance."""


def assessor(context: CityContext) -> Assessor:
    """Give the checks of a city."""
    return assessor_of(tuple(context.city.extensions), tuple(context.city.quality.left_out))


@cache
def assessor_of(extensions: tuple[str, ...], left_out: tuple[str, ...]) -> Assessor:
    """Give the checks for these extensions, made once for all buckets: it looks up those of some thousand fields."""
    return Assessor(extensions, left_out=left_out)


def checks_fingerprint(context: CityContext) -> str:
    """Tell verdicts of the checks there are, as the city asks them, and rows of this shape, from those of others."""
    city = context.city
    return digest(
        version("pregon"),
        str(facts_schema()).replace("\n", " "),
        " ".join(sorted(city.extensions)),
        " ".join(sorted(city.quality.left_out)),
        f"{city.quality.update_days} {city.quality.delay_days}",
        *(f"{check.id} {check.version}" for check in checks_by_id().values()),
    )


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
    histories = _Histories(checks, ledger)
    releases = read_json_lines(run.lake.local(f"{run.work}/releases/{bucket:03d}.jsonl.zst"))
    sources = read_json_lines(run.lake.local(f"{run.work}/provenance/{bucket:03d}.jsonl.zst"))

    def assessed() -> Looked:
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
                yield histories.assess(ocid, changed.compiled, new), provenance
                continue
            known.append(changed)
            if len(known) == _HISTORIES:
                yield from _with_history(known, histories, ledger)
                known.clear()
        yield from _with_history(known, histories, ledger)

    with (
        run.lake.writer(bucket_key(run, bucket, FACTS)) as facts,
        run.lake.writer(bucket_key(run, bucket, FAILURES)) as failures,
    ):
        _write(chain(assessed(), _assess_moved(run, ledger, histories, bucket)), facts, failures)


def _assess_moved(run: Run, ledger: Ledger, histories: "_Histories", bucket: int) -> Looked:
    """Look again at processes that did not change, but whose source rows did: failures name the row."""
    moved = read_json_lines(run.lake.local(f"{run.work}/moved/{bucket:03d}.jsonl.zst"))
    while chunk := list(islice(moved, _BATCH)):
        provenance = {line["ocid"]: line["provenance"] for line in chunk}
        yield from _assess_processes(ledger.processes(ocids=provenance), provenance, histories)


def _assess_processes(
    processes: Iterable[Process], provenance: Mapping[str, Sequence[Sequence[str]]], histories: "_Histories"
) -> Looked:
    for process in processes:
        releases = (orjson.loads(release.json) for release in process.releases)
        yield histories.assess(process.ocid, orjson.loads(process.compiled), releases), provenance[process.ocid]


class _Histories:
    """The checks of a city, asked of processes with their releases.

    Where a redaction took something out of a release, what the release said before is not known any more: it may seem
    to say nothing new, or to delete what never was.
    """

    def __init__(self, checks: Assessor, ledger: Ledger) -> None:
        self._checks = checks
        self._rewritten = frozenset(one.ocid for one in ledger.redacting.all())

    def assess(self, ocid: str, compiled: dict[str, Any], releases: Iterable[Mapping[str, Any]]) -> Assessed:
        """Look at a process; `releases` are all of it, the oldest first."""
        if ocid in self._rewritten:
            return self._checks.assess(compiled, ((release, UNKNOWN) for release in releases))
        return self._checks.assess(compiled, self._checks.history(releases))


class _Changed(NamedTuple):
    """A process with new releases."""

    ocid: str
    compiled: dict[str, Any]
    new: list[dict[str, Any]]
    provenance: Sequence[Sequence[str]]


def _with_history(processes: Sequence[_Changed], histories: _Histories, ledger: Ledger) -> Looked:
    stored: dict[str, list[dict[str, Any]]] = {}
    if processes:
        for release in ledger.releases(order="ocid", ocids=[process.ocid for process in processes]):
            stored.setdefault(release.ocid, []).append(orjson.loads(release.json))
    for ocid, compiled, new, provenance in processes:
        # Where a run is repeated after its commit, the ledger has the new ones already.
        ids = {release["id"] for release in new}
        before = [release for release in stored.get(ocid, ()) if release["id"] not in ids]
        yield histories.assess(ocid, compiled, before + new), provenance


def bucket_key(run: Run, bucket: int, name: str) -> str:
    """Key of the facts or failures of a bucket."""
    return f"{run.work}/quality/{bucket:03d}/{name}"


def _write(assessed: Looked, facts: Path, failures: Path) -> None:
    import pyarrow.parquet as pq

    rows: list[Fact] = []
    failed: list[Failed] = []
    with pq.ParquetWriter(facts, facts_schema()) as fact_file, pq.ParquetWriter(failures, failed_schema()) as file:

        def flush() -> None:
            fact_file.write_table(facts_table(rows))
            file.write_table(failed_table(failed))
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


def failed_schema() -> "pa.Schema":
    """Give the columns of failures."""
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in _FAILED])


def failed_table(failed: Sequence[Failed]) -> "pa.Table":
    """Give failures as a table."""
    import pyarrow as pa

    return pa.Table.from_pylist(list(failed), schema=failed_schema())


def assess_ledger(ledger: Ledger, checks: Assessor, folder: Path) -> None:
    """Look at every process of a ledger, and write facts and failures into a folder."""
    histories = _Histories(checks, ledger)

    def assessed() -> Looked:
        processes = ledger.processes()
        while chunk := list(islice(processes, _BATCH)):
            yield from _assess_processes(chunk, ledger.provenance([process.ocid for process in chunk]), histories)

    _write(assessed(), folder / FACTS, folder / FAILURES)
