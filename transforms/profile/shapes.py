"""The shape of a value: digits become 9, words become a, and what that looks like is told from the shape alone.

A column of millions of rows has a few dozen shapes, so that SQL counts shapes and these rules look at each only once.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

LONGEST = 40
"""Values longer than this have the shape `LONG`: they are texts, unless they are links."""
LONG = "…"
LINK = "a://"

CURRENCY_SIGNS = "$€£¥₡₲₱₹"
CURRENCY_CODES = (
    "USD", "CAD", "EUR", "GBP", "COP", "MXN", "ARS", "CLP", "PEN", "UYU", "PYG", "BOB", "VES", "CRC", "GTQ", "HNL",
    "NIO", "DOP", "PAB", "BRL", "CUP", "AUD", "NZD", "CHF", "JPY", "INR", "ZAR",
)  # fmt: skip
"""Codes that are taken for currencies beside a number: those of the Americas, and the most used ones."""
CURRENCY = "¤"

_CODE = re.compile(rf"\b(?:{'|'.join(CURRENCY_CODES)})\b")
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+\Z")


def shape(text: str) -> str:
    """Give the shape of a value: `$1,234.50` → `$9,999.99`, `12-Jan-2024` → `99-a-9999`, `Oak St 4` → `a a 9`.

    This is what `shape_sql` of `pregon.profiling` computes in DuckDB.
    """
    value = text.strip(" \t\r\n")
    if _LINK.match(value):
        return LINK
    if len(value) > LONGEST:
        return LONG
    value = _CODE.sub(CURRENCY, value)
    made: list[str] = []
    for letter in value:
        category = unicodedata.category(letter)[0]
        new = "9" if letter in "0123456789" else "a" if category in "LM" else letter
        if new in " \t\r\n":
            new = " "
        if not (made and new == made[-1] and new in "a "):
            made.append(new)
    return "".join(made)


@dataclass(frozen=True, slots=True)
class Look:
    """What a shape looks like. `dates` are the strptime formats that it may have, the usual one first."""

    name: str
    dates: tuple[str, ...] = ()
    form: str = ""


_SIGN = rf"[{re.escape(CURRENCY_SIGNS + CURRENCY)}]"
_POINT = r"9{1,3}(?:,9{3})+(?:\.9*)?|9+\.9*|\.9+|9+"
_COMMA = r"9{1,3}(?:\.9{3})+(?:,9+)?|9+,9+"
_NUMBER = rf"(?:{_POINT}|{_COMMA})"
_AMOUNT = rf"[-+(]{{0,2}} ?(?:{_SIGN}{{1,2}} ?)?[-+]?{_NUMBER} ?(?:{_SIGN})?-?\)?"
_LOOKS = tuple(
    (re.compile(f"(?:{pattern})" + r"\Z"), Look(name))
    for pattern, name in (
        (r"[-+]?9+", "integer"),
        (rf"[-+]?(?:{_NUMBER})|\((?:{_NUMBER})\)", "decimal"),
        (rf"[-+]?(?:{_NUMBER}) ?%", "percent"),
        (rf"(?=.*{_SIGN}){_AMOUNT}", "money"),
        (rf"(?=.*{_SIGN}){_AMOUNT} ?(?:-|–|a) ?{_AMOUNT}", "range"),
        (rf"[<>≤≥] ?{_AMOUNT}", "range"),
        (r"[a9._%+'-]*a[a9._%+'-]*@[a9-]+(?:\.[a9-]+)+|a@a\.a", "email"),
        (re.escape(LINK), "url"),
    )
)
_DAYS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"9999-9{1,2}-9{1,2}", ("%Y-%m-%d",), "YYYY-MM-DD"),
    (r"9999/9{1,2}/9{1,2}", ("%Y/%m/%d",), "YYYY/MM/DD"),
    (r"9999\.9{1,2}\.9{1,2}", ("%Y.%m.%d",), "YYYY.MM.DD"),
    (r"9{1,2}/9{1,2}/9999", ("%m/%d/%Y", "%d/%m/%Y"), "N/N/YYYY"),
    (r"9{1,2}-9{1,2}-9999", ("%d-%m-%Y", "%m-%d-%Y"), "N-N-YYYY"),
    (r"9{1,2}\.9{1,2}\.9999", ("%d.%m.%Y", "%m.%d.%Y"), "N.N.YYYY"),
    (r"9{1,2},9{1,2},9999", ("%d,%m,%Y", "%m,%d,%Y"), "N,N,YYYY"),
    (r"9{1,2}/9{1,2}/99", ("%m/%d/%y", "%d/%m/%y"), "N/N/YY"),
    (r"9{1,2}-9{1,2}-99", ("%d-%m-%y", "%m-%d-%y"), "N-N-YY"),
    (r"9{1,2}\.9{1,2}\.99", ("%d.%m.%y", "%m.%d.%y"), "N.N.YY"),
    (r"9{1,2}-a-9999", ("%d-%b-%Y", "%d-%B-%Y"), "DD-MON-YYYY"),
    (r"9{1,2}-a-99", ("%d-%b-%y", "%d-%B-%y"), "DD-MON-YY"),
    (r"9{1,2} a 9999", ("%d %B %Y", "%d %b %Y"), "DD Month YYYY"),
    (r"a 9{1,2}, 9999", ("%B %d, %Y", "%b %d, %Y"), "Month DD, YYYY"),
    (r"9{1,2} a a a 9999", ("%d de %B de %Y",), "DD de mes de YYYY"),
)
_TIMES: tuple[tuple[str, str, str, str], ...] = (
    # Pattern, strptime, form, and what it looks like with a day before it.
    (r"", "", "", "date"),
    (r"[ a]9{1,2}:99", "%H:%M", " HH:MM", "timestamp"),
    (r"[ a]9{1,2}:99:99", "%H:%M:%S", " HH:MM:SS", "timestamp"),
    (r"[ a]9{1,2}:99:99\.9{1,9}", "%H:%M:%S.%f", " HH:MM:SS.F", "timestamp"),
    (r" 9{1,2}:99 ?a", "%I:%M %p", " HH:MM AM", "timestamp"),
    (r" 9{1,2}:99:99 ?a", "%I:%M:%S %p", " HH:MM:SS AM", "timestamp"),
    (r"a9{1,2}:99(?::99)?a", "%H:%M:%S%z", "THH:MM:SSZ", "timestamptz"),
    (r"a9{1,2}:99:99\.9{1,9}a", "%H:%M:%S.%f%z", "THH:MM:SS.FZ", "timestamptz"),
    (r"[ a]9{1,2}:99:99 ?[+-]99(?::?99)?", "%H:%M:%S%z", " HH:MM:SS+HH:MM", "timestamptz"),
    (r"[ a]9{1,2}:99:99\.9{1,9} ?[+-]99(?::?99)?", "%H:%M:%S.%f%z", " HH:MM:SS.F+HH:MM", "timestamptz"),
)
_DATES = tuple(
    (re.compile(f"(?:{day}){time}" + r"\Z"), dates, clock, form + clock_form, name)
    for day, dates, form in _DAYS
    for time, clock, clock_form, name in _TIMES
)
_DIGIT = re.compile("9")


@cache
def look(shape: str) -> Look:
    """Tell what values of this shape look like: `word`, `token` (has a digit, no blank) or `text` if nothing special.

    Month names, valid days and times are not checked: the shape does not have them.
    """
    for pattern, dates, clock, form, name in _DATES:
        if pattern.match(shape):
            between = "T" if clock and re.search(r"9a9", shape) else " "
            return Look(name, tuple(f"{one}{between}{clock}" if clock else one for one in dates), form)
    for pattern, found in _LOOKS:
        if pattern.match(shape):
            return found
    if shape == LONG or " " in shape:
        return Look("text")
    return Look("token") if _DIGIT.search(shape) else Look("word")


def run_together(shape: str) -> bool:
    """Tell whether a shape holds several amounts without anything between them, or more digits than money has."""
    bare = re.sub(rf"[{re.escape(CURRENCY_SIGNS + CURRENCY)} ]", "", shape)
    return bool(re.fullmatch(r"9[9,]*\.9[9,]*(?:\.[9,]*)+", bare) and not re.fullmatch(_NUMBER, bare)) or bool(
        re.fullmatch(r"-?9{16,}(?:\.9*)?", bare)
    )


def unit_price(shape: str) -> bool:
    """Tell whether a shape is an amount per unit, such as `9.9/MT`."""
    return bool(re.fullmatch(rf"{_AMOUNT} ?(?:/|a ?/?) ?a?", shape)) and "a" in shape


def decimal_comma(shapes: Mapping[str, int]) -> bool:
    """Tell whether the numbers of a column have a decimal comma: some have one that can be nothing else."""
    comma = point = 0
    for text, rows in shapes.items():
        bare = text.strip(f"{CURRENCY_SIGNS}{CURRENCY} -+()%")
        if re.fullmatch(r"9{1,3}(?:\.9{3})+,9+|9+,(?:9|99|9{4,})", bare):
            comma += rows
        elif re.fullmatch(r"9{1,3}(?:,9{3})+\.9*|9+\.(?:9|99|9{4,})", bare):
            point += rows
    return comma > point
