"""Ranges of columns, as spreadsheets write them."""

import re

MAX_COLUMNS = 16_384
"""Columns of the widest sheet (`XFD`)."""

_RANGE = re.compile(r"([A-Za-z]{1,3}|[0-9]{1,5})(?::([A-Za-z]{1,3}|[0-9]{1,5}))?\Z")


def column_range(text: str) -> tuple[int, int]:
    """Give the first column (from 0) and the one after the last of `A:F`, `1:6` or `C`.

    Raises ValueError.
    """
    found = _RANGE.match(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no range of columns, such as A:F or 1:6")
    first = _number(found[1])
    last = _number(found[2] or found[1])
    if not 1 <= first <= last <= MAX_COLUMNS:
        raise ValueError(f"{text!r} is no range of columns: they count from A (or 1), the first one before the last")
    return first - 1, last


def column_number(letters: str) -> int:
    """Give the number of a column, from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _number(part: str) -> int:
    return int(part) if part.isdigit() else column_number(part)
