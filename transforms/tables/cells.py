r"""What a value of JSON becomes in one cell.

Numbers stay as they are, true and false in lower case, text as it is. An array of plain values becomes one cell,
separated by `;`, where `;` and `\` inside a value are preceded by `\`.

In CSV alone, where a spreadsheet can't tell text from formula: a text that it would run as a formula (it begins with
`=`, `+`, `-`, `@`, a tab or a line break) is preceded by an apostrophe, as OWASP advises against CSV injection. A text
that already begins with apostrophes before such a character gets one more, so that removing one apostrophe from
`'=…`, `''=…` always gives back the original.
"""

import re
from typing import Any

import orjson

TRIGGERS = frozenset("=+-@\t\r\n'")
"""First characters of a text that call for a closer look."""

_TEXTS = {str}

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")


def escape_formula(text: str) -> str:
    """Make a text harmless to spreadsheets."""
    return "'" + text if _FORMULA.match(text) else text


def unescape_formula(cell: str) -> str:
    """Give back the text that `escape_formula` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def cell(value: Any) -> str | int | float:
    """Write a plain value (text, number, boolean, null) as a cell of CSV; null is an empty cell."""
    if isinstance(value, str):
        return escape_formula(value) if value and value[0] in TRIGGERS else value
    if value is None:
        return ""
    return composed(value) if isinstance(value, bool) else value


def composed(value: Any) -> str:
    """Write an array, or true or false, as the text of one cell."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return joined(value)


def joined(values: list[Any]) -> str:
    """Write an array without objects as one text; arrays within it (such as coordinates of polygons) as JSON."""
    kinds = {*map(type, values)}
    if kinds != _TEXTS:
        if list in kinds or dict in kinds:
            return orjson.dumps(values).decode()
        values = [value if isinstance(value, str) else orjson.dumps(value).decode() for value in values]
    text = ";".join(values)
    if text.count(";") >= len(values) or "\\" in text:
        text = ";".join(value.replace("\\", "\\\\").replace(";", "\\;") for value in values)
    return text
