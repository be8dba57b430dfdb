"""The gate decides by the share of processes that were quarantined, and says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.gate import ProcessThresholds, Thresholds, Verdict, decide, decide_ledger, decide_processes

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


PROCESSES = ProcessThresholds(vanished_stop=0.1, renamed="stop")


def verdict(
    published: int = 1000,
    vanished: int = 0,
    renamed: int = 0,
    doubled: int = 0,
    *,
    accepted: tuple[str, ...] = (),
    limits: ProcessThresholds = PROCESSES,
) -> Verdict:
    return decide_processes(
        published=published,
        vanished=vanished,
        examples=("o-1", "o-2")[:vanished],
        renamed=[(f"o-{number}", f"n-{number}") for number in range(renamed)],
        doubled=[(f"o-{number}", f"O-{number}") for number in range(doubled)],
        thresholds=limits,
        accepted=accepted,
    )


@pytest.mark.parametrize(
    ("published", "vanished", "outcome"),
    [(0, 0, "publish"), (1000, 100, "publish"), (1000, 101, "stop"), (50, 10, "publish"), (50, 11, "stop"),
     (3, 2, "publish"), (3, 3, "stop"), (1, 1, "stop")],
)  # fmt: skip
def test_many_processes_that_vanish_at_once_stop_a_run(published: int, vanished: int, outcome: str) -> None:
    found = verdict(published, vanished)
    assert found.outcome == outcome
    if outcome == "stop":
        assert "not in the source any more (o-1" in found.reasons[0]
        assert "--accept vanished" in found.hints[0]
        assert verdict(published, vanished, accepted=("vanished",)).outcome == "flag"
        assert verdict(published, vanished, accepted=("renamed",)).outcome == "stop"


def test_a_renamed_process_stops_a_run_unless_somebody_or_the_city_lets_it_pass() -> None:
    found = verdict(renamed=4)
    assert found.outcome == "stop"
    assert found.reasons == (
        "4 processes seem to have another key now: o-0 → n-0, o-1 → n-1, o-2 → n-2 …",
    )  # fmt: skip
    assert verdict(renamed=1, accepted=("renamed",)) == Verdict(
        "flag", ("1 process seems to have another key now: o-0 → n-0",)
    )
    assert verdict(renamed=1, limits=ProcessThresholds(0.1, "flag")).outcome == "flag"


def test_nobody_can_accept_ocids_that_differ_in_letter_case() -> None:
    everything = ("vanished", "renamed", "empty_ledger")
    found = verdict(doubled=1, accepted=everything, limits=ProcessThresholds(1, "flag"))
    assert found.outcome == "stop"
    assert "in letter case only: o-0 → O-0" in found.reasons[0]


def test_an_empty_ledger_beside_a_publication_stops_a_run() -> None:
    assert decide_ledger(releases=0, accepted=()).outcome == "publish"
    found = decide_ledger(releases=7, accepted=())
    assert found.outcome == "stop"
    assert "pregon ledger rebuild" in found.hints[0]
    assert decide_ledger(releases=7, accepted=("empty_ledger",)).outcome == "publish"


def test_of_two_verdicts_the_graver_counts_and_both_say_why() -> None:
    joined = Verdict("flag", ("a",), ("x",)) & Verdict("stop", ("b",), ("y",))
    assert joined == Verdict("stop", ("a", "b"), ("x", "y"))
    assert (Verdict("flag", ("a",)) & Verdict("publish", ())) == Verdict("flag", ("a",))
