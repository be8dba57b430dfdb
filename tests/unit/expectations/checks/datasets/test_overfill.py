from typing import Any

from asked_facts import asking

from expectations.checks.datasets.overfill import CHECK
from expectations.checks.model import Setting


def pair(number: int, *, contract: str, signed: str, amount: int) -> dict[str, Any]:
    award = {"id": "A", "date": "2026-01-05T00:00:00Z", "value": {"amount": 100, "currency": "USD"}}
    signature = {"id": contract, "awardID": "A", "dateSigned": signed, "value": {"amount": amount, "currency": "USD"}}
    return {"ocid": f"{number:03}", "awards": [award], "contracts": [signature]}


def pairs(times: int = 100, **same: Any) -> list[dict[str, Any]]:
    different: dict[str, Any] = {"contract": "C", "signed": "2026-02-05T00:00:00Z", "amount": 90}
    return [pair(number, **(different | same)) for number in range(times)]


SAME_DAY, SAME_AMOUNT = {"signed": "2026-01-05T00:00:00Z"}, {"amount": 100}


def test_of_few_pairs_it_says_nothing() -> None:
    assert CHECK.run(asking(pairs(99, contract="A")), Setting()).applied == 0


def test_records_that_differ_pass() -> None:
    found = CHECK.run(asking(pairs()), Setting())

    assert found.passed
    assert found.figures == {"pairs": 100, "same_ids_share": 0, "same_dates_share": 0, "same_amounts_share": 0}


def test_the_same_price_or_the_same_day_alone_passes() -> None:
    assert CHECK.run(asking(pairs(**SAME_DAY)), Setting()).passed
    assert CHECK.run(asking(pairs(**SAME_AMOUNT)), Setting()).passed


def test_the_same_ids_or_the_same_day_and_price_fail() -> None:
    for publication in (pairs(contract="A"), pairs(**SAME_DAY, **SAME_AMOUNT)):
        found = CHECK.run(asking(publication), Setting())
        assert not found.passed
        assert found.examples[0] == "000"
        assert found.remark is not None
