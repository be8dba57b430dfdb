"""Values that mean none, as real sources write it."""

import pytest

from transforms.profile.nulls import null_family


@pytest.mark.parametrize(
    "value",
    [
        "None",
        "N/A",
        "NA ",
        "nil",
        "--",
        "-",
        "No Definido",
        "No definido",
        "UNSPECIFIED",
        "Sin Descripción",
        "TBD",
        "(blank)",
    ],
)
def test_words_for_none(value: str) -> None:
    assert null_family(value) == "word"


@pytest.mark.parametrize(
    "value",
    [
        "1900-01-01",
        "1900-01-01 00:00:00",
        "01/01/1900",
        "9999-12-31T00:00:00.000",
        "12/31/9999",
        "2200-12-31",
        "31/12/2200",
        "1900-01-01 15:00:00",
    ],
)
def test_days_for_none(value: str) -> None:
    assert null_family(value) == "date"


@pytest.mark.parametrize("value", ["99999999999", "xxxxxxxx", "000000", "(000) 000-0000", "000@000.ca", "99.99.99999"])
def test_placeholders(value: str) -> None:
    assert null_family(value) == "placeholder"


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "$0",
        "0.00",
        "Confidential",
        "1900-01-02",
        "2020-01-01",
        "Nil Desperandum Ltd",
        "9999",
        "60000",
        "x",
        "10000000",
        "PO-00019001",
    ],
)
def test_zero_what_is_withheld_and_real_values_are_no_nulls(value: str) -> None:
    assert null_family(value) is None
