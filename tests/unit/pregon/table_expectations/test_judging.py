"""A verdict does not depend on how a table is cut, nor on whether only its changed rows were looked at."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pregon.table_expectations.judging import Tally
from pregon.table_expectations.kinds import KINDS
from pregon.table_expectations.relations import Table
from pregon.table_expectations.suites import Expectation

from .tables import expectation, judged, table

TYPES = {"code": "text", "other": "text", "amount": "decimal", "count": "integer"}
PARENT = {"key": "text"}

EXPECTATIONS = [
    expectation("expect_column_values_to_not_be_null", column="code"),
    expectation("expect_column_values_to_be_null", column="other", mostly=0.2),
    expectation("expect_column_values_to_be_in_set", column="code", value_set=["a", "b"], mostly=0.5),
    expectation("expect_column_values_to_not_be_in_set", column="code", value_set=["c"]),
    expectation("expect_column_values_to_match_regex", column="code", regex="^[ab]$"),
    expectation("expect_column_values_to_not_match_regex", column="code", regex="^d"),
    expectation("expect_column_values_to_be_between", column="amount", min_value=0, max_value=4),
    expectation("expect_column_value_lengths_to_be_between", column="code", max_value=1),
    expectation("expect_column_pair_values_to_be_equal", column_A="code", column_B="other"),
    expectation(
        "expect_column_pair_values_to_be_equal", column_A="code", column_B="other", ignore_row_if="neither", mostly=0.1
    ),
    expectation("expect_column_pair_values_to_be_equal", column_A="code", column_B="parents.key"),
    expectation(
        "expect_column_pair_values_a_to_be_greater_than_b", column_A="amount", column_B="count", or_equal=True,
        ignore_row_if="either_value_is_missing",
    ),
    expectation("expect_column_values_to_be_unique", column="code"),
    expectation("expect_column_values_to_be_unique", column="count", mostly=0.3),
    expectation("expect_compound_columns_to_be_unique", column_list=["code", "count"]),
    expectation("expect_column_distinct_values_to_contain_set", column="code", value_set=["a", "c"]),
    expectation("expect_column_unique_value_count_to_be_between", column="code", min_value=2, max_value=3),
    expectation("expect_column_max_to_be_between", column="amount", max_value=4),
    expectation("expect_column_min_to_be_between", column="amount", min_value=0),
    expectation("expect_column_mean_to_be_between", column="amount", min_value=1, max_value=3),
    expectation("expect_column_sum_to_be_between", column="count", min_value=3),
    expectation("expect_table_row_count_to_be_between", min_value=6, max_value=12),
]  # fmt: skip


def row(code: str | None, other: str | None, amount: int | None, count: int | None) -> dict[str, Any]:
    return {"code": code, "other": other, "amount": amount, "count": count}


texts = st.sampled_from(["a", "b", "c", "dd", "", "  ", None])
numbers = st.one_of(st.none(), st.integers(-1, 5))
rows_of_tables = st.lists(st.builds(row, texts, texts, numbers, numbers), max_size=14)


def facts(found: dict[str, Tally], expectations: list[Expectation]) -> dict[str, tuple[Any, ...]]:
    return {
        one.id: (
            found[one.id].verdict(one),
            found[one.id].evaluated if one.kind.family != "whole" or "unique" in one.type.split("_")[-1] else None,
            found[one.id].unexpected,
            sorted(found[one.id].rows),
            found[one.id].error,
        )
        for one in expectations
    }


def test_every_kind_of_expectation_is_among_these() -> None:
    assert {one.type for one in EXPECTATIONS} == set(KINDS)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of_tables, keys=st.lists(st.sampled_from(["a", "b", "c"]), max_size=3), size=st.integers(1, 5))
def test_a_table_in_partitions_is_judged_as_the_whole_is(
    tmp_path: Path, rows: list[dict[str, Any]], keys: list[str], size: int
) -> None:
    tables = {
        "children": table(tmp_path, "children", rows, TYPES),
        "parents": table(tmp_path, "parents", [{"key": key} for key in keys], PARENT),
    }
    whole = judged(tables, "children", EXPECTATIONS)
    parts = judged(tables, "children", EXPECTATIONS, size=size)
    assert facts(parts, EXPECTATIONS) == facts(whole, EXPECTATIONS)
    assert not any(tally.error for tally in whole.values())


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of_tables, seed=st.integers(0, 99), parent_changes=st.booleans())
def test_judging_what_changed_gives_the_verdict_on_the_whole(
    tmp_path: Path, rows: list[dict[str, Any]], seed: int, parent_changes: bool
) -> None:
    chance = random.Random(seed)
    parents = [{"key": "a"}, {"key": "b"}]
    before = judged(
        {"children": table(tmp_path, "children", rows, TYPES), "parents": table(tmp_path, "parents", parents, PARENT)},
        "children",
        EXPECTATIONS,
    )
    later = []
    for one in rows:
        fate = chance.choice(["stays", "stays", "stays", "changes", "goes"])
        changed = {"_manifest": 1} if fate != "stays" else {}
        values = (
            {"code": chance.choice(["a", "c", None]), "amount": chance.choice([-1, 2, 9])} if fate == "changes" else {}
        )
        later.append({**one, **values, **changed, "_deleted": fate == "goes"})
    later += [{**row("dd", "a", 1, 1), "_manifest": 1}] * chance.choice([0, 1])
    if parent_changes:
        parents = [
            {"key": "a", "_manifest": 0},
            {"key": "b", "_manifest": 1, "_deleted": True},
            {"key": "c", "_manifest": 1},
        ]
    tables = {
        "children": table(tmp_path, "children", later, TYPES, manifest=1),
        "parents": table(tmp_path, "parents", parents, PARENT, manifest=1),
    }
    found = judged(tables, "children", EXPECTATIONS, before=before)
    assert facts(found, EXPECTATIONS) == facts(judged(tables, "children", EXPECTATIONS), EXPECTATIONS)


def test_only_the_changed_rows_are_looked_at_where_that_is_enough(tmp_path: Path) -> None:
    rows = [row("a", "a", 1, number) for number in range(9)]
    one = expectation("expect_column_values_to_be_in_set", column="code", value_set=["a"])
    before = judged({"children": table(tmp_path, "children", rows, TYPES)}, "children", [one])
    rows[4] = {**rows[4], "code": "x", "_manifest": 1}
    [tally] = judged(
        {"children": table(tmp_path, "children", rows, TYPES, manifest=1)}, "children", [one], before=before
    ).values()
    assert (tally.judged, tally.evaluated, tally.unexpected, tally.rows) == ("changed", 9, 1, ["00004"])


def test_nothing_is_judged_anew_where_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row("a", "b", 1, 1)] * 3

    def tables(manifest: int) -> dict[str, Table]:
        return {
            "children": table(tmp_path, "children", rows, TYPES, manifest),
            "parents": table(tmp_path, "parents", [], PARENT, manifest),
        }

    before = judged(tables(0), "children", EXPECTATIONS)
    monkeypatch.setattr("pregon.table_expectations.judging.validate", lambda *_, **__: pytest.fail("was judged"))
    found = judged(tables(1), "children", EXPECTATIONS, before=before)
    assert {tally.judged for tally in found.values()} == {"carried"}
    assert facts(found, EXPECTATIONS) == facts(before, EXPECTATIONS)


def test_of_many_failing_rows_the_first_are_named_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pregon.table_expectations.judging.KEPT_ROWS", 4)
    one = expectation("expect_column_values_to_not_be_null", column="code")
    rows = [row(None, None, None, None)] * 9
    [tally] = judged({"children": table(tmp_path, "children", rows, TYPES)}, "children", [one], size=2).values()
    assert (tally.unexpected, tally.complete, tally.examples) == (9, False, ["00000", "00001", "00002"])
