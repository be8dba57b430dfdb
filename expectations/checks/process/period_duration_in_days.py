"""The duration of a period is the time from its start to its end, or to its greatest extent where it has no end.

The difference is exact; a duration may round it either way. Times without an offset are not held against times with
one: between them lies nobody knows how much.
"""

import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from expectations.checks.compiled import CompiledRelease, number_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_DAY = timedelta(days=1)


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for steps, period in compiled.periods:
        duration = number_of(period.get("durationInDays"))
        expected = _days(period) if duration is not None else None
        if duration is None or expected is None:
            continue
        applied += 1
        if not math.floor(expected) <= duration <= math.ceil(expected):
            failures.append(failure((*steps, "durationInDays"), duration, f"{expected:.2f}".removesuffix(".00")))
    return Outcome(applied, failures) if applied else None


def _days(period: dict[str, Any]) -> float | None:
    start, end = _moment(period.get("startDate")), _moment(period.get("endDate"))
    if end is None:
        end = _moment(period.get("maxExtentDate"))
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return (end - start) / _DAY


def _moment(value: object) -> datetime | None:
    return _parsed(value) if isinstance(value, str) else None


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


CHECK = ProcessCheck(
    id="consistent.period_duration_in_days",
    version="1",
    severity="info",
    paths=(
        "tender/tenderPeriod/durationInDays", "tender/enquiryPeriod/durationInDays",
        "tender/awardPeriod/durationInDays", "tender/contractPeriod/durationInDays",
        "awards/contractPeriod/durationInDays", "contracts/period/durationInDays",
    ),
    source="Pelican, consistent.period_duration_in_days; OCDS 1.1, Period",
    title=Texts("Durations agree with start and end", "Las duraciones concuerdan con inicio y fin"),
    message=Texts(
        "durationInDays is {value}, and from start to end it is {other} days",
        "durationInDays es {value}, y de inicio a fin son {other} días",
    ),
    cost=Texts(
        "How long suppliers had, or a contract runs, depends on which of the fields one reads.",
        "Cuánto tiempo tuvieron los proveedores, o dura un contrato, depende del campo que se lea.",
    ),
    run=_run,
)  # fmt: skip
