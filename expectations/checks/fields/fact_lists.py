"""Lists of facts that checks of values compare with, one code a line (facts/*.txt).

registers     codes of registers of organizations (org-id.guide)
countries     two-letter codes of countries (ISO 3166-1)
languages     two-letter codes of languages (ISO 639-1)
media_types   media types (IANA)
"""

from functools import cache
from pathlib import Path


@cache
def fact_list(name: str) -> frozenset[str]:
    """Give the codes of a list."""
    return frozenset((Path(__file__).parent / "facts" / f"{name}.txt").read_text(encoding="utf-8").split())
