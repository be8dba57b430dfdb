from field_checks import asked, passes

from expectations.checks.fields.document_description_length import CHECK

PATH = "awards/documents/description"


def test_it_is_asked_of_documents() -> None:
    assert len(asked(CHECK)) == 9


def test_two_hundred_and_fifty_characters_pass() -> None:
    assert passes(CHECK, "é" * 250, PATH)


def test_more_fail_and_only_their_number_is_shown() -> None:
    assert not passes(CHECK, "x" * 251, PATH)
    assert CHECK.show("x" * 251) == (251, 250)
