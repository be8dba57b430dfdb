import pytest
from asked_facts import asking

from expectations.checks.datasets.value_repetition import CHECKS
from expectations.checks.model import DatasetCheck, Setting


def worth(check: DatasetCheck, *amounts: int) -> list[dict[str, object]]:
    section = check.paths[0].partition("/")[0]
    values = [{"id": "1", "value": {"amount": amount, "currency": "USD"}} for amount in amounts]
    return [
        {"ocid": f"{number:03}", section: value if section == "tender" else [value]}
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_amounts_it_does_not_apply(check: DatasetCheck) -> None:
    assert check.run(asking([{"ocid": "1"}]), Setting()).applied == 0


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_different_amounts_pass(check: DatasetCheck) -> None:
    found = check.run(asking(worth(check, *range(1, 32))), Setting())

    assert found.passed
    assert found.figures["different"] == 31


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_an_amount_that_stands_for_many_fails(check: DatasetCheck) -> None:
    found = check.run(asking(worth(check, *range(1, 90), *[0] * 11)), Setting())

    assert not found.passed
    assert not found.by_design
    assert (found.examples[0], found.figures["top"]) == ("0 USD: 11", "0 USD")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_of_thirty_any_three_are_a_tenth(check: DatasetCheck) -> None:
    found = check.run(asking(worth(check, *range(1, 31))), Setting())

    assert not found.passed
    assert found.by_design
