"""Rows of a table as rows of a worksheet (SpreadsheetML, ECMA-376 part 1, section 18.3).

Texts stand in their cells (`inlineStr`), so a sheet is written in one pass, and no text is ever a formula. Rows and
cells carry no references, which are optional: the same bytes can stand in the workbook of a year and in that of all
years. What is done to values: times become serial days on the clock of the city; a text is cut at what the format
allows; control characters, which XML can't hold, are left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from typing import Any
from zoneinfo import ZoneInfo

from transforms.tables.cells import composed
from transforms.tables.flatten import TableRows
from transforms.xml_text import xml_text

MOST_ROWS = 1_048_576
"""Rows of a worksheet, its header included: Excel's specifications and limits."""

LONGEST_TEXT = 32_767
"""Characters of a cell, counted in UTF-16."""

_EMPTY = "<c/>"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial day has no zone
_FIRST_DAY = 61  # 1 March 1900: the format counts a 29 February before it that never was
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_BETWEEN = "¦"  # any printable character does: one that occurs in a text only costs time
_TEXT, _END = '<c t="inlineStr"><is><t>', "</t></is></c>"
_KEPT = '<c t="inlineStr"><is><t xml:space="preserve">'


def sheet_rows(types: Sequence[str], styles: Sequence[str], taken: TableRows, time_zone: str) -> list[str]:
    """Write each row as a `<row>` element.

    `types` are the logical types of the columns, `styles` their style numbers in the workbook ("" for none).
    """
    columns = [
        _column(kind, style, column, time_zone)
        for kind, style, column in zip(types, styles, zip(*taken.rows, strict=True), strict=True)
    ]
    cells = zip(*_together(columns, len(taken.rows)), strict=False)
    return [f"<row>{''.join(row)}</row>" for row in cells]


def _together(columns: Sequence[list[str] | None], rows: int) -> Iterator[Iterable[str]]:
    """Give the columns, those that are empty next to each other as one."""
    empty = 0
    for column in columns:
        if column is None:
            empty += 1
            continue
        if empty:
            yield repeat(_EMPTY * empty, rows)
            empty = 0
        yield column
    if empty:
        yield repeat(_EMPTY * empty, rows)


def _column(kind: str, style: str, values: Sequence[Any], time_zone: str) -> list[str] | None:
    """Write the cells of a column; None where all are empty."""
    if values.count(None) == len(values):
        return None
    attribute = f' s="{style}"' if style else ""
    if kind in {"decimal", "integer"}:
        return [
            _EMPTY if value is None else f"<c{attribute}><v>{value!r}</v></c>"
            if type(value) in _NUMBERS else _any(value)
            for value in values
        ]  # fmt: skip
    if kind == "timestamp":
        return [
            _EMPTY if value is None else _moment(value, attribute, time_zone) if type(value) is str else _any(value)
            for value in values
        ]  # fmt: skip
    if kind == "boolean":
        return [_EMPTY if value is None else _any(value) for value in values]
    if not _TEXTS.issuperset(map(type, values)):
        values = [value if value is None or type(value) is str else _as_text(value) for value in values]
    return _texts(values, attribute)


_NUMBERS = {int, float}
_TEXTS = {str, type(None)}


def _texts(values: Sequence[str | None], attribute: str) -> list[str]:
    """Write texts. Most columns hold none that needs care: that is asked once for all of them."""
    texts = _BETWEEN.join(filter(None, values))
    harmless = (
        texts.isprintable()  # also no white space but blanks
        and "&" not in texts
        and "<" not in texts
        and ">" not in texts
        and "_x" not in texts
        and f" {_BETWEEN}" not in texts
        and f"{_BETWEEN} " not in texts
        and texts[:1] != " "
        and texts[-1:] != " "
        and (len(texts) < _SURELY_SHORT or max(map(len, filter(None, values))) < _SURELY_SHORT)
    )
    if harmless:
        begin = _TEXT.replace("<c", f"<c{attribute}", 1)
        return [_EMPTY if value is None else begin + value + _END for value in values]
    return [_EMPTY if value is None else _careful(value, attribute) for value in values]


_SURELY_SHORT = LONGEST_TEXT // 2


def _careful(text: str, attribute: str = "") -> str:
    text = shortened(xml_text(text.replace("\r\n", "\n").replace("\r", "\n")))
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    begin = _TEXT if text == text.strip() else _KEPT
    return begin.replace("<c", f"<c{attribute}", 1) + escaped + _END


def shortened(text: str) -> str:
    """Cut a text at what a cell can hold; `…` tells that it was cut."""
    if len(text) < _SURELY_SHORT:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def _any(value: Any) -> str:
    """Write a value as what it is, whatever the type of its column."""
    if value is True or value is False:
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return _careful(_as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, bool | list):
        return composed(value)
    return value if isinstance(value, str) else repr(value)


@lru_cache(maxsize=1 << 16)
def _moment(text: str, attribute: str, time_zone: str) -> str:
    day = serial_day(text, time_zone)
    return _careful(text) if day is None else f"<c{attribute}><v>{day}</v></c>"


def serial_day(text: str, time_zone: str) -> str | None:
    """Give a time (RFC 3339) as days since 30 December 1899 on the clock of a zone; None where there is no such day."""
    try:
        moment = datetime.fromisoformat(text)
        clock = moment.astimezone(_zone(time_zone)).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    passed = clock - _EPOCH
    if passed.days < _FIRST_DAY:
        return None
    part = (passed.seconds + passed.microseconds / 1e6) / 86_400
    return f"{passed.days + part:.9f}".rstrip("0").rstrip(".") if part else str(passed.days)


_zone: Callable[[str], ZoneInfo] = lru_cache(maxsize=8)(ZoneInfo)
