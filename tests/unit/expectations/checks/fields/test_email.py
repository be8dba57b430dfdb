import pytest
from field_checks import asked, passes

from expectations.checks.fields.email import CHECK

PATH = "parties/contactPoint/email"


def test_it_is_asked_of_contact_points() -> None:
    assert len(asked(CHECK)) == 7


@pytest.mark.parametrize("value", ["bids@riverbend.example", "o'neil+rfp@mail.city.gov", "compras@alcaldía.example"])
def test_addresses_pass(value: str) -> None:
    assert passes(CHECK, value, PATH)


@pytest.mark.parametrize(
    "value",
    ["n/a", "bids@", "@city.gov", "bids at city.gov", "a@city.gov; b@city.gov", "a..b@city.gov", "a" * 300, 4, {}],
)
def test_others_fail(value: object) -> None:
    assert not passes(CHECK, value, PATH)
