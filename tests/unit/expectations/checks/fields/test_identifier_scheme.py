import pytest
from field_checks import asked, passes

from expectations.checks.fields.identifier_scheme import CHECK

PATH = "parties/identifier/scheme"


def test_it_is_asked_of_schemes_of_organizations() -> None:
    assert len(asked(CHECK)) == 16
    assert "tender/items/classification/scheme" not in asked(CHECK)


@pytest.mark.parametrize("value", ["US-EIN", "CO-RUE", "MX-RFC", "XI-LEI", "US-DOS"])
def test_registers_of_the_international_list_pass(value: str) -> None:
    assert passes(CHECK, value, PATH)


@pytest.mark.parametrize("value", ["US-RB-VENDOR", "CO-BOGOTA-PROV", "US_OR-PDX-VNBR", "COL-IDCARD"])
def test_local_schemes_of_a_country_and_those_of_persons_pass(value: str) -> None:
    assert passes(CHECK, value, PATH)


@pytest.mark.parametrize("value", ["us-ein", "DEP-GOB-JAL", "QQ-VENDOR", "VENDOR", "US-", "US", "US-RB VENDOR", 5, {}])
def test_others_fail(value: object) -> None:
    assert not passes(CHECK, value, PATH)
