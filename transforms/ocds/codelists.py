"""The codelists of the standard and of its extensions, with our own short titles (codelists/*.csv).

>>> codelist("partyScale", ["partyScale"]).title("micro", "es")
'Microempresa'
"""

import csv
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from transforms.ocds.definitions import definitions
from transforms.ocds.errors import UnknownCodelist
from transforms.ocds.extensions import checked


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `facts` has what else the list states of it: section, category, deprecated, valid_until, uri_pattern.

    `section` (documentType) names, separated by ", ", the parts of a process where the code belongs.
    """

    code: str
    titles: Mapping[str, str]
    facts: Mapping[str, str]
    extension: str | None


@dataclass(frozen=True, slots=True)
class Codelist:
    """A codelist; codes are case-sensitive. Where it is open, further codes are allowed if no listed one fits."""

    name: str
    is_open: bool
    codes: Mapping[str, Code]

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def title(self, code: str, language: str) -> str:
        """Short title of a code in "en" or "es"; a code that is not listed is its own title."""
        return self.codes[code].titles[language] if code in self.codes else code


def codelist(name: str, extensions: Iterable[str] = ()) -> Codelist:
    """Return the codelist with the codes these extensions add. Raises UnknownCodelist and what `checked` raises."""
    lists = codelists(extensions)
    if name not in lists:
        raise UnknownCodelist(name, tuple(difflib.get_close_matches(name, lists, n=3)))
    return lists[name]


def codelists(extensions: Iterable[str] = ()) -> Mapping[str, Codelist]:
    """All codelists that fields use with these extensions, by name."""
    return _codelists(checked(extensions))


@cache
def _codelists(extensions: tuple[str, ...]) -> Mapping[str, Codelist]:
    is_open: dict[str, bool] = {}
    for definition in definitions(extensions).values():
        for field in definition.properties.values():
            if field.codelist is not None:
                is_open[field.codelist] = bool(field.open_codelist)
    return MappingProxyType(
        {
            name: Codelist(
                name,
                is_open[name],
                MappingProxyType(
                    {code.code: code for code in _codes(name) if code.extension is None or code.extension in extensions}
                ),
            )
            for name in sorted(is_open)
        }
    )


@cache
def _codes(name: str) -> tuple[Code, ...]:
    with (Path(__file__).parent / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_code(row) for row in csv.DictReader(file))


def _code(row: dict[str, str]) -> Code:
    facts = {key: value for key, value in row.items() if value and key not in _TITLED}
    titles = MappingProxyType({"en": row["title_en"], "es": row["title_es"]})
    return Code(row["code"], titles, MappingProxyType(facts), row.get("extension") or None)


_TITLED = {"code", "title_en", "title_es", "extension"}
