"""Telephone and fax numbers can be dialled, from abroad too.

Pelican asks whether a number can be parsed without knowing the country, so every national number fails. A city writes
its numbers as its people dial them, and that is no error: here the warning is for what no number can be, and a number
without `+` and the code of its country is a remark (`info`).
"""

from functools import lru_cache
from typing import Any, Literal

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

Form = Literal["international", "national", "none"]

_DIGITS = range(7, 16)
"""Digits of a number within a country, with its area code: the most are those of E.164."""


@lru_cache(maxsize=16_384)
def form_of(text: str) -> Form:
    """Tell whether a number is written with the code of its country, without it, or is none at all.

    Extensions (`ext. 12`), letters on keys and the usual punctuation are part of a number.
    """
    import phonenumbers

    if len(text) > 60:
        return "none"
    international = text.lstrip().startswith(("+", "\N{FULLWIDTH PLUS SIGN}"))
    try:
        # The region only says by whose rules a number without a code is read; no more than its digits is used then.
        number = phonenumbers.parse(text, None if international else "US")
    except phonenumbers.NumberParseException:
        return "none"
    if international:
        return "international" if phonenumbers.is_possible_number(number) else "none"
    return "national" if len(phonenumbers.national_significant_number(number)) in _DIGITS else "none"


def _is_number(value: Any, _: str) -> bool:
    return isinstance(value, str) and form_of(value) != "none"


def _has_country(value: Any, _: str) -> bool:
    return not isinstance(value, str) or form_of(value) != "national"


_TEST = FieldTest(_is_number)
_COUNTRY_TEST = FieldTest(_has_country)


def _is_telephone(field: Field) -> bool:
    return field.name in ("telephone", "faxNumber")


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if _is_telephone(field) else None


def _country_test_of(field: Field) -> FieldTest | None:
    return _COUNTRY_TEST if _is_telephone(field) else None


CHECK = FieldCheck(
    id="field.telephone",
    version="1",
    severity="warning",
    paths=("parties/contactPoint/telephone", "parties/contactPoint/faxNumber"),
    source="Pelican, telephone, without its demand for a country code",
    title=Texts("Telephone numbers can be dialled", "Los números de teléfono se pueden marcar"),
    message=Texts("{value} is not one telephone number", "{value} no es un número de teléfono"),
    cost=Texts(
        "Whoever has a question about a tender can't reach the office that answers it.",
        "Quien tiene una pregunta sobre una licitación no logra comunicarse con la oficina que la responde.",
    ),
    test_of=_test_of,
)

COUNTRY = FieldCheck(
    id="field.telephone_country",
    version="1",
    severity="info",
    paths=("parties/contactPoint/telephone", "parties/contactPoint/faxNumber"),
    source="Pelican, telephone; ITU-T E.164",
    title=Texts("Telephone numbers have a country code", "Los números de teléfono llevan código de país"),
    message=Texts(
        "{value} does not begin with + and the code of a country", "{value} no empieza con + y el código de un país"
    ),
    cost=Texts(
        "Bidders abroad have to find out the code; tools that dial or compare numbers leave this one out.",
        "Los oferentes del exterior deben averiguar el código; las herramientas que marcan o cruzan números lo omiten.",
    ),
    test_of=_country_test_of,
)

CHECKS = (CHECK, COUNTRY)
