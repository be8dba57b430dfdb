from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import Outcome
from expectations.checks.process.contracts_value import CHECK


def usd(amount: object) -> dict[str, object]:
    return {"amount": amount, "currency": "USD"}


def compared(awarded: object, *contracted: Any) -> Outcome | None:
    return outcome(
        CHECK,
        awards=[{"id": "A1", "value": usd(awarded)}],
        contracts=[{"id": str(number), "awardID": "A1", "value": value} for number, value in enumerate(contracted)],
    )


def test_without_contracts_it_does_not_apply() -> None:
    assert outcome(CHECK, awards=[{"id": "A1", "value": usd(5)}]) is None
    assert outcome(CHECK, contracts=[{"id": "C1", "awardID": "A1", "value": usd(5)}]) is None


@pytest.mark.parametrize("value", [usd(0), usd(-5), usd("5"), None, {"amount": 5}, {"amount": 5, "currency": "EUR"}])
def test_an_award_is_not_counted_if_one_of_its_contracts_has_no_amount_to_add(value: object) -> None:
    assert compared(10, usd(5), value) is None


def test_awards_that_share_an_id_are_not_counted() -> None:
    awards = [{"id": 1, "value": usd(5)}, {"id": "1", "value": usd(5)}]
    assert outcome(CHECK, awards=awards, contracts=[{"awardID": "1", "value": usd(5)}]) is None


@pytest.mark.parametrize("contracted", [[100], [25, 25], [100, 50], [33.3, 33.3, 83.4]])
def test_contracts_within_half_of_their_award_pass(contracted: list[float]) -> None:
    assert applied(compared(100, *map(usd, contracted))) == 1


def test_contracts_further_away_fail_at_the_award() -> None:
    assert failed(compared(100, usd(100), usd(50.5))) == [("/awards/0/value/amount", "100 USD", "150.5 USD")]
    assert failed(compared(100, usd(49))) == [("/awards/0/value/amount", "100 USD", "49 USD")]


def test_a_contract_of_which_only_ids_are_left_is_not_added() -> None:
    contracts = [{"id": "C1", "awardID": "A1", "value": usd(5)}, {"id": "C2", "awardID": "A1", "value": {}}]
    assert applied(outcome(CHECK, awards=[{"id": "A1", "value": usd(5)}], contracts=contracts)) == 1
