from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.sources.casting import cast_column

NAIVE = datetime(2026, 3, 1, 10, 30)  # noqa: DTZ001 - naive stays naive


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("text", "  x ", "  x "),
        ("text", 7, "7"),
        ("text", True, "true"),
        ("text", b"abc", "abc"),
        ("text", Decimal("1E+3"), "1000"),
        ("text", date(2026, 3, 1), "2026-03-01"),
        ("text", {"b": 1, "a": [2]}, '{"a":[2],"b":1}'),
        ("integer", "42", 42),
        ("integer", " -7 ", -7),
        ("integer", 3.0, 3),
        ("integer", Decimal("5.00"), 5),
        ("integer", "", None),
        ("decimal", "771931.57", Decimal("771931.57")),
        ("decimal", 5, Decimal(5)),
        ("decimal", 0.1, Decimal("0.1")),
        ("decimal", 33.333333333333336, Decimal("33.333333333")),
        ("decimal", Decimal("2870993010534"), Decimal("2870993010534")),
        ("decimal", "  ", None),
        ("date", "2026-03-01", date(2026, 3, 1)),
        ("date", "2026-03-01T00:00:00", date(2026, 3, 1)),
        ("date", datetime(2026, 3, 1), date(2026, 3, 1)),  # noqa: DTZ001
        ("date", "0201-05-06", date(201, 5, 6)),
        ("timestamp", "2026-03-01 10:30:00", NAIVE),
        ("timestamp", "2026-03-01T10:30", NAIVE),
        ("timestamp", NAIVE, NAIVE),
        ("timestamp", date(2026, 3, 1), datetime(2026, 3, 1)),  # noqa: DTZ001
        ("timestamptz", "2026-03-01T10:30:00-06:00", datetime(2026, 3, 1, 16, 30, tzinfo=UTC)),
        ("boolean", 1, True),
        ("boolean", "No", False),
        ("boolean", "T", True),
    ],
)
def test_a_value_that_fits_is_taken_alone_and_among_others(declared: str, value: Any, expected: Any) -> None:
    for values in ([value], [None, value], [value, None, value]):
        array, wrong = cast_column(values, declared)
        assert wrong == {}
        assert array.to_pylist() == [None if one is None else expected for one in values]


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("text", b"\xff"),
        ("text", "a\udcff"),
        ("integer", "7a"),
        ("integer", "0x1F"),
        ("integer", 2.5),
        ("integer", 2**63),
        ("decimal", "1,234.56"),
        ("decimal", "$5"),
        ("decimal", "76500.0025.95625.00"),
        ("decimal", "0.1234567891"),
        ("decimal", Decimal("0.1234567891")),
        ("decimal", Decimal("NaN")),
        ("decimal", float("inf")),
        ("decimal", float("nan")),
        ("decimal", "9" * 30),
        ("decimal", True),
        ("date", "03/01/2026"),
        ("date", "2026-02-30"),
        ("date", "2026-03-01T10:00:00"),
        ("timestamp", "2026-03-01T10:30:00Z"),
        ("timestamp", NAIVE.replace(tzinfo=UTC)),
        ("timestamp", 1709288000),
        ("timestamptz", "2026-03-01T10:30:00"),
        ("timestamptz", NAIVE),
        ("boolean", "perhaps"),
        ("boolean", 2),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_the_others_are_kept(declared: str, value: Any) -> None:
    array, wrong = cast_column([None, value, None], declared)
    assert array.to_pylist() == [None, None, None]
    assert list(wrong) == [1]
    assert wrong[1].endswith(f"is not {declared}")


@given(st.lists(st.none() | st.decimals(-(10**18), 10**18, places=6) | st.integers(-(10**18), 10**18), max_size=20))
def test_decimals_stay_exact(values: list[Any]) -> None:
    array, wrong = cast_column(values, "decimal")
    assert wrong == {}
    assert array.to_pylist() == values
