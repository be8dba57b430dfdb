"""Lists of facts that checks of values compare with, one a line (facts/*.txt).

registers         codes of registers of organizations (org-id.guide)
countries         two-letter codes of countries (ISO 3166-1)
languages         two-letter codes of languages (ISO 639-1)
media_types       media types (IANA)
placeholders      what is said instead of a value, besides the null_words of transforms/profile/lists.yaml
headers           headers of columns of texts
id_header_words   what headers of columns of ids are made of, besides the identifier_words of the same file
id_headers        the same, run together

Words are in lower case and without accents, as `transforms.profile.words.plain` gives them.
"""

from functools import cache
from pathlib import Path


@cache
def fact_list(name: str) -> frozenset[str]:
    """Give the lines of a list."""
    return frozenset((Path(__file__).parent / "facts" / f"{name}.txt").read_text(encoding="utf-8").splitlines())
