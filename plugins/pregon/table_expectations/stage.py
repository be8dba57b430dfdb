"""Within stage 5: the expectations of a run's tables, judged between the checks of its buckets and the gate."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from pregon.city import City
from pregon.duck import session
from pregon.images import table_view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.manifest import read as read_manifest
from pregon.run import Prepared, Run
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from pregon.table_expectations.hiding import Hiding, hiding_of, released_value
from pregon.table_expectations.judging import Before, Plan, Tally, judge, plan
from pregon.table_expectations.kept import FAILING, VERDICTS, read_verdicts, write_verdicts
from pregon.table_expectations.relations import Table, Tables
from pregon.table_expectations.releases import release_tables
from pregon.table_expectations.results import Example, ExpectationResults, Outcome, TableOutcomes
from pregon.table_expectations.suites import Expectation, Suite, parameters, read_suites
from transforms.quoting import literal, quote

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int], None]

RESULTS = "expectations/results.json"
ACCOUNT = "expectations.json"
DATA_DOCS = "data_docs"


def city_suites(city: City) -> tuple[Suite, ...]:
    """Give the suites of a city; none where it has switched expectations off. Raises InvalidCity."""
    return read_suites(city) if city.expectations.enabled else ()


@lru_cache(maxsize=1)
def suites_of(run: Run) -> tuple[Suite, ...]:
    """Give the suites that a run judges by."""
    return city_suites(run.city)


def folder_of(run: Run) -> Path:
    """Give the folder of the run's account: HOME/internal/CITY/runs/RUN."""
    return run.place.internal(run.slug) / "runs" / run.run_id


def code_fingerprint() -> str:
    """Tell verdicts of this code from those of another."""
    return f"pregon {version('pregon')} great-expectations {version('great-expectations')}"


def judge_tables(
    run: Run, context: CityContext, prepared: Prepared, progress: Progress | None = None
) -> ExpectationResults:
    """Judge the source tables as of the run's manifest, and the flattened releases of the run.

    Writes `expectations.json` and Data Docs into the run's folder. Safe to repeat: once the ledger has taken the run,
    what was found then stands, because seen from there nothing would have changed.
    """
    key = f"{run.work}/{RESULTS}"
    if context.ledger.committed(run.run_id) and run.lake.exists(key):
        return ExpectationResults.from_json(run.lake.read_json(key))
    suites = suites_of(run)
    manifest = read_manifest(run.lake, run.slug, prepared.manifest)
    head = context.ledger.head()
    sources = {suite.table: suite for suite in suites if suite.origin == "source"}
    before: dict[str, Before] = {}
    if head is not None and not run.full:
        before = read_verdicts(run.lake, kept_key(run.slug, head.manifest), sources, code_fingerprint())
    with (
        run.lake.scratch(f"{run.work}/scratch/expectations") as scratch,
        session(scratch, about=f"expectations of {run.slug}") as connection,
    ):
        found, kept = judge_sources(
            connection, context, manifest, list(sources.values()),
            source_tables(run.city, run.lake, manifest, since=head.manifest if head else None),
            before=before, absent=_absent(run, context), progress=progress,
        )  # fmt: skip
        found += _judge_releases(connection, run, suites, release_tables(run, suites, prepared.buckets), progress)
    write_verdicts(run.lake, run.work, kept, sources, code_fingerprint())
    results = ExpectationResults(run.slug, run.run_id, run.as_of, prepared.manifest, tuple(found))
    run.lake.put_json(key, results.to_json())
    write_account(run.city, results, folder_of(run))
    return results


def judge_sources(
    connection: "duckdb.DuckDBPyConnection", context: CityContext, manifest: Manifest, suites: Sequence[Suite],
    tables: Tables, *, before: Mapping[str, Before] | None = None, absent: Mapping[str, frozenset[str]] | None = None,
    progress: Progress | None = None,
) -> tuple[list[TableOutcomes], dict[str, Mapping[str, Tally]]]:  # fmt: skip
    """Judge source tables; give what was found, to be shown and to be kept.

    `before` holds the last verdicts that still count, `absent` the declared columns that a table's source lacks.
    """
    city = context.city
    codes = parameters(suites, city.extensions)
    hiding = hiding_of(city, context.transform.mapping)
    found: list[TableOutcomes] = []
    kept: dict[str, Mapping[str, Tally]] = {}
    for declared in suites:
        suite, without = _without(declared, (absent or {}).get(declared.table, frozenset()))
        rows = manifest.tables[suite.table].image.rows
        old = (before or {}).get(suite.table)
        planned = plan(suite, old, _changed(connection, suite, tables), rows) if old else Plan(suite.expectations)
        tallies = judge(
            connection, suite, tables, codes, rows=rows, planned=planned, before=old, tell=_telling(progress, suite)
        )
        found.append(_outcomes(connection, suite, tables[suite.table], rows, tallies, hiding, without))
        kept[suite.table] = tallies
    return found, kept


def _judge_releases(
    connection: "duckdb.DuckDBPyConnection", run: Run, suites: Sequence[Suite], tables: Tables,
    progress: Progress | None,
) -> list[TableOutcomes]:  # fmt: skip
    codes = parameters(suites, run.city.extensions)
    found = []
    for suite in suites:
        if suite.origin == "releases" and suite.table in tables:
            table = tables[suite.table]
            [(rows,)] = connection.execute(f"SELECT count(*) FROM ({table.sql})").fetchall()
            planned = Plan(suite.expectations)
            tallies = judge(
                connection, suite, tables, codes, rows=int(rows), planned=planned, tell=_telling(progress, suite)
            )
            found.append(_outcomes(connection, suite, table, int(rows), tallies, Hiding()))
    return found


