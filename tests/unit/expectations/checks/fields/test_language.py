import pytest
from field_checks import asked, passes

from expectations.checks.fields.language import CHECK


def test_it_is_asked_of_the_release_and_of_documents() -> None:
    assert len(asked(CHECK)) == 10


@pytest.mark.parametrize("value", ["en", "es", "gn"])
def test_two_letter_codes_pass(value: str) -> None:
    assert passes(CHECK, value, "language")


@pytest.mark.parametrize("value", ["EN", "eng", "es-CO", "xx", "Spanish", 1, ["en"]])
def test_others_fail(value: object) -> None:
    assert not passes(CHECK, value, "language")
