"""The gate decides by the share of processes that were quarantined, and says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.gate import Thresholds, Verdict, decide

LIMITS = Thresholds(quarantine_flag=0.01, quarantine_stop=0.05)


def outcome(processes: int, quarantined: int, limits: Thresholds = LIMITS) -> str:
    return decide(processes=processes, quarantined=quarantined, problems={}, thresholds=limits).outcome


def test_nothing_quarantined_is_published_without_a_word() -> None:
    assert decide(processes=0, quarantined=0, problems={}, thresholds=LIMITS) == Verdict("publish", ())


@pytest.mark.parametrize(
    ("quarantined", "expected"),
    [(0, "publish"), (1, "publish"), (10, "publish"), (11, "flag"), (50, "flag"), (51, "stop"), (1000, "stop")],
)
def test_a_share_counts_when_it_is_above_its_limit(quarantined: int, expected: str) -> None:
    assert outcome(1000, quarantined) == expected


def test_without_tolerance_one_process_stops_the_run() -> None:
    assert outcome(1_000_000, 1, Thresholds(0, 0)) == "stop"


def test_with_full_tolerance_nothing_does() -> None:
    assert outcome(10, 10, Thresholds(1, 1)) == "publish"


def test_the_reason_names_share_and_most_frequent_problems() -> None:
    problems = {"tender/title": 2, "tender/value": 9, "awards": 2, "buyer": 1}
    verdict = decide(processes=100, quarantined=3, problems=problems, thresholds=LIMITS)
    assert verdict == Verdict(
        "flag", ("3 of 100 processes (3.0%) break the schema (tender/value: 9; awards: 2; tender/title: 2)",)
    )


def test_a_stop_names_the_limit_to_raise() -> None:
    (reason,) = decide(processes=10, quarantined=5, problems={}, thresholds=LIMITS).reasons
    assert "5 of 10 processes (50.0%)" in reason
    assert "more than quality.quarantine_stop allows (5.0%)" in reason


@given(st.integers(1, 10_000), st.data())
def test_more_quarantine_never_makes_a_milder_verdict(processes: int, data: st.DataObject) -> None:
    fewer = data.draw(st.integers(0, processes))
    more = data.draw(st.integers(fewer, processes))
    severity = ["publish", "flag", "ask", "stop"]
    assert severity.index(outcome(processes, fewer)) <= severity.index(outcome(processes, more))


def test_one_process_breaks_the_schema() -> None:
    assert (
        decide(processes=1, quarantined=1, problems={}, thresholds=LIMITS)
        .reasons[0]
        .startswith("1 of 1 process (100.0%) breaks the schema")
    )
