"""Numbers with decimals are cut, and neither a few nor all but a few disappear."""

import pytest

from transforms.texts.numbers import decimal, percent

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "country", "places", "expected"),
    [
        (99.96, "US", 1, "99.9"), (100.0, "US", 1, "100"), (1234.5, "CO", 1, "1.234,5"), (0.046, "US", 2, "0.04"),
        (0.0, "US", 1, "0"), (-0.55, "US", 1, "-0.5"), (-0.01, "US", 1, "0"), (1e-7, "US", 2, "0"),
    ],
)  # fmt: skip
def test_decimals_are_cut(value: float, country: str, places: int, expected: str) -> None:
    assert decimal(value, "es", country, places=places) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0"), (1e-9, "<0.1"), (0.0009, "<0.1"), (0.001, "0.1"), (0.0063, "0.6"), (0.5, "50"), (0.9989, "99.9"),
        (0.99951, ">99.9"), (1, "100"),
    ],
)  # fmt: skip
def test_shares_keep_what_is_small(share: float, expected: str) -> None:
    assert percent(share, "en", "US") == f"{expected}{SPACE}%"
    assert percent(share, "es", "CO") == f"{expected.replace('.', ',')}{SPACE}%"
