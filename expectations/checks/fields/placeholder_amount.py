"""Amounts that stand for no amount: 0, 1, or nothing but nines. They may be true, so this is a remark.

Unit prices are left out: things for one dollar, or for nothing, are bought.
"""

from typing import Any

from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

_AMOUNTS: frozenset[float] = frozenset(
    {0, 0.01, 1, *(10**digits - 1 for digits in range(6, 16)), *(10**digits - 0.01 for digits in range(6, 13))}
)


def _passes(value: Any, _: str) -> bool:
    return type(value) not in (int, float) or value not in _AMOUNTS


def _all_pass(values: list[Any], _: str) -> bool:
    return _AMOUNTS.isdisjoint(values)


_TEST = FieldTest(_passes, _all_pass)


def _test_of(field: Field) -> FieldTest | None:
    is_amount = field.name == "amount" and field.definition == "Value"
    return _TEST if is_amount and not field.path.endswith("/unit/value/amount") else None


CHECK = FieldCheck(
    id="x.placeholder_amount",
    version="1",
    severity="info",
    paths=("tender/value/amount", "awards/value/amount", "contracts/value/amount"),
    source="Pregón",
    title=Texts("Amounts are no placeholders", "Los montos no son de relleno"),
    message=Texts(
        "an amount of {value} often stands for one that is not known",
        "un monto de {value} suele ocupar el lugar de uno que no se conoce",
    ),
    cost=Texts(
        "Averages and comparisons of prices are pulled down by contracts that seem to cost nothing, or up by nines.",
        "Los promedios y las comparaciones de precios se distorsionan con contratos a cero o a puros nueves.",
    ),
    test_of=_test_of,
)
