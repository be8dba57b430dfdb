"""Suspicions of personal data, and how examples are masked. A suspicion asks a person to look; it is no verdict.

Names are told in English and Spanish by the column's name, by endings and commas, and by common given names; numbers
of persons and accounts by their form (SSN, EIN, RFC, CURP, NIT, cédula, IBAN).
"""

import re
from collections.abc import Iterable, Sequence
from typing import get_args

from transforms.profile.lists import listed, listed_by
from transforms.profile.model import PersonalData, Suspicion
from transforms.profile.words import plain, words

SHARE = 0.2
"""Share of the values of a column that has to look like personal data for the whole column to be suspected."""
_SMALL = 20
FEW = 0.01
"""Share from which on a column of names of firms is told to hold persons too."""

EMAIL = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
PHONE = r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b"
SSN = r"\b\d{3}-\d{2}-\d{4}\b"
IBAN = r"\b[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}\b"
CURP = r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d\b"
TEXT_PATTERNS: dict[PersonalData, str] = {"email": EMAIL, "phone": PHONE, "tax_id": rf"{SSN}|{CURP}"}
"""What is looked for inside longer texts, in RE2's words too."""

_WHOLE: tuple[tuple[PersonalData, re.Pattern[str]], ...] = (
    ("email", re.compile(EMAIL + r"\Z")),
    ("phone", re.compile(r"(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}(?: ?(?:x|ext\.?) ?\d+)?\Z", re.I)),
    ("tax_id", re.compile(r"\d{3}-\d{2}-\d{4}\Z|\d{2}-\d{7}\Z|[A-ZÑ&]{4}\d{6}[A-Z0-9]{3}\Z|" + CURP + r"\Z")),
    ("network", re.compile(r"(?:\d{1,3}\.){3}\d{1,3}\Z")),
)
_STREETS = (
    "st|street|ave|avenue|av|rd|road|blvd|boulevard|dr|drive|ln|lane|ct|court|pl|place|way|pkwy|parkway|hwy|highway|cir"
    "|circle|ter|terrace|suite|ste"
)
_CALLES = "calle|cl|carrera|cra|kr|cr|avenida|av|avda|diagonal|dg|transversal|tv|plaza|paseo"
_STREET = re.compile(
    rf"\d+[A-Za-z]?(?:-\d+)? .*\b(?:{_STREETS})\b\.?|\b(?:{_CALLES})\b\.? .*\d|\bp\.? ?o\.? box \d", re.IGNORECASE
)
_FORMS = r"l\.l\.c|labs?|s\.?a\.?s?|s\.?l\.?|s\.?r\.?l|s\.? de r\.?l|c\.?v|e\.?i\.?r\.?l"
_FIRM = re.compile(rf"\b(?:{'|'.join(sorted(listed('firm_words')))}|{_FORMS})\b", re.IGNORECASE)
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?\Z")
_COMMA_NAME = re.compile(r"[^\W\d_][^\d,]{1,30}, ?[^\W\d_][^\d,]{1,30}\Z")
GIVEN_NAMES = listed("given_names")

_DATA: tuple[PersonalData, ...] = get_args(PersonalData)
_ENDS: dict[str, PersonalData] = {"email": "email", "phone": "phone", "contact": "person"}
"""Words run together: vendoremail, cadminphone, deptcontact."""
_NOT_PERSONAL = frozenset({"url", "type", "tipo", "count", "status", "date", "fecha", "mandatory"})


def by_name(name: str) -> tuple[Suspicion, ...]:
    """Suspect a column by its name."""
    found = words(name)
    said = f" {' '.join(found)} "
    if set(found) & _NOT_PERSONAL and "cuenta" not in found:
        return ()
    phrases = listed_by("personal_columns")
    ends = {data for word in found for end, data in _ENDS.items() if word.endswith(end)}
    data = [kind for kind in _DATA if kind in ends or any(f" {phrase} " in said for phrase in phrases[kind])]
    if "network" in data:
        data = ["network"]
    return tuple(Suspicion(data=one, where="name") for one in data)


def looks_like_person(value: str) -> bool:
    """Tell whether a value looks like the name of a natural person: given names, or `SURNAME, GIVEN`; no firm."""
    text = value.strip()
    if len(text) > 60 or _FIRM.search(text) or "&" in text:
        return False
    parts = [part for part in re.split(r"[,\s]+", text) if part]
    named = any(plain(re.sub(r"\W|\d", "", part)) in GIVEN_NAMES for part in parts)
    if _COMMA_NAME.match(text) and 2 <= len(parts) <= 5:
        return named or (all(len(part) > 1 for part in parts) and len(parts) <= 3 and text.isupper())
    return named and 2 <= len(parts) <= 5 and all(_NAME_WORD.match(part.rstrip("0123456789") or "x") for part in parts)


def kinds_in(value: str) -> frozenset[PersonalData]:
    """Tell what personal data a whole value looks like."""
    text = value.strip()
    found: set[PersonalData] = {data for data, pattern in _WHOLE if pattern.match(text)}
    if is_iban(text):
        found.add("bank_account")
    if len(text) <= 80 and _STREET.search(text):
        found.add("address")
    if looks_like_person(text):
        found.add("person")
    return frozenset(found)


def by_values(name: str, values: Sequence[str]) -> tuple[Suspicion, ...]:
    """Suspect a column by some of its different values."""
    if not values:
        return ()
    counts: dict[PersonalData, int] = {}
    for value in values:
        for data in kinds_in(value):
            counts[data] = counts.get(data, 0) + 1
    named = {one.data for one in by_name(name)}
    found = []
    for data, count in counts.items():
        share = count / len(values)
        # Among the names of firms a few persons matter; a few streets among descriptions don't.
        least = FEW if data == "person" and _holds_names(name) else SHARE
        if data not in named and share >= least and (count > 1 or len(values) <= _SMALL):
            found.append(Suspicion(data=data, where="values", share=round(share, 4)))
    return tuple(sorted(found, key=lambda one: one.data))


def _holds_names(name: str) -> bool:
    return bool(listed("supplier_words") & set(words(name)))


def is_masked(suspicions: Iterable[Suspicion]) -> bool:
    """Tell whether all examples of a column are masked: its name says so, or much of what it holds."""
    return any(one.where == "name" or (one.where == "values" and (one.share or 0) >= SHARE) for one in suspicions)


_IN_TEXT = re.compile("|".join(f"(?:{pattern})" for pattern in TEXT_PATTERNS.values()))


def shows_person(value: str, suspicions: Iterable[Suspicion] = ()) -> bool:
    """Tell whether a single value should be masked in a column that is not masked as a whole.

    Names are looked for only where the column may hold persons: `Virginia Park` is no person among titles; streets are
    places of work as often.
    """
    persons = any(one.data == "person" for one in suspicions)
    found = kinds_in(value) - {"address"} - (set() if persons else {"person"})
    return bool(found or _IN_TEXT.search(value))


def mask(value: str) -> str:
    """Hide a value, but for its length and punctuation: `J. Doe` → `•. •••`. The value itself never remains."""
    if not any(letter.isalnum() for letter in value):
        return "*" if value == "•" else "•"
    return "".join("•" if letter.isalnum() else letter for letter in value)


def is_iban(text: str) -> bool:
    """Check an International Bank Account Number (ISO 13616): 97 divides it, the country moved to the end, plus 1."""
    value = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", value):
        return False
    digits = "".join(str(int(letter, 36)) for letter in value[4:] + value[:4])
    return int(digits) % 97 == 1
