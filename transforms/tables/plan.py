"""Which tables and columns a publication has: the same in every segment, whatever a segment happens to hold."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms.tables.tree import Slot, pointer_token

Chain = tuple[str, ...]
"""The arrays that lead to a table, outermost first: `("awards", "awards/suppliers")`; empty for the processes."""

Leaf = tuple[Chain, str]
"""A column's table and its OCDS path without indexes: `(("awards",), "awards/value/amount")`."""

MAIN = "processes"
_RESERVED = {"publication", "history"}
"""Names that a database of ours has for itself, or that Excel keeps for a sheet of its own."""

POINTER = "pointer"
_NO_ORDER = 1 << 30
_IDENTIFIERS = {"ocid": 0, "id": 1}
"""What comes first among siblings, so that people find the keys of a row."""


@dataclass(frozen=True)
class Column:
    """A column: OCDS path without indexes, and its JSON type where the field table knows it."""

    path: str
    type: str = "string"


@dataclass(frozen=True)
class Table:
    """One table. `links` are the id columns of the entries that a row is part of, outermost first."""

    name: str
    chain: Chain
    links: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The header cells.

        The processes have their columns. The rows of other tables begin with the `ocid`, the row's place in the
        compiled release as a JSON Pointer (the key of the row together with `ocid`) and the ids of their parents.
        """
        own = tuple(column.path for column in self.columns)
        return ("ocid", POINTER, *self.links, *own) if self.chain else own

    @property
    def types(self) -> tuple[str, ...]:
        """The logical types of the header's columns; those before the table's own are texts."""
        own = tuple(column.type for column in self.columns)
        return ("string",) * (len(self.header) - len(own)) + own


@dataclass(frozen=True)
class TablePlan:
    """All tables of a publication, the processes first, parents before children."""

    tables: tuple[Table, ...]

    @classmethod
    def from_leaves(
        cls, leaves: Iterable[Leaf], *, order: Sequence[str] = (), types: Mapping[str, str] | None = None
    ) -> "TablePlan":
        """Lay out the tables that hold `leaves`.

        `order` gives the standard's order of paths (unlisted ones follow by name), `types` the JSON types. The result
        depends on the set of leaves only.
        """
        types = types or {}
        place = {path: number for number, path in enumerate(order)}

        def by_standard(path: str) -> list[tuple[int, int, str]]:
            steps = path.split("/")
            return [
                (_IDENTIFIERS.get(step, len(_IDENTIFIERS)), place.get("/".join(steps[: end + 1]), _NO_ORDER), step)
                for end, step in enumerate(steps)
            ]

        columns: dict[Chain, set[str]] = {(): {"ocid"}}
        for chain, path in leaves:
            for depth in range(len(chain) + 1):
                columns.setdefault(chain[:depth], set())
            columns[chain].add(path)
        tables: list[Table] = []
        names: set[str] = set()
        for chain in sorted(columns, key=lambda chain: [by_standard(path) for path in chain]):
            own = sorted(columns[chain], key=by_standard)
            links = tuple(f"{array}/id" for array in chain[:-1] if f"{array}/id" in columns[_up_to(chain, array)])
            name = _name(chain, names)
            names.add(name)
            tables.append(Table(name, chain, links, tuple(Column(path, types.get(path, "string")) for path in own)))
        return cls(tuple(tables))

    @classmethod
    def from_paths(
        cls,
        paths: Iterable[str],
        arrays: Collection[str],
        *,
        order: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
    ) -> "TablePlan":
        """Lay out the tables of OCDS paths without indexes; `arrays` are the paths of arrays of objects."""
        leaves: set[Leaf] = set()
        for path in paths:
            steps = path.split("/")
            prefixes = ("/".join(steps[:end]) for end in range(1, len(steps)))
            leaves.add((tuple(prefix for prefix in prefixes if prefix in arrays), path))
        return cls.from_leaves(leaves, order=order, types=types)

    @property
    def leaves(self) -> frozenset[Leaf]:
        """Every column as a leaf: what `from_leaves` takes."""
        return frozenset((table.chain, column.path) for table in self.tables for column in table.columns)


def _up_to(chain: Chain, array: str) -> Chain:
    return chain[: chain.index(array) + 1]


def _name(chain: Chain, taken: Collection[str]) -> str:
    """Name a table after its array: `contracts_implementation_transactions`; numbered where two would be alike."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", chain[-1]).strip("_") or "table" if chain else MAIN
    number, unique = 2, name
    lower = {one.lower() for one in taken}
    if name.lower() in _RESERVED or name.lower().startswith(("sqlite_", "view_")):
        name = unique = f"_{name}"
    while unique.lower() in lower:
        unique, number = f"{name}_{number}", number + 1
    return unique


class Discovery:
    """Collects the leaves that occur in compiled releases. Fast where documents are alike."""

    def __init__(self) -> None:
        self._root = Slot()

    def add(self, compiled: Mapping[str, Any]) -> None:
        """Take note of one compiled release."""
        _note(compiled, self._root)

    @property
    def leaves(self) -> frozenset[Leaf]:
        """Everything seen so far."""
        found: set[Leaf] = set()
        _collect(self._root, (), "", found)
        return frozenset(found)


def _note(entry: Mapping[str, Any], slot: Slot) -> None:
    members = slot.members
    for key, value in entry.items():
        below = members.get(key)
        if below is None:
            below = members[key] = Slot()
        if isinstance(value, dict):
            _note(value, below)
        elif isinstance(value, list):
            if not value:
                continue
            if all(isinstance(one, dict) for one in value):
                if below.entries is None:
                    below.entries = Slot()
                for one in value:
                    _note(one, below.entries)
            else:
                below.column = 0
        elif value is not None:
            below.column = 0


def _collect(slot: Slot, chain: Chain, prefix: str, found: set[Leaf]) -> None:
    for key, below in slot.members.items():
        path = prefix + pointer_token(key)
        if below.column >= 0:
            found.add((chain, path))
        _collect(below, chain, path + "/", found)
        if below.entries is not None:
            _collect(below.entries, (*chain, path), path + "/", found)
