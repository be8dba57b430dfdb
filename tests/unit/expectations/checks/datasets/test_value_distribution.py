import pytest
from asked_facts import asking

from expectations.checks.datasets.value_distribution import CHECKS
from expectations.checks.model import DatasetCheck, Setting


def worth(section: str, *amounts: int, currency: str = "USD") -> list[dict[str, object]]:
    values = [{"id": "1", "value": {"amount": amount, "currency": currency}} for amount in amounts]
    return [
        {"ocid": f"{currency}-{number:03}", section: value if section == "tender" else [value]}
        for number, value in enumerate(values)
    ]


def section_of(check: DatasetCheck) -> str:
    return check.paths[0].partition("/")[0]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_of_few_amounts_it_says_nothing(check: DatasetCheck) -> None:
    found = check.run(asking(worth(section_of(check), *range(1, 100))), Setting())

    assert found.applied == 0
    assert found.reason is not None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_amounts_alike_pass_and_other_currencies_are_counted_apart(check: DatasetCheck) -> None:
    section = section_of(check)
    found = check.run(asking([*worth(section, *[10] * 100), *worth(section, 5, currency="EUR")]), Setting())

    assert found.passed
    assert (found.figures["total"], found.figures["currency"], found.figures["other_currencies"]) == ("1000", "USD", 1)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_an_amount_that_outweighs_all_others_fails(check: DatasetCheck) -> None:
    found = check.run(asking(worth(section_of(check), *[10] * 99, 991)), Setting())

    assert not found.passed
    assert found.examples == ["USD-099: 991 USD"]
    assert found.figures["highest_alone_share"] == 0.500252
