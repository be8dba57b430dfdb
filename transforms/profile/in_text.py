"""Personal data inside longer texts: addresses, and numbers that name a person or an account.

    >>> personal_in("Questions to ana.perez@example.com by Friday")
    Personal(kind='e-mail', text='ana.perez@example.com')

Numbers are believed by their form and, where they have one, by their check digit; a bare number of ten digits is as
likely an order's as a person's, and is left alone.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from transforms.profile.lists import listed
from transforms.profile.personal import CURP, EMAIL, IBAN, PHONE, SSN, is_iban
from transforms.profile.words import plain


class Personal(NamedTuple):
    """What was found: its kind, in words that both languages know, and the text itself."""

    kind: str
    text: str


_NUMBER = re.compile(
    r"[0-9](?<![\w/-][0-9])(?![0-9]{3}-[0-9]{2}-[0-9]{2}(?![0-9])|[0-9]*\.[0-9]{2}(?![0-9]))[0-9 ().-]{4,}[0-9]"
    r"|[0-9](?:(?<=\b[A-Z]{2}[0-9])[0-9](?: ?[A-Z0-9]){11}|(?<=\b[A-ZÑ&]{4}[0-9])[0-9]{5})"
).search
"""How all of the numbers begin. Digits that stand by themselves, and are no day, amount, or part of `RFP-2024-0117`;
or, in IBAN, CURP and RFC, digits after two letters or four."""

_RFC_LETTERS = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"


def _is_own_mailbox(text: str) -> bool:
    return not listed("mailbox_words") & set(re.split(r"[^a-z]+", plain(text.partition("@")[0])))


def _is_ssn(text: str) -> bool:
    """Leave out what was never given out: areas 000, 666 and 9xx, group 00, serial 0000."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _is_card(text: str) -> bool:
    """Check a card number (ISO/IEC 7812): the sum of its digits, every second from the right doubled, ends in 0."""
    digits = [int(letter) for letter in text if letter.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_rfc(text: str) -> bool:
    """Check the RFC of a natural person (13 characters, Mexico's SAT) by its last one."""
    total = sum((13 - place) * _RFC_LETTERS.index(letter) for place, letter in enumerate(text[:12]))
    return "0A987654321"[total % 11] == text[12]


def _always(_: str) -> bool:
    return True


_CARD = (
    r"(?<![\w.-])(?:(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2})(?:[ -]?\d{4}){3}"
    r"|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\w-])"
)
_CEDULA = (
    r"\b(?:c\. ?c\.|c[eé]dula(?: de (?:ciudadan[ií]a|extranjer[ií]a))?)(?: ?(?:n[uú]mero|no|n[º°])\b\.?)?[ :]*"
    r"(?:\d{1,3}(?:[.,]\d{3}){2,3}|\d{6,10})(?!\d)"
)
_TELEPHONE = (
    rf"{PHONE}"
    r"|(?<![\w+])\+\d{1,3}[ .-]?\(?\d{1,4}\)?[ .-]\d{2,4}[ .-]?\d{3,4}(?:[ .-]?\d{2,4})?(?!\d)"
    r"|\b(?:tel(?:[eé]fono|ephone|s)?|phone|cel(?:ular)?|m[oó]vil|whats ?app|call|llamar? al)\b[.:#º° ]*"
    r"\(?\+?\d[\d ().-]{5,14}\d"
)

_FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("card", re.compile(_CARD), _is_card),
    ("IBAN", re.compile(IBAN), is_iban),
    ("CURP", re.compile(CURP), _always),
    ("RFC", re.compile(rf"(?<!\w)[A-ZÑ&]{{4}}{_DAY}[A-Z0-9]{{2}}[0-9A](?!\w)"), _is_rfc),
    ("SSN", re.compile(rf"(?<![\w-]){SSN}(?![\w-])"), _is_ssn),
    ("cédula", re.compile(_CEDULA, re.IGNORECASE), _always),
    ("tel.", re.compile(_TELEPHONE, re.IGNORECASE), _always),
)


def may_hold_personal(text: str) -> bool:
    """Tell whether `personal_in` has to look at a text, or at any of several that are joined by line breaks."""
    return "@" in text or _NUMBER(text) is not None


def personal_in(text: str) -> Personal | None:
    """Give the first of what looks like personal data in a text; None where nothing does."""
    if "@" in text:
        for found in re.finditer(EMAIL, text):
            if _is_own_mailbox(found[0]):
                return Personal("e-mail", found[0])
    if _NUMBER(text) is None:
        return None
    for kind, pattern, holds in _FORMS:
        for found in pattern.finditer(text):
            if holds(found[0]):
                return Personal(kind, found[0])
    return None
