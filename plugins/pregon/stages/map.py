"""Stage 3, map: the prepared rows of one bucket become the states of its processes."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pregon.city import City
from pregon.stages.catalog import open_catalog
from pregon.stages.rebuilding import Rebuilding
from transforms.mapping import sql
from transforms.mapping.assemble import FINDINGS, ID, PROCESS, Columns, Organization, PartyRows, State, assemble
from transforms.mapping.cancellation import cancel
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.events import UNTIL, event_columns
from transforms.mapping.history import present_rows
from transforms.mapping.plan import FIXED_COLUMNS, Column, PartyPlan, Plan, TablePlan
from transforms.mapping.published import PublishedRules, published_states
from transforms.mapping.sql import FINDING_END, SEPARATOR
from transforms.quoting import literal, quote

UNKNOWN_CODE = "unknown_code"


CHUNK_PROCESSES = 100
"""Processes whose rows are Python objects at the same time: as many as the processor's cache holds."""


def map_bucket(
    city: City,
    plan: Plan,
    rules: DisclosureRules,
    *,
    folder: Path,
    bucket: int,
    scratch: Path,
    published: PublishedRules | None = None,
    rebuilding: Rebuilding | None = None,
) -> Iterator[State]:
    """Give the states of one bucket, in the order of their process keys.

    `folder` holds what `prepare_tables` wrote. `published` are the rules for documents, where the plan takes those.
    With `rebuilding` (where the city's history is of events), earlier states are rebuilt of what has no release yet.
    """
    with open_catalog(city, scratch, threads=1) as connection:
        # Files are sorted as they are needed; one thread that keeps their order makes sorting again unnecessary.
        connection.execute("SET preserve_insertion_order = true")
        reader = _Reader(connection, folder, bucket, plan, rebuilding.as_of if rebuilding else None)
        tables = {table.name: reader.table(table, process=table is plan.tables[0]) for table in plan.tables}
        parties = {party.name: reader.party(party) for party in plan.parties}
        cancelled = reader.cancelled(plan.process_table)
    if rebuilding is not None:
        rebuilding.begin([str(local_id) for local_id in tables[plan.process_table].column(ID).to_pylist()])
    for chunk in _chunks(plan, tables):
        if published is not None:
            states = published_states(chunk, published)
        elif rebuilding is None:
            states = assemble(plan, chunk, parties, rules)
        else:
            now = {name: present_rows(columns) for name, columns in chunk.items()}
            states = assemble(plan, now, parties, rules)
            states = rebuilding.rebuild(plan, chunk, parties, rules, list(states), cancelled)
        for state in states:
            if state.process in cancelled:
                cancel(state.document)
            yield state


def _chunks(plan: Plan, tables: Mapping[str, pa.Table]) -> Iterator[dict[str, Columns]]:
    """Cut the tables, which are sorted by process, into columns of some processes each."""
    processes = tables[plan.tables[0].name].column(PROCESS).to_pylist()
    starts = dict.fromkeys(tables, 0)
    for last in [*processes[CHUNK_PROCESSES - 1 : -1 : CHUNK_PROCESSES], *processes[-1:]]:
        chunk: dict[str, Columns] = {}
        for table in plan.tables:
            found, start = tables[table.name], starts[table.name]
            end = bisect_right(_Cells(found.column(PROCESS)), last, lo=start)
            chunk[table.name] = _values(found.slice(start, end - start), table.columns, FIXED_COLUMNS)
            starts[table.name] = end
        yield chunk


@dataclass(frozen=True)
class _Cells(Sequence[str]):
    """A column of texts, each read when it is asked for."""

    column: "pa.ChunkedArray[Any]"

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, row: Any) -> Any:
        return self.column[row].as_py()


def _values(found: pa.Table, columns: Sequence[Column], first: int) -> list[list[Any]]:
    """Give the values by column: integral numbers as integers, source codes translated."""
    values: list[list[Any]] = [column.to_pylist() for column in found.columns]
    for number, column in enumerate(columns, start=first):
        if column.number:
            values[number] = [
                int(value) if value is not None and value.is_integer() else value for value in values[number]
            ]
        if column.codes is not None:
            values[number] = _code(column, values[number], values[-1])
    return values


