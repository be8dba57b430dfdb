"""Lists of facts that checks of values compare with: one code a line (facts/*.txt), and words (facts/words.yaml).

registers     codes of registers of organizations (org-id.guide)
countries     two-letter codes of countries (ISO 3166-1)
languages     two-letter codes of languages (ISO 639-1)
media_types   media types (IANA)
"""

from functools import cache
from pathlib import Path

import yaml

_FACTS = Path(__file__).parent / "facts"


@cache
def fact_list(name: str) -> frozenset[str]:
    """Give the codes of a list."""
    return frozenset((_FACTS / f"{name}.txt").read_text(encoding="utf-8").split())


@cache
def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load((_FACTS / "words.yaml").read_text(encoding="utf-8"))
    return found


def fact_words(name: str) -> frozenset[str]:
    """Give a list of words."""
    return frozenset(_words()[name])
