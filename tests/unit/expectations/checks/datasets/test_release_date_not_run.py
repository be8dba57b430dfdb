from asked_facts import asking

from expectations.checks.datasets.release_date_not_run import CHECK
from expectations.checks.model import Setting

RUN = "2026-03-01T12:00:00Z"


def dated(date: str, times: int = 1) -> list[dict[str, object]]:
    return [{"ocid": f"{date}-{number:03}", "date": date} for number in range(times)]


def days(most: int) -> list[dict[str, object]]:
    return [
        {"ocid": f"{number:03}", "date": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"} for number in range(most)
    ]


def test_without_dates_or_with_those_of_first_sight_alone_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1"}]), Setting()).applied == 0
    found = CHECK.run(asking(dated(RUN, 3)), Setting(RUN, frozenset({RUN})))
    assert (found.applied, found.figures) == (0, {"first_seen": 3})
    assert found.reason is not None


def test_dates_of_their_own_pass() -> None:
    found = CHECK.run(asking(days(200)), Setting(RUN))

    assert found.passed
    assert found.figures["at_run"] == 0


def test_one_date_of_many_processes_fails() -> None:
    found = CHECK.run(asking([*days(189), *dated("2026-02-02T00:00:00Z", 11)]), Setting(RUN))

    assert not found.passed
    assert not found.by_design
    assert (found.figures["top"], found.figures["top_share"]) == ("2026-02-02T00:00:00Z", 0.055)
    assert found.examples[0] == "2026-02-02T00:00:00Z-000"


def test_a_date_of_the_run_that_is_no_first_sight_fails() -> None:
    found = CHECK.run(asking([*days(200), *dated(RUN)]), Setting(RUN))

    assert not found.passed
    assert found.figures["at_run"] == 1


def test_of_few_processes_a_common_date_means_little() -> None:
    found = CHECK.run(asking(dated("2026-02-02T00:00:00Z", 3)), Setting(RUN))

    assert not found.passed
    assert found.by_design
