"""Days counted from a base date, and their spellings.

The base is the date a database was first written for; day 0 is that date. Everything the generator dates, it dates by
such numbers and turns them into text by table look-up, because formatting a date is what costs.
"""

import datetime as dt
import math
from typing import Final

HISTORY: Final = 2190
"""Days of history before the base date: six years."""
HORIZON: Final = 120
"""Days after the base date in which planned procurements are expected to be advertised."""
_FIRST: Final = -4200
_MARGIN: Final = 3200
# The fiscal year starts on 1 July: departments hurry before it ends and start over after it.
_MONTH_WEIGHT: Final = (0.0, 0.62, 0.70, 0.85, 0.95, 1.0, 1.0, 0.55, 0.72, 0.80, 0.75, 0.60, 0.40)
CLOCK_TIMES: Final = tuple(f" {8 + (k * 7) % 10:02d}:{(k * 13) % 60:02d}:{(k * 29) % 60:02d}.000000" for k in range(64))
"""Times of day in working hours, picked by the low six bits of a number."""


class Days:
    """Spellings of the days from eleven years before the base date to some eight years after the newest day."""

    def __init__(self, base: dt.date, newest: int = 0) -> None:
        self.base = base
        self._shift = -_FIRST
        count = self._shift + newest + _MARGIN
        first = base.toordinal() + _FIRST
        dates = [dt.date.fromordinal(first + k) for k in range(count)]
        self._iso = [date.isoformat() for date in dates]
        self._us = [f"{date.month:02d}/{date.day:02d}/{date.year}" for date in dates]
        self._fiscal = [date.year + (date.month >= 7) for date in dates]
        self._month = [date.month for date in dates]
        self._weight = [_MONTH_WEIGHT[date.month] * (0.3 if date.weekday() >= 5 else 1.0) for date in dates]

    def iso(self, day: int) -> str:
        """Day as YYYY-MM-DD."""
        return self._iso[day + self._shift]

    def us(self, day: int) -> str:
        """Day as MM/DD/YYYY."""
        return self._us[day + self._shift]

    def mixed(self, day: int, pick: int) -> str:
        """Day as one of two clerks would key it: mostly ISO, sometimes the US way."""
        return self._us[day + self._shift] if pick % 5 == 0 else self._iso[day + self._shift]

    def at(self, day: int, pick: int) -> str:
        """Timestamp of a day at one of 64 working times; local, without zone, as SQLite stores SQLAlchemy's."""
        return self._iso[day + self._shift] + CLOCK_TIMES[pick & 63]

    def fiscal_year(self, day: int) -> int:
        """Fiscal year, named by the calendar year in which it ends."""
        return self._fiscal[day + self._shift]

    def quarter(self, day: int) -> str:
        """Fiscal quarter as plans spell it, such as `FY26 Q1 (Jul-Sep)`."""
        month = self._month[day + self._shift]
        number = (month - 7) % 12 // 3
        return f"FY{self._fiscal[day + self._shift] % 100:02d} Q{number + 1} ({_QUARTERS[number]})"

    def weight(self, day: int) -> float:
        """How likely something is advertised on this day, 0 to 1: season of the fiscal year and weekends."""
        return self._weight[day + self._shift]


_QUARTERS: Final = ("Jul-Sep", "Oct-Dec", "Jan-Mar", "Apr-Jun")


def stream_seed(seed: int, *keys: int) -> int:
    """Mix a seed and keys into 64 bits (splitmix64), so that neighbouring streams have nothing in common."""
    state = seed & _MASK
    for key in keys:
        state = (state + 0x9E3779B97F4A7C15 + key * 0xD1342543DE82EF95) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state


_MASK: Final = (1 << 64) - 1


def vendor_ranks(number: int) -> int:
    """How many vendors each category has when process `number` is made; grows slowly, by Heaps' law."""
    return 15 + math.isqrt(number) // 3 + number // 900


def as_local_date(as_of: dt.date | dt.datetime) -> dt.date:
    """Date in Riverbend (America/Chicago) of an instant; a naive datetime or a date is taken as local."""
    if isinstance(as_of, dt.datetime):
        if as_of.tzinfo is not None:
            from zoneinfo import ZoneInfo

            as_of = as_of.astimezone(ZoneInfo("America/Chicago"))
        return as_of.date()
    return as_of
