"""Every word of the pages, one file for each language: of the public ones, and of internal ones by their names."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from transforms.errors import TransformError

LANGUAGES = ("en", "es")


class UnknownLanguage(TransformError):
    """The pages have not been written in this language."""

    def __init__(self, language: str) -> None:
        super().__init__(f"there are no texts in {language!r}; there are: {', '.join(LANGUAGES)}")
        self.language = language


@dataclass(frozen=True)
class Texts:
    """The texts of one language; a missing one is an error, never an empty place on a page."""

    language: str
    entries: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.entries[name]


@cache
def texts(language: str, page: str | None = None) -> Texts:
    """Read the texts of a language; `page` names an internal page, such as `profile`.

    Raises `UnknownLanguage`.
    """
    if language not in LANGUAGES:
        raise UnknownLanguage(language)
    name = f"{page}.{language}.yaml" if page else f"{language}.yaml"
    source = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return Texts(language, yaml.safe_load(source))