def _telling(progress: Progress | None, suite: Suite) -> Callable[[int], None] | None:
    return (lambda rows: progress(f"rows of {suite.name}", rows)) if progress else None


def source_tables(city: City, lake: Lake, manifest: Manifest, since: int | None) -> dict[str, Table]:
    """Give every source table as of a manifest; what changed is counted `since` another one."""
    made = {}
    for _, name, table in city.tables():
        types = {column: one.type for column, one in table.columns.items()}
        everything = table_view_sql(lake, manifest, name, include_deleted=True)
        changed = f"SELECT _row FROM ({everything}) WHERE _manifest > {since}" if since is not None else None
        made[name] = Table(name, "source", table_view_sql(lake, manifest, name), types, changed)
    return made


def _absent(run: Run, context: CityContext) -> dict[str, frozenset[str]]:
    """Give the declared columns that the sources, or the files that are read instead, do not have."""
    sources = context.sources(Path(run.from_dir) if run.from_dir else None)
    return {table.name: frozenset(table.option("absent") or ()) for source in sources for table in source.tables}


def _without(suite: Suite, absent: frozenset[str]) -> tuple[Suite, tuple[Expectation, ...]]:
    """Take out what is about columns that are not there: it is neither met nor not met."""
    left_out = tuple(one for one in suite.expectations if suite.origin == "source" and absent & set(one.columns))
    if not left_out:
        return suite, ()
    return replace(suite, expectations=tuple(one for one in suite.expectations if one not in left_out)), left_out


def _changed(connection: "duckdb.DuckDBPyConnection", suite: Suite, tables: Tables) -> dict[str, int]:
    """Count the changed rows of a suite's table and of those that it refers to."""
    names = {suite.table, *(one.reference[0] for one in suite.expectations if one.reference)}
    counts = {}
    for name in sorted(names):
        [(rows,)] = connection.execute(f"SELECT count(*) FROM ({tables[name].changed})").fetchall()
        counts[name] = int(rows)
    return counts


def _outcomes(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, table: Table, rows: int, tallies: Mapping[str, Tally],
    hiding: Hiding, without: Sequence[Expectation] = (),
) -> TableOutcomes:  # fmt: skip
    values = _values(connection, suite, table, tallies)

    def shown(one: Expectation, row: str) -> Example:
        said = [
            hiding.value(suite.table, column, text) if suite.origin == "source" else released_value(column, text)
            for column, text in values.get(row, {}).items()
            if column in one.columns and text is not None
        ]
        hidden = any(text is None for text in said)
        return Example(hiding.key(suite.table, row), None if hidden or not said else " / ".join(filter(None, said)))

    outcomes = tuple(
        Outcome(
            id=one.id, type=one.type, columns=one.columns, arguments=one.arguments,
            severity=one.severity, words=one.words,
            verdict=tally.verdict(one), judged=tally.judged, evaluated=tally.evaluated, unexpected=tally.unexpected,
            mostly=one.mostly, observed=tally.observed if isinstance(tally.observed, int | float) else None,
            examples=tuple(shown(one, row) for row in tally.examples), error=tally.error,
        )
        for one, tally in ((one, tallies[one.id]) for one in suite.expectations)
    )  # fmt: skip
    unasked = tuple(
        Outcome(
            one.id,
            one.type,
            one.columns,
            one.arguments,
            one.severity,
            one.words,
            "not_applicable",
            "carried",
            0,
            0,
            one.mostly,
        )
        for one in without
    )
    return TableOutcomes(suite.table, suite.origin, rows, outcomes + unasked)


def _values(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, table: Table, tallies: Mapping[str, Tally]
) -> dict[str, dict[str, str | None]]:
    """Look up what the named rows say, as texts: row → column → value."""
    rows = sorted({row for tally in tallies.values() for row in tally.examples})
    columns = [column for column in suite.columns if column in table.types]
    if not rows or not columns:
        return {}
    selected = ", ".join(f"CAST({table.value(column)} AS VARCHAR) AS {quote(column)}" for column in columns)
    found = connection.execute(
        f"SELECT _row, {selected} FROM ({table.sql}) AS t WHERE _row IN ({', '.join(map(literal, rows))})"
    ).fetchall()
    return {row: dict(zip(columns, values, strict=True)) for row, *values in found}


def write_account(city: City, results: ExpectationResults, folder: Path) -> None:
    """Write `expectations.json` into a folder, and Data Docs where the city wants them.

    A run in which every verdict was carried on makes none: the library, whose import takes seconds, has nothing to say.
    """
    folder.mkdir(parents=True, exist_ok=True)
    docs, unfinished = folder / DATA_DOCS, folder / f".{DATA_DOCS}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    anew = any(one.judged != "carried" for table in results.tables for one in table.outcomes)
    if city.expectations.data_docs and anew:
        from pregon.table_expectations.data_docs import build_data_docs

        build_data_docs(city, results, unfinished)
        shutil.rmtree(docs, ignore_errors=True)
        unfinished.rename(docs)
    temporary = folder / f".{ACCOUNT}.new"
    temporary.write_bytes(orjson.dumps(results.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    temporary.replace(folder / ACCOUNT)


def keep_verdicts(run: Run, manifest: int) -> None:
    """Keep what was found of the source tables under the manifest's number, for the next run."""
    for name in (VERDICTS, FAILING):
        if run.lake.exists(f"{run.work}/{name}"):
            run.lake.copy(f"{run.work}/{name}", f"{kept_key(run.slug, manifest)}/{name}")


def found_in(run: Run) -> ExpectationResults | None:
    """Give what was found in a run, for the gate; None where nothing was judged."""
    key = f"{run.work}/{RESULTS}"
    return ExpectationResults.from_json(run.lake.read_json(key)) if run.lake.exists(key) else None
