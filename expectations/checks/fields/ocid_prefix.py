"""An ocid begins with a prefix of the form that is issued, and names a process behind it."""

import re
from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_OCID = re.compile(r"ocds-[a-z0-9]{6}-.+\Z", re.DOTALL)


def _passes(value: Any, _: str) -> bool:
    return isinstance(value, str) and _OCID.match(value) is not None


_TEST = FieldTest(_passes)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.path == "ocid" else None


CHECK = FieldCheck(
    id="field.ocid_prefix_check",
    version="1",
    severity="critical",
    paths=("ocid",),
    source="Pelican, ocid_prefix_check, by form alone: the register of prefixes is not asked; OCDS 1.1, identifiers",
    title=Texts("The ocid has a registered prefix's form", "El ocid tiene la forma de un prefijo registrado"),
    message=Texts(
        "{value} does not begin with ocds-, six lower-case letters or digits, and a hyphen",
        "{value} no empieza con ocds-, seis letras minúsculas o dígitos y un guion",
    ),
    cost=Texts(
        "Processes of this city may collide with those of any other publisher in the world.",
        "Los procesos de esta ciudad pueden confundirse con los de cualquier otro publicador del mundo.",
    ),
    test_of=_test_of,
)
