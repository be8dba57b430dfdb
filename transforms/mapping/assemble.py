"""Assembles the rows of one bucket into states: for each process the nested document of everything known now."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.plan import PartyPlan, Plan, ReferencePlan, TablePlan
from transforms.mapping.sql import SEPARATOR

Row = tuple[Any, ...]
"""_process, _bucket, _container, _id, _row, then the plan's columns, then the change time and the list of findings."""

PROCESS, CONTAINER, ID, ROW = 0, 2, 3, 4
MODIFIED, FINDINGS = -2, -1


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
    findings: tuple[str, ...] = ()


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


def assemble(
    plan: Plan,
    rows: Mapping[str, Sequence[Row]],
    parties: Mapping[str, PartyRows],
    rules: DisclosureRules,
) -> Iterator[State]:
    """Give the states of one bucket in the order of the process table's rows.

    `rows` are those of each mapped table, sorted by process, container, `_order` if there is one, and id. Entries keep
    that order.
    """
    by_name = {party.name: party for party in plan.parties}
    process_table, *children = plan.tables
    shelves = [(table, _prefix(table), _by_process(rows[table.name])) for table in children]
    for row in rows[process_table.name]:
        process = row[PROCESS]
        state = State(row[ID], process, process_table.node.build(row), row[MODIFIED])
        state.provenance.append(("", row[ROW]))
        _collect_findings(state, row[FINDINGS], row[ROW])
        entries: dict[str, dict[str, Any]] = {"": state.document}
        organizations: dict[str, Organization] = {}
        roles: dict[str, set[str]] = {}
        replaced = False
        for reference in process_table.references:
            replaced |= _refer(state, reference, by_name, parties, rules, row, state.document, organizations, roles)
        for table, prefix, by_process in shelves:
            for child in by_process.get(process, ()):
                path = _add_row(state, table, prefix, child, entries)
                for reference in table.references:
                    target = path if reference.own else "" if reference.root else child[CONTAINER]
                    replaced |= _refer(
                        state, reference, by_name, parties, rules, child, entries[target], organizations, roles
                    )
        if rules.apply(state.document) or replaced:
            roles = _remaining_roles(state, plan)
        _list_parties(state, roles, organizations)
        yield state


def _by_process(rows: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        process = row[PROCESS]
        if process in grouped:
            grouped[process].append(row)
        else:
            grouped[process] = [row]
    return grouped


def _collect_findings(state: State, texts: Sequence[str] | None, row: str) -> None:
    for text in texts or ():
        path, _, rest = text.partition(SEPARATOR)
        code, _, value = rest.partition(SEPARATOR)
        if code:
            state.findings.append(MappingFinding(path, code, value, row))
        else:
            # The city's own words in `_findings`, one finding a line.
            state.findings += [MappingFinding("", "note", line, row) for line in text.splitlines() if line.strip()]


def _prefix(table: TablePlan) -> str:
    """Give what stands between a container's path and the id in the path of an entry of this table."""
    if not table.array:
        return ""
    return f"/{'/'.join((*table.objects, table.key))}/" if table.container else f"{table.array}/"


def _add_row(state: State, table: TablePlan, prefix: str, row: Row, entries: dict[str, dict[str, Any]]) -> str:
    """Put a row's entry into its container; give the path of the entry that the row belongs to."""
    modified = row[MODIFIED]
    if modified is not None and (state.modified is None or modified > state.modified):
        state.modified = modified
    if row[FINDINGS]:
        _collect_findings(state, row[FINDINGS], row[ROW])
    container: str = row[CONTAINER]
    if table.array is None:
        state.provenance.append((container, row[ROW]))
        return container
    identifier = row[ID]
    path = f"{container}{prefix}{identifier}"
    state.provenance.append((path, row[ROW]))
    entry = {"id": identifier}
    entry.update(table.node.build(row) or table.node.constants)
    target = entries[container]
    for name in table.objects:
        target = target.setdefault(name, {})
    if table.key in target:
        target[table.key].append(entry)
    else:
        target[table.key] = [entry]
    entries[path] = entry
    return path


def _refer(
    state: State,
    reference: ReferencePlan,
    kinds: Mapping[str, PartyPlan],
    parties: Mapping[str, PartyRows],
    rules: DisclosureRules,
    row: Row,
    target: dict[str, Any],
    organizations: dict[str, Organization],
    roles: dict[str, set[str]],
) -> bool:
    """Put a reference where it belongs; tell whether it took the place of one to another organization."""
    key = row[reference.key_index]
    if key is None:
        return False
    organization = parties[reference.party].find(row[PROCESS], key)
    name = row[reference.name_index] if reference.name_index is not None else None
    if organization is None:
        around = kinds[reference.party].id_around_key
        state.findings.append(MappingFinding(reference.path, "unknown_organization", key, row[ROW]))
        if around is None:
            return False
        organization = Organization({"id": f"{around[0]}{key}{around[1]}"}, person=False, row=row[ROW])
    data = organization.data
    if organization.person:
        rule = rules.person(reference.role)
        if rule == "withhold":
            return False
        if rule == "pseudonym":
            data = rules.pseudonym(data["id"])
            organization = dataclasses.replace(organization, data=data)
    if "name" not in data and name is not None:
        data = {"id": data["id"], "name": name, **{key: value for key, value in data.items() if key != "id"}}
        organization = dataclasses.replace(organization, data=data)
    identifier = data["id"]
    known = organizations.setdefault(identifier, organization)
    roles.setdefault(identifier, set()).add(reference.role)
    for part in reference.objects:
        target = target.setdefault(part, {})
    # The name of a reference is the party's, whatever the row says (ocds.md C-1).
    pointer = {"id": identifier}
    if "name" in known.data:
        pointer["name"] = known.data["name"]
    if not reference.many:
        before = target.get(reference.key)
        target[reference.key] = pointer
        return before is not None and before["id"] != identifier
    present = target.setdefault(reference.key, [])
    if all(other["id"] != identifier for other in present):
        present.append(pointer)
    return False


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
            _collect_findings(state, organization.findings, organization.row)
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
