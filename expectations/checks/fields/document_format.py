"""The format of a document is a media type of IANA, or says that it is to be had on paper only."""

from typing import Any

from expectations.checks.fields.fact_lists import fact_list
from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

OFFLINE = "offline/print"


def _passes(value: Any, _: str) -> bool:
    return isinstance(value, str) and (value in fact_list("media_types") or value == OFFLINE)


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name == "format" and field.definition == "Document" else None


CHECK = FieldCheck(
    id="field.document_format_codelist",
    version="1",
    severity="info",
    paths=("tender/documents/format", "awards/documents/format", "contracts/documents/format"),
    source="Pelican, document_format_codelist; OCDS 1.1, documents/format; IANA media types",
    title=Texts("Formats of documents are media types", "Los formatos de los documentos son tipos de medio"),
    message=Texts(
        "{value} is no media type of IANA such as application/pdf, nor offline/print",
        "{value} no es un tipo de medio de IANA como application/pdf, ni offline/print",
    ),
    cost=Texts(
        "Programs that read documents don't know what they will get.",
        "Los programas que leen documentos no saben qué van a recibir.",
    ),
    test_of=_test_of,
)
