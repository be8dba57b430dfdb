"""The description of a document is a sentence or two, not the document."""

from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

LONGEST = 250
"""Characters of a description."""


def _passes(value: Any, _: str) -> bool:
    return not isinstance(value, str) or len(value) <= LONGEST


def _all_pass(values: list[Any], _: str) -> bool:
    return max(map(len, values)) <= LONGEST


_TEST = FieldTest(_passes, _all_pass)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name == "description" and field.definition == "Document" else None


def _show(value: Any) -> tuple[object, object]:
    return len(value), LONGEST


CHECK = FieldCheck(
    id="field.document_description_length",
    version="1",
    severity="info",
    paths=("tender/documents/description", "awards/documents/description", "contracts/documents/description"),
    source="Pelican, document_description_length; OCDS 1.1, documents/description",
    title=Texts("Descriptions of documents are short", "Las descripciones de los documentos son breves"),
    message=Texts(
        "the description has {value} characters, more than {other}",
        "la descripción tiene {value} caracteres, más de {other}",
    ),
    cost=Texts(
        "Lists of documents become unreadable; what stands in the document belongs there.",
        "Las listas de documentos se vuelven ilegibles; lo que dice el documento va en el documento.",
    ),
    test_of=_test_of,
    show=_show,
)
