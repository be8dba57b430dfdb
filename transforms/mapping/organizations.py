"""Compiles `parties`: organizations, what stands inside them, and the references that lead to them."""

from dataclasses import dataclass

from transforms.mapping import sql
from transforms.mapping.content import content_id
from transforms.mapping.errors import nearest
from transforms.mapping.leaves import is_leaf, leaves, node
from transforms.mapping.model import Binding, ContentId, Party, PartyTable, Reference, placeholders
from transforms.mapping.plan import PartyPlan, PartyTablePlan, ReferencePlan
from transforms.mapping.scope import Below, Scope, Where, is_reference, near, prefixes
from transforms.quoting import quote

_INNER = ("w._bucket", "w._key")
"""What makes up one array among the rows of a table inside a party, while it is prepared."""


@dataclass(frozen=True)
class PlacedReference:
    """A reference whose columns have no index yet: `key` and `name_column` are columns of its table."""

    party: str
    path: str
    key: str
    name_column: str | None
    own: bool
    root: bool
    objects: tuple[str, ...]
    last: str
    many: bool
    role: str

    def plan(self, key_index: int, name_index: int | None) -> ReferencePlan:
        """Give the plan once the columns stand at these indexes."""
        return ReferencePlan(
            self.party, self.path, key_index, name_index, self.own, self.root, self.objects, self.last, self.many,
            self.role,
        )  # fmt: skip


def references_by_table(scope: Scope) -> dict[str, list[PlacedReference]]:
    """Give the references that the rows of each mapped table make."""
    grouped: dict[str, list[PlacedReference]] = {}
    for name, party in scope.mapping.parties.items():
        for number, reference in enumerate(party.references):
            placed = _placed(scope, name, reference, ("parties", name, "references", number))
            if placed is not None:
                grouped.setdefault(reference.source.split(".", 1)[0], []).append(placed)
    return grouped


def _placed(scope: Scope, party: str, reference: Reference, where: Where) -> PlacedReference | None:
    facts = scope.fields.get(reference.path)
    if facts is None:
        hint = near(scope.fields, reference.path)
        scope.problem((*where, "path"), f"{reference.path!r} is not a path of OCDS{hint}")
        return None
    if not is_reference(facts):
        scope.problem((*where, "path"), f"{reference.path!r} does not refer to an organization")
        return None
    table, column = reference.source.split(".", 1)
    if table not in scope.mapped:
        scope.problem((*where, "from"), f"{table!r} is not a mapped table{nearest(table, scope.mapped)}")
        return None
    scope.has_column(table, column, (*where, "from"))
    name_column = None
    if reference.name:
        name_table, name_column = reference.name.split(".", 1)
        if name_table != table:
            scope.problem((*where, "name"), f"must be a column of {table!r}")
        scope.has_column(table, name_column, (*where, "name"))
    array = next((outer for outer in prefixes(reference.path) if scope.is_array(outer)), "")
    child = scope.mapping.tables.get(table)
    own = array == "" if child is None else child.array is not None and array == child.array
    if not own and array and array != scope.container(table):
        problem = f"{reference.path!r} lies inside {array!r}, which {table!r} is not below"
        scope.problem((*where, "from"), problem)
        return None
    *objects, last = reference.path[len(array) + 1 if array else 0 :].split("/")
    return PlacedReference(
        party=party,
        path=reference.path,
        key=column,
        name_column=name_column,
        own=own,
        root=not array,
        objects=tuple(objects),
        last=last,
        many=facts.kind == "array",
        role=reference.role,
    )


def party_plan(scope: Scope, name: str, party: Party) -> PartyPlan:
    """Compile one kind of organization."""
    where = ("parties", name)
    scope.has_table(party.table, (*where, "table"))
    scope.has_column(party.table, party.key, (*where, "key"))
    scope.check_identifier(party.table, party.id, (*where, "id"))
    if party.person:
        scope.has_column(party.table, party.person, (*where, "person"))
    inner: dict[str, dict[str, Binding]] = {table: {} for table in party.tables}
    own: dict[str, Binding] = {}
    for path, binding in _usable(scope, party.bindings, (*where, "bindings")).items():
        owner = next((table for table, child in party.tables.items() if path.startswith(child.array + "/")), None)
        if owner:
            inner[owner][path[len(party.tables[owner].array) + 1 :]] = binding
        else:
            own[path] = binding
    read = leaves(scope, party.table, own, scope.party_fields, prefix="", where=(*where, "bindings"))
    tables = [_party_table(scope, table, child, inner[table], where) for table, child in party.tables.items()]
    person = None
    if party.person and party.person in scope.schema.get(party.table, {}):
        person = f"CAST({quote(party.person)} AS BOOLEAN)"
    return PartyPlan(
        name=name,
        table=party.table,
        key=party.key,
        id_sql=sql.template(party.id),
        id_around_key=_around(party.id, party.key),
        person_sql=person,
        mapped=party.table in scope.mapped,
        columns=read.columns,
        findings=read.findings,
        node=node(read.at, scope.party_fields),
        tables=tuple(table for table in tables if table is not None),
    )


def _party_table(
    scope: Scope, table: str, child: PartyTable, bindings: dict[str, Binding], where: Where
) -> PartyTablePlan | None:
    here = (*where, "tables", table)
    if not scope.has_table(table, here):
        return None
    scope.has_column(table, child.on, (*here, "on"))
    scope.check_identifier(table, child.id, (*here, "id"))
    facts = scope.party_fields.get(child.array)
    if facts is None or facts.kind != "array":
        hint = near(scope.party_fields, child.array)
        scope.problem((*here, "array"), f"{child.array!r} is not an array inside parties{hint}")
        return None
    fields = Below(scope.party_fields, child.array)
    read = leaves(scope, table, bindings, fields, prefix="", where=(*where, "bindings"))
    *objects, last = child.array.split("/")
    identifier = None
    if isinstance(child.id, ContentId):
        identifier = content_id(scope, child.id, f"parties/{child.array}", bindings, read, {}, _INNER, (*here, "id"))
    elif child.id:
        identifier = sql.identifier(child.id)
    return PartyTablePlan(
        table, child.on, identifier, tuple(objects), last, read.columns, read.findings, node(read.at, fields)
    )


def _usable(scope: Scope, bindings: dict[str, Binding], where: Where) -> dict[str, Binding]:
    usable = {}
    for path, binding in bindings.items():
        here = (*where, path)
        if path in ("id", "roles"):
            scope.problem(here, "is set from id: and from the references' roles")
            continue
        facts = scope.party_fields.get(path)
        if facts is None:
            hint = near(scope.party_fields, path)
            scope.problem(here, f"{path!r} is not a path inside parties with the city's extensions{hint}")
        elif is_leaf(scope, path, facts, here) and not (
            scope.withhold_contact_points and "contactPoint" in path.split("/")
        ):
            usable[path] = binding
    return usable


def _around(template: str, key: str) -> tuple[str, str] | None:
    """Text before and after the key in a template that names nothing else."""
    if placeholders(template) != [key]:
        return None
    before, _, after = template.partition("{" + key + "}")
    return before, after
