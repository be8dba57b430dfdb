import math

import pytest
from field_checks import asked, passes

from expectations.checks.fields.number_checks import CHECK


def test_it_is_asked_where_nothing_negative_can_be() -> None:
    assert len(asked(CHECK)) == 15
    assert "contracts/value/amount" not in asked(CHECK)


@pytest.mark.parametrize("value", [0, 0.0, 3, 2.5, 10**400])
def test_zero_and_more_pass(value: float) -> None:
    assert passes(CHECK, value, "tender/items/quantity")


@pytest.mark.parametrize("value", [-1, -0.01, math.nan, math.inf, -math.inf, True, "12", [1]])
def test_less_and_what_is_no_number_fails(value: object) -> None:
    assert not passes(CHECK, value, "tender/items/quantity")
