"""Identifiers of organizations name the register they come from.

A scheme is the code of a register in org-id.guide, or a local one that begins with the code of a country, as those do:
`US-RB-VENDOR` for the vendor numbers of a city, `US_OR-…` where the state is told too. Pelican fails every local
scheme; but a city's own list of vendors is in no international register, and a prefixed scheme can't be taken for one
(OCDS 1.1, organization identifiers). Natural persons have schemes of their own there: three letters of the country,
then PASSPORT, TAXID or IDCARD.
"""

import re
from functools import lru_cache
from typing import Any

from expectations.checks.fields.fact_lists import fact_list
from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_LOCAL = re.compile(r"([A-Z]{2})(?:_[A-Z0-9]{1,3})?-[A-Z0-9][A-Z0-9_-]*\Z")
_PERSON = re.compile(r"[A-Z]{3}-(?:PASSPORT|TAXID|IDCARD)\Z")


@lru_cache(maxsize=4096)
def names_register(scheme: str) -> bool:
    """Tell whether a scheme is a code of org-id.guide, a local one of a country, or one of natural persons."""
    if scheme in fact_list("registers"):
        return True
    local = _LOCAL.match(scheme)
    return (local is not None and local[1] in fact_list("countries")) or _PERSON.match(scheme) is not None


def _passes(value: Any, _: str) -> bool:
    return isinstance(value, str) and names_register(value)


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name == "scheme" and field.definition == "Identifier" else None


CHECK = FieldCheck(
    id="field.identifier_scheme",
    version="1",
    severity="warning",
    paths=("parties/identifier/scheme", "parties/additionalIdentifiers/scheme"),
    source="Pelican, identifier_scheme, widened to local schemes; OCDS 1.1, organization identifiers",
    title=Texts(
        "Organizations are identified by a known register", "Las organizaciones se identifican por un registro"
    ),
    message=Texts(
        "{value} is no register of org-id.guide, nor a local one that begins with a country code, like US-CITY-VENDOR",
        "{value} no es un registro de org-id.guide ni uno local que empiece con un código de país, como CO-CIUDAD-PROV",
    ),
    cost=Texts(
        "Suppliers can't be matched with company registers, nor with what other cities publish of them.",
        "Los proveedores no pueden cruzarse con registros mercantiles ni con lo que otras ciudades publican de ellos.",
    ),
    test_of=_test_of,
)
