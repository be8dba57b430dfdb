"""Stage 3, map: the prepared rows of one bucket become the states of its processes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from pregon.city import City
from pregon.stages.catalog import open_catalog
from transforms.mapping.assemble import Organization, PartyRows, Row, State, assemble
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.plan import FIXED_COLUMNS, Column, PartyPlan, Plan, TablePlan
from transforms.mapping.sql import SEPARATOR
from transforms.quoting import literal, quote

UNKNOWN_CODE = "unknown_code"


def map_bucket(
    city: City, plan: Plan, rules: DisclosureRules, *, folder: Path, bucket: int, scratch: Path
) -> Iterator[State]:
    """Give the states of one bucket, in the order of their process keys.

    `folder` holds what `prepare_tables` wrote.
    """
    with open_catalog(city, scratch, threads=1) as connection:
        reader = _Reader(connection, folder, bucket)
        rows = {table.name: reader.table(table, process=table is plan.tables[0]) for table in plan.tables}
        parties = {party.name: reader.party(party) for party in plan.parties}
    yield from assemble(plan, rows, parties, rules)


class _Reader:
    """Reads the rows of one bucket from Parquet, with the expressions of the plan applied."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, bucket: int) -> None:
        self.connection = connection
        self.folder = folder
        self.bucket = bucket

    def table(self, table: TablePlan, *, process: bool) -> list[Row]:
        """Give the rows of a mapped table, sorted by process, container, `_order` if it has one, and id."""
        fixed = ["_process", "_bucket", "_container", "_local_id" if process else "_id", "_row"]
        return self._rows(
            self.folder / f"{table.name}.parquet",
            fixed,
            table.columns,
            [table.modified or "NULL", _findings(table.findings)],
            f"_process, _container,{' _order,' if table.has_order else ''} length(_id), _id, _row",
        )

    def party(self, party: PartyPlan) -> PartyRows:
        """Give the organizations of one kind that the bucket refers to, or whose data stand on its rows."""
        inner = {child.name: self._party_entries(party, child.name) for child in party.tables}
        person = party.person_sql or "false"
        if party.mapped:
            path, key, order = self.folder / f"{party.table}.parquet", f"blank({quote(party.key)})", "_process, _row"
            owner = "_process"
        else:
            path, key, order, owner = self.folder / f"party_{party.name}.parquet", "_key", "_key", "NULL"
        rows = self._rows(
            path,
            [owner, key, party.id_sql, f"coalesce({person}, false)", "_row"],
            party.columns,
            ["NULL", _findings(party.findings)],
            order,
        )
        found: dict[Any, Organization] = {}
        for row in rows:
            process, key_value, identifier, is_person, source_row = row[:FIXED_COLUMNS]
            address = (process, key_value) if party.mapped else key_value
            if key_value is None or identifier is None or address in found:
                continue
            data: dict[str, Any] = {"id": identifier, **party.node.build(row)}
            for child in party.tables:
                entries = inner[child.name].get(key_value)
                if entries:
                    target = data
                    for name in child.objects:
                        target = target.setdefault(name, {})
                    target[child.key] = entries
            found[address] = Organization(data, person=is_person, row=source_row, findings=tuple(row[-1] or ()))
        return PartyRows(found, mapped=party.mapped)

    def _party_entries(self, party: PartyPlan, name: str) -> dict[str, list[dict[str, Any]]]:
        child = next(child for child in party.tables if child.name == name)
        rows = self._rows(
            self.folder / f"party_{party.name}_{name}.parquet",
            ["_key", "_bucket", "NULL", "_id", "_row"],
            child.columns,
            ["NULL", _findings(child.findings)],
            "_key, length(_id), _id, _row",
        )
        entries: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            entry = child.node.build(row)
            if child.id_sql and row[3] is not None:
                entry = {"id": row[3], **entry}
            if entry and entry not in entries.setdefault(row[0], []):
                entries[row[0]].append(entry)
        return entries

    def _rows(self, path: Path, fixed: list[str], columns: Iterable[Column], tail: list[str], order: str) -> list[Row]:
        columns = list(columns)
        select = ", ".join(
            f"{expression} AS c{number}"
            for number, expression in enumerate([*fixed, *(column.sql for column in columns), *tail])
        )
        result = self.connection.execute(
            # No bound value: for the first of those DuckDB imports pandas, which costs as much as a thousand processes.
            f"SELECT {select} FROM read_parquet({literal(str(path))}) WHERE _bucket = {self.bucket:d} ORDER BY {order}"
        ).to_arrow_table()
        values = [column.to_pylist() for column in result.columns]
        for number, column in enumerate(columns, start=len(fixed)):
            if column.number:
                values[number] = [
                    int(value) if value is not None and value.is_integer() else value for value in values[number]
                ]
            if column.codes is not None:
                values[number] = _code(column, values[number], values[-1])
        return list(zip(*values, strict=True))


def _findings(expressions: tuple[str, ...]) -> str:
    """Give an expression for the list of a row's findings, NULL where there are none."""
    if not expressions:
        return "NULL"
    return f"nullif(list_filter([{', '.join(expressions)}], lambda f: f IS NOT NULL), [])"


def _code(column: Column, values: list[Any], findings: list[Any]) -> list[Any]:
    """Translate source codes; a code that the list does not have is dropped and becomes a finding of its row."""
    codes = column.codes or {}
    if column.many:
        flat = {value for cell in values if cell for value in cell}
    else:
        flat = {value for value in values if value is not None}
    unknown = flat - codes.keys()
    if unknown:
        for number, cell in enumerate(values):
            for value in (cell or ()) if column.many else (cell,):
                if value in unknown:
                    text = f"{column.path}{SEPARATOR}{UNKNOWN_CODE}{SEPARATOR}{value}"
                    findings[number] = [*(findings[number] or ()), text]
    if not column.many:
        return [codes.get(value) for value in values]
    translated = []
    for cell in values:
        kept = dict.fromkeys(code for value in cell or () if (code := codes.get(value)) is not None)
        translated.append(list(kept) or None)
    return translated
