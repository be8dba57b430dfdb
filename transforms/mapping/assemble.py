"""Assembles the rows of one bucket into states: for each process the nested document of everything known now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from transforms.errors import TransformError
from transforms.mapping.disclosure import DisclosureRules, Path
from transforms.mapping.plan import PartyPlan, Plan, ReferencePlan, TablePlan
from transforms.mapping.sql import FINDING_END, SEPARATOR

Columns = Sequence[Sequence[Any]]
"""The rows of a table by column: _process, _bucket, _container, _id, _row, then the plan's columns, then the change
time and the findings (`sql.findings`)."""

PROCESS, CONTAINER, ID, ROW = 0, 2, 3, 4
MODIFIED, FINDINGS = -2, -1


class RowsLeft(TransformError):
    """Rows of a process that is not among those given: they would be lost without a word."""

    def __init__(self, table: str, process: str) -> None:
        super().__init__(f"{table}: rows of {process!r}, which is not among the processes")
        self.table = table
        self.process = process


@dataclass(frozen=True)
class MappingFinding:
    """A cell that could not be used. `row` is `table:key` of the source; `value` is for internal eyes only."""

    path: str
    code: str
    value: str
    row: str


@dataclass(frozen=True)
class Organization:
    """A party as its row gives it, before roles: `data` has id and perhaps name."""

    data: dict[str, Any]
    person: bool
    row: str
    findings: str | None = None


@dataclass
class PartyRows:
    """Organizations of one kind in a bucket: by key, or by (process, key) where their data stand on mapped rows."""

    by_key: Mapping[Any, Organization]
    mapped: bool

    def find(self, process: str, key: str) -> Organization | None:
        """Give the organization that a process refers to by `key`."""
        return self.by_key.get((process, key) if self.mapped else key)


@dataclass
class State:
    """Everything known of one process. `provenance` lists (entry, source row); see DESIGN 2."""

    local_id: str
    process: str
    document: dict[str, Any]
    modified: str | None
    provenance: list[tuple[str, str]] = field(default_factory=list)
    findings: list[MappingFinding] = field(default_factory=list)
    #: paths that its own content keeps from the public
    withheld: Sequence[Path] = ()


def assemble(
    plan: Plan,
    tables: Mapping[str, Columns],
    parties: Mapping[str, PartyRows],
    rules: DisclosureRules,
    withheld: Mapping[str, Sequence[Path]] | None = None,
) -> Iterator[State]:
    """Give the states of some processes in the order of the process table's rows.

    `tables` are the rows of each mapped table, sorted by process, container, `_order` if there is one, and id. Entries
    keep that order. `withheld` names, by process, paths that are kept from the public whatever the state says.
    Raises RowsLeft if a row belongs to no row of the process table.
    """
    kinds = {party.name: party for party in plan.parties}
    containers = {table.container for table in plan.tables}
    processes, *children = [
        _Shelf(table, tables[table.name], kinds, parties, holds_others=table.array in containers)
        for table in plan.tables
    ]
    work = {process: _Work(processes, number, rules) for number, process in enumerate(processes.columns[PROCESS])}
    # Table by table, because what a table needs is looked up once, and most processes have few rows in many tables.
    for shelf in children:
        shelf.fill(work)
    for one in work.values():
        document = one.state.document
        roles = one.roles
        one.state.withheld = rules.apply(document, withheld.get(one.state.process, ()) if withheld else ())
        if one.state.withheld or one.replaced:
            roles = _remaining_roles(one.state, plan)
        _list_parties(one.state, roles, one.known)
        yield one.state


def entry_paths(table: TablePlan, containers: Sequence[str], identifiers: Sequence[str]) -> Sequence[str]:
    """Give the path of the entry of each row; that of its container where rows of the table are no entries."""
    if table.array is None:
        return containers
    prefix = f"/{'/'.join((*table.objects, table.key))}/" if table.container else f"{table.array}/"
    return [f"{container}{prefix}{identifier}" for container, identifier in zip(containers, identifiers, strict=True)]


class _Shelf:
    """The rows of one table, with the object that each of them is made into."""

    def __init__(
        self,
        table: TablePlan,
        columns: Columns,
        kinds: Mapping[str, PartyPlan],
        parties: Mapping[str, PartyRows],
        *,
        holds_others: bool,
    ) -> None:
        self.table = table
        self.columns = columns
        self.rows = columns[ROW]
        self.containers = columns[CONTAINER]
        self.findings = columns[FINDINGS]
        self.dated = any(columns[MODIFIED])
        self.has_findings = any(self.findings)
        self.holds_others = holds_others
        self.references = [
            _ReferenceColumns(
                reference,
                kinds[reference.party],
                parties[reference.party],
                columns[PROCESS],
                columns[reference.key_index],
                columns[reference.name_index] if reference.name_index is not None else None,
                columns[ROW],
            )
            for reference in table.references
        ]
        self.paths = entry_paths(table, self.containers, columns[ID])
        if table.array is None:
            self.built = table.node.build(columns, len(self.rows))
        else:
            self.built = table.node.entries(columns, columns[ID])

    def fill(self, work: Mapping[str, "_Work"]) -> None:
        """Put the rows into the states of their processes, and the references that stand on them."""
        start = 0
        for process, group in groupby(self.columns[PROCESS]):
            end = start + sum(1 for _ in group)
            one = work.get(process)
            if one is None:
                raise RowsLeft(self.table.name, process)
            state = one.state
            state.provenance += zip(self.paths[start:end], self.rows[start:end], strict=True)
            if self.dated:
                latest = max(filter(None, self.columns[MODIFIED][start:end]), default=None)
                if latest is not None and (state.modified is None or latest > state.modified):
                    state.modified = latest
            if self.has_findings:
                for number in range(start, end):
                    collect_findings(state, self.findings[number], self.rows[number])
            if self.table.array is not None:
                self._place(start, end, one.entries)
            if self.references:
                self._refer(start, end, one)
            start = end

    def _place(self, start: int, end: int, entries: dict[str, dict[str, Any]]) -> None:
        """Put the entries into their arrays. Those of one container stand together, so that its array is a slice."""
        containers = self.containers
        while start < end:
            container = containers[start]
            stop = end if containers[end - 1] == container else start + 1
            while stop < end and containers[stop] == container:
                stop += 1
            target = entries[container]
            for name in self.table.objects:
                target = target.setdefault(name, {})
            key = self.table.key
            target[key] = target[key] + self.built[start:stop] if key in target else self.built[start:stop]
            if self.holds_others:
                entries.update(zip(self.paths[start:stop], self.built[start:stop], strict=True))
            start = stop

    def _refer(self, start: int, end: int, one: "_Work") -> None:
        for number in range(start, end):
            for reference in self.references:
                if reference.keys[number] is not None:
                    plan = reference.plan
                    if plan.own:
                        target = self.built[number]
                    else:
                        target = one.entries["" if plan.root else self.containers[number]]
                    one.refer(reference, number, target)


def collect_findings(state: State, texts: str | None, row: str) -> None:
    """Add to a state what a row's cells could not say, as `sql.findings` wrote it."""
    for text in texts.split(FINDING_END) if texts else ():
        path, _, rest = text.partition(SEPARATOR)
        code, _, value = rest.partition(SEPARATOR)
        if code:
            state.findings.append(MappingFinding(path, code, value, row))
        else:
            # The city's own words in `_findings`, one finding a line.
            state.findings += [MappingFinding("", "note", line, row) for line in text.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class _ReferenceColumns:
    """A reference with the columns it is read from."""

    plan: ReferencePlan
    kind: PartyPlan
    parties: PartyRows
    processes: Sequence[str]
    keys: Sequence[str | None]
    names: Sequence[str | None] | None
    rows: Sequence[str]


class _Work:
    """One state in the making: its entries by path, the organizations it refers to and their roles."""

    def __init__(self, processes: _Shelf, number: int, rules: DisclosureRules) -> None:
        columns = processes.columns
        document = processes.built[number]
        self.state = State(columns[ID][number], columns[PROCESS][number], document, columns[MODIFIED][number])
        self.rules = rules
        self.entries: dict[str, dict[str, Any]] = {"": document}
        self.known: dict[str, Organization] = {}
        self.roles: dict[str, set[str]] = {}
        self.replaced = False
        self.state.provenance.append(("", processes.rows[number]))
        collect_findings(self.state, processes.findings[number], processes.rows[number])
        for reference in processes.references:
            self.refer(reference, number, document)

    def refer(self, reference: _ReferenceColumns, number: int, target: dict[str, Any]) -> None:
        """Put the reference of a row where it belongs, unless it is to a person who is withheld."""
        key = reference.keys[number]
        if key is None:
            return
        plan = reference.plan
        organization = reference.parties.find(reference.processes[number], key)
        if organization is None:
            organization = self._unknown(reference, number, key)
            if organization is None:
                return
        if organization.person:
            rule = self.rules.person(plan.role)
            if rule == "withhold":
                return
            if rule == "pseudonym":
                organization = replace(organization, data=self.rules.pseudonym(organization.data["id"]))
        data = organization.data
        if reference.names is not None and "name" not in data and (name := reference.names[number]) is not None:
            data = {"id": data["id"], "name": name, **{member: data[member] for member in data if member != "id"}}
            organization = replace(organization, data=data)
        identifier = data["id"]
        known = self.known.get(identifier)
        if known is None:
            known = self.known[identifier] = organization
            self.roles[identifier] = {plan.role}
        else:
            self.roles[identifier].add(plan.role)
        for part in plan.objects:
            target = target.setdefault(part, {})
        # The name of a reference is the party's, whatever the row says (ocds.md C-1).
        pointer = {"id": identifier}
        if "name" in known.data:
            pointer["name"] = known.data["name"]
        if plan.many:
            present = target.setdefault(plan.key, [])
            if all(other["id"] != identifier for other in present):
                present.append(pointer)
            return
        before = target.get(plan.key)
        target[plan.key] = pointer
        if before is not None and before["id"] != identifier:
            self.replaced = True
            finding = MappingFinding(plan.path, "several_organizations", key, reference.rows[number])
            self.state.findings.append(finding)

    def _unknown(self, reference: _ReferenceColumns, number: int, key: str) -> Organization | None:
        """Give an organization that has no row: its id, if the key alone makes it.

        Nobody can tell whether it is a person, so it is treated as one where its kind knows persons.
        """
        row = reference.rows[number]
        self.state.findings.append(MappingFinding(reference.plan.path, "unknown_organization", key, row))
        around = reference.kind.id_around_key
        if around is None:
            return None
        person = reference.kind.person_sql is not None
        return Organization({"id": f"{around[0]}{key}{around[1]}"}, person=person, row=row)


def _remaining_roles(state: State, plan: Plan) -> dict[str, set[str]]:
    """Find the roles of the references that are left after something was withheld or replaced."""
    roles: dict[str, set[str]] = {}
    for table in plan.tables:
        for reference in table.references:
            for pointer in _pointers(state.document, reference.path.split("/")):
                roles.setdefault(pointer["id"], set()).add(reference.role)
    return roles


def _list_parties(state: State, roles: Mapping[str, set[str]], organizations: Mapping[str, Organization]) -> None:
    """List the organizations that the state refers to, each with the roles of those references."""
    listed = []
    for identifier in sorted(roles):
        organization = organizations[identifier]
        listed.append({**organization.data, "roles": sorted(roles[identifier])})
        state.provenance.append((f"parties/{identifier}", organization.row))
        if organization.findings:
            collect_findings(state, organization.findings, organization.row)
    if listed:
        state.document["parties"] = listed


def _pointers(container: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    if isinstance(container, list):
        for entry in container:
            yield from _pointers(entry, path)
    elif isinstance(container, dict):
        if path:
            yield from _pointers(container.get(path[0]), path[1:])
        else:
            yield container
