"""Values that mean that there is no value, as real sources write it (words, dates, placeholders)."""

import re
from typing import Literal

from transforms.profile.lists import listed
from transforms.profile.words import plain

Family = Literal["word", "date", "placeholder"]

WORDS = listed("null_words")
"""In lower case, without accents and outer blanks."""

_DATE = re.compile(
    r"(?:(?P<y>1900|9999|2200|1753|0001|1899|2099)[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)"
    r"|(?P<a>\d\d?)[-/.](?P<b>\d\d?)[-/.](?P<z>1900|9999|2200|1753|0001|1899|2099))"
    r"(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]\.?M\.?|Z|[+-]\d\d:?\d\d)?)?\Z",
    re.IGNORECASE,
)
_SENTINELS = {("1900", 1, 1), ("9999", 12, 31), ("2200", 12, 31), ("1753", 1, 1), ("0001", 1, 1), ("1899", 12, 30),
              ("2099", 12, 31)}  # fmt: skip
_PLACEHOLDER = re.compile(
    r"(?P<digit>[09])(?P=digit){4,}\Z"  # 99999999999
    r"|(?P<letter>x)(?P=letter){2,}\Z"  # xxxxxxxx
    r"|\(?(?P<zero>0)(?:[ ().-]*0){6,}\Z"  # (000) 000-0000
    r"|0+@0+\.[a-z]+\Z"  # 000@000.ca
    r"|99\.99\.9{4,5}\Z",
    re.IGNORECASE,
)
CANDIDATE = (
    r"^[09xX().\s@+-]{3,}[a-zA-Z.]{0,4}$"
    r"|^.{0,12}(1900|9999|2200|1753|0001|1899|2099).{0,20}$"
)
"""What SQL looks for besides `WORDS`; `null_family` decides."""


def null_family(text: str) -> Family | None:
    """Tell whether a value means none, and how it says it; None for values that say something.

    Zero is a value; so is `Confidential`, which is withheld and not absent.
    """
    value = plain(text.strip())
    if value in WORDS:
        return "word"
    if found := _DATE.match(value):
        if found["y"]:
            return "date" if (found["y"], int(found["m"]), int(found["d"])) in _SENTINELS else None
        first, second = int(found["a"]), int(found["b"])
        either = {(found["z"], first, second), (found["z"], second, first)}
        return "date" if either & _SENTINELS else None
    return "placeholder" if _PLACEHOLDER.match(value) else None
