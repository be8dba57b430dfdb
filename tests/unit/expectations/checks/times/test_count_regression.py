from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.count_regression import CHECK


def processes(year: int, times: int) -> list[dict[str, object]]:
    return [
        {"ocid": f"{year}-{number:03}", "tender": {"tenderPeriod": {"startDate": f"{year}-05-01T00:00:00Z"}}}
        for number in range(times)
    ]


def test_without_a_publication_before_it_does_not_apply() -> None:
    assert CHECK.run(asking(processes(2025, 1)), Setting()).applied == 0


def test_more_processes_pass_and_a_few_may_change_their_year() -> None:
    before = [*processes(2024, 50), *processes(2025, 50)]

    found = CHECK.run(asking([*processes(2024, 47), *processes(2025, 60)], before), Setting())

    assert found.passed
    assert found.figures == {"before": 100, "now": 107}


def test_fewer_in_all_fail() -> None:
    assert not CHECK.run(asking(processes(2025, 49), processes(2025, 50)), Setting()).passed


def test_fewer_in_one_year_fail_with_those_that_are_gone() -> None:
    before = [*processes(2024, 50), *processes(2025, 50)]

    found = CHECK.run(asking([*processes(2024, 46), *processes(2025, 60)], before), Setting())

    assert not found.passed
    assert found.figures["fewer/2024"] == 4
    assert found.examples == [f"2024: 2024-{number:03}" for number in range(46, 50)]