class _Reader:
    """Reads the rows of one bucket from Parquet, with the expressions of the plan applied."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, bucket: int, plan: Plan, as_of: str | None
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.bucket = bucket
        #: the run's clock where earlier states are rebuilt
        self.as_of = as_of
        self.versioned = frozenset(table.name for table in plan.tables if table.until and as_of)

    def table(self, table: TablePlan, *, process: bool) -> pa.Table:
        """Give the rows of a mapped table, sorted by process, container, `_order` if it has one, and id."""
        fixed = ["_process", "_bucket", "_container", "_local_id" if process else "_id", "_row"]
        held = []
        if self.as_of is not None:
            held = event_columns(table.since, table.until, self.as_of, "''" if process else "_parent_entry")
        return self._rows(
            self.folder / f"{table.name}.parquet",
            fixed,
            table.columns,
            [*held, table.modified or "NULL", sql.findings(table.findings)],
        )

    def cancelled(self, table: str) -> frozenset[str]:
        """Give the processes whose own row has vanished from its source, where that means that they are cancelled."""
        path = literal(str(self.folder / f"{table}.parquet"))
        found = self.connection.execute(
            f"SELECT _process FROM read_parquet({path}) WHERE _bucket = {self.bucket:d} AND _cancelled"
        )
        return frozenset(str(row[0]) for row in found.fetchall())

    def party(self, party: PartyPlan) -> PartyRows:
        """Give the organizations of one kind that the bucket refers to, or whose data stand on its rows."""
        inner = {child.name: self._party_entries(party, child.name) for child in party.tables}
        person = party.person_sql or "false"
        if party.mapped:
            path, key, owner = self.folder / f"{party.table}.parquet", f"blank({quote(party.key)})", "_process"
            # The first row that holds now counts, and the file has those of a process in another order.
            now = f"{UNTIL} IS NOT NULL, " if party.table in self.versioned else ""
            order = f"ORDER BY _process, {now}_row"
        else:
            path, key, owner, order = self.folder / f"party_{party.name}.parquet", "_key", "NULL", ""
        rows = self._rows(
            path,
            [owner, key, party.id_sql, f"coalesce({person}, false)", "_row"],
            party.columns,
            ["NULL", sql.findings(party.findings)],
            order,
        )
        columns = _values(rows, party.columns, FIXED_COLUMNS)
        owners, keys, identifiers, persons, source_rows = columns[:FIXED_COLUMNS]
        built = party.node.build(columns, rows.num_rows)
        found: dict[Any, Organization] = {}
        for number, (key_value, identifier) in enumerate(zip(keys, identifiers, strict=True)):
            address = (owners[number], key_value) if party.mapped else key_value
            if key_value is None or identifier is None or address in found:
                continue
            data: dict[str, Any] = {"id": identifier, **built[number]}
            for child in party.tables:
                entries = inner[child.name].get(key_value)
                if entries:
                    target = data
                    for name in child.objects:
                        target = target.setdefault(name, {})
                    target[child.key] = entries
            found[address] = Organization(
                data, person=persons[number], row=source_rows[number], findings=columns[FINDINGS][number]
            )
        return PartyRows(found, mapped=party.mapped)

    def _party_entries(self, party: PartyPlan, name: str) -> dict[str, list[dict[str, Any]]]:
        child = next(child for child in party.tables if child.name == name)
        rows = self._rows(
            self.folder / f"party_{party.name}_{name}.parquet",
            ["_key", "_bucket", "NULL", "_id", "_row"],
            child.columns,
            ["NULL", sql.findings(child.findings)],
        )
        columns = _values(rows, child.columns, FIXED_COLUMNS)
        entries: dict[str, list[dict[str, Any]]] = {}
        for key, identifier, built in zip(
            columns[0], columns[ID], child.node.build(columns, rows.num_rows), strict=True
        ):
            entry = {"id": identifier, **built} if child.id_sql and identifier is not None else built
            if entry and entry not in entries.setdefault(key, []):
                entries[key].append(entry)
        return entries

    def _rows(
        self, path: Path, fixed: list[str], columns: Iterable[Column], tail: list[str], order: str = ""
    ) -> pa.Table:
        select = ", ".join(
            f"{expression} AS c{number}"
            for number, expression in enumerate([*fixed, *(column.sql for column in columns), *tail])
        )
        # No bound value: for the first of those DuckDB imports pandas, which costs as much as a thousand processes.
        return (
            self.connection.execute(
                f"SELECT {select} FROM read_parquet({literal(str(path))}) WHERE _bucket = {self.bucket:d} {order}"
            )
            .to_arrow_table()
            .combine_chunks()
        )


def _code(column: Column, values: list[Any], findings: list[str | None]) -> list[Any]:
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
                    findings[number] = text if (before := findings[number]) is None else f"{before}{FINDING_END}{text}"
    if not column.many:
        return [codes.get(value) for value in values]
    translated = []
    for cell in values:
        kept = dict.fromkeys(code for value in cell or () if (code := codes.get(value)) is not None)
        translated.append(list(kept) or None)
    return translated
