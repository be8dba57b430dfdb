"""Checks a mapping against the field table, the prepared tables and the code lists, and compiles it to a plan."""

from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from typing import Any, Protocol

from transforms.mapping import sql
from transforms.mapping.errors import InvalidMapping, nearest
from transforms.mapping.model import Binding, ChildTable, Mapping, Party, placeholders
from transforms.mapping.plan import (
    FIXED_COLUMNS,
    Column,
    Link,
    Node,
    PartyPlan,
    PartyTablePlan,
    Plan,
    ReferencePlan,
    TablePlan,
)
from transforms.quoting import quote

__all__ = ["InvalidMapping", "Plan", "compile_mapping"]

Schema = Dictionary[str, Dictionary[str, str]]
"""Prepared table → column → DuckDB type."""

Codelists = Dictionary[str, Dictionary[str, str | None]]
"""Code list of the city → source code → OCDS code (None: drop the value)."""


class FieldFacts(Protocol):
    """What the compiler asks of a field of the standard."""

    @property
    def kind(self) -> str:
        """One of object, array (of objects), scalar, scalars (array of scalars)."""

    @property
    def value_type(self) -> sql.ValueType:
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


def compile_mapping(
    mapping: Mapping,
    *,
    schema: Schema,
    codelists: Codelists,
    fields: Fields,
    party_fields: Fields,
    as_of_year: int,
    withhold_contact_points: bool,
) -> Plan:
    """Compile `mapping`; `party_fields` is the field table relative to `parties`.

    Raises InvalidMapping with every problem found, each with file, line, key and the nearest right name.
    """
    return _Compiler(mapping, schema, codelists, fields, party_fields, as_of_year, withhold_contact_points).run()


