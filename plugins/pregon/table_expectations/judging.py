"""The verdict on a table: partition by partition, on changed rows alone where that gives the same, or carried on.

An expectation of each row is added up over partitions. Once the rows that fail it are known, a later run judges the
changed rows alone: what failed before and did not change fails still, and what changed is judged anew. One of the whole
table is judged on a small table that DuckDB makes (`relations.reduced`), unless all rows fit into one partition.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pregon.table_expectations.kinds import BY_KEY
from pregon.table_expectations.relations import (
    PARTITION_ROWS,
    Table,
    Tables,
    count,
    frame_sql,
    partitions,
    reduced,
)
from pregon.table_expectations.results import Judged, Verdict
from pregon.table_expectations.suites import Expectation, Suite
from pregon.table_expectations.validation import Found, validate

if TYPE_CHECKING:
    import duckdb

KEPT_ROWS = 10_000
"""Failing rows of an expectation that are kept by their keys, at most; beyond that the whole table is judged again."""

EXAMPLES = 3
"""Failing rows of an expectation that are named."""


@dataclass
class Tally:
    """What is known of an expectation: rows judged, rows that fail, and the keys of those.

    `complete`: `rows` are all that fail; otherwise the first few by key. `success` is what the library said of an
    expectation of a whole table.
    """

    evaluated: int = 0
    unexpected: int = 0
    rows: list[str] = field(default_factory=list)
    complete: bool = True
    judged: Judged = "whole"
    success: bool = True
    observed: Any = None
    error: str | None = None

    def add(self, found: Found, keys: Sequence[str]) -> None:
        """Add what was found of a partition."""
        self.error = self.error or found.error
        self.evaluated += found.evaluated
        self.fail(keys, len(keys))

    def fail(self, keys: Iterable[str], count: int) -> None:
        """Add failing rows."""
        self.unexpected += count
        self.rows.extend(keys)
        if len(self.rows) > KEPT_ROWS:
            self.complete = False
        if not self.complete:
            self.rows = heapq.nsmallest(EXAMPLES, self.rows)

    @property
    def examples(self) -> list[str]:
        """The first few failing rows, by key."""
        return heapq.nsmallest(EXAMPLES, self.rows)

    def verdict(self, one: Expectation) -> Verdict:
        """Give the verdict, by the library's own rule: of the evaluated rows at least the share `mostly` meets it."""
        if self.error:
            return "error"
        if one.kind.family == "whole" and one.type not in BY_KEY:
            if self.observed is None and not self.success:
                return "not_applicable"
            return "passed" if self.success else "failed"
        if not self.evaluated:
            return "not_applicable"
        return "passed" if (self.evaluated - self.unexpected) / self.evaluated >= one.mostly else "failed"


@dataclass(frozen=True)
class Before:
    """The last verdict on a table: what was found of each expectation."""

    tallies: Mapping[str, Tally]


@dataclass(frozen=True)
class Plan:
    """How the expectations of a suite are judged: on all rows, on the changed ones, or not anew."""

    whole: tuple[Expectation, ...] = ()
    changed: tuple[Expectation, ...] = ()
    carried: tuple[Expectation, ...] = ()


def plan(suite: Suite, before: Before | None, changed: Mapping[str, int], rows: int) -> Plan:
    """Decide how to judge; `changed` counts the changed rows of the tables, the suite's own and those referred to."""
    made: dict[Judged, list[Expectation]] = {"whole": [], "changed": [], "carried": []}
    for one in suite.expectations:
        made[_way(one, suite.table, before, changed, rows)].append(one)
    return Plan(tuple(made["whole"]), tuple(made["changed"]), tuple(made["carried"]))


def _way(one: Expectation, table: str, before: Before | None, changed: Mapping[str, int], rows: int) -> Judged:
    kept = before.tallies.get(one.id) if before else None
    if kept is None or kept.error:
        return "whole"
    if one.reference and changed.get(one.reference[0], 0):
        # A row that did not change fails if what it refers to went away, and is mended if it came.
        return "whole"
    if not changed.get(table, 0):
        return "carried"
    few = changed[table] <= rows / 2
    return "changed" if one.kind.family != "whole" and kept.complete and few else "whole"


