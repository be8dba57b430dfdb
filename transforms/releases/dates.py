"""When a release's information was first recorded or published (OCDS `release.date`), never the hour of the export.

>>> release_date("2024-03-01T12:00:00Z", datetime(2024, 3, 5, tzinfo=UTC), None)
ReleaseDate(text='2024-03-01T12:00:00Z', rule='modified')
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

Rule = Literal["modified", "first_seen", "implausible", "after_previous"]

#: No electronic record of a purchase is older; 0201-01-01, 1900-01-01 and the epochs of systems are placeholders.
EARLIEST = "1985-01-01T00:00:00Z"


class ReleaseDate(NamedTuple):
    """A release date (RFC 3339, UTC, whole seconds, `Z`) and the rule it follows.

    Rules: `modified`, the source's own time of change; `first_seen`, the run in which the change was seen, because the
    source has no time for it or only one that explains an earlier release; `implausible`, the same because the source's
    time lies in the future or before EARLIEST; `after_previous`, one second after the previous release, because dates
    within a process are unique and increase (D-3).
    """

    text: str
    rule: Rule


def release_date(modified: str | None, as_of: datetime, previous: str | None) -> ReleaseDate:
    """Date of the release a run at `as_of` (aware) makes of a change the source dates `modified` (RFC 3339 or None).

    `previous` is the date of the process's latest release. A source time not after it can't be the time of this
    change (it explains the earlier release: the change came from a table without times), so the change is first seen
    now; an earlier date would be invented. Raises ValueError if `modified` is no RFC 3339 time.
    """
    now = _text(as_of)
    rule: Rule = "first_seen"
    date = now
    if modified is not None:
        changed = modified if len(modified) == 20 and modified[19] == "Z" else _utc(modified)
        if changed > now or changed < EARLIEST:
            rule = "implausible"
        elif previous is None or changed > previous:
            date, rule = changed, "modified"
    if previous is not None and date <= previous:
        return ReleaseDate(_text(datetime.fromisoformat(previous) + timedelta(seconds=1)), "after_previous")
    return ReleaseDate(date, rule)


def rule_of(date: str, as_of: str, previous: str | None) -> Rule:
    """Tell by which rule a release got its date, from the clock of its run and the date of the release before.

    `implausible` can't be told from `first_seen`: in both the source had no time that could be believed.
    """
    if previous is not None and as_of <= previous:
        return "after_previous"
    return "first_seen" if date == as_of else "modified"


def _utc(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return _text(moment)


@lru_cache(maxsize=64)
def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
