"""What the compiler makes of a mapping: for each table the SQL of its columns and the shape of what is built."""

from collections.abc import Mapping, Sequence
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

    def build(self, columns: Sequence[Sequence[Any]], count: int) -> list[dict[str, Any]]:
        """Give the object of each of `count` rows; empty where the row has nothing for it.

        Column by column: a loop over one list is several times as fast as one over the fields of each row.
        """
        if len(self.leaves) == 1 and not self.objects and (not self.is_value or self.leaves[0][0] == "amount"):
            ((key, index),) = self.leaves
            constants = dict(self.constants)
            return [{} if value is None else {key: value, **constants} for value in columns[index]]
        built: list[dict[str, Any]] = [{} for _ in range(count)]
        self._fill(built, columns)
        if self.is_value:
            built = [target if "amount" in target else {} for target in built]
        if self.constants:
            for target in built:
                if target:
                    target.update(self.constants)
        return built

    def entries(self, columns: Sequence[Sequence[Any]], identifiers: Sequence[str]) -> list[dict[str, Any]]:
        """Give the entry of each row: its id, what the row gives it, and the constants of every entry."""
        built: list[dict[str, Any]] = [{"id": identifier} for identifier in identifiers]
        self._fill(built, columns)
        if self.constants:
            for target in built:
                target.update(self.constants)
        return built

    def _fill(self, targets: Sequence[dict[str, Any]], columns: Sequence[Sequence[Any]]) -> None:
        for key, index in self.leaves:
            for target, value in zip(targets, columns[index], strict=True):
                if value is not None:
                    target[key] = value
        for key, node in self.objects:
            for target, child in zip(targets, node.build(columns, len(targets)), strict=True):
                if child:
                    target[key] = child


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

    `has_order`: its column `_order` decides the order of the entries before their ids do. `since` and `until` are the
    DuckDB types of its columns `_since` and `_until`.
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
    since: str | None = None
    until: str | None = None


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
    """A compiled mapping. `links` and `tables` are in an order in which parents come first.

    `documents`: the rows hold whole releases that were published before, and the ocid as a whole.
    """

    process_table: str
    process_key: str
    ocid_sql: str
    links: tuple[Link, ...]
    tables: tuple[TablePlan, ...]
    parties: tuple[PartyPlan, ...]
    paths: frozenset[str] = field(default_factory=frozenset)
    documents: bool = False
