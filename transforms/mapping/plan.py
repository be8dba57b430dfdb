"""What the compiler makes of a mapping: for each table the SQL of its columns and the shape of what is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIXED_COLUMNS = 5
"""Columns of every row before a plan's own: process, bucket, container, id of the entry, source row."""


@dataclass(frozen=True)
class Node:
    """How one object is built from a row: `leaves` and `objects` in the order of the standard.

    Constants are set only where the row gave the object a value, so that no object is made of constants alone.
    An amount-less `Value` is left out as a whole: a currency without an amount says nothing.
    """

    leaves: tuple[tuple[str, int], ...] = ()
    objects: tuple[tuple[str, "Node"], ...] = ()
    constants: tuple[tuple[str, Any], ...] = ()
    is_value: bool = False

    def build(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """Give the object of this row; empty if the row has nothing for it."""
        built: dict[str, Any] = {}
        for key, index in self.leaves:
            value = row[index]
            if value is not None:
                built[key] = value
        for key, node in self.objects:
            child = node.build(row)
            if child:
                built[key] = child
        if built:
            if self.is_value and "amount" not in built:
                return {}
            built.update(self.constants)
        return built


@dataclass(frozen=True)
class Column:
    """A column of a table's SELECT: its expression, and what is done to its values in Python."""

    sql: str
    path: str
    number: bool = False
    codes: Mapping[str, str | None] | None = None
    many: bool = False


@dataclass(frozen=True)
class ReferencePlan:
    """A reference to an organization in a row of a table.

    `own` tells whether it belongs to the row's own entry, else to the row's container. `objects` leads from there
    to the key; `many` if the key holds an array.
    """

    party: str
    path: str
    key_index: int
    name_index: int | None
    own: bool
    root: bool
    objects: tuple[str, ...]
    key: str
    many: bool
    role: str


@dataclass(frozen=True)
class TablePlan:
    """A prepared table: how its rows are found, ordered, and made into entries of `array` (None: no entry).

    `has_order`: its column `_order` decides the order of the entries before their ids do.
    """

    name: str
    array: str | None
    container: str
    objects: tuple[str, ...]
    key: str
    columns: tuple[Column, ...]
    findings: tuple[str, ...]
    node: Node
    references: tuple[ReferencePlan, ...]
    modified: str | None
    has_order: bool = False


@dataclass(frozen=True)
class PartyTablePlan:
    """A prepared table whose rows become entries of an array inside a party."""

    name: str
    on: str
    id_sql: str | None
    objects: tuple[str, ...]
    key: str
    columns: tuple[Column, ...]
    findings: tuple[str, ...]
    node: Node


@dataclass(frozen=True)
class PartyPlan:
    """A kind of organization. `mapped`: its data stand on rows of a mapped table, not in a table of its own."""

    name: str
    table: str
    key: str
    id_sql: str
    id_around_key: tuple[str, str] | None
    person_sql: str | None
    mapped: bool
    columns: tuple[Column, ...]
    findings: tuple[str, ...]
    node: Node
    tables: tuple[PartyTablePlan, ...]


@dataclass(frozen=True)
class Link:
    """How a child table finds its process: the parent, the columns, and the entry it belongs to."""

    name: str
    parent: str
    on: tuple[tuple[str, str], ...]
    id_sql: str | None
    array: str | None
    container: str


@dataclass(frozen=True)
class Plan:
    """A compiled mapping. `links` and `tables` are in an order in which parents come first."""

    process_table: str
    process_key: str
    ocid_sql: str
    links: tuple[Link, ...]
    tables: tuple[TablePlan, ...]
    parties: tuple[PartyPlan, ...]
    paths: frozenset[str] = field(default_factory=frozenset)
