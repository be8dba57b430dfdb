"""Date-times lie in a range in which a city can have bought something.

What has happened (date, dateMet, dateModified, datePublished, dateSigned) lies no later than the release that tells of
it; Pelican, which knows no release dates, asks for no later than today.
"""

from typing import Any

from expectations.checks.days import day
from expectations.checks.model import FieldCheck, FieldTest, Texts
from transforms.ocds import Field

FIRST, LAST = "1990-01-01", "2049-12-31"

_PAST = frozenset({"date", "dateMet", "dateModified", "datePublished", "dateSigned"})
"""Fields that tell of something that has happened."""


_DAYS: set[str] = set()
"""Days in the range that were seen; there are no more than sixty years of them."""


def _in_range(value: Any, _: str) -> bool:
    return day(value) is not None and FIRST <= value[:10] <= LAST


def _in_the_past(value: Any, last: str) -> bool:
    return _in_range(value, last) and value[:10] <= last


def _all_in_range(values: list[Any], last: str) -> bool:
    days = {value[:10] for value in values}
    if not _DAYS.issuperset(days):
        if not all(_in_range(one, last) for one in days):
            return False
        _DAYS.update(days)
    return True


def _all_in_the_past(values: list[Any], last: str) -> bool:
    return _all_in_range(values, last) and max(values)[:10] <= last


_RANGE = FieldTest(_in_range, _all_in_range)
_PAST_RANGE = FieldTest(_in_the_past, _all_in_the_past)


def _test_of(field: Field) -> FieldTest | None:
    if field.format != "date-time":
        return None
    return _PAST_RANGE if field.name in _PAST else _RANGE


CHECK = FieldCheck(
    id="field.date_time",
    version="2",
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
    test_of=_test_of,
)
