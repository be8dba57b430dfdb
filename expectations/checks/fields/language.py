"""Languages are given by their two-letter code."""

from typing import Any

from expectations.checks.fields.fact_lists import fact_list
from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field


def _passes(value: Any, _: str) -> bool:
    return isinstance(value, str) and value in fact_list("languages")


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name == "language" else None


CHECK = FieldCheck(
    id="field.language",
    version="1",
    severity="warning",
    paths=("language", "tender/documents/language"),
    source="Pelican, language; ISO 639-1",
    title=Texts("Languages are two-letter codes", "Los idiomas son códigos de dos letras"),
    message=Texts(
        "{value} is no two-letter code of a language in lower case, such as en or es",
        "{value} no es un código de idioma de dos letras minúsculas, como en o es",
    ),
    cost=Texts(
        "Readers can't choose documents in their language, and searches use the wrong rules for words.",
        "No se pueden elegir documentos por idioma, y las búsquedas aplican reglas de otra lengua.",
    ),
    test_of=_test_of,
)
