from typing import Any

import pytest
from checked_process import applied, failed, outcome
from hypothesis import given
from hypothesis import strategies as st

from expectations.checks.model import Outcome
from expectations.checks.process.amount_concatenated import CHECK


def usd(amount: object) -> dict[str, object]:
    return {"amount": amount, "currency": "USD"}


def process(tender: object, *awarded: object, paid: object = None) -> Outcome | None:
    """A process with the value of its tender, and an award and a contract of each value."""
    document: dict[str, Any] = {
        "awards": [{"id": str(number), "value": usd(value)} for number, value in enumerate(awarded)],
        "contracts": [{"id": str(number), "value": usd(value)} for number, value in enumerate(awarded)],
    }
    if tender is not None:
        document["tender"] = {"value": usd(tender)}
    if paid is not None:
        document["contracts"][0]["implementation"] = {"transactions": [{"value": usd(paid)}]}
    return outcome(CHECK, **document)


def test_without_amounts_to_compare_it_does_not_apply() -> None:
    assert outcome(CHECK, tender={"value": usd(135_000_142_000)}) is None
    assert outcome(CHECK, tender={"value": usd(5)}, awards=[{"value": {"amount": 5, "currency": "EUR"}}]) is None
    assert outcome(CHECK, tender={"value": usd(5)}, awards=[{"value": usd("135000142000")}]) is None


@pytest.mark.parametrize(
    ("tender", "amount", "parts"),
    [
        (250_000, 135_000_142_000, "135000 USD + 142000 USD"),
        (80_000, 76_500_25_956.25, "76500 USD + 25956.25 USD"),
        (80_000, 76_500_00_25_956_25, "76500.00 USD + 25956.25 USD"),
        (5_000, 4_000_1_250, "4000 USD + 1250 USD"),
    ],
)
def test_two_amounts_of_the_size_of_the_tender_in_one_fail_with_both(tender: int, amount: float, parts: str) -> None:
    found = failed(process(tender, amount))
    assert [pointer for pointer, _, _ in found] == ["/awards/0/value/amount", "/contracts/0/value/amount"]
    assert {other for _, _, other in found} == {parts}


def test_one_award_far_beyond_two_others_fails() -> None:
    found = failed(process(None, 135_000, 142_000, 118_000_97_500))
    assert [(pointer, other) for pointer, _, other in found] == [
        ("/awards/2/value/amount", "118000 USD + 97500 USD"),
        ("/contracts/2/value/amount", "118000 USD + 97500 USD"),
    ]


def test_one_amount_behind_the_cents_of_another_fails_if_the_other_is_there() -> None:
    found = failed(process(1_500_000, 950_319.421379831, 1_379_831))
    assert [(pointer, other) for pointer, _, other in found] == [
        ("/awards/0/value/amount", "950319.42 USD + 1379831 USD"),
        ("/contracts/0/value/amount", "950319.42 USD + 1379831 USD"),
    ]
    assert failed(process(950_319.42 + 1_379_831, 950_319.421379831)), "or if the tender is what both come to"


@pytest.mark.parametrize(
    ("tender", "amount"),
    [
        (250_000, 250_000_000),  # thousands for units
        (250_000, 135_000_000),  # no second amount after the zeros
        (250_000, 2_000_000),  # large, but no thousand times
        (250_000, 135_000_000_142),  # 142 is no purchase of this size
        (5_000_000, 135_000_142_000),  # 135,000 and 142,000 would be too small for this tender
        (72_349.2, 72_349.20000000001),  # what a computer makes of cents
        (100_000, 83_333.33333333333),  # a third
        (12_345.12, 12_345.123456),  # six decimals, and no other amount that explains them
        (999, 998_999),  # below what is looked at
    ],
)
def test_other_large_or_long_amounts_pass(tender: float, amount: float) -> None:
    assert applied(process(tender, amount)) == 3


def test_one_small_lot_beside_a_large_one_proves_nothing() -> None:
    assert applied(process(None, 6_000, 31_522_410)) == 4
    assert applied(process(None, 6_000, 6_100, 31_522_410, 41_522_410, 51_522_410)) == 10


def test_small_payments_and_minimum_values_prove_nothing() -> None:
    assert applied(process(52_341_234, 52_341_234, paid=5_100)) == 4
    found = outcome(CHECK, tender={"minValue": usd(5_000)}, awards=[{"value": usd(52_341_234)}])
    assert applied(found) == 2


def test_a_payment_of_two_run_together_fails() -> None:
    found = failed(process(250_000, 250_000, paid=120_000_130_000))
    expected = (
        "/contracts/0/implementation/transactions/0/value/amount",
        "120000130000 USD",
        "120000 USD + 130000 USD",
    )
    assert found == [expected]


@given(
    tender=st.integers(20_000, 50_000_000),
    shares=st.tuples(st.integers(20, 80), st.integers(20, 80)),
)
def test_whatever_two_amounts_are_run_together_is_found(tender: int, shares: tuple[int, int]) -> None:
    first, second = (tender * share // 100 for share in shares)
    assert failed(process(tender, int(f"{first}{second}")))


@given(tender=st.integers(1_000, 10**9), times=st.floats(0.001, 999))
def test_no_amount_less_than_a_thousand_times_the_tender_is_suspected(tender: int, times: float) -> None:
    amount = round(tender * times, 2)
    found = process(tender, amount) if amount else None
    assert found is None or not found.failures
