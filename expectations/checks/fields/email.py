"""E-mail addresses of contact points have the form of one. Whether anybody reads them is not asked: no network here."""

from functools import lru_cache
from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_LONGEST = 254
"""Characters of an address (RFC 5321)."""


@lru_cache(maxsize=16_384)
def _is_address(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    if len(text) > _LONGEST:
        return False
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _passes(value: Any, _: str) -> bool:
    return isinstance(value, str) and _is_address(value)


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name == "email" and field.definition == "ContactPoint" else None


CHECK = FieldCheck(
    id="field.email",
    version="1",
    severity="warning",
    paths=("parties/contactPoint/email",),
    source="Pelican, email; RFC 5321, RFC 6531",
    title=Texts("E-mail addresses are well formed", "Los correos electrónicos están bien formados"),
    message=Texts("{value} is not one e-mail address", "{value} no es una dirección de correo electrónico"),
    cost=Texts(
        "Questions of bidders come back undelivered.",
        "Las preguntas de los oferentes se devuelven sin entregar.",
    ),
    test_of=_test_of,
)