class _Compiler:
    """One compilation: collects problems, so that a person mends them in one go."""

    def __init__(
        self,
        mapping: Mapping,
        schema: Schema,
        codelists: Codelists,
        fields: Fields,
        party_fields: Fields,
        as_of_year: int,
        withhold_contact_points: bool,  # noqa: FBT001 - private
    ) -> None:
        self.mapping = mapping
        self.schema = schema
        self.codelists = codelists
        self.fields = fields
        self.party_fields = party_fields
        self.as_of_year = as_of_year
        self.withhold_contact_points = withhold_contact_points
        self.problems: list[str] = []
        self.arrays: dict[str, str] = {}
        self.described: set[str] = set()

    def run(self) -> Plan:
        self._check_process()
        order = self._parents_first()
        self._check_arrays(order)
        if self.problems:
            raise InvalidMapping(self.problems)
        by_table = self._bindings_by_table()
        links = tuple(self._link(name) for name in order)
        mapped = (self.mapping.process.table, *order)
        references = self._references()
        tables = tuple(self._table(name, by_table.get(name, {}), references.get(name, [])) for name in mapped)
        parties = tuple(self._party(name, party) for name, party in self.mapping.parties.items())
        if self.problems:
            raise InvalidMapping(self.problems)
        process = self.mapping.process
        return Plan(
            process.table, process.key, sql.template(process.ocid), links, tables, parties,
            frozenset(self.mapping.bindings),
        )  # fmt: skip

    # Tables -----------------------------------------------------------------------------------------------------------

    def _problem(self, path: tuple[Any, ...], text: str) -> None:
        self.problems.append(self.mapping.at(*path) + text)

    def _has_table(self, name: str, where: tuple[Any, ...]) -> bool:
        if name in self.schema:
            return True
        self._problem(where, f"there is no prepared table {name!r}{nearest(name, self.schema)}")
        return False

    def _has_column(self, table: str, column: str, where: tuple[Any, ...]) -> bool:
        if column in self.schema.get(table, {}):
            return True
        if table in self.schema:
            self._problem(where, f"table {table!r} has no column {column!r}{nearest(column, self.schema[table])}")
        return False

    def _check_identifier(self, table: str, text: str | None, where: tuple[Any, ...]) -> None:
        for column in placeholders(text) if text and "{" in text else [text] if text else []:
            self._has_column(table, column, where)

    def _check_process(self) -> None:
        process = self.mapping.process
        if self._has_table(process.table, ("process", "table")):
            self._has_column(process.table, process.key, ("process", "key"))
            self._check_identifier(process.table, process.ocid, ("process", "ocid"))
            if process.modified:
                self._has_column(process.table, process.modified, ("process", "modified"))
        for name, child in self.mapping.tables.items():
            where = ("tables", name)
            if name == process.table:
                self._problem(where, "is the process table already")
            if not self._has_table(name, where):
                continue
            for own, theirs in child.on.items():
                self._has_column(name, own, (*where, "on"))
                self._has_column(child.parent, theirs, (*where, "on"))
            self._check_identifier(name, child.id, (*where, "id"))
            if child.modified:
                self._has_column(name, child.modified, (*where, "modified"))
            if child.array and not child.id:
                self._problem(where, "entries of an array need an id: name a column or a template")

    def _parents_first(self) -> list[str]:
        order: list[str] = []
        known = {self.mapping.process.table}
        waiting = dict(self.mapping.tables)
        while waiting:
            ready = [name for name, child in waiting.items() if child.parent in known]
            if not ready:
                for name, child in waiting.items():
                    names = {self.mapping.process.table, *self.mapping.tables} - {name}
                    self._problem(
                        ("tables", name, "parent"),
                        f"{child.parent!r} does not lead to the process table{nearest(child.parent, names)}",
                    )
                return order
            for name in ready:
                order.append(name)
                known.add(name)
                del waiting[name]
        return order

    def _ancestors(self, name: str) -> list[str]:
        """Parents of a table, nearest first, the process table last."""
        chain = []
        while name in self.mapping.tables and name != self.mapping.process.table:
            name = self.mapping.tables[name].parent
            chain.append(name)
        return chain

    def _check_arrays(self, order: list[str]) -> None:
        for name in order:
            child = self.mapping.tables[name]
            where = ("tables", name, "array")
            if child.array is None:
                continue
            facts = self.fields.get(child.array)
            if facts is None:
                self._problem(where, f"{child.array!r} is not a path of OCDS{self._near(child.array)}")
            elif facts.kind != "array":
                self._problem(where, f"{child.array!r} is not an array of objects")
            elif _is_reference(facts) or child.array == "parties":
                self._problem(where, f"{child.array!r} is filled from parties: declare a reference there")
            elif child.array in self.arrays:
                other = self.arrays[child.array]
                self._problem(where, f"{child.array!r} is filled from {other!r} already: join the two in prepare.sql")
            else:
                self.arrays[child.array] = name
        for name in order:
            array = self.mapping.tables[name].array
            for outer in _prefixes(array or ""):
                facts = self.fields.get(outer)
                if facts is None or facts.kind != "array":
                    continue
                owner = self.arrays.get(outer)
                if owner is None:
                    self._problem(("tables", name, "array"), f"lies inside {outer!r}, which no table fills")
                elif owner not in self._ancestors(name):
                    self._problem(
                        ("tables", name, "parent"),
                        f"{array!r} lies inside {outer!r}: the parent must be {owner!r} or a table below it",
                    )

    def _near(self, path: str) -> str:
        near = self.fields.nearest(path)
        return f"; did you mean {near[0]!r}?" if near else ""

    def _container(self, name: str) -> str:
        """Give the nearest array around a table's entries that one of its ancestors fills, or "" for the root."""
        child = self.mapping.tables.get(name)
        if child is None:
            return ""
        for ancestor in self._ancestors(name):
            array = self.mapping.tables[ancestor].array if ancestor in self.mapping.tables else None
            if array and (child.array is None or child.array.startswith(array + "/")):
                return array
        return ""

    def _link(self, name: str) -> Link:
        child: ChildTable = self.mapping.tables[name]
        return Link(
            name, child.parent, tuple(child.on.items()), sql.identifier(child.id) if child.id else None,
            child.array, self._container(name),
        )  # fmt: skip

    # Bindings ---------------------------------------------------------------------------------------------------------

    def _bindings_by_table(self) -> dict[str, dict[str, Binding]]:
        """Bindings of each table, by path relative to its entry."""
        grouped: dict[str, dict[str, Binding]] = {}
        for path, binding in self.mapping.bindings.items():
            where = ("bindings", path)
            if not self._check_path(path, self.fields, where):
                continue
            if self.withhold_contact_points and "contactPoint" in path.split("/"):
                continue
            array = next((outer for outer in _prefixes(path) if self._is_array(outer)), "")
            owner = self.arrays.get(array) if array else self.mapping.process.table
            if owner is None:
                self._problem(where, f"lies inside {array!r}, which no table fills: declare it under tables")
            elif binding.table not in (None, owner):
                inside = f"lies inside {array!r}" if array else "lies outside all arrays"
                self._problem(where, f"{inside}, so its column must be one of {owner!r}, not of {binding.table!r}")
            elif array and path == f"{array}/id" and binding.column != self.mapping.tables[owner].id:
                # The id decides order, duplicates and provenance, so there can't be a second one.
                self._problem(where, f"{path!r} is set from tables.{owner}.id")
            else:
                grouped.setdefault(owner, {})[path[len(array) + 1 :] if array else path] = binding
        return grouped

    def _is_array(self, path: str) -> bool:
        facts = self.fields.get(path)
        return facts is not None and facts.kind == "array"

    def _check_path(self, path: str, fields: Fields, where: tuple[Any, ...]) -> bool:
        facts = fields.get(path)
        if facts is None:
            near = fields.nearest(path)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            self._problem(where, f"{path!r} is not a path of OCDS with the city's extensions{hint}")
            return False
        if facts.kind in ("object", "array"):
            self._problem(where, f"{path!r} is an {facts.kind}: bind the fields inside it")
            return False
        if path in ("ocid", "id", "date", "tag", "initiationType", "language"):
            self._problem(where, f"{path!r} is set by Pregón itself")
            return False
        for outer in _prefixes(path):
            outer_facts = fields.get(outer)
            if outer_facts is not None and _is_reference(outer_facts):
                self._problem(where, f"{outer!r} refers to an organization: declare it under parties.*.references")
                return False
        return True

    def _columns(
        self, table: str, bindings: dict[str, Binding], fields: Fields, prefix: str, where: tuple[Any, ...]
    ) -> tuple[list[Column], list[str], dict[str, int | Any]]:
        """Columns and findings of the bindings; `at` gives for each path the column's index or the constant."""
        columns: list[Column] = []
        findings: list[str] = []
        at: dict[str, Any] = {}
        for path, binding in bindings.items():
            full = f"{prefix}/{path}" if prefix else path
            facts = fields.get(path if fields is self.party_fields else full)
            here = (*where, path if where != ("bindings",) else full)
            if facts is None:
                continue
            if binding.column is None:
                at[path] = _Constant(self._constant(binding.value, facts, here))
                continue
            if binding.table != table:
                self._problem(here, f"its column must be one of {table!r}, not of {binding.table!r}")
                continue
            if not self._has_column(table, binding.column, here):
                continue
            column_type = self.schema[table][binding.column]
            many = facts.kind == "scalars"
            if not sql.convertible(column_type, facts.value_type, many=many):
                kind = "a list of " + facts.value_type if many else facts.value_type
                self._problem(here, f"column {binding.column!r} is {column_type}, the field is {kind}")
                continue
            codes = self._codes(binding, here)
            if many:
                projection = sql.Projection(sql.scalars(binding.column, column_type, binding.split))
            else:
                end_of_day = binding.time == "end" or (binding.time is None and not path.endswith("startDate"))
                projection = sql.leaf(
                    full,
                    binding.column,
                    column_type,
                    facts.value_type,
                    as_of_year=self.as_of_year,
                    end_of_day=end_of_day,
                )
            if projection.finding:
                findings.append(projection.finding)
            at[path] = FIXED_COLUMNS + len(columns)
            columns.append(
                Column(projection.value, full, number=facts.value_type in ("number", "integer"), codes=codes, many=many)
            )
        if "_findings" in self.schema.get(table, {}) and table not in self.described:
            # Once for each table, though a party's data may stand on the rows of a mapped one.
            self.described.add(table)
            findings.append("_findings")
        return columns, findings, at

    def _codes(self, binding: Binding, where: tuple[Any, ...]) -> Dictionary[str, str | None] | None:
        if binding.codelist is None:
            return None
        if binding.codelist not in self.codelists:
            self._problem(
                (*where, "codelist"),
                f"there is no file codelists/{binding.codelist}.csv{nearest(binding.codelist, self.codelists)}",
            )
            return None
        return self.codelists[binding.codelist]

    def _constant(self, value: Any, facts: FieldFacts, where: tuple[Any, ...]) -> Any:
        if facts.kind == "scalars":
            return list(value) if isinstance(value, tuple) else [value]
        expected: dict[str, tuple[type, ...]] = {"boolean": (bool,), "number": (int, float), "integer": (int,)}
        kinds = expected.get(facts.value_type, (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self._problem(where, f"the constant {value!r} is not a {facts.value_type}")
        return value

    def _node(self, at: dict[str, Any], fields: Fields, prefix: str) -> Node:
        """Nest the paths of `at` into objects."""
        leaves: list[tuple[str, int]] = []
        constants: list[tuple[str, Any]] = []
        inner: dict[str, dict[str, Any]] = {}
        for path, origin in at.items():
            head, _, rest = path.partition("/")
            if rest:
                inner.setdefault(head, {})[rest] = origin
            elif isinstance(origin, _Constant):
                constants.append((head, origin.value))
            else:
                leaves.append((head, origin))
        objects = tuple(
            (head, self._node(below, fields, f"{prefix}/{head}" if prefix else head)) for head, below in inner.items()
        )
        facts = fields.get(prefix) if prefix else None
        is_value = facts is not None and facts.definition == "Value"
        return Node(tuple(leaves), objects, tuple(constants), is_value=is_value)

    def _table(self, name: str, bindings: dict[str, Binding], references: "list[_Reference]") -> TablePlan:
        child = self.mapping.tables.get(name)
        array = child.array if child else ""
        columns, findings, at = self._columns(name, bindings, self.fields, array or "", ("bindings",))
        node = self._node(at, self.fields, array or "")
        placed = []
        for reference in references:
            index = FIXED_COLUMNS + len(columns)
            columns.append(Column(f"blank({quote(reference.key)})", reference.path))
            name_index = None
            if reference.name_column:
                name_index = index + 1
                columns.append(Column(f"blank({quote(reference.name_column)})", reference.path + "/name"))
            placed.append(reference.placed(index, name_index))
        modified = child.modified if child else self.mapping.process.modified
        container = self._container(name)
        relative = (array or "")[len(container) + 1 if container else 0 :].split("/")
        return TablePlan(
            name=name,
            array=array if child else None,
            container=container,
            objects=tuple(relative[:-1]),
            key=relative[-1],
            columns=tuple(columns),
            findings=tuple(findings),
            node=node,
            references=tuple(placed),
            modified=sql.modified(modified, self.schema[name][modified]) if modified else None,
            has_order="_order" in self.schema[name],
        )

    # Organizations ----------------------------------------------------------------------------------------------------

    def _references(self) -> "dict[str, list[_Reference]]":
        grouped: dict[str, list[_Reference]] = {}
        mapped = {self.mapping.process.table, *self.mapping.tables}
        for party_name, party in self.mapping.parties.items():
            for number, reference in enumerate(party.references):
                where = ("parties", party_name, "references", number)
                facts = self.fields.get(reference.path)
                if facts is None:
                    self._problem(
                        (*where, "path"), f"{reference.path!r} is not a path of OCDS{self._near(reference.path)}"
                    )
                    continue
                if not _is_reference(facts):
                    self._problem((*where, "path"), f"{reference.path!r} does not refer to an organization")
                    continue
                table, column = reference.source.split(".", 1)
                if table not in mapped:
                    self._problem((*where, "from"), f"{table!r} is not a mapped table{nearest(table, mapped)}")
                    continue
                self._has_column(table, column, (*where, "from"))
                name_column = None
                if reference.name:
                    name_table, name_column = reference.name.split(".", 1)
                    if name_table != table:
                        self._problem((*where, "name"), f"must be a column of {table!r}")
                    self._has_column(table, name_column, (*where, "name"))
                array = next((outer for outer in _prefixes(reference.path) if self._is_array(outer)), "")
                own_array = self.mapping.tables[table].array if table in self.mapping.tables else ""
                own = array == (own_array or "") and (table not in self.mapping.tables or own_array is not None)
                if not own and array and array != self._container(table):
                    self._problem(
                        (*where, "from"), f"{reference.path!r} lies inside {array!r}, which {table!r} is not below"
                    )
                    continue
                relative = reference.path[len(array) + 1 if array else 0 :].split("/")
                grouped.setdefault(table, []).append(
                    _Reference(
                        party_name,
                        reference.path,
                        column,
                        name_column,
                        own,
                        not array,
                        tuple(relative[:-1]),
                        relative[-1],
                        facts.kind == "array",
                        reference.role,
                    )
                )
        return grouped

    def _party(self, name: str, party: Party) -> PartyPlan:
        where = ("parties", name)
        mapped = {self.mapping.process.table, *self.mapping.tables}
        self._has_table(party.table, (*where, "table"))
        self._has_column(party.table, party.key, (*where, "key"))
        self._check_identifier(party.table, party.id, (*where, "id"))
        if party.person:
            self._has_column(party.table, party.person, (*where, "person"))
        usable = self._party_bindings(party.bindings, (*where, "bindings"))
        inner: dict[str, dict[str, Binding]] = {table: {} for table in party.tables}
        own: dict[str, Binding] = {}
        for path, binding in usable.items():
            owner = next((t for t, plan in party.tables.items() if path.startswith(plan.array + "/")), None)
            if owner:
                inner[owner][path[len(party.tables[owner].array) + 1 :]] = binding
            else:
                own[path] = binding
        columns, findings, at = self._columns(party.table, own, self.party_fields, "", (*where, "bindings"))
        tables = []
        for table, child in party.tables.items():
            here = (*where, "tables", table)
            if not self._has_table(table, here):
                continue
            self._has_column(table, child.on, (*here, "on"))
            self._check_identifier(table, child.id, (*here, "id"))
            facts = self.party_fields.get(child.array)
            if facts is None or facts.kind != "array":
                near = self.party_fields.nearest(child.array)
                self._problem(
                    (*here, "array"),
                    f"{child.array!r} is not an array inside parties"
                    + (f"; did you mean {near[0]!r}?" if near else ""),
                )
                continue
            relative_fields = _Below(self.party_fields, child.array)
            child_columns, child_findings, child_at = self._columns(
                table, inner[table], relative_fields, "", (*where, "bindings")
            )
            parts = child.array.split("/")
            tables.append(
                PartyTablePlan(
                    table,
                    child.on,
                    sql.identifier(child.id) if child.id else None,
                    tuple(parts[:-1]),
                    parts[-1],
                    tuple(child_columns),
                    tuple(child_findings),
                    self._node(child_at, relative_fields, ""),
                )
            )
        person = None
        if party.person and party.person in self.schema.get(party.table, {}):
            person = f"CAST({quote(party.person)} AS BOOLEAN)"
        return PartyPlan(
            name=name,
            table=party.table,
            key=party.key,
            id_sql=sql.template(party.id),
            id_around_key=_around(party.id, party.key),
            person_sql=person,
            mapped=party.table in mapped,
            columns=tuple(columns),
            findings=tuple(findings),
            node=self._node(at, self.party_fields, ""),
            tables=tuple(tables),
        )

    def _party_bindings(self, bindings: dict[str, Binding], where: tuple[Any, ...]) -> dict[str, Binding]:
        usable = {}
        for path, binding in bindings.items():
            if path in ("id", "roles"):
                self._problem((*where, path), "is set from id: and from the references' roles")
            elif self._check_path_in_party(path, (*where, path)) and not (
                self.withhold_contact_points and "contactPoint" in path.split("/")
            ):
                usable[path] = binding
        return usable

    def _check_path_in_party(self, path: str, where: tuple[Any, ...]) -> bool:
        facts = self.party_fields.get(path)
        if facts is None:
            near = self.party_fields.nearest(path)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            self._problem(where, f"{path!r} is not a path inside parties with the city's extensions{hint}")
            return False
        if facts.kind in ("object", "array"):
            self._problem(where, f"{path!r} is an {facts.kind}: bind the fields inside it")
            return False
        return True


class _Constant:
    """A constant among column indexes."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Reference:
    """A reference whose columns have no index yet."""

    def __init__(
        self, party: str, path: str, key: str, name_column: str | None, own: bool, root: bool,  # noqa: FBT001
        objects: tuple[str, ...], last: str, many: bool, role: str,  # noqa: FBT001
    ) -> None:  # fmt: skip
        self.path = path
        self.key = key
        self.name_column = name_column
        self._rest = (own, root, objects, last, many, role)
        self._party = party

    def placed(self, key_index: int, name_index: int | None) -> ReferencePlan:
        """Give the plan once the columns stand at these indexes."""
        own, root, objects, last, many, role = self._rest
        return ReferencePlan(self._party, self.path, key_index, name_index, own, root, objects, last, many, role)


class _Below:
    """A field table as seen from inside one of its arrays."""

    def __init__(self, fields: Fields, array: str) -> None:
        self._fields = fields
        self._array = array

    def get(self, path: str) -> FieldFacts | None:
        return self._fields.get(f"{self._array}/{path}")

    def nearest(self, path: str) -> list[str]:
        return self._fields.nearest(f"{self._array}/{path}")


def _around(template: str, key: str) -> tuple[str, str] | None:
    """Text before and after the key in a template that names nothing else."""
    if placeholders(template) != [key]:
        return None
    before, _, after = template.partition("{" + key + "}")
    return before, after


def _is_reference(facts: FieldFacts) -> bool:
    return facts.definition == "OrganizationReference"


def _prefixes(path: str) -> Iterable[str]:
    """Paths around `path`, the innermost first."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
