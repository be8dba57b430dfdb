"""Compiles bindings: the SQL of each bound column, and the object that is built from a row."""

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any

from transforms.mapping import sql
from transforms.mapping.errors import nearest
from transforms.mapping.model import Binding
from transforms.mapping.plan import FIXED_COLUMNS, Column, Node
from transforms.mapping.scope import FieldFacts, Fields, Scope, Where, is_reference, near, prefixes

SET_BY_PREGON = ("ocid", "id", "date", "tag", "initiationType", "language")


@dataclass(frozen=True)
class Constant:
    """A constant among column indexes."""

    value: Any


@dataclass(frozen=True)
class Leaves:
    """What the bindings of one table read. `at` gives for each path the index of its column, or the constant."""

    columns: tuple[Column, ...]
    findings: tuple[str, ...]
    at: Dictionary[str, int | Constant]


def bindings_by_table(scope: Scope) -> dict[str, dict[str, Binding]]:
    """Give the bindings of each mapped table, by path relative to its entry."""
    grouped: dict[str, dict[str, Binding]] = {}
    for path, binding in scope.mapping.bindings.items():
        where = ("bindings", path)
        if not _may_be_bound(scope, path, where):
            continue
        if scope.withhold_contact_points and "contactPoint" in path.split("/"):
            continue
        array = next((outer for outer in prefixes(path) if scope.is_array(outer)), "")
        owner = scope.arrays.get(array) if array else scope.mapping.process.table
        if owner is None:
            scope.problem(where, f"lies inside {array!r}, which no table fills: declare it under tables")
        elif binding.table not in (None, owner):
            inside = f"lies inside {array!r}" if array else "lies outside all arrays"
            scope.problem(where, f"{inside}, so its column must be one of {owner!r}, not of {binding.table!r}")
        elif array and path == f"{array}/id" and binding.column != scope.mapping.tables[owner].id:
            # The id decides order, duplicates and provenance, so there can't be a second one.
            scope.problem(where, f"{path!r} is set from tables.{owner}.id")
        else:
            grouped.setdefault(owner, {})[path[len(array) + 1 :] if array else path] = binding
    return grouped


def _may_be_bound(scope: Scope, path: str, where: Where) -> bool:
    facts = scope.fields.get(path)
    if facts is None:
        hint = near(scope.fields, path)
        scope.problem(where, f"{path!r} is not a path of OCDS with the city's extensions{hint}")
        return False
    if not is_leaf(scope, path, facts, where):
        return False
    if path in SET_BY_PREGON:
        scope.problem(where, f"{path!r} is set by Pregón itself")
        return False
    for outer in prefixes(path):
        outer_facts = scope.fields.get(outer)
        if outer_facts is not None and is_reference(outer_facts):
            scope.problem(where, f"{outer!r} refers to an organization: declare it under parties.*.references")
            return False
    return True


def is_leaf(scope: Scope, path: str, facts: FieldFacts, where: Where) -> bool:
    """Tell whether a path holds a value; it is a problem if it holds objects."""
    if facts.kind in ("object", "array"):
        scope.problem(where, f"{path!r} is an {facts.kind}: bind the fields inside it")
        return False
    return True


def leaves(
    scope: Scope, table: str, bindings: Dictionary[str, Binding], fields: Fields, *, prefix: str, where: Where
) -> Leaves:
    """Compile the bindings of a table; `fields` and the bindings have paths relative to what is built.

    `prefix` stands before those paths in findings, and in the keys of problems, which begin with `where`.
    """
    columns: list[Column] = []
    findings: list[str] = []
    at: dict[str, int | Constant] = {}
    for path, binding in bindings.items():
        full = f"{prefix}/{path}" if prefix else path
        here = (*where, full)
        facts = fields.get(path)
        if facts is None:
            continue
        if binding.column is None:
            at[path] = Constant(_constant(scope, binding.value, facts, here))
            continue
        if binding.table != table:
            scope.problem(here, f"its column must be one of {table!r}, not of {binding.table!r}")
            continue
        if not scope.has_column(table, binding.column, here):
            continue
        column_type = scope.schema[table][binding.column]
        many = facts.kind == "scalars"
        if not sql.convertible(column_type, facts.value_type, many=many):
            kind = "a list of " + facts.value_type if many else facts.value_type
            scope.problem(here, f"column {binding.column!r} is {column_type}, the field is {kind}")
            continue
        projection = _projection(scope, full, binding, facts, column_type)
        if projection.finding:
            findings.append(projection.finding)
        at[path] = FIXED_COLUMNS + len(columns)
        number = facts.value_type in ("number", "integer")
        columns.append(Column(projection.value, full, number=number, codes=_codes(scope, binding, here), many=many))
    if "_findings" in scope.schema.get(table, {}) and table not in scope.described:
        # Once for each table, though a party's data may stand on the rows of a mapped one.
        scope.described.add(table)
        findings.append("_findings")
    return Leaves(tuple(columns), tuple(findings), at)


def _projection(scope: Scope, full: str, binding: Binding, facts: FieldFacts, column_type: str) -> sql.Projection:
    column = binding.column or ""
    if facts.kind == "scalars":
        return sql.Projection(sql.scalars(column, column_type, binding.split))
    end_of_day = binding.time == "end" or (binding.time is None and not full.endswith("startDate"))
    return sql.leaf(
        full, column, column_type, facts.value_type, as_of_year=scope.as_of_year, end_of_day=end_of_day
    )  # fmt: skip


def _codes(scope: Scope, binding: Binding, where: Where) -> Dictionary[str, str | None] | None:
    if binding.codelist is None:
        return None
    if binding.codelist not in scope.codelists:
        hint = nearest(binding.codelist, scope.codelists)
        scope.problem((*where, "codelist"), f"there is no file codelists/{binding.codelist}.csv{hint}")
        return None
    return scope.codelists[binding.codelist]


def _constant(scope: Scope, value: Any, facts: FieldFacts, where: Where) -> Any:
    if facts.kind == "scalars":
        return list(value) if isinstance(value, tuple) else [value]
    expected: dict[str, tuple[type, ...]] = {"boolean": (bool,), "number": (int, float), "integer": (int,)}
    kinds = expected.get(facts.value_type, (str,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        scope.problem(where, f"the constant {value!r} is not a {facts.value_type}")
    return value


def node(at: Dictionary[str, int | Constant], fields: Fields, path: str = "") -> Node:
    """Nest the paths of `at` into objects; `path` leads to the object that is built."""
    columns: list[tuple[str, int]] = []
    constants: list[tuple[str, Any]] = []
    inner: dict[str, dict[str, int | Constant]] = {}
    for relative, origin in at.items():
        head, _, rest = relative.partition("/")
        if rest:
            inner.setdefault(head, {})[rest] = origin
        elif isinstance(origin, Constant):
            constants.append((head, origin.value))
        else:
            columns.append((head, origin))
    objects = tuple((head, node(below, fields, f"{path}/{head}" if path else head)) for head, below in inner.items())
    facts = fields.get(path) if path else None
    is_value = facts is not None and facts.definition == "Value"
    return Node(tuple(columns), objects, tuple(constants), is_value=is_value)
