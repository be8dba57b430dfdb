"""Columns by which prepared rows find each other: kept with every commit, so that the next run need not read all.

For each prepared table that the mapping uses: the source rows behind a row, its process, the key of its parent and
those by which its children find it, and the organizations it names.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.mapping.plan import FIXED_COLUMNS, Plan
from transforms.quoting import literal, quote

FOLDER = "keys"
"""Folder of these files, among what the preparation wrote and among what a commit keeps."""


@dataclass(frozen=True)
class KeyColumns:
    """The key columns of a prepared table: name → expression over its columns, all of them text."""

    table: str
    columns: Mapping[str, str]
    #: whether its rows are joined to processes (else they are organizations' own rows)
    mapped: bool
    #: whether its rows name further source rows in `_rows`
    grouped: bool

    @property
    def names(self) -> str:
        """Names of the columns that a row has by itself, for a SELECT: source rows first."""
        return ", ".join(["_row", "_rows", *self.columns])

    def select(self, relation: str, *, joined: bool) -> str:
        """Give a SELECT of the key columns of a relation; `joined`: with `_process` and `_problem` too."""
        rows = "_rows" if self.grouped else "CAST([] AS VARCHAR[]) AS _rows"
        own = [f"{expression} AS {name}" for name, expression in self.columns.items()]
        of_mapped = (
            ["_process", "_problem"] if self.mapped else ["NULL::VARCHAR AS _process", "NULL::VARCHAR AS _problem"]
        )
        return f"SELECT {', '.join(['_row', rows, *own, *(of_mapped if joined else ())])} FROM {relation}"

    def touching(self, relation: str, rows: str) -> str:
        """Give the condition that a row of `relation`, which has the key columns, comes from one of some rows."""
        condition = f"_row IN (SELECT _row FROM {rows})"
        if self.grouped:
            members = f"(SELECT _row, unnest(_rows) AS member FROM {relation})"
            condition += f" OR _row IN (SELECT _row FROM {members} WHERE member IN (SELECT _row FROM {rows}))"
        return condition


def key_columns(
    plan: Plan, schema: Mapping[str, Mapping[str, str]], tables: Collection[str] | None = None
) -> dict[str, KeyColumns]:
    """Give the key columns of the prepared tables that the mapping uses, or of those in `tables`.

    Columns: `process_key`, `local_id` (process table); `on_<n>` (key of the parent), `for_<child>_<n>` (what a child's
    `on_<n>` equals); `names_<party>_<n>` (organizations a row names); `is_<party>`, `of_<party>` (rows of organizations
    and rows inside them).
    """
    found: dict[str, dict[str, str]] = {plan.process_table: {}}
    found[plan.process_table]["process_key"] = f"blank({quote(plan.process_key)})"
    found[plan.process_table]["local_id"] = f"lower({plan.ocid_sql})"
    for link in plan.links:
        own = found.setdefault(link.name, {})
        for number, (mine, theirs) in enumerate(link.on):
            own[f"on_{number}"] = f"blank({quote(mine)})"
            found.setdefault(link.parent, {})[f"for_{link.name}_{number}"] = f"blank({quote(theirs)})"
    for table in plan.tables:
        for number, reference in enumerate(table.references):
            expression = table.columns[reference.key_index - FIXED_COLUMNS].sql
            found.setdefault(table.name, {})[f"names_{reference.party}_{number}"] = expression
    mapped = set(found)
    for party in plan.parties:
        if not party.mapped:
            found.setdefault(party.table, {})[f"is_{party.name}"] = f"blank({quote(party.key)})"
        for child in party.tables:
            found.setdefault(child.name, {})[f"of_{party.name}"] = f"blank({quote(child.on)})"
    return {
        table: KeyColumns(table, columns, table in mapped, "_rows" in schema[table])
        for table, columns in found.items()
        if tables is None or table in tables
    }


def write_keys(
    connection: duckdb.DuckDBPyConnection,
    keys: Mapping[str, KeyColumns],
    folder: Path,
    *,
    known: Path | None = None,
    replaced: str = "",
) -> None:
    """Write a file per table into `folder`: keys of the rows at hand and, of those that were `known`, of the others.

    The connection has a table or view of each prepared table, and `full_<table>` of the mapped ones. `replaced` names a
    relation of source rows (`_row`): what was known of them is what is at hand.
    """
    folder.mkdir(exist_ok=True)
    for table, columns in keys.items():
        select = columns.select(f"full_{table}" if columns.mapped else quote(table), joined=True)
        if known is not None:
            before = keys_file(known, table)
            select = f"SELECT * FROM {before} WHERE NOT ({columns.touching(before, replaced)}) UNION ALL ({select})"
        target = literal(str(folder / f"{table}.parquet"))
        connection.execute(
            f"COPY (SELECT * FROM ({select}) ORDER BY _row) TO {target} (FORMAT parquet, COMPRESSION zstd)"
        )


def keys_file(folder: Path, table: str) -> str:
    """Give the relation that reads a table's file."""
    return f"read_parquet({literal(str(folder / (table + '.parquet')))})"


def names_of(columns: KeyColumns, prefix: str) -> Iterator[str]:
    """Give the names of the columns that begin with a prefix."""
    return (name for name in columns.columns if name.startswith(prefix))
