"""Which values of failing rows may be shown: never those of persons, nor of what the city does not make public yet.

A value helps to see what is wrong with an amount, a date or a code. Texts of several words are never shown: among them
are names, and the row's key says where to look. What is left is hidden by its column and by how it looks.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pregon.city import City
from transforms.mapping.model import Binding, identifying_columns
from transforms.mapping.model import Mapping as CityMapping
from transforms.profile.personal import by_name, mask, shows_person
from transforms.site.profile import printable

LONGEST = 40
"""Characters of a value that is shown, at most; of a key twice as many. A longer one is hidden and not cut."""

_OF_PERSONS = ("name", "identifier", "additionalIdentifiers", "address", "contactPoint")
"""Parts of an organization that tell of a person, where it is one."""
_STEPS = frozenset({*_OF_PERSONS, "legalName", "author"})
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Hiding:
    """What is hidden of a city's source tables: `columns` in each of them, `tables` as a whole.

    `everything`: what the city withholds could not be traced to its tables, so no value is shown. `keys` are tables
    whose keys are made of something personal.
    """

    columns: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    everything: bool = False
    keys: frozenset[str] = frozenset()

    def value(self, table: str, column: str, text: str) -> str | None:
        """Give a value of a source table as it may be shown, None where it may not."""
        if self.everything or table in self.tables or column in self.columns or by_name(column):
            return None
        return _shown(text)

    def key(self, table: str, row: str) -> str:
        """Give a row's key as it may be shown."""
        return mask(row) if table in self.keys or shows_person(row) or not _plain(row, 2 * LONGEST) else row


def released_value(path: str, text: str) -> str | None:
    """Give a value of a flattened release as it may be shown: it is published, but persons need not stand here too."""
    return None if _STEPS & set(path.split("/")) else _shown(text)


def _shown(text: str) -> str | None:
    hidden = len(_WORD.findall(text)) > 1 or shows_person(text, by_name("name")) or not _plain(text, LONGEST)
    return None if hidden else text


def _plain(text: str, longest: int) -> bool:
    """Tell whether a text stands in a page as it is: neither cut nor escaped, so that a search for it finds it."""
    return printable(text, longest) == text and html.escape(text) == text


def hiding_of(city: City, mapping: CityMapping) -> Hiding:
    """Find what has to be hidden: what organizations are described by, and what is public on a condition only.

    The mapping knows prepared tables; a column or table of the source of the same name is taken for the same.
    """
    columns = _of_organizations(mapping)
    tables: set[str] = set()
    known = {name for _, name, _ in city.tables()}
    everything = mapping.documents is not None
    for condition in city.disclosure.conditions:
        path = condition.path
        columns |= _columns(binding for bound, binding in mapping.bindings.items() if _within(bound, path))
        columns |= {
            reference.source.partition(".")[2]
            for party in mapping.parties.values()
            for reference in party.references
            if _within(reference.path, path)
        }
        found = {name for name, table in mapping.tables.items() if table.array and _within(table.array, path)}
        tables |= found & known
        everything |= bool(found) and not found & known
    keys = {
        name for _, name, table in city.tables() if any(one in _names(mapping) or by_name(one) for one in table.key)
    }
    return Hiding(frozenset(columns), frozenset(tables), everything, frozenset(keys))


def _of_organizations(mapping: CityMapping) -> set[str]:
    """Give the columns that describe organizations; keys are no description, unless they are names."""
    columns: set[str] = set()
    for party in mapping.parties.values():
        bound = (binding for path, binding in party.bindings.items() if path.partition("/")[0] in _OF_PERSONS)
        columns |= _columns(bound) - {party.key, *identifying_columns(party.id)}
    return columns | _names(mapping)


def _names(mapping: CityMapping) -> set[str]:
    named = {"name", "identifier/legalName"}
    columns = {
        reference.name.partition(".")[2]
        for party in mapping.parties.values()
        for reference in party.references
        if reference.name
    }
    for party in mapping.parties.values():
        columns |= _columns(binding for path, binding in party.bindings.items() if path in named)
    return columns


def _columns(bindings: Iterable[Binding]) -> set[str]:
    return {binding.column for binding in bindings if binding.column}


def _within(path: str, of: str) -> bool:
    return path == of or path.startswith(f"{of}/")
