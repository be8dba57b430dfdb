"""Quantities, durations, counts of tenderers, unit prices and payments are numbers of zero or more."""

import math
from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_NAMES = frozenset({"quantity", "durationInDays", "numberOfTenderers"})
_AMOUNTS = ("/unit/value/amount", "/transactions/value/amount", "/transactions/amount/amount")
"""Amounts of which no correction is expected; those of awards and contracts may be told as a difference."""


def _passes(value: Any, _: str) -> bool:
    # NaN is not more than anything.
    return type(value) in (int, float) and 0 <= value < math.inf


def _all_pass(values: list[Any], _: str) -> bool:
    return bool not in set(map(type, values)) and min(values) >= 0 and sum(values) < math.inf


_TEST = FieldTest(_passes, _all_pass)


def _test_of(field: Field) -> FieldTest | None:
    return _TEST if field.name in _NAMES or field.path.endswith(_AMOUNTS) else None


CHECK = FieldCheck(
    id="field.number_checks",
    version="1",
    severity="warning",
    source="Pelican, number_checks",
    title=Texts("Quantities and payments are not negative", "Las cantidades y los pagos no son negativos"),
    message=Texts("{value} is no number of zero or more", "{value} no es un número mayor o igual a cero"),
    cost=Texts(
        "Sums of what was bought and paid come out too low, and unit prices can't be compared.",
        "Las sumas de lo comprado y lo pagado resultan bajas, y los precios unitarios no son comparables.",
    ),
    test_of=_test_of,
)
