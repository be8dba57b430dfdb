"""A release is dated later than all before it, in time and as text.

As text, because that is how the standard's merge sorts: 23:00 in Bogotá sorts before the midnight of UTC that passed
hours earlier.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    date = release.get("date")
    if not earlier.known or not earlier.date or not isinstance(date, str):
        return None
    return Outcome(1, [] if _is_later(date, earlier.date) else [failure(("date",), date, earlier.date)])


def _is_later(date: str, before: str) -> bool:
    if date <= before:
        return False
    if date.endswith("Z") and before.endswith("Z"):
        return True
    one, two = _moment(date), _moment(before)
    return one is None or two is None or one > two


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


CHECK = ReleaseCheck(
    id="x.release_date_order",
    version="1",
    severity="critical",
    paths=("date",),
    source="OCDS 1.1, merging: releases are merged in the order of their dates",
    title=Texts("Releases are dated in their order", "Las entregas llevan fechas en su orden"),
    message=Texts(
        "the release is dated {value}, which is not later than {other}, the date of the one before",
        "la entrega lleva la fecha {value}, que no es posterior a {other}, la de la anterior",
    ),
    cost=Texts(
        "Readers merge the releases in another order, and an old value replaces the new one.",
        "Al combinar las entregas en otro orden, un valor antiguo reemplaza al nuevo.",
    ),
    run=_run,
)
