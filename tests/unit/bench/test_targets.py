"""Verdicts follow from what was measured, and nothing that was not measured is called met."""

from collections.abc import Callable
from typing import Any

import pytest
from targets import Target, targets

Change = Callable[[dict[str, Any]], None]


def verdicts(results: dict[str, Any], words: str) -> list[bool | None]:
    found = [target.met for target in targets(results) if words in target.promise]
    assert found, words
    return found


def core(results: dict[str, Any], cpu: float) -> None:
    results["main"]["costs"]["map+release+check"].update(cpu=cpu, cpu_range=[cpu, cpu])


def test_a_good_run_meets_every_target(results: dict[str, Any]) -> None:
    assert {target.met for target in targets(results)} == {True}


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("at least 4,000 processes/s per core (20,000", lambda found: core(found, 5.1)),
        ("from rows at hand", lambda found: found["chain"]["nightingale"][0]["cost"].update(cpu=399.0)),
        ("from database", lambda found: found["main"]["costs"]["extract to promote"].update(cpu=10.1)),
        ("the floor of those bytes", lambda found: found["main"]["costs"]["extract to promote"].update(cpu=50.1)),
        ("at most 1 GB", lambda found: found["memory"]["200000"]["stages"][0]["cost"].update(memory=1_000_000_001)),
        ("memory flat", lambda found: found["memory"]["400000"]["stages"][0]["cost"].update(memory=991_000_000)),
        (
            "200,000 processes changed",
            lambda found: found["memory"]["200000"]["costs"]["changed, extract to commit"].update(wall=15.1),
        ),
    ],
)
def test_a_target_is_missed_beyond_its_limit(results: dict[str, Any], words: str, change: Change) -> None:
    change(results)
    assert verdicts(results, words) == [False]


def test_what_was_not_measured_has_no_verdict(results: dict[str, Any]) -> None:
    del results["floor"], results["chain"]
    results["memory"] = {}
    for words in ("Nightingale", "the floor", "at most 1 GB", "memory flat"):
        assert verdicts(results, words) == [None]


def test_memory_alone_is_judged_without_a_main_database(results: dict[str, Any]) -> None:
    only = {"memory": results["memory"]}
    assert verdicts(only, "at most 1 GB") == [True]
    assert verdicts(only, "Nightingale") == [None]


@pytest.mark.parametrize("fault", ["missing", "wrong"])
def test_nightingale_counts_only_with_all_its_work_done(results: dict[str, Any], fault: str) -> None:
    results["chain"]["nightingale"][0][fault] = "3 processes are missing"
    assert verdicts(results, "Nightingale") == [None]


def test_the_fastest_nightingale_is_the_one_to_beat(results: dict[str, Any]) -> None:
    slow = results["chain"]["nightingale"][0]
    fast = {**slow, "rate": 40.0, "cost": {**slow["cost"], "cpu": 500.0}}
    results["chain"]["nightingale"].append(fast)
    (found,) = [target for target in targets(results) if "from rows at hand" in target.promise]
    assert found == Target(found.promise, True, "125 × (5,000/s against 40.0/s per core)")
