import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.value_realistic import _UNITS_PER_DOLLAR, CHECK
from transforms.ocds import codelist


def value(amount: object, currency: object = "USD") -> dict[str, object]:
    return {"amount": amount, "currency": currency}


@pytest.mark.parametrize("usable", [value("6000000000"), value(6e9, None), {"amount": 6e9}, value(None), {}])
def test_without_amount_and_currency_it_does_not_apply(usable: dict[str, object]) -> None:
    assert outcome(CHECK, tender={"value": usable}) is None


@pytest.mark.parametrize("amount", [0, 5_000_000_000, -5_000_000_000, 4.99e9])
def test_amounts_up_to_five_billion_dollars_pass(amount: float) -> None:
    assert applied(outcome(CHECK, tender={"value": value(amount)})) == 1


@pytest.mark.parametrize("amount", [5_000_000_001, -5_000_000_001])
def test_amounts_beyond_fail_with_amount_and_bound(amount: int) -> None:
    found = outcome(CHECK, tender={"value": value(amount)})
    assert failed(found) == [("/tender/value/amount", f"{amount} USD", "5000000000 USD")]


@pytest.mark.parametrize(
    ("currency", "most"), [("EUR", 5e9), ("MXN", 5e10), ("JPY", 5e11), ("CLP", 5e12), ("COP", 5e13), ("LBP", 5e14)]
)
def test_currencies_of_high_denomination_are_scaled(currency: str, most: float) -> None:
    assert applied(outcome(CHECK, awards=[{"value": value(most, currency)}])) == 1
    assert failed(outcome(CHECK, awards=[{"value": value(2 * most, currency)}]))


def test_every_value_of_what_a_process_costs_is_asked_of() -> None:
    much = value(6e9)
    found = outcome(
        CHECK,
        planning={"budget": {"amount": much}},
        tender={"value": much, "minValue": much, "items": [{"unit": {"value": much}}]},
        awards=[{"value": much}],
        contracts=[{"value": much, "implementation": {"transactions": [{"value": much}]}}],
    )
    assert [pointer for pointer, _, _ in failed(found)] == [
        "/planning/budget/amount/amount", "/tender/value/amount", "/tender/minValue/amount", "/awards/0/value/amount",
        "/contracts/0/value/amount", "/contracts/0/implementation/transactions/0/value/amount",
    ]  # fmt: skip


def test_the_scaled_currencies_are_currencies() -> None:
    assert set(_UNITS_PER_DOLLAR) <= set(codelist("currency").codes)
