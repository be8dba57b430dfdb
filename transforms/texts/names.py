"""Names of pages and files of a publication that are there in each language."""

from collections.abc import Sequence

from transforms.publication import Publication


def localized(name: str, language: str, languages: Sequence[str]) -> str:
    """Name a page in a language: `policy.html`, `policy.es.html`."""
    stem, _, suffix = name.rpartition(".")
    return name if language == languages[0] else f"{stem}.{language}.{suffix}"


def page_name(publication: Publication, language: str) -> str:
    """Name the home page in a language: the first language has `index.html`."""
    return localized("index.html", language, publication.languages)


def dictionary_name(language: str) -> str:
    """Name the dictionary's file (CSV) in a language."""
    return f"dictionary.{language}.csv"
