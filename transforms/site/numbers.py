"""Numbers, sizes and dates as readers of a country expect them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from transforms.site.texts import Texts

# Spanish-speaking places where the decimal point is written as in the United States.
_POINT = frozenset({"US", "PR", "MX", "GT", "HN", "SV", "NI", "PA", "DO", "PE"})
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def number(value: int, language: str, country: str) -> str:
    """Write a whole number with its thousands grouped."""
    text = f"{value:,}"
    return text if _uses_point(language, country) else text.replace(",", ".")


def size(value: int, language: str, country: str) -> str:
    """Write a size in bytes in decimal units, one decimal below ten."""
    amount, unit = float(value), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount /= 1000
        unit += 1
    text = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:.0f}"
    return f"{text if _uses_point(language, country) else text.replace('.', ',')}\N{NO-BREAK SPACE}{_UNITS[unit]}"


def date(moment: datetime, time_zone: str, words: Texts) -> str:
    """Write the day of an aware moment in the city's time zone, in words."""
    local = moment.astimezone(ZoneInfo(time_zone))
    text: str = words["date"].format(month=words["months"][local.month - 1], day=local.day, year=local.year)
    return text


def _uses_point(language: str, country: str) -> bool:
    return language == "en" or country in _POINT
