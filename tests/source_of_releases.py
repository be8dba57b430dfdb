"""Makes a source of which somebody's releases could have come: tables, a mapping, and the rows after each release.

Nothing of the examples is kept here: rows are made of them when a test runs. One table for the process and one for
each array of entries, a column for each field; organizations in a table of their own. What a mapping can't bring
(fields that are in no schema, entries without id, references to nobody) is named in `left_out`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from transforms.mapping.fields import PathFacts
from transforms.ocds import field_table

ROLES = {
    "buyer": "buyer",
    "tender/procuringEntity": "procuringEntity",
    "tender/tenderers": "tenderer",
    "awards/suppliers": "supplier",
    "contracts/implementation/transactions/payer": "payer",
    "contracts/implementation/transactions/payee": "payee",
}
HEAD = ("ocid", "id", "date", "tag", "initiationType", "language")
LINKS = ("releaseID", "amendsReleaseID")
"""What a source can't know of an amendment: it knows no releases."""
SEPARATOR = ";;"

Row = dict[str, str | None]


@dataclass
class _Table:
    """A table in the making. `keys` are columns that lead to the entries around, the outermost first."""

    path: str
    keys: tuple[str, ...]
    columns: dict[str, None] = field(default_factory=dict)
    rows: list[list[Row]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.replace("/", "_").lower() or "processes"

    def add(self, row: Row) -> None:
        self.columns.update(dict.fromkeys(row))
        self.rows[-1].append(row)


class Source:
    """The source of the states of one process, step after step."""

    def __init__(
        self, states: Sequence[Mapping[str, Any]], dates: Sequence[str], extensions: Sequence[str] = ()
    ) -> None:
        self.fields = PathFacts(field_table(extensions))
        self.left_out: set[str] = set()
        self._tables = {"": _Table("", ())}
        self._firms = _Table("organizations", (), columns={"eid": None})
        self._lists: dict[str, _Table] = {}
        self._bindings: dict[str, dict[str, Any]] = {}
        self._firm_bindings: dict[str, dict[str, Any]] = {}
        self._references: dict[str, str] = {}
        self._everything: list[dict[str, list[Row]]] = []
        for state, date in zip(states, dates, strict=True):
            for table in self._all():
                table.rows.append([])
            self._step = len(self._tables[""].rows)
            row: Row = {"key": "1", "changed": date}
            self._object(state, "", row, self._tables[""], {"k0": "1"})
            self._tables[""].add(row)
            for party in state.get("parties", ()):
                self._party(party)

    def _all(self) -> list[_Table]:
        return [*self._tables.values(), self._firms, *self._lists.values()]

    def _table(self, path: str, keys: tuple[str, ...]) -> _Table:
        found = self._tables.get(path)
        if found is None:
            found = self._tables[path] = _Table(path, keys, rows=[[] for _ in range(self._step)])
        return found

    def _object(self, value: Mapping[str, Any], path: str, row: Row, table: _Table, keys: dict[str, str]) -> None:
        for name, member in value.items():
            here = f"{path}/{name}" if path else name
            if not path and (name in HEAD or name == "parties"):
                continue
            if (path == table.path and name == "id" and path) or (path.endswith("amendments") and name in LINKS):
                continue
            facts = self.fields.get(here)
            if facts is None:
                self.left_out.add(here)
            elif facts.definition == "OrganizationReference":
                self._reference(member, here, row, table, keys)
            elif facts.kind == "object":
                self._object(member, here, row, table, keys)
            elif facts.kind == "array":
                self._entries(member, here, keys)
            else:
                self._leaf(
                    member, here, here[len(table.path) + 1 if table.path else 0 :], row, table.name, self._bindings
                )

    def _leaf(
        self, value: Any, path: str, relative: str, row: Row, table: str, bindings: dict[str, dict[str, Any]]
    ) -> None:
        column = relative.replace("/", "_").lower()
        bindings[path] = {"from": f"{table}.{column}"}
        if isinstance(value, list):
            bindings[path]["split"] = SEPARATOR
            row[column] = SEPARATOR.join(value)
        else:
            row[column] = str(value).lower() if isinstance(value, bool) else str(value)

    def _entries(self, entries: list[dict[str, Any]], path: str, keys: dict[str, str]) -> None:
        if any("id" not in entry for entry in entries):
            self.left_out.add(path)
            return
        table = self._table(path, tuple(keys))
        for number, entry in enumerate(entries):
            row: Row = {**keys, "eid": str(entry["id"]), "place": f"{number:04d}"}
            self._object(entry, path, row, table, {**keys, f"k{len(keys)}": str(entry["id"])})
            table.add(row)

    def _reference(self, value: Any, path: str, row: Row, table: _Table, keys: dict[str, str]) -> None:
        if path not in ROLES or any("id" not in one for one in (value if isinstance(value, list) else [value])):
            self.left_out.add(path)
            return
        if isinstance(value, dict):
            column = path.rpartition("/")[2].lower() + "_ref"
            row[column] = str(value["id"])
            self._references[path] = f"{table.name}.{column}"
            return
        several = self._table(path, tuple(keys))
        for number, one in enumerate(value):
            several.add({**keys, "ref": str(one["id"]), "place": f"{number:04d}", "eid": str(number)})
        self._references[path] = f"{several.name}.ref"

    def _party(self, party: Mapping[str, Any]) -> None:
        row: Row = {"eid": str(party["id"])}
        self._inner(party, "", row, str(party["id"]))
        self._firms.add(row)

    def _inner(self, value: Mapping[str, Any], path: str, row: Row, party: str) -> None:
        for name, member in value.items():
            here = f"{path}/{name}" if path else name
            if here in ("id", "roles"):
                continue
            facts = self.fields.get(f"parties/{here}")
            if facts is None:
                self.left_out.add(f"parties/{here}")
            elif facts.kind == "array":
                self._inner_entries(member, here, party)
            elif facts.kind == "object":
                self._inner(member, here, row, party)
            else:
                self._leaf(member, here, here, row, "organizations", self._firm_bindings)

    def _inner_entries(self, entries: list[dict[str, Any]], path: str, party: str) -> None:
        table = self._lists.get(path)
        if table is None:
            table = self._lists[path] = _Table(f"organizations/{path}", (), rows=[[] for _ in range(self._step)])
        for entry in entries:
            row: Row = {"ref": party, "eid": str(entry["id"])}
            for name, member in entry.items():
                if name != "id":
                    relative, column = f"{path}/{name}", name.lower()
                    self._firm_bindings[relative] = {"from": f"{table.name}.{column}"}
                    row[column] = str(member)
            table.add(row)

    # What the town takes ----------------------------------------------------------------------------------------------

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """Source tables as city.yaml declares them."""
        declared: dict[str, dict[str, Any]] = {}
        for table in self._all():
            lookup = table is self._firms or table in self._lists.values()
            key = ["key"] if table.path == "" else [*(["ref"] if table in self._lists.values() else table.keys), "eid"]
            declared[table.name] = {"key": key, "columns": list(table.columns), "lookup": lookup}
        return declared

    @property
    def prepare_sql(self) -> str:
        """Statements that keep the entries of each array in the order of their rows."""
        names = [table.name for table in self._tables.values() if table.path]
        return "".join(f"CREATE VIEW {name} AS SELECT *, place AS _order FROM source.{name};\n" for name in names)

    @property
    def mapping(self) -> str:
        """The mapping as YAML."""
        tables = {}
        for table in self._tables.values():
            if not table.path:
                continue
            outer = max((one for one in self._tables.values() if _around(one, table)), key=lambda one: len(one.path))
            on = {"k0": "key"} if not outer.path else {**{key: key for key in outer.keys}, f"k{len(outer.keys)}": "eid"}
            tables[table.name] = {"parent": outer.name, "on": on}
            if table.path not in ROLES:
                tables[table.name] |= {"array": table.path, "id": "eid"}
        document: dict[str, Any] = {
            "process": {"table": "processes", "key": "key", "ocid": "{key}", "modified": "changed"},
            "bindings": self._bindings,
            "tables": tables,
        }
        if self._references:
            document["parties"] = {
                "organization": {
                    "table": "organizations",
                    "key": "eid",
                    "id": "{eid}",
                    "bindings": self._firm_bindings,
                    "tables": {
                        table.name: {"array": path, "on": "ref", "id": "eid"} for path, table in self._lists.items()
                    },
                    "references": [
                        {"path": path, "from": column, "role": ROLES[path]} for path, column in self._references.items()
                    ],
                }
            }
        return str(yaml.safe_dump(document, sort_keys=False))

    def rows(self, step: int) -> dict[str, list[tuple[str | None, ...]]]:
        """Rows of every table after a step, by the columns of `tables`."""
        return {
            table.name: [tuple(row.get(column) for column in table.columns) for row in table.rows[step]]
            for table in self._all()
        }


def _around(one: _Table, table: _Table) -> bool:
    return one is not table and one.path not in ROLES and (not one.path or table.path.startswith(one.path + "/"))
