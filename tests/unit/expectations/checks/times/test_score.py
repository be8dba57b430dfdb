from typing import Any

from asked_facts import asking_facts

from expectations.checks.model import Setting
from expectations.checks.times.score import CHECK

CRITICAL = "reference.contract_in_awards"


def judged(processes: int, failing: int, check: str = CRITICAL) -> list[dict[str, Any]]:
    return [
        {"ocid": f"{number:03}", "checks": [{"check": check, "applied": 1, "failed": int(number < failing)}]}
        for number in range(processes)
    ]


def test_without_checks_of_both_it_does_not_apply() -> None:
    for before in ([], judged(100, 0, "a check of another time")):
        found = CHECK.run(asking_facts(judged(100, 0), before), Setting())
        assert found.applied == 0
        assert found.reason is not None


def test_a_publication_judged_by_other_checks_is_not_compared() -> None:
    assert CHECK.run(asking_facts(judged(100, 50), judged(100, 0)), Setting(same_checks=False)).applied == 0


def test_a_score_that_stays_or_rises_passes() -> None:
    found = CHECK.run(asking_facts(judged(100, 1), judged(100, 2)), Setting())

    assert found.passed
    assert (found.figures["score_before"], found.figures["score_now"]) == (98.0, 99.0)


def test_a_score_that_falls_fails_with_what_got_worse_and_where() -> None:
    found = CHECK.run(asking_facts(judged(100, 4), judged(100, 2)), Setting())

    assert not found.passed
    assert found.figures[f"worse/{CRITICAL}"] == 0.02
    assert found.examples == [f"{CRITICAL}: 2.0% → 4.0%", f"{CRITICAL}: 002", f"{CRITICAL}: 003"]
