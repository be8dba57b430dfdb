"""Rows out of compiled releases, following a plan."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from transforms.errors import TransformError
from transforms.tables.cells import TRIGGERS, escape_formula, joined
from transforms.tables.plan import Chain, Table, TablePlan
from transforms.tables.tree import Slot, key_of

Row = list[Any]

_OBJECTS = {dict}


class UnplannedValue(TransformError):
    """A compiled release holds a value that the plan has no column for; nothing of the release was taken."""

    def __init__(self, ocid: str, key: str) -> None:
        super().__init__(f"{ocid}: the tables have no column for a value under {key!r}")
        self.ocid = ocid
        self.key = key


class _Unplanned(Exception):
    """A signal between the functions of this module."""


class Flattener:
    """Turns compiled releases into the CSV rows of all tables of a plan.

    Text gathers in memory until `take`: call it often. The rows of a table come in the order of the releases, and of
    the entries within them.
    """

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan
        self._root = _tree(plan)
        # Rows of the release at hand; what has been written of each table, how many rows that is.
        self._rows: list[list[Row]] = [[] for _ in plan.tables]
        self._texts = [io.StringIO() for _ in plan.tables]
        self._write = [csv.writer(text, lineterminator="\r\n").writerows for text in self._texts]
        self._written = [0] * len(plan.tables)
        self._blank: list[Row] = [[""] * len(table.header) for table in plan.tables]
        # Whether the id of a row is a link for the rows below it.
        self._linked = [bool(table.chain) and f"{table.chain[-1]}/id" in table.header for table in plan.tables]

    def add(self, compiled: dict[str, Any]) -> None:
        """Take the rows of one compiled release.

        Raises `UnplannedValue`, leaving the tables as they were, where a value has no column.
        """
        row = self._blank[0].copy()
        self._rows[0].append(row)
        ocid = compiled["ocid"]
        try:
            self._fill(compiled, self._root, row, "", [ocid])
        except _Unplanned as unplanned:
            for rows in self._rows:
                rows.clear()
            raise UnplannedValue(ocid, str(unplanned)) from None
        for number, rows in enumerate(self._rows):
            if rows:
                self._write[number](rows)
                self._written[number] += len(rows)
                rows.clear()

    def take(self, minimum: int = 0) -> Iterator[tuple[int, bytes, int]]:
        """Give (table number, CSV text, rows) of each table with more than `minimum` characters; empties those."""
        for number, text in enumerate(self._texts):
            if text.tell() > minimum:
                yield number, text.getvalue().encode(), self._written[number]
                text.seek(0)
                text.truncate()
                self._written[number] = 0

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
                row[column] = escape_formula(value) if value and value[0] in TRIGGERS else value
            elif kind is dict:
                self._fill(value, below, row, pointer, links)
            elif kind is list:
                if value:
                    self._fill_list(key, value, below, row, pointer, links)
            elif value is not None:
                column = below.column
                if column < 0:
                    raise _Unplanned(key)
                row[column] = value if kind is not bool else "true" if value else "false"

    def _fill_list(self, key: str, values: list[Any], slot: Slot, row: Row, pointer: str, links: Row) -> None:
        entries = slot.entries
        objects = {*map(type, values)} == _OBJECTS
        if entries is None or not objects:
            if objects and not _leaves(values):
                return
            if slot.column < 0:
                raise _Unplanned(key)
            row[slot.column] = joined(values)
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
            rows.append(below)
            if not linked:
                self._fill(one, entries, below, place, links)
            else:
                identifier = one.get("id", "")
                if type(identifier) is str:
                    if identifier and identifier[0] in TRIGGERS:
                        identifier = escape_formula(identifier)
                elif type(identifier) is not int:
                    identifier = ""
                self._fill(one, entries, below, place, [*links, identifier])


def _leaves(value: Any) -> bool:
    """Tell whether a value holds anything that would need a cell."""
    if isinstance(value, dict):
        return any(_leaves(one) for one in value.values())
    if isinstance(value, list):
        return any(_leaves(one) if isinstance(one, dict | list) else True for one in value)
    return value is not None


def header_line(table: Table) -> bytes:
    """Write the header of a table as the first line of its CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(table.header)
    return text.getvalue().encode()


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
    """Find or make the slot of `path` (which starts with `above`) below `slot`."""
    relative = path[len(above) + 1 :] if above else path
    for token in relative.split("/"):
        slot = slot.members.setdefault(key_of(token), Slot())
    return slot
