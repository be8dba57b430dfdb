"""Date-times lie in a range in which a city can have bought something."""

from typing import Any

from expectations.checks.days import day
from expectations.checks.model import FieldCheck, FieldContext, Texts
from transforms.ocds import Field

FIRST, LAST = "1990-01-01", "2049-12-31"

_PAST = frozenset({"date", "dateMet", "dateModified", "datePublished", "dateSigned"})
"""Fields that tell of something that has happened."""


def _chosen(field: Field) -> bool:
    return field.format == "date-time" and field.is_leaf


def _passes(value: Any, context: FieldContext) -> bool:
    if day(value) is None:
        return False
    text: str = value[:10]
    if not FIRST <= text <= LAST:
        return False
    return context.field.name not in _PAST or text <= context.day


CHECK = FieldCheck(
    id="field.date_time",
    version="1",
    severity="warning",
    source="Pelican, date_time 2.0",
    title=Texts("Dates are possible", "Las fechas son posibles"),
    message=Texts(
        f"{{value}} is no day between {FIRST} and {LAST}, or lies after the release that tells of it",
        f"{{value}} no es un día entre {FIRST} y {LAST}, o es posterior a la entrega que lo informa",
    ),
    cost=Texts(
        "Processes get lost in yearly figures, and durations come out in centuries.",
        "Los procesos se pierden en las cifras anuales y las duraciones resultan de siglos.",
    ),
    chosen=_chosen,
    passes=_passes,
)
