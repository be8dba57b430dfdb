import pytest
from field_checks import FIELDS, asked, passes

from expectations.checks.fields.placeholder_amount import CHECK

PATH = "awards/value/amount"


def test_unit_prices_are_left_out() -> None:
    assert "tender/value/amount" in asked(CHECK)
    assert not [path for path in asked(CHECK, FIELDS) if path.endswith("unit/value/amount")]


@pytest.mark.parametrize("value", [0, 0.0, 1, 0.01, 999999, 99999999, 99999999.99])
def test_amounts_that_stand_for_none_fail(value: float) -> None:
    assert not passes(CHECK, value, PATH)


@pytest.mark.parametrize("value", [2, -1, 100, 99999, 12345.67, True, "0", [1], float("nan")])
def test_others_pass(value: object) -> None:
    assert passes(CHECK, value, PATH)
