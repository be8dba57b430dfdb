"""What a value looks like is told from its shape alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.profile.shapes import LINK, LONG, decimal_comma, look, run_together, shape, unit_price


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$1,234.50", "$9,999.99"),
        ("12-Jan-2024", "99-a-9999"),
        (" Calle  Mayor 4\n", "a a 9"),
        ("1,234.56 CAD", "9,999.99 ¤"),
        ("ñandú", "a"),
        ("https://example.org/a b", "a://a.a/a a"),
        ("https://example.org/a-very-long-address-of-a-document-indeed", LINK),
        ("x" * 41, LONG),
    ],
)
def test_digits_become_nines_and_words_an_a(value: str, expected: str) -> None:
    assert shape(value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("42", "integer"),
        ("-42", "integer"),
        ("0042", "integer"),
        ("1,234.56", "decimal"),
        ("1.234,56", "decimal"),
        ("3.5", "decimal"),
        ("(12.00)", "decimal"),
        ("942467.", "decimal"),
        ("$640,000", "money"),
        ("$ 1,234", "money"),
        ("15.808,00€", "money"),
        ("USD 12,500.00", "money"),
        ("1,234.56 CAD", "money"),
        ("-$1,174.54", "money"),
        ("($500)", "money"),
        ("$0 - $0", "range"),
        ("$500,001 - $1,000,000", "range"),
        ("<$25,000", "range"),
        ("12.5 %", "percent"),
        ("2024-01-31", "date"),
        ("1/31/2024", "date"),
        ("28.01.13", "date"),
        ("21,01,2013", "date"),
        ("31-JAN-2024", "date"),
        ("January 31, 2024", "date"),
        ("31 de enero de 2024", "date"),
        ("2024-01-31T00:00:00.000", "timestamp"),
        ("2024-01-31 14:00:00", "timestamp"),
        ("1/31/2024 2:00:00 PM", "timestamp"),
        ("2024-01-31T00:00:00Z", "timestamptz"),
        ("2024-01-31T00:00:00-05:00", "timestamptz"),
        ("ana.perez@city.example", "email"),
        ("https://example.org/document/17", "url"),
        ("D404171", "token"),
        ("RFQ-2022-0000538", "token"),
        ("CO1.PCCNTR.1", "token"),
        ("Open", "word"),
        ("Road salt", "text"),
        ("22950829E", "token"),
        ("9.9/MT", "token"),
        ("FL 32 12", "text"),
    ],
)
def test_the_shape_says_what_a_value_looks_like(value: str, name: str) -> None:
    assert look(shape(value)).name == name


def test_what_several_formats_could_read_names_them_all() -> None:
    assert look("99/99/9999").dates == ("%m/%d/%Y", "%d/%m/%Y")
    assert look("9999-99-99a99:99:99.999").dates == ("%Y-%m-%dT%H:%M:%S.%f",)


@given(st.text(alphabet="0123456789", min_size=1, max_size=12), st.text(alphabet="0123456789", min_size=1, max_size=12))
def test_digits_do_not_matter(first: str, second: str) -> None:
    """Two values that differ in digits only look alike."""
    other = (second * 12)[: len(first)]
    for pattern in ("{}", "${}", "A{}", "{}-01", "{} kg"):
        assert shape(pattern.format(first)) == shape(pattern.format(other))


@given(st.text(max_size=60))
def test_a_shape_holds_no_digit_but_nine_and_no_letter_but_a(text: str) -> None:
    assert not set(shape(text)) & set("012345678bcxyzBXÄé")


@pytest.mark.parametrize(
    "value", ["76500.0025.95625.00", "950319421379831.75560173.76", "12345678901234567", "3501.872.63"]
)
def test_amounts_run_together_are_told(value: str) -> None:
    assert run_together(shape(value))


@pytest.mark.parametrize("value", ["1,234.56", "1.234.567,89", "1.234.567", "771931.57", "$1,234.56"])
def test_an_amount_alone_is_not_run_together(value: str) -> None:
    assert not run_together(shape(value))


def test_a_price_per_unit_is_told() -> None:
    assert unit_price(shape("31.65/MT"))
    assert not unit_price(shape("31.65"))
    assert not unit_price(shape("$31.65"))


def test_a_decimal_comma_is_told_by_numbers_that_can_have_no_other() -> None:
    assert decimal_comma({shape("1.234,5"): 3, shape("1.234"): 9})
    assert not decimal_comma({shape("1,234.5"): 3, shape("1,234"): 9})
    assert not decimal_comma({shape("1,234"): 9})
