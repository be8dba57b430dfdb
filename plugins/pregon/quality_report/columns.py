"""From an OCDS path back to the columns that fill it: what the mapping binds, and what the source calls it.

    columns = Columns(context.transform.mapping, context.city)
    columns.of("contracts/awardID", "contracts")    # Origin(("contracts.award_no",), None)

A column is named as the mapping names it, `table.column` of a prepared table; where a source table of that name has the
column, it has the name that it has in the source system.
"""

from collections.abc import Iterator
from typing import NamedTuple

from pregon.city import City
from transforms.mapping.model import Binding, Mapping, Party, identifying_columns, placeholders

MOST_COLUMNS = 6
"""Columns named for one path: an object may be made of dozens."""


class Origin(NamedTuple):
    """The columns that fill a path, and the constant that stands there instead of any."""

    columns: tuple[str, ...] = ()
    constant: str | None = None


class Columns:
    """What the mapping of a city binds to each path."""

    def __init__(self, mapping: Mapping, city: City) -> None:
        self._bound: dict[str, list[tuple[str, str]]] = {}
        for path, table, column in _bound(mapping):
            found = self._bound.setdefault(path, [])
            if (table, column) not in found:
                found.append((table, column))
        self._names = {
            (name, column): declared.source_name or column
            for _, name, table in city.tables()
            for column, declared in table.columns.items()
        }
        self._systems = {name: source for source, name, _ in city.tables()}
        self._known: dict[tuple[str, str], Origin] = {}

    def system(self, table: str) -> str:
        """Give the source that has a table; "" where none has it."""
        return self._systems.get(table, "")

    def of(self, path: str, table: str) -> Origin:
        """Give what fills a path, or what lies below it; of several only those of the source table, if there are any.

        Of an entry that is an organization, several kinds may fill one path.
        """
        key = (path, table)
        if key not in self._known:
            self._known[key] = self._origin(path, table)
        return self._known[key]

    def _origin(self, path: str, table: str) -> Origin:
        bound = self._bound.get(path) or [
            one for below, found in self._bound.items() if below.startswith(f"{path}/") for one in found
        ]
        columns = [one for one in dict.fromkeys(bound) if one[0]]
        if not columns:
            return Origin((), bound[0][1] if path in self._bound and bound else None)
        there = [one for one in columns if one[0] == table] or columns
        named = [f"{name}.{self._names.get((name, column), column)}" for name, column in there]
        return Origin(tuple(named[:MOST_COLUMNS]))


def _bound(mapping: Mapping) -> Iterator[tuple[str, str, str]]:
    """Give (path, prepared table, column) of everything that is bound; a constant has no table."""
    for column in dict.fromkeys((*placeholders(mapping.process.ocid), mapping.process.key)):
        yield "ocid", mapping.process.table, column
    for path, binding in mapping.bindings.items():
        yield _binding(path, binding)
    for name, child in mapping.tables.items():
        for column in identifying_columns(child.id) if child.array else ():
            yield f"{child.array}/id", name, column
    for party in mapping.parties.values():
        yield from _party(party)


def _binding(path: str, binding: Binding) -> tuple[str, str, str]:
    if binding.table is None or binding.column is None:
        constant = binding.value
        return path, "", ", ".join(constant) if isinstance(constant, tuple) else str(constant)
    return path, binding.table, binding.column


def _party(party: Party) -> Iterator[tuple[str, str, str]]:
    for column in dict.fromkeys((*placeholders(party.id), party.key)):
        yield "parties/id", party.table, column
    for path, binding in party.bindings.items():
        yield _binding(f"parties/{path}", binding)
    for name, child in party.tables.items():
        for column in identifying_columns(child.id):
            yield f"parties/{child.array}/id", name, column
    for reference in party.references:
        table, _, column = reference.source.partition(".")
        yield f"{reference.path}/id", table, column
        if reference.name:
            table, _, column = reference.name.partition(".")
            yield f"{reference.path}/name", table, column
        elif "name" in party.bindings:
            yield _binding(f"{reference.path}/name", party.bindings["name"])
