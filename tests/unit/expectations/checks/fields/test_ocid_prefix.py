import pytest
from field_checks import FIELDS, asked, passes

from expectations.checks.fields.ocid_prefix import CHECK


def test_it_is_asked_of_the_ocid() -> None:
    assert asked(CHECK, FIELDS) == ["ocid"]


def test_a_prefix_and_a_process_pass() -> None:
    assert passes(CHECK, "ocds-213czf-RFP-2026-7", "ocid")


@pytest.mark.parametrize(
    "value", ["ocds-213czf", "ocds-213czf-", "ocds-213CZF-1", "ocds-213cz-1", "OCDS-213czf-1", "1", 1]
)
def test_others_fail(value: object) -> None:
    assert not passes(CHECK, value, "ocid")
