from asked_facts import asking

from expectations.checks.datasets.buyer import CHECK
from expectations.checks.model import Setting


def bought(buyer: str, times: int = 1) -> list[dict[str, object]]:
    return [{"ocid": f"{buyer}-{number}", "buyer": {"id": buyer}} for number in range(times)]


def test_of_few_processes_it_says_nothing() -> None:
    found = CHECK.run(asking(bought("roads", 999)), Setting())

    assert found.applied == 0
    assert found.reason is not None


def test_buyers_that_come_again_pass() -> None:
    found = CHECK.run(asking([*bought("roads", 500), *bought("parks", 499), *bought("museum")]), Setting())

    assert found.passed
    assert found.figures == {"processes": 1000, "buyers": 3, "seen_once": 1, "seen_once_share": 0.333333}


def test_half_of_the_buyers_seen_once_fail_and_are_named() -> None:
    found = CHECK.run(asking([*bought("roads", 999), *bought("museum")]), Setting())

    assert not found.passed
    assert found.examples == ["museum"]
