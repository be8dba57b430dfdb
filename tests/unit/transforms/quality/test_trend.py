"""A trend grows by one entry for each snapshot, never without end, and believes nothing that is no entry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.quality.trend import MONTHS, NEWEST, TrendEntry, extended, read_trend

FIRST = datetime(2010, 1, 1, 5, tzinfo=UTC)


def entry(days: int, **given: Any) -> TrendEntry:
    values: dict[str, Any] = {
        "snapshot": f"s{days}", "as_of": (FIRST + timedelta(days=days)).isoformat(), "score": 90.5, "processes": 10,
        "failing_checks": {"critical": 1}, "failing_processes": {"critical": 2}, "checks": "abc", **given,
    }  # fmt: skip
    return TrendEntry(**values)


def daily(days: int) -> tuple[TrendEntry, ...]:
    trend: tuple[TrendEntry, ...] = ()
    for day in range(days):
        trend = extended(trend, entry(day))
    return trend


def test_each_snapshot_adds_an_entry() -> None:
    assert [one.snapshot for one in daily(3)] == ["s0", "s1", "s2"]


def test_of_older_ones_the_last_of_each_month_stays() -> None:
    trend = daily(100)
    older = trend[:-NEWEST]
    assert [one.as_of[:10] for one in older] == ["2010-01-31", "2010-02-28", "2010-03-11"]
    assert trend[-1].snapshot == "s99"
    assert len(trend) == NEWEST + 3


def test_it_ends_after_ten_years_of_months() -> None:
    assert len(daily(366 * 15)) == NEWEST + MONTHS


def test_the_same_snapshot_again_is_one_entry() -> None:
    assert extended(daily(3), entry(2, score=50.0))[-1].score == 50
    assert len(extended(daily(3), entry(2))) == 3


def test_what_came_later_gives_way_to_an_older_state() -> None:
    assert [one.snapshot for one in extended(daily(5), entry(2, snapshot="again"))] == ["s0", "s1", "s2", "again"]


def test_an_entry_survives_json() -> None:
    trend = daily(3)
    assert read_trend({"trend": [one.to_json() for one in trend]}) == trend


@pytest.mark.parametrize(
    "broken",
    [
        None, [], {"trend": None}, {"trend": [None, 1, "x", [], {}]},
        {"trend": [{**entry(1).to_json(), "as_of": "yesterday"}]},
        {"trend": [{**entry(1).to_json(), "as_of": "2026-01-01T00:00:00"}]},
        {"trend": [{**entry(1).to_json(), "score": 1e9}]},
        {"trend": [{**entry(1).to_json(), "score": float("nan")}]},
        {"trend": [{**entry(1).to_json(), "processes": "<script>"}]},
        {"trend": [{**entry(1).to_json(), "failing_processes": {"critical": -1}}]},
        {"trend": [{**entry(1).to_json(), "failing_checks": []}]},
    ],
)  # fmt: skip
def test_what_is_no_entry_is_left_out(broken: object) -> None:
    assert read_trend(broken) == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(entry(1).to_json())), inner),
    max_leaves=20,
)


@given(anything)
def test_reading_never_raises(value: object) -> None:
    assert isinstance(read_trend({"trend": [value]}), tuple)
    assert isinstance(read_trend(value), tuple)
