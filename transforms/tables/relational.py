"""The tables of a publication as an SQLite database: its statements, from the same plan as every other format.

https://www.sqlite.org/lang_createtable.html, https://www.sqlite.org/gencol.html (generated columns may be foreign
keys).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.tables.plan import POINTER, Chain, Table, TablePlan

PARENT = "parent"
"""The pointer of the entry around a row, in nested tables: with `ocid` it leads to the row of that entry."""

_AFFINITY = {"decimal": "NUMERIC", "integer": "INTEGER", "boolean": "TEXT"}
_INDEXED = {
    "date",
    "tender/status",
    "tender/mainProcurementCategory",
    "tender/tenderPeriod/endDate",
    "awards/date",
    "contracts/awardID",
    "contracts/period/endDate",
}
"""Columns people ask for, beside the ids of organizations and of entries."""


@dataclass(frozen=True)
class Relation:
    """A table of the database; `columns` are those that are filled, in the order of the plan's header.

    SQLite tells columns apart without regard to case: of two that differ by nothing else, the second has a number.
    """

    table: Table
    columns: tuple[str, ...]
    definition: str
    indexes: tuple[str, ...]

    @property
    def insertion(self) -> str:
        """The statement that adds a row, with a placeholder for each column."""
        return f"INSERT INTO {_name(self.table.name)} ({self._names}) VALUES ({', '.join('?' * len(self.columns))})"

    def copy_from(self, schema: str) -> str:
        """Write the statement that takes over the rows of an attached database, in their order."""
        name = _name(self.table.name)
        return f"INSERT INTO main.{name} ({self._names}) SELECT {self._names} FROM {_name(schema)}.{name}"

    def copy_between(self, schema: str) -> str:
        """Write the statement that takes over the rows of the processes from one ocid to another, both included."""
        keys = ", ".join(map(_name, self.keys))
        return f"{self.copy_from(schema)} WHERE ocid BETWEEN ? AND ? ORDER BY {keys}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the primary key, by which the rows of the table are ordered."""
        return _keys(self.table)

    @property
    def _names(self) -> str:
        return ", ".join(map(_name, self.columns))


def relations(plan: TablePlan) -> list[Relation]:
    """Give the tables of the database, parents before children."""
    names = {table.chain: table.name for table in plan.tables}
    return [_relation(table, names) for table in plan.tables]


def _relation(table: Table, names: dict[Chain, str]) -> Relation:
    columns = _distinct(table.header)
    types = [_AFFINITY.get(kind, "TEXT") for kind in table.types]
    keys = _keys(table)
    lines = [
        f"{_name(column)} {kind}{' NOT NULL' if column in keys else ''}"
        for column, kind in zip(columns, types, strict=True)
    ]
    if len(table.chain) > 1:
        lines.append(f"{PARENT} TEXT GENERATED ALWAYS AS ({_parent(table.chain)}) VIRTUAL")
    lines.append(f"PRIMARY KEY ({', '.join(map(_name, keys))})")
    if len(table.chain) > 1:
        above = _name(names[table.chain[:-1]])
        lines.append(f"FOREIGN KEY (ocid, {PARENT}) REFERENCES {above} (ocid, {POINTER})")
    elif table.chain:
        lines.append(f"FOREIGN KEY (ocid) REFERENCES {_name(names[()])} (ocid)")
    body = ",\n  ".join(lines)
    return Relation(
        table, columns, f"CREATE TABLE {_name(table.name)} (\n  {body}\n) WITHOUT ROWID", tuple(_indexes(table))
    )


def _keys(table: Table) -> tuple[str, ...]:
    return ("ocid", POINTER) if table.chain else ("ocid",)


def _indexes(table: Table) -> Iterator[str]:
    own = _distinct(table.header)[len(table.header) - len(table.columns) :]
    for column, name in zip(table.columns, own, strict=True):
        if column.path in _INDEXED or (column.path.endswith("/id") and column.path != "tender/id"):
            index = _name(f"{table.name} by {name}")
            yield f"CREATE INDEX {index} ON {_name(table.name)} ({_name(name)})"


def _parent(chain: Chain) -> str:
    """Write the expression that cuts `/suppliers/0` off `/awards/3/suppliers/0`."""
    step = len(chain[-1]) - len(chain[-2]) + 1  # "/suppliers/"
    return f"substr({POINTER}, 1, length(rtrim({POINTER}, '0123456789')) - {step})"


def _distinct(header: Sequence[str]) -> tuple[str, ...]:
    taken = {PARENT}
    found = []
    for column in header:
        number, unique = 2, column
        while unique.lower() in taken:
            unique, number = f"{column}_{number}", number + 1
        taken.add(unique.lower())
        found.append(unique)
    return tuple(found)


def _name(identifier: str) -> str:
    doubled = identifier.replace('"', '""')
    return f'"{doubled}"'
