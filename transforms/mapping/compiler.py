"""Checks a mapping against the field table, the prepared tables and the code lists, and compiles it to a plan.

The parts: `scope` (what is shared), `links` (tables), `leaves` (bindings), `content` (ids made of content),
`organizations` (parties).
"""

from collections.abc import Sequence

from transforms.mapping import sql
from transforms.mapping.content import ENTRY, content_id
from transforms.mapping.documents import document_plan
from transforms.mapping.errors import InvalidMapping
from transforms.mapping.events import SINCE, UNTIL
from transforms.mapping.leaves import Leaves, bindings_by_table, leaves, node
from transforms.mapping.links import check_arrays, check_tables, link, parents_first
from transforms.mapping.model import Binding, ContentId, Mapping
from transforms.mapping.organizations import PlacedReference, party_plan, references_by_table
from transforms.mapping.plan import FIXED_COLUMNS, Column, Plan, TablePlan
from transforms.mapping.scope import Below, Codelists, Fields, Schema, Scope
from transforms.quoting import quote

__all__ = ["InvalidMapping", "Plan", "compile_mapping"]


def compile_mapping(
    mapping: Mapping,
    *,
    schema: Schema,
    codelists: Codelists,
    fields: Fields,
    party_fields: Fields,
    as_of_year: int,
    withhold_contact_points: bool,
    conditional_paths: frozenset[str] = frozenset(),
    now: str | None = None,
) -> Plan:
    """Compile `mapping`; `party_fields` is the field table relative to `parties`.

    `conditional_paths` are the paths of disclosure conditions: what may be withheld goes into no id. `now` is the
    run's clock (RFC 3339, UTC): no change time after it is believed.

    Raises InvalidMapping with every problem found, each with file, line, key and the nearest right name.
    """
    if mapping.documents is not None:
        return document_plan(mapping, schema)
    scope = Scope(
        mapping, schema, codelists, fields, party_fields, as_of_year, withhold_contact_points, conditional_paths, now
    )
    check_tables(scope)
    order = parents_first(scope)
    check_arrays(scope, order)
    # What follows relies on tables that lead to the process, and on arrays with one owner each.
    if scope.problems:
        raise InvalidMapping(scope.problems)
    bindings = bindings_by_table(scope)
    references = references_by_table(scope)
    read = {name: _read(scope, name, bindings.get(name, {})) for name in (mapping.process.table, *order)}
    links = tuple(
        link(scope, name, _identifier(scope, name, bindings.get(name, {}), read[name], references.get(name, ())))
        for name in order
    )
    tables = tuple(_table(scope, name, found, references.get(name, ())) for name, found in read.items())
    parties = tuple(party_plan(scope, name, party) for name, party in mapping.parties.items())
    if scope.problems:
        raise InvalidMapping(scope.problems)
    process = mapping.process
    ocid = sql.template(process.ocid)
    return Plan(process.table, process.key, ocid, links, tables, parties, frozenset(mapping.bindings))


def _array(scope: Scope, name: str) -> str:
    child = scope.mapping.tables.get(name)
    return (child.array if child else None) or ""


def _read(scope: Scope, name: str, bindings: dict[str, Binding]) -> Leaves:
    array = _array(scope, name)
    return leaves(scope, name, bindings, Below(scope.fields, array), prefix=array, where=("bindings",))


def _identifier(
    scope: Scope, name: str, bindings: dict[str, Binding], read: Leaves, references: Sequence[PlacedReference]
) -> str | None:
    """Give the expression for the id of a child table's entries."""
    identity = scope.mapping.tables[name].id
    if not isinstance(identity, ContentId):
        return sql.identifier(identity) if identity else None
    # Who is a person decides whether a reference is published, so nothing of a kind that knows persons goes into ids.
    keys = {
        "/".join((*reference.objects, reference.last)): (
            reference.key,
            scope.mapping.parties[reference.party].person is not None,
        )
        for reference in references
        if reference.own
    }
    return content_id(scope, identity, _array(scope, name), bindings, read, keys, ENTRY, ("tables", name, "id"))


def _modified(scope: Scope, name: str) -> sql.Projection | None:
    """Give the expression for the change time of a table's rows, where one is declared."""
    child = scope.mapping.tables.get(name)
    column = child.modified if child else scope.mapping.process.modified
    return sql.modified(column, scope.schema[name][column], now=scope.now) if column else None


def _table(scope: Scope, name: str, read: Leaves, references: Sequence[PlacedReference]) -> TablePlan:
    """Compile a mapped table: its bindings, then the keys and names of its references."""
    child = scope.mapping.tables.get(name)
    array = _array(scope, name)
    fields = Below(scope.fields, array)
    columns = list(read.columns)
    placed = []
    for reference in references:
        index = FIXED_COLUMNS + len(columns)
        columns.append(Column(f"blank({quote(reference.key)})", reference.path))
        name_index = None
        if reference.name_column:
            name_index = index + 1
            columns.append(Column(f"blank({quote(reference.name_column)})", reference.path + "/name"))
        placed.append(reference.plan(index, name_index))
    modified = _modified(scope, name)
    container = scope.container(name)
    *objects, key = array[len(container) + 1 if container else 0 :].split("/")
    return TablePlan(
        name=name,
        array=child.array if child else None,
        container=container,
        objects=tuple(objects),
        key=key,
        columns=tuple(columns),
        findings=(*read.findings, *([modified.finding] if modified and modified.finding else [])),
        node=node(read.at, fields),
        references=tuple(placed),
        modified=modified.value if modified else None,
        has_order="_order" in scope.schema[name],
        since=scope.schema[name].get(SINCE),
        until=scope.schema[name].get(UNTIL),
    )
