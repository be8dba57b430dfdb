"""Look again at what is held back, with the present mapping and preparation, and without reading any source.

A retry is a run of its own from the last manifest: it goes through the same gate and the same commit. A change of the
city's folder makes it look at every process anyway; without one it would find the same, unless it is told to look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pregon.errors import PregonError
from pregon.ledger import Quarantined
from pregon.manifest import Manifest, latest, write
from pregon.quarantine.reasons import is_unreadable
from pregon.quarantine.showing import find, row_name
from pregon.run import Extracted, Run
from pregon.sources.planning import configuration
from pregon.stages.again import write_again
from pregon.stages.context import CityContext
from pregon.stages.since import rows_key
from pregon.stages.withheld import withheld_key
from transforms.quoting import literal


class NothingToRetry(PregonError):
    """There is nothing that a retry could look at."""


class SourcesChanged(PregonError):
    """The city's sources are declared in another way than they were last read."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"{slug}: `sources:` of city.yaml was changed since they were last read, so rows have to be read anew",
            hint=f"pregon run {slug}",
        )
        self.slug = slug


@dataclass(frozen=True)
class Chosen:
    """Findings to be looked at again, as they are before; `changed` tells whether the city's folder was changed."""

    findings: tuple[Quarantined, ...]
    changed: bool
    names: tuple[str, ...]

    @property
    def unreadable(self) -> int:
        """How many are rows that could not be read: nothing but the source can help them."""
        return sum(is_unreadable(one.row.reason) for one in self.findings)

    @property
    def keys(self) -> set[tuple[str, str, str]]:
        """What names each thing that is held back: a process, or a row for itself."""
        return {key_of(one) for one in self.findings}


def key_of(found: Quarantined) -> tuple[str, str, str]:
    """Name what a finding holds back: the process, or else table and key of the row."""
    return ("", "", found.row.ocid) if found.row.ocid is not None else (found.row.table, found.row.row, "")


def choose(context: CityContext, names: Sequence[str]) -> Chosen:
    """Find what is held back under these names, or all of it if there are none.

    Raises NotHeldBack for a name, NothingToRetry where nothing is held back, or nothing was ever committed.
    """
    head = context.ledger.head()
    slug = context.city.slug
    if head is None:
        raise NothingToRetry(f"{slug} has committed nothing yet", hint=f"pregon run {slug}")
    if names:
        found = [one for name in dict.fromkeys(names) for one in find(context, name)]
    else:
        found = list(context.ledger.quarantined())
    if not found:
        raise NothingToRetry(f"{slug} holds nothing back")
    return Chosen(tuple(found), head.fingerprint != context.transform.fingerprint, tuple(names))


def reopen(run: Run, context: CityContext, chosen: Chosen) -> Extracted:
    """Make a manifest of what was last read, and note the rows to look at again. Safe to repeat.

    Raises NothingToRetry where nothing was read yet, or later than the run's clock; SourcesChanged.
    """
    lake, slug = run.lake, run.slug
    last, head = latest(lake, slug), context.ledger.head()
    if last is None or (head is not None and last.number < head.manifest):
        raise NothingToRetry(
            f"{slug}: the lake has no images of what the ledger last took", hint=f"pregon run {slug} --full"
        )
    if last.config not in _configurations(context):
        raise SourcesChanged(slug)
    if last.as_of > run.clock:
        raise NothingToRetry(
            f"{slug}: the last run read as of {last.as_of:%Y-%m-%dT%H:%M:%SZ}, which is later than {run.as_of}",
            hint="give a later --as-of",
        )
    made = last if last.as_of == run.clock else write(lake, _again(last, run))
    write_again(run, chosen.names, _rows(run, context, chosen.findings))
    return Extracted(made.number, rows=0, rejected=0)


def _configurations(context: CityContext) -> set[str]:
    """Fingerprints of the sources as declared, and as their local variants say."""
    return {configuration(context.sources(None)), configuration(context.sources(Path.cwd()))}


def _again(last: Manifest, run: Run) -> Manifest:
    """Give the manifest of an extract that found nothing changed anywhere."""
    tables = {name: replace(table, mode="unchanged", changed={}) for name, table in last.tables.items()}
    return Manifest(last.number + 1, last.city, run.clock, last.number, last.config, tables)


def _rows(run: Run, context: CityContext, findings: Iterable[Quarantined]) -> set[str]:
    """Give the source rows (`table:key`) of what is to be looked at: held rows, and all rows of held processes."""
    rows: set[str] = set()
    ocids: set[str] = set()
    for one in findings:
        if one.row.ocid is not None:
            ocids.add(one.row.ocid)
        elif not is_unreadable(one.row.reason) and (name := row_name(one)) is not None:
            rows.add(name)
    head = context.ledger.head()
    if head is None or not ocids:
        return rows
    withheld, served = withheld_key(run.slug, head.manifest), rows_key(run.slug, head.manifest)
    if run.lake.exists(withheld) and run.lake.exists(served):
        import duckdb

        known = run.lake.read_json(withheld)
        processes = sorted(known[ocid] for ocid in ocids & known.keys())
        with duckdb.connect() as connection:
            found = connection.execute(
                f"SELECT DISTINCT _row FROM read_parquet({literal(str(run.lake.local(served)))})"
                " WHERE _process IN (SELECT unnest(?))",
                [processes],
            )
            rows |= {str(row) for (row,) in found.fetchall()}
    return rows


@dataclass(frozen=True)
class Retried:
    """What became of what was looked at again: so many `passed`; `stay` are still held back, with their findings."""

    passed: int
    stay: tuple[Quarantined, ...]


def compare(context: CityContext, chosen: Chosen) -> Retried:
    """Compare with what is held back now."""
    now: dict[tuple[str, str, str], list[Quarantined]] = {}
    wanted = chosen.keys
    for one in context.ledger.quarantined():
        if (key := key_of(one)) in wanted:
            now.setdefault(key, []).append(one)
    stay = tuple(one for key in sorted(now) for one in now[key])
    return Retried(len(wanted) - len(now), stay)
