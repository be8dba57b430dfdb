"""Rows out of compiled releases, following a plan: the values as they are in JSON, before any format takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transforms.errors import TransformError
from transforms.tables.cells import TRIGGERS
from transforms.tables.plan import Chain, TablePlan
from transforms.tables.tree import Slot, key_of

Row = list[Any]
"""The cells of a row in the order of the table's header, None where there is nothing."""

Place = tuple[int, int]
"""Row and column, both from 0."""

_OBJECTS = {dict}


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of one table, and where cells need care, so that no format has to look at every cell.

    `composed` are the places of arrays and of true and false, `risky` those of texts that a spreadsheet may take for
    a formula.
    """

    rows: list[Row]
    composed: list[Place]
    risky: list[Place]


class UnplannedValue(TransformError):
    """A compiled release holds a value that the plan has no column for; nothing of the release was taken."""

    def __init__(self, ocid: str, key: str) -> None:
        super().__init__(f"{ocid}: the tables have no column for a value under {key!r}")
        self.ocid = ocid
        self.key = key


class _Unplanned(Exception):
    """A signal between the functions of this module."""


class Flattener:
    """Turns compiled releases into the rows of all tables of a plan.

    Rows gather in memory until `take`: call it often. The rows of a table come in the order of the releases, and of
    the entries within them. What is taken at once holds whole processes.
    """

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan
        self._root = _tree(plan)
        self._gathered = [TableRows([], [], []) for _ in plan.tables]
        self._rows = [one.rows for one in self._gathered]
        self._blank: list[Row] = [[None] * len(table.header) for table in plan.tables]
        # Whether the id of a row is a link for the rows below it.
        self._linked = [bool(table.chain) and f"{table.chain[-1]}/id" in table.header for table in plan.tables]
        self._risky_links: list[int] = []

    @property
    def waiting(self) -> int:
        """Count the rows of all tables that are not taken yet."""
        return sum(map(len, self._rows))

    @property
    def gathered(self) -> list[int]:
        """Count the rows of each table that are not taken yet."""
        return [len(rows) for rows in self._rows]

    def add(self, compiled: dict[str, Any]) -> None:
        """Take the rows of one compiled release.

        Raises `UnplannedValue`, leaving the tables as they were, where a value has no column.
        """
        before = [(len(one.rows), len(one.composed), len(one.risky)) for one in self._gathered]
        row = self._blank[0].copy()
        self._rows[0].append(row)
        ocid = compiled["ocid"]
        try:
            self._fill(compiled, self._root, row, "", [ocid])
        except _Unplanned as unplanned:
            self._risky_links.clear()
            for one, (rows, composed, risky) in zip(self._gathered, before, strict=True):
                del one.rows[rows:], one.composed[composed:], one.risky[risky:]
            raise UnplannedValue(ocid, str(unplanned)) from None

    def take(self) -> Iterator[tuple[int, TableRows]]:
        """Give (table number, rows) of every table that has some, and forget them."""
        for number, one in enumerate(self._gathered):
            if one.rows:
                taken = TableRows(one.rows.copy(), one.composed.copy(), one.risky.copy())
                one.rows.clear()
                one.composed.clear()
                one.risky.clear()
                yield number, taken

    def _fill(self, entry: dict[str, Any], slot: Slot, row: Row, pointer: str, links: Row) -> None:
        members = slot.members
        for key, value in entry.items():
            kind = type(value)
            below = members.get(key)
            if below is None:
                if value is None or (kind in {dict, list} and not _leaves(value)):
                    continue
                raise _Unplanned(key)
            if kind is str:
                column = below.column
                if column < 0:
                    raise _Unplanned(key)
                row[column] = value
                if value and value[0] in TRIGGERS:
                    self._gathered[below.table].risky.append((len(self._rows[below.table]) - 1, column))
            elif kind is dict:
                self._fill(value, below, row, pointer, links)
            elif kind is list:
                if value:
                    self._fill_list(key, value, below, row, pointer, links)
            elif value is not None:
                column = below.column
                if column < 0:
                    raise _Unplanned(key)
                row[column] = value
                if kind is bool:
                    self._gathered[below.table].composed.append((len(self._rows[below.table]) - 1, column))

    def _fill_list(self, key: str, values: list[Any], slot: Slot, row: Row, pointer: str, links: Row) -> None:
        entries = slot.entries
        objects = {*map(type, values)} == _OBJECTS
        if entries is None or not objects:
            if objects and not _leaves(values):
                return
            if slot.column < 0:
                raise _Unplanned(key)
            row[slot.column] = values
            self._gathered[slot.table].composed.append((len(self._rows[slot.table]) - 1, slot.column))
            return
        table = entries.table
        rows, blank = self._rows[table], self._blank[table]
        prefix = pointer + entries.pointer
        fixed = len(links)
        linked = self._linked[table]
        for position, one in enumerate(values):
            below = blank.copy()
            place = f"{prefix}{position}"
            below[0] = links[0]
            below[1] = place
            if fixed > 1:
                below[2 : fixed + 1] = links[1:]
                for column in self._risky_links:
                    self._gathered[table].risky.append((len(rows), column))
            rows.append(below)
            if not linked:
                self._fill(one, entries, below, place, links)
                continue
            identifier = one.get("id")
            risky = False
            if type(identifier) is str:
                risky = bool(identifier) and identifier[0] in TRIGGERS
            elif type(identifier) is not int:
                identifier = None
            if risky:
                self._risky_links.append(fixed + 1)
            self._fill(one, entries, below, place, [*links, identifier])
            if risky:
                self._risky_links.pop()


def _leaves(value: Any) -> bool:
    """Tell whether a value holds anything that would need a cell."""
    if isinstance(value, dict):
        return any(_leaves(one) for one in value.values())
    if isinstance(value, list):
        return any(_leaves(one) if isinstance(one, dict | list) else True for one in value)
    return value is not None


def _tree(plan: TablePlan) -> Slot:
    root = Slot()
    tables: dict[Chain, Slot] = {(): root}
    for number, table in enumerate(plan.tables):
        if table.chain:
            parent = tables[table.chain[:-1]]
            above = table.chain[-2] if len(table.chain) > 1 else ""
            slot = _descend(parent, above, table.chain[-1])
            entries = slot.entries = Slot()
            entries.table = number
            relative = table.chain[-1][len(above) + 1 :] if above else table.chain[-1]
            entries.pointer = f"/{relative}/"
            tables[table.chain] = entries
        base = tables[table.chain]
        above = table.chain[-1] if table.chain else ""
        first = len(table.links) + 2 if table.chain else 0
        for position, column in enumerate(table.columns):
            _descend(base, above, column.path).column = first + position
    return root


def _descend(slot: Slot, above: str, path: str) -> Slot:
    """Find or make the slot of `path` (which starts with `above`) below `slot`; it is of the same table."""
    relative = path[len(above) + 1 :] if above else path
    table = slot.table
    for token in relative.split("/"):
        slot = slot.members.setdefault(key_of(token), Slot())
        slot.table = table
    return slot
