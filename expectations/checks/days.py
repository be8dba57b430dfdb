"""Calendar days of date-times, as the checks compare them: the first ten characters, whatever the offset.

Pelican's rule (ocds.md 4.1): a pair with a side that is no day is not counted.
"""

from datetime import date
from functools import lru_cache


def day(value: object) -> int | None:
    """Give the proleptic Gregorian ordinal of the day that a date-time begins with, None where it begins with none."""
    return _ordinal(value[:10]) if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _ordinal(text: str) -> int | None:
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or not (text[:4] + text[5:7] + text[8:]).isdecimal():
        return None
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:])).toordinal()
    except ValueError:
        return None
