import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.amount_currency import CHECK

PAIR = {"amount": 0, "currency": "USD"}


def test_without_values_it_does_not_apply() -> None:
    assert outcome(CHECK, tender={"id": "1", "value": {}, "items": [{"unit": {"value": {"amount": None}}}]}) is None


def test_pairs_pass_wherever_they_stand() -> None:
    found = outcome(
        CHECK,
        planning={"budget": {"amount": PAIR, "budgetBreakdown": [{"id": "1", "amount": PAIR}]}},
        tender={"value": PAIR, "minValue": PAIR, "items": [{"unit": {"value": PAIR}}], "lots": [{"value": PAIR}]},
        awards=[{"value": {**PAIR, "x_net": {"of": "tax", "amount": 4, "currency": "USD"}}}],
        contracts=[{"value": PAIR, "implementation": {"transactions": [{"value": PAIR}], "finalValue": PAIR}}],
        bids={"details": [{"value": PAIR}]},
        x_local={"costs": {"deep": [[{"fee": PAIR}]]}},
    )
    assert applied(found) == 13


@pytest.mark.parametrize("currency", [{}, {"currency": None}, {"currency": ""}])
def test_an_amount_without_currency_fails_at_the_amount(currency: dict[str, object]) -> None:
    found = outcome(CHECK, tender={"items": [{"id": "1"}, {"unit": {"value": {"amount": 7.5, **currency}}}]})
    assert failed(found) == [("/tender/items/1/unit/value/amount", "7.5", "currency")]


def test_a_currency_without_amount_fails_at_the_currency() -> None:
    found = outcome(CHECK, bids={"details": [{"value": {"currency": "USD"}}]})
    assert failed(found) == [("/bids/details/0/value/currency", "USD", "amount")]


def test_the_currency_of_a_statistic_belongs_to_its_number() -> None:
    assert (
        outcome(CHECK, bids={"statistics": [{"measure": "lowestValidBidValue", "value": 5, "currency": "USD"}]}) is None
    )
    assert outcome(CHECK, tender={"currency": "USD"}, x_costs=[{"amount": 5}]) is None
