"""Numbers, sizes and dates as readers of a country expect them."""

from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from transforms.texts import Texts

# Spanish-speaking places where the decimal point is written as in the United States.
_POINT = frozenset({"US", "PR", "MX", "GT", "HN", "SV", "NI", "PA", "DO", "PE"})
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def number(value: int, language: str, country: str) -> str:
    """Write a whole number with its thousands grouped."""
    text = f"{value:,}"
    return text if _uses_point(language, country) else text.replace(",", ".")


def decimal(value: float, language: str, country: str, *, places: int = 1) -> str:
    """Write a number with so many decimals, cut and not rounded: 99.96 is no 100. Zeros at the end are left out."""
    cut = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_DOWN)
    whole, _, part = f"{cut:f}".partition(".")
    text = number(int(whole), language, country)
    sign = "-" if cut < 0 and whole == "-0" else ""
    part = part.rstrip("0")
    return sign + (f"{text}{'.' if _uses_point(language, country) else ','}{part}" if part else text)


def percent(share: float, language: str, country: str) -> str:
    """Write a share (0 to 1) with one decimal, so that neither a few nor all but a few disappear."""
    lowest, highest = decimal(0.1, language, country), decimal(99.9, language, country)
    text = decimal(round(100 * share, 1), language, country)
    if 0 < share < 0.001:
        text = f"<{lowest}"
    elif 0.999 < share < 1:
        text = f">{highest}"
    return f"{text}\N{NO-BREAK SPACE}%"


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


def money(amount: Decimal, currency: str, language: str, country: str) -> str:
    r"""Write an amount with the code of its currency; cents only where there are any.

    >>> money(Decimal("1234.50"), "USD", "en", "US")
    'USD\xa01,234.50'
    """
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    whole, _, part = f"{abs(cents):f}".partition(".")
    text = number(int(whole), language, country)
    if part.strip("0"):
        text += f"{'.' if _uses_point(language, country) else ','}{part}"
    return f"{currency}\N{NO-BREAK SPACE}{'-' if cents < 0 else ''}{text}"
