from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import Outcome
from expectations.checks.process.transactions_value import CHECK


def usd(amount: object) -> dict[str, object]:
    return {"amount": amount, "currency": "USD"}


def compared(contracted: object, *paid: Any) -> Outcome | None:
    transactions = [{"id": str(number), "date": "2026-01-01", "value": value} for number, value in enumerate(paid)]
    contract = {"id": "C1", "value": usd(contracted), "implementation": {"transactions": transactions}}
    return outcome(CHECK, contracts=[contract])


def test_without_transactions_it_does_not_apply() -> None:
    assert compared(5) is None


@pytest.mark.parametrize("value", [usd("5"), usd(None), None, {"amount": 5}, {"amount": 5, "currency": "EUR"}])
def test_a_contract_is_not_counted_if_one_payment_has_no_amount_to_add(value: object) -> None:
    assert compared(10, usd(5), value) is None


def test_payments_up_to_the_contract_pass_to_the_last_cent() -> None:
    assert applied(compared(0.3, usd(0.1), usd(0.2))) == 1
    assert applied(compared(100, usd(60), usd(-10), usd(50))) == 1


def test_payments_beyond_the_contract_fail_with_both_sums() -> None:
    found = compared(100, usd(60), usd(40.01))
    assert failed(found) == [("/contracts/0/implementation/transactions", "100.01 USD", "100 USD")]


def test_a_payment_of_which_only_its_id_is_left_is_not_added() -> None:
    transactions = [{"id": "1", "value": usd(5)}, {"id": "2", "value": {}, "payer": {"id": "P1"}}]
    contract = {"id": "C1", "value": usd(5), "implementation": {"transactions": transactions}}
    assert applied(outcome(CHECK, contracts=[contract])) == 1
