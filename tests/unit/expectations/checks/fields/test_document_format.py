import pytest
from field_checks import asked, passes

from expectations.checks.fields.document_format import CHECK

PATH = "tender/documents/format"


def test_it_is_asked_of_documents() -> None:
    assert len(asked(CHECK)) == 9


@pytest.mark.parametrize("value", ["application/pdf", "text/csv", "image/vnd.dwg", "offline/print"])
def test_media_types_and_paper_pass(value: str) -> None:
    assert passes(CHECK, value, PATH)


@pytest.mark.parametrize("value", ["pdf", "PDF", "application/PDF", "application/acad", ".docx", 3, []])
def test_others_fail(value: object) -> None:
    assert not passes(CHECK, value, PATH)
