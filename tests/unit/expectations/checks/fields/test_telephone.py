import pytest
from field_checks import asked, passes

from expectations.checks.fields.telephone import CHECK, COUNTRY

PATH = "parties/contactPoint/telephone"


def test_both_are_asked_of_telephone_and_fax_numbers() -> None:
    assert len(asked(CHECK)) == len(asked(COUNTRY)) == 14


@pytest.mark.parametrize("value", ["+1 555 234 5678", "+57 1 234 5678", "+52 (55) 1234-5678", "+1-555-234-5678 x12"])
def test_international_numbers_pass_both(value: str) -> None:
    assert passes(CHECK, value, PATH)
    assert passes(COUNTRY, value, PATH)


@pytest.mark.parametrize(
    "value", ["(555) 234-5678", "555.234.5678 ext. 9", "1-800-FLOWERS", "234 5678", "601 234 5678"]
)
def test_national_numbers_only_lack_their_country(value: str) -> None:
    assert passes(CHECK, value, PATH)
    assert not passes(COUNTRY, value, PATH)


@pytest.mark.parametrize(
    "value",
    ["see website", "+45 12", "911", "234-5678 / 234-5679", "+1 555 234 5678 or +1 555 234 5679 " * 3, 5552345678],
)
def test_what_is_no_number_or_several_fails_once(value: object) -> None:
    assert not passes(CHECK, value, PATH)
    assert passes(COUNTRY, value, PATH)
