"""The query for Nightingale reads Riverbend's cells as the city does: else the two would not do the same work."""

import sqlite3

import pytest
from riverbend_sql import amount, blank, day, end, moment, money, start


def ask(expression: str, cell: str | None) -> object:
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(f"SELECT {expression} FROM (SELECT ? AS cell)", (cell,)).fetchone()[0]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("cell", "value"),
    [("$1,234.56", 1234.56), ("USD 1,234.56", 1234.56), ("10,000.00 - 25,000.00", 25000.0), ("771931.57", 771931.57)],
)
def test_amounts_are_read(cell: str, value: float) -> None:
    assert ask(money("cell"), cell) == value


@pytest.mark.parametrize("cell", ["TBD", None])
def test_words_are_no_amount_and_bring_no_currency(cell: str | None) -> None:
    both = amount("value", money("cell"))
    assert not ask(both["value/amount"], cell)
    assert not ask(both["value/currency"], cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-03-07", "2026-03-07"),
        ("03/07/2026", "2026-03-07"),
        ("12/31/9999", None),
        ("", None),
        ("1900-01-01", None),
    ],
)
def test_dates_are_read_in_both_spellings(cell: str, value: str | None) -> None:
    assert ask(day("cell"), cell) == value


def test_blank_is_absent() -> None:
    assert ask(blank("cell"), "  ") is None
    assert ask(blank("cell"), " a ") == "a"


def test_times_without_a_value_stay_absent() -> None:
    for expression in (moment("cell"), start("cell"), end("cell")):
        assert ask(expression, None) is None
