import math
from decimal import Decimal
from typing import Any

import pytest

from expectations.checks.compiled import CompiledRelease, is_withdrawn, money_of, number_of, text_of, typed_id, written


@pytest.mark.parametrize("value", [True, "12", None, math.nan, math.inf, 10**400, [], {}])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number_of(value) is None


def test_ids_are_told_with_their_type_or_as_text() -> None:
    assert (text_of(1), text_of("1"), text_of(True), text_of(None), text_of([])) == ("1", "1", None, None, None)
    assert typed_id(1) == typed_id(1.0) == 1
    assert typed_id(1) != typed_id("1")
    assert typed_id(True) is None


@pytest.mark.parametrize(
    "value", [None, {}, {"amount": "5", "currency": "USD"}, {"amount": 5}, {"amount": 5, "currency": 1}, [5, "USD"]]
)
def test_money_needs_a_number_and_a_currency(value: object) -> None:
    assert money_of(value) is None


def test_money_is_what_is_written() -> None:
    assert money_of({"amount": 0.1, "currency": "USD"}) == (Decimal("0.1"), "USD")
    assert written((Decimal("1250.50"), "USD")) == "1250.50 USD"
    assert written((Decimal("5.0"), "COP")) == "5 COP"
    assert written((Decimal("1E+20"), "COP")) == f"{10**20} COP"


@pytest.mark.parametrize(
    "entry",
    [{}, {"id": "1"}, {"id": "C1", "awardID": "A1"}, {"id": "1", "unit": {"value": {}}, "items": [{"id": "2"}, {}]}],
)
def test_an_entry_with_nothing_but_ids_was_withdrawn(entry: dict[str, Any]) -> None:
    assert is_withdrawn(entry)


@pytest.mark.parametrize(
    "entry",
    [{"id": "1", "title": ""}, {"id": "1", "items": [{"id": "2", "quantity": 0}]}, {"roles": ["buyer"]}, "x", None, 0],
)
def test_an_entry_that_says_anything_stands(entry: object) -> None:
    assert not is_withdrawn(entry)


def test_of_an_entry_without_end_nothing_is_said() -> None:
    entry: dict[str, Any] = {}
    for _ in range(5_000):
        entry = {"inner": entry}
    assert not is_withdrawn(entry)


@pytest.mark.parametrize("document", [None, [], "x", 5, {"awards": {"id": "1"}, "tender": [], "parties": [1, None]}])
def test_what_has_another_type_is_left_out(document: Any) -> None:
    compiled = CompiledRelease(document)
    assert (compiled.awards, compiled.tender, compiled.parties, compiled.periods) == ([], {}, [], [])
    assert not any(compiled.moments.values())
    assert list(compiled.amounts()) == []


def test_the_amounts_are_those_of_what_a_process_costs() -> None:
    value = {"amount": 5, "currency": "USD"}
    compiled = CompiledRelease(
        {
            "planning": {"budget": {"amount": value}},
            "tender": {"value": value, "minValue": value, "items": [{"unit": {"value": value}}]},
            "awards": [{"value": value}, {"value": 5}],
            "contracts": [{"value": value, "implementation": {"transactions": [{"value": value}]}}],
        }
    )
    assert ["/".join(map(str, steps)) for steps, _, _ in compiled.amounts()] == [
        "planning/budget/amount", "tender/value", "tender/minValue", "awards/0/value", "contracts/0/value",
        "contracts/0/implementation/transactions/0/value",
    ]  # fmt: skip


def test_parties_that_share_an_id_are_referred_to_by_nobody() -> None:
    compiled = CompiledRelease({"parties": [{"id": "1"}, {"id": 1}, {"id": "2"}], "buyer": {"id": "1"}})
    assert compiled.party_ids == {"1": 1, 1: 1, "2": 1}
    assert compiled.referents["buyer"] == [(("buyer",), {"id": "1"}, "1", None)]
