"""Amounts of facts are decimals that fit their column, whatever number a document has."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.facts import AMOUNT_DIGITS, amount_of


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (12, "12"),
        (0.1, "0.1"),
        (1.23456789, "1.234568"),
        (2.0**80, "1208925819614629200000000.000000"),
        (10**32, None),
        (float("nan"), None),
        (float("-inf"), None),
        (True, None),
        ("12", None),
    ],
)
def test_an_amount_is_decimal_text_or_nothing(value: object, amount: str | None) -> None:
    assert amount_of(value) == amount


@given(value=st.floats() | st.integers())
def test_every_amount_fits_its_column(value: float) -> None:
    amount = amount_of(value)
    if amount is not None:
        _, digits, exponent = Decimal(amount).as_tuple()
        assert isinstance(exponent, int)
        assert -exponent <= AMOUNT_DIGITS[1]
        assert len(digits) + exponent <= AMOUNT_DIGITS[0] - AMOUNT_DIGITS[1]
