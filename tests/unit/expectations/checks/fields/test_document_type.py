import pytest
from field_checks import asked, passes

from expectations.checks.fields.document_type import CHECK


def test_it_is_asked_in_the_five_sections() -> None:
    assert len(asked(CHECK)) == 9


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tender/documents/documentType", "tenderNotice"),
        ("tender/milestones/documents/documentType", "clarifications"),
        ("contracts/documents/documentType", "contractSigned"),
        ("contracts/implementation/documents/documentType", "finalAudit"),
        ("tender/documents/documentType", "ourOwnCode"),
        ("tender/documents/documentType", 7),
    ],
)
def test_a_type_in_its_section_passes_and_so_does_an_unknown_one(path: str, value: object) -> None:
    assert passes(CHECK, value, path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("planning/documents/documentType", "tenderNotice"),
        ("contracts/documents/documentType", "finalAudit"),
        ("contracts/implementation/documents/documentType", "contractSigned"),
    ],
)
def test_a_type_of_another_section_fails(path: str, value: str) -> None:
    assert not passes(CHECK, value, path)


def test_the_failure_names_where_it_belongs() -> None:
    assert CHECK.show("contractGuarantees") == ("contractGuarantees", "contract, tender")
