"""How the quality of a publication changed over its snapshots: one entry for each, the older ones thinned out.

    trend = extended(read_trend(earlier_report), entry)

The entries come from the report of the snapshot that readers see now, so that nothing has to be kept elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

NEWEST = 30
"""Entries that are kept whatever their age."""

MONTHS = 120
"""Older entries: the last one of each of so many months."""


@dataclass(frozen=True)
class TrendEntry:
    """What one snapshot came to, in numbers alone.

    `as_of` is RFC 3339. `failing_checks` and `failing_processes` count by severity; `checks` tells one set of checks
    and their versions from another, so that a jump in the score can be explained.
    """

    snapshot: str
    as_of: str
    score: float | None
    processes: int
    failing_checks: Mapping[str, int]
    failing_processes: Mapping[str, int]
    checks: str

    @property
    def moment(self) -> datetime:
        """`as_of` as a moment."""
        return datetime.fromisoformat(self.as_of)

    def share(self, severity: str) -> float:
        """Share of the processes that fail a check of a severity, 0 to 1."""
        return self.failing_processes.get(severity, 0) / self.processes if self.processes else 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {**vars(self), "failing_checks": dict(self.failing_checks),
                "failing_processes": dict(self.failing_processes)}  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; raises `TypeError`, `KeyError` or `ValueError` where it is something else."""
        entry = cls(
            snapshot=_text(value["snapshot"]),
            as_of=_text(value["as_of"]),
            score=None if value["score"] is None else float(value["score"]),
            processes=_count(value["processes"]),
            failing_checks={_text(name): _count(number) for name, number in value["failing_checks"].items()},
            failing_processes={_text(name): _count(number) for name, number in value["failing_processes"].items()},
            checks=_text(value["checks"]),
        )
        if entry.moment.tzinfo is None or not 0 <= (entry.score or 0) <= 100:
            raise ValueError(f"{entry.snapshot}: no entry of a trend")
        return entry


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no count")
    return value


def read_trend(report: object) -> tuple[TrendEntry, ...]:
    """Read the trend of an earlier report (parsed JSON); what is no entry is left out, whatever the JSON is."""
    entries = report.get("trend") if isinstance(report, Mapping) else None
    found = []
    for one in entries if isinstance(entries, list) else ():
        try:
            found.append(TrendEntry.from_json(one))
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
            continue
    return tuple(found)


def extended(trend: Iterable[TrendEntry], entry: TrendEntry) -> tuple[TrendEntry, ...]:
    """Add an entry, the newest last; one of the same snapshot or of a later time gives way, and older ones are thinned.

    Entries of a later time are there when an older state was published again.
    """
    earlier = [one for one in trend if one.snapshot != entry.snapshot and one.moment <= entry.moment]
    return _thinned([*sorted(earlier, key=lambda one: (one.moment, one.snapshot)), entry])


def _thinned(entries: Sequence[TrendEntry]) -> tuple[TrendEntry, ...]:
    older, newest = entries[:-NEWEST], entries[-NEWEST:]
    months = {one.as_of[:7]: one for one in older}
    return (*list(months.values())[-MONTHS:], *newest)
