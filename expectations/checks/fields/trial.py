"""Titles and names are not those of somebody trying out the system."""

import re
from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_TRIED = re.compile(
    # The word and a number, a sign or a copy of it: `TEST 3`, `Prueba #12`; not `Test pits`, nor `Prueba de carga`.
    r"(?:test(?:ing)?|pruebas?|dummy|demo|borrador|ejemplo|sample)(?:[\s\d#:.()_-]|test|prueba)*\Z"
    # What is tried: `test solicitation`, `contrato de prueba`.
    r"|(?:[\s\d#:.()_-]|this is|a|only|just|esto es|una?)*test[ _-]"
    r"(?:tender|bids?|rfp|rfq|itb|ifb|solicitation|contract|award|vendor|supplier|record|entry|data|do not|only)\b"
    r"|(?:licitaci[oó]n|contrato|proceso|proveedor|registro|dato|concurso)s? de prueba\b"
    r"|.*\b(?:lorem ipsum|do not (?:use|bid|award|publish|respond)|please (?:ignore|disregard) this"
    r"|no (?:usar|utilizar|ofertar|publicar|responder)\b|favor (?:de )?(?:ignorar|omitir)|borrar este)",
    re.IGNORECASE,
)  # fmt: skip

_DEFINITIONS = frozenset({"Tender", "Award", "Contract", "Organization", "OrganizationReference", "Lot", "Release"})


def _passes(value: Any, _: str) -> bool:
    return type(value) is not str or len(value) > 300 or _TRIED.match(value) is None


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name in ("title", "name") and field.definition in _DEFINITIONS else None


CHECK = FieldCheck(
    id="x.test_value",
    version="1",
    severity="critical",
    paths=("tender/title", "awards/title", "contracts/title", "parties/name"),
    source="Pregón",
    title=Texts("Nothing published is a trial", "Nada de lo publicado es una prueba"),
    message=Texts(
        "“{value}” looks like somebody trying out the system", "«{value}» parece de alguien que probaba el sistema"
    ),
    cost=Texts(
        "Bidders prepare offers for tenders that don't exist, and totals count what nobody buys.",
        "Los oferentes preparan ofertas para licitaciones que no existen, y los totales suman lo que nadie compra.",
    ),
    test_of=_test_of,
)
