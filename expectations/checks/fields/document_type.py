"""A document stands in a section where its type belongs."""

from functools import cache
from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field, codelist, supported_extensions

_SECTIONS = {"planning": "planning", "tender": "tender", "awards": "award", "contracts": "contract"}


@cache
def _sections() -> dict[str, frozenset[str]]:
    codes = codelist("documentType", supported_extensions()).codes.values()
    return {
        code.code: frozenset(part.strip() for part in code.facts["section"].split(","))
        for code in codes
        if "section" in code.facts
    }


def _test_of(field: Field) -> FieldTest | None:
    if field.codelist != "documentType":
        return None
    first, *rest = field.path.split("/")
    section = "implementation" if "implementation" in rest else _SECTIONS.get(first)
    if section is None:
        return None
    # A code that the list does not know, or of which it states no section, may stand anywhere.
    elsewhere = frozenset(code for code, sections in _sections().items() if section not in sections)

    def passes(value: Any, _: str) -> bool:
        return not isinstance(value, str) or value not in elsewhere

    return FieldTest(passes)


def _show(value: Any) -> tuple[object, object]:
    return value, ", ".join(sorted(_sections().get(value, ())))


CHECK = FieldCheck(
    id="field.document_type",
    version="1",
    severity="info",
    paths=("tender/documents/documentType", "awards/documents/documentType", "contracts/documents/documentType"),
    source="Pelican, document_type; OCDS 1.1, documentType codelist",
    title=Texts("Documents stand in the section of their type", "Los documentos están en la sección de su tipo"),
    message=Texts(
        "a document of type {value} belongs in: {other}", "un documento de tipo {value} corresponde a: {other}"
    ),
    cost=Texts(
        "Readers look for a document at the stage it belongs to, and don't find it.",
        "Se busca el documento en la etapa a la que pertenece y no se encuentra.",
    ),
    test_of=_test_of,
    show=_show,
)
