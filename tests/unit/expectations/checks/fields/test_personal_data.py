import pytest
from field_checks import FIELDS, asked, passes

from expectations.checks.fields.personal_data import CHECK

PATH = "tender/description"


def test_it_is_asked_of_texts_and_never_of_what_is_made_for_persons() -> None:
    paths = asked(CHECK, FIELDS)

    assert {"tender/title", "tender/description", "contracts/amendments/rationale", "tender/enquiries/answer"} <= set(
        paths
    )
    assert not [path for path in paths if "contactPoint" in path or path.endswith(("/name", "Address"))]


def test_a_text_without_personal_data_passes() -> None:
    assert passes(CHECK, "Resurfacing of 12 streets, RFP-2026-0117, until 2027-06-30", PATH)
    assert passes(CHECK, 7, PATH)


def test_a_telephone_number_fails_and_is_shown_as_its_form_only() -> None:
    text = "Call Ana at 555-010-4477 for the keys"

    assert not passes(CHECK, text, PATH)
    assert CHECK.show(text) == ("•••-•••-••••", "tel.")


def test_nothing_is_shown_where_nothing_was_found() -> None:
    assert CHECK.show("Keys") == ("", "")


@pytest.mark.parametrize("values", [["Keys", "x@"], ["see 555-010-4477", "Keys"], ["b@c.example"]])
def test_texts_that_may_hold_some_are_looked_at_one_by_one(values: list[str]) -> None:
    test = CHECK.test_of(FIELDS[PATH])
    assert test is not None
    assert test.all_pass is not None
    assert not test.all_pass(values, "")
