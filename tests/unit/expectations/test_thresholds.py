"""Limits lead from shares of failures to outcomes: a share counts when it is above its limit, the gravest first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.thresholds import GRAVITY, Due, Limits, Rule, Thresholds, always

shares = st.floats(0, 1)
limits = st.builds(Limits, *(st.none() | shares for _ in range(3)))


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, None), (0.01, None), (0.02, "flag"), (0.1, "flag"), (0.11, "ask"), (0.5, "ask"), (0.51, "stop")],
)
def test_a_share_counts_when_it_is_above_a_limit(share: float, expected: str | None) -> None:
    assert Limits(flag=0.01, ask=0.1, stop=0.5).passed(share) == expected


@given(limits, shares, shares)
def test_a_larger_share_never_has_a_milder_outcome(found: Limits, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert GRAVITY.index(found.passed(low) or "publish") <= GRAVITY.index(found.passed(high) or "publish")


@given(limits, shares)
def test_lower_limits_never_have_a_milder_outcome(found: Limits, share: float) -> None:
    stricter = Limits(*(None if limit is None else limit / 2 for limit in found))
    assert GRAVITY.index(found.passed(share) or "publish") <= GRAVITY.index(stricter.passed(share) or "publish")


@given(limits)
def test_sound_limits_are_in_order(found: Limits) -> None:
    given_ones = [limit for limit in found if limit is not None and limit < 1]
    in_order = given_ones == sorted(given_ones)
    if found.disorder(found) is None:
        assert in_order


def test_one_means_never_and_is_in_nobodys_way() -> None:
    never = Limits(flag=1.0, ask=0.2)
    assert never.disorder(never) is None
    assert never.passed(0.1) is None
    assert Limits(stop=1.0).passed(1.0) is None


@pytest.mark.parametrize("outcome", GRAVITY)
def test_a_word_is_due_to_any_failure(outcome: Any) -> None:
    rule = always(outcome)
    assert (rule.level.passed(1e-9) or "publish") == outcome
    assert rule.level.passed(0) is None


def test_the_limits_of_a_check_have_precedence_limit_by_limit() -> None:
    thresholds = Thresholds(
        severities={"critical": Rule(Limits(flag=0.0, stop=0.5)), "warning": Rule(), "info": Rule()},
        checks={"a.b": Rule(Limits(stop=0.1)), "c.d": always("publish")},
        whole=frozenset({"c.d"}),
    )
    assert thresholds.due("a.b", "critical", "process", 0.05) == Due("flag", 0.0, "quality.severities.critical.flag")
    assert thresholds.due("a.b", "critical", "process", 0.2) == Due("stop", 0.1, "quality.checks.a.b.stop")
    assert thresholds.due("other", "critical", "process", 0.2) == Due("flag", 0.0, "quality.severities.critical.flag")
    assert thresholds.due("c.d", "critical", "process", 1.0) is None


def test_a_check_over_time_follows_the_words_for_its_severity() -> None:
    thresholds = Thresholds()
    assert thresholds.due("time.x", "critical", "time", 1.0) == Due("ask", 0.0, "quality.over_time.critical")
    assert thresholds.due("time.x", "warning", "time", 1.0) == Due("flag", 0.0, "quality.over_time.warning")
    assert thresholds.due("time.x", "info", "time", 1.0) is None


def test_by_default_no_level_holds_up_a_first_publication_but_worsening_is_asked_about() -> None:
    thresholds = Thresholds()
    for severity in ("critical", "warning"):
        found = thresholds.due("a.b", severity, "process", 1.0)  # type: ignore[arg-type]
        assert found is not None
        assert found.outcome == "flag"
    assert thresholds.due("a.b", "info", "process", 1.0) is None
    worse = thresholds.due_to_worsening("a.b", "critical", "process", 0.06)
    assert worse == Due("ask", 0.05, "quality.severities.critical.worse.ask")
