"""What all parts of the compiler share: the mapping, what it may name, and the problems found so far."""

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any, Protocol

from transforms.mapping.errors import nearest
from transforms.mapping.model import ContentId, Mapping, identifying_columns
from transforms.mapping.sql import ValueType

Schema = Dictionary[str, Dictionary[str, str]]
"""Prepared table → column → DuckDB type."""

Codelists = Dictionary[str, Dictionary[str, str | None]]
"""Code list of the city → source code → OCDS code (None: drop the value)."""

Where = tuple[Any, ...]
"""Keys that lead to a part of the mapping."""


class FieldFacts(Protocol):
    """What the compiler asks of a field of the standard."""

    @property
    def kind(self) -> str:
        """One of object, array (of objects), scalar, scalars (array of scalars)."""

    @property
    def value_type(self) -> ValueType:
        """JSON type of the scalar or of each scalar."""

    @property
    def definition(self) -> str | None:
        """Name of the standard's definition of an object, such as Value or OrganizationReference."""


class Fields(Protocol):
    """The field table, by path without indexes."""

    def get(self, path: str) -> FieldFacts | None:
        """Facts of a path, or None."""

    def nearest(self, path: str) -> list[str]:
        """Paths that look like this one."""


class Below:
    """A field table as seen from inside one of its arrays or objects."""

    def __init__(self, fields: Fields, path: str) -> None:
        self._fields = fields
        self._prefix = f"{path}/" if path else ""

    def get(self, path: str) -> FieldFacts | None:
        """Facts of a path from here, or None."""
        return self._fields.get(self._prefix + path)

    def nearest(self, path: str) -> list[str]:
        """Paths of the whole table that look like this one."""
        return self._fields.nearest(self._prefix + path)


@dataclass
class Scope:
    """One compilation: collects problems, so that a person mends them in one go.

    `conditional_paths` are those that a disclosure condition may leave out of a process. `now` is the run's clock.
    `arrays` has for each path of an array the table that fills it; `described` the tables whose own findings are read.
    """

    mapping: Mapping
    schema: Schema
    codelists: Codelists
    fields: Fields
    party_fields: Fields
    as_of_year: int
    withhold_contact_points: bool
    conditional_paths: frozenset[str] = frozenset()
    now: str | None = None
    problems: list[str] = field(default_factory=list)
    arrays: dict[str, str] = field(default_factory=dict)
    described: set[str] = field(default_factory=set)

    def problem(self, where: Where, text: str) -> None:
        """Note a problem with file, line and key."""
        self.problems.append(self.mapping.at(*where) + text)

    def has_table(self, name: str, where: Where) -> bool:
        """Tell whether there is a prepared table of this name; it is a problem if not."""
        if name in self.schema:
            return True
        self.problem(where, f"there is no prepared table {name!r}{nearest(name, self.schema)}")
        return False

    def has_column(self, table: str, column: str, where: Where) -> bool:
        """Tell whether a table has a column; it is a problem if not, unless the missing table is one already."""
        if column in self.schema.get(table, {}):
            return True
        if table in self.schema:
            self.problem(where, f"table {table!r} has no column {column!r}{nearest(column, self.schema[table])}")
        return False

    def check_identifier(self, table: str, identity: str | ContentId | None, where: Where) -> None:
        """Look up the columns of an id, which is a column or a template of columns, or made of content."""
        for column in identifying_columns(identity):
            self.has_column(table, column, where)

    def is_array(self, path: str) -> bool:
        """Tell whether a path is an array of objects."""
        facts = self.fields.get(path)
        return facts is not None and facts.kind == "array"

    @property
    def mapped(self) -> set[str]:
        """Names of the process table and of its child tables."""
        return {self.mapping.process.table, *self.mapping.tables}

    def ancestors(self, name: str) -> list[str]:
        """Parents of a table, nearest first, the process table last."""
        chain = []
        while name in self.mapping.tables and name != self.mapping.process.table:
            name = self.mapping.tables[name].parent
            chain.append(name)
        return chain

    def container(self, name: str) -> str:
        """Give the nearest array around a table's entries that one of its ancestors fills, or "" for the root."""
        child = self.mapping.tables.get(name)
        if child is None:
            return ""
        for ancestor in self.ancestors(name):
            array = self.mapping.tables[ancestor].array if ancestor in self.mapping.tables else None
            if array and (child.array is None or child.array.startswith(array + "/")):
                return array
        return ""


def near(fields: Fields, path: str) -> str:
    """Give `; did you mean 'x'?` for the closest known path, else nothing."""
    found = fields.nearest(path)
    return f"; did you mean {found[0]!r}?" if found else ""


def is_reference(facts: FieldFacts) -> bool:
    """Tell whether a field refers to an organization, or is an array of such references."""
    return facts.definition == "OrganizationReference"


def prefixes(path: str) -> Iterator[str]:
    """Paths around `path`, the innermost first."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
