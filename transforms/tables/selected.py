"""A few columns of the tables, as values: what is asked of compiled releases without writing all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transforms.tables.cells import joined
from transforms.tables.plan import Chain, Table, TablePlan
from transforms.tables.tree import key_of

ROW = "_row"
"""Name of a selected row's key: the `ocid`, and for the rows of arrays `#` and their place, a JSON Pointer."""

_OWN = frozenset({"ocid", "pointer"})


@dataclass(slots=True)
class _Place:
    """What is looked for in an object. `rows` is the number of the table that the object makes a row of."""

    leaves: dict[str, int] = field(default_factory=dict)
    objects: dict[str, "_Place"] = field(default_factory=dict)
    arrays: dict[str, "_Place"] = field(default_factory=dict)
    rows: int = -1
    pointer: str = ""


class Selection:
    """Takes the wanted columns out of compiled releases; whatever else they hold is passed over.

    Args:
        plan: a plan that has the wanted tables.
        wanted: table name → columns of it, from its header but for the ids of parents.

    The rows gather in memory until `take`: call it often.
    """

    def __init__(self, plan: TablePlan, wanted: Mapping[str, Sequence[str]]) -> None:
        self.columns: dict[str, tuple[str, ...]] = {
            table.name: tuple(dict.fromkeys(wanted[table.name])) for table in plan.tables if table.name in wanted
        }
        self._names = list(self.columns)
        self._rows: list[list[list[Any]]] = [[] for _ in self._names]
        self._empty: list[list[None]] = [[None] * len(columns) for columns in self.columns.values()]
        self._own = [
            [(1 + columns.index(own), own == "ocid") for own in ("ocid", "pointer") if own in columns]
            for columns in self.columns.values()
        ]
        self._root = self._tree([table for table in plan.tables if table.name in self.columns])

    def add(self, compiled: Mapping[str, Any]) -> None:
        """Take the rows of one compiled release."""
        self._visit(compiled, self._root, None, compiled["ocid"], "")

    def take(self) -> dict[str, list[list[Any]]]:
        """Give the rows of each table, and forget them: the row's key, then the values of its columns."""
        taken = dict(zip(self._names, self._rows, strict=True))
        self._rows = [[] for _ in self._names]
        return taken

    def _visit(self, entry: Mapping[str, Any], place: _Place, row: list[Any] | None, ocid: str, pointer: str) -> None:
        if place.rows >= 0:
            row = [f"{ocid}#{pointer}" if pointer else ocid, *self._empty[place.rows]]
            for column, is_ocid in self._own[place.rows]:
                row[column] = ocid if is_ocid else pointer
            self._rows[place.rows].append(row)
        for key, column in place.leaves.items():
            leaf: Any = entry.get(key)
            if leaf is not None and row is not None and leaf != []:
                row[column] = joined(leaf) if isinstance(leaf, list) else leaf
        for key, below in place.objects.items():
            part = entry.get(key)
            if isinstance(part, dict):
                self._visit(part, below, row, ocid, pointer)
        for key, below in place.arrays.items():
            entries = entry.get(key)
            if isinstance(entries, list):
                for position, one in enumerate(entries):
                    if isinstance(one, dict):
                        self._visit(one, below, None, ocid, f"{pointer}{below.pointer}{position}")

    def _tree(self, tables: Sequence[Table]) -> _Place:
        root = _Place()
        arrays: dict[Chain, _Place] = {(): root}
        for number, table in enumerate(tables):
            for depth in range(1, len(table.chain) + 1):
                chain = table.chain[:depth]
                if chain not in arrays:
                    above = chain[-2] if depth > 1 else ""
                    relative = chain[-1][len(above) + 1 :] if above else chain[-1]
                    *steps, last = relative.split("/")
                    holder = _below(arrays[chain[:-1]], steps)
                    arrays[chain] = holder.arrays.setdefault(key_of(last), _Place(pointer=f"/{relative}/"))
            base = arrays[table.chain]
            base.rows = number
            above = table.chain[-1] if table.chain else ""
            for column, path in enumerate(self.columns[table.name], start=1):
                if path in _OWN:
                    continue
                *steps, last = (path[len(above) + 1 :] if above else path).split("/")
                _below(base, steps).leaves[key_of(last)] = column
        return root


def _below(place: _Place, steps: Sequence[str]) -> _Place:
    for step in steps:
        place = place.objects.setdefault(key_of(step), _Place())
    return place
