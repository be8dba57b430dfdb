"""Compiles `process` and `tables`: how rows find their process, and whose entries they become."""

from transforms.mapping.errors import nearest
from transforms.mapping.plan import Link
from transforms.mapping.scope import Scope, is_reference, near, prefixes


def check_tables(scope: Scope) -> None:
    """Look up every table and column that `process` and `tables` name."""
    process = scope.mapping.process
    if scope.has_table(process.table, ("process", "table")):
        scope.has_column(process.table, process.key, ("process", "key"))
        scope.check_identifier(process.table, process.ocid, ("process", "ocid"))
        if process.modified:
            scope.has_column(process.table, process.modified, ("process", "modified"))
    for name, child in scope.mapping.tables.items():
        where = ("tables", name)
        if name == process.table:
            scope.problem(where, "is the process table already")
        if not scope.has_table(name, where):
            continue
        for own, theirs in child.on.items():
            scope.has_column(name, own, (*where, "on"))
            scope.has_column(child.parent, theirs, (*where, "on"))
        scope.check_identifier(name, child.id, (*where, "id"))
        if child.modified:
            scope.has_column(name, child.modified, (*where, "modified"))
        if child.array and not child.id:
            scope.problem(where, "entries of an array need an id: name a column, a template, or {content: columns}")


def parents_first(scope: Scope) -> list[str]:
    """Give the child tables in an order in which parents come first; those that lead nowhere are problems."""
    order: list[str] = []
    known = {scope.mapping.process.table}
    waiting = dict(scope.mapping.tables)
    while waiting:
        ready = [name for name, child in waiting.items() if child.parent in known]
        if not ready:
            for name, child in waiting.items():
                hint = nearest(child.parent, scope.mapped - {name})
                problem = f"{child.parent!r} does not lead to the process table{hint}"
                scope.problem(("tables", name, "parent"), problem)
            return order
        for name in ready:
            order.append(name)
            known.add(name)
            del waiting[name]
    return order


def check_arrays(scope: Scope, order: list[str]) -> None:
    """Find the table that fills each array; an array inside another needs a parent that leads there."""
    for name in order:
        array = scope.mapping.tables[name].array
        where = ("tables", name, "array")
        if array is None:
            continue
        facts = scope.fields.get(array)
        if facts is None:
            scope.problem(where, f"{array!r} is not a path of OCDS{near(scope.fields, array)}")
        elif facts.kind != "array":
            scope.problem(where, f"{array!r} is not an array of objects")
        elif is_reference(facts) or array == "parties":
            scope.problem(where, f"{array!r} is filled from parties: declare a reference there")
        elif array in scope.arrays:
            other = scope.arrays[array]
            scope.problem(where, f"{array!r} is filled from {other!r} already: join the two in prepare.sql")
        else:
            scope.arrays[array] = name
    for name in order:
        array = scope.mapping.tables[name].array
        for outer in prefixes(array or ""):
            if not scope.is_array(outer):
                continue
            owner = scope.arrays.get(outer)
            if owner is None:
                scope.problem(("tables", name, "array"), f"lies inside {outer!r}, which no table fills")
            elif owner not in scope.ancestors(name):
                scope.problem(
                    ("tables", name, "parent"),
                    f"{array!r} lies inside {outer!r}: the parent must be {owner!r} or a table below it",
                )


def link(scope: Scope, name: str, identifier: str | None) -> Link:
    """Give how a child table finds its process; `identifier` is the expression of its entries' id."""
    child = scope.mapping.tables[name]
    return Link(name, child.parent, tuple(child.on.items()), identifier, child.array, scope.container(name))