def judge(
    connection: "duckdb.DuckDBPyConnection",
    suite: Suite,
    tables: Tables,
    codes: Mapping[str, Sequence[str]],
    *,
    rows: int,
    planned: Plan,
    before: Before | None = None,
    size: int = PARTITION_ROWS,
    tell: Callable[[int], None] | None = None,
) -> dict[str, Tally]:
    """Judge a table of so many live `rows`; give what was found by the expectations' ids.

    `size`: rows of a partition. `tell` is told the rows judged so far.
    """
    table = tables[suite.table]
    found = {one.id: replace(_kept(before, one), judged="carried") for one in planned.carried}
    if planned.whole:
        found |= _judge_whole(connection, suite, tables, codes, planned.whole, rows=rows, size=size, tell=tell)
    if planned.changed:
        found |= _judge_changed(connection, suite, tables, codes, planned.changed, before, size=size)
    counted = [one for one in planned.changed if one.kind.family != "whole"]
    if counted:
        evaluated = count(connection, table, counted).evaluated
        for one in counted:
            found[one.id].evaluated = evaluated[one.id]
    return {one.id: found[one.id] for one in suite.expectations}


def _kept(before: Before | None, one: Expectation) -> Tally:
    if before is None:
        return Tally()
    return before.tallies[one.id]


def _judge_whole(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, tables: Tables, codes: Mapping[str, Sequence[str]],
    expectations: Sequence[Expectation], *, rows: int, size: int, tell: Callable[[int], None] | None,
) -> dict[str, Tally]:  # fmt: skip
    # In one partition the library sees the whole table, and needs no help.
    at_once = [one for one in expectations if rows <= size or one.kind.family != "whole"]
    tallies = {one.id: Tally() for one in expectations}
    done = 0
    if at_once and rows:
        for frame in partitions(connection, frame_sql(tables[suite.table], at_once, tables), size):
            keys = frame.pop("_row").tolist()
            for key, verdict in validate(frame, at_once, codes, name=suite.name).items():
                tallies[key].add(verdict, [keys[position] for position in verdict.failing])
                tallies[key].success = verdict.success
                tallies[key].observed = verdict.observed
            done += len(keys)
            if tell:
                tell(done)
    _judge_reduced(
        connection, suite, tables[suite.table], codes,
        [one for one in expectations if one not in at_once or (not rows and one.type.startswith("expect_table"))],
        tallies, rows,
    )  # fmt: skip
    return tallies


def _judge_reduced(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, table: Table, codes: Mapping[str, Sequence[str]],
    expectations: Sequence[Expectation], tallies: dict[str, Tally], rows: int,
) -> None:  # fmt: skip
    if not expectations:
        return
    by_key = [one for one in expectations if one.type in BY_KEY]
    evaluated = count(connection, table, by_key).evaluated if by_key else {}
    for one in expectations:
        small = reduced(connection, table, one, rows, codes)
        keys = small.frame.pop("_row").tolist() if "_row" in small.frame else []
        verdict = validate(small.frame, [one], codes, name=suite.name)[one.id]
        tally = tallies[one.id]
        tally.success, tally.observed, tally.error = verdict.success, verdict.observed, verdict.error
        if one.id in evaluated:
            tally.evaluated = evaluated[one.id]
            tally.fail(keys, small.rows)
            tally.complete &= len(keys) == small.rows


def _judge_changed(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, tables: Tables, codes: Mapping[str, Sequence[str]],
    expectations: Sequence[Expectation], before: Before | None, *, size: int,
) -> dict[str, Tally]:  # fmt: skip
    table = tables[suite.table]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed_rows AS {table.changed}")
    tallies = {one.id: Tally(judged="changed") for one in expectations}
    for one in expectations:
        failed = _kept(before, one).rows
        still = connection.execute(
            "SELECT row FROM (SELECT unnest(?) AS row) WHERE row NOT IN (SELECT _row FROM changed_rows)", [failed]
        ).fetchall()
        tallies[one.id].fail([row for (row,) in still], len(still))
    sql = frame_sql(table, expectations, tables, "SELECT _row FROM changed_rows")
    for frame in partitions(connection, sql, size):
        keys = frame.pop("_row").tolist()
        for key, verdict in validate(frame, expectations, codes, name=suite.name).items():
            tallies[key].add(verdict, [keys[position] for position in verdict.failing])
    return tallies
