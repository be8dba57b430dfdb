"""Which views of a city's `prepare.sql` can be computed of some rows alone, and what each of them reads."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import define_macros, prepared_views
from transforms.mapping.locality import Functions, Scope


@dataclass(frozen=True)
class Views:
    """The views of `prepare.sql`, in its order: whether each looks at one row at a time, and which views it reads."""

    local: Mapping[str, bool]
    reads: Mapping[str, frozenset[str]]

    def is_local(self, table: str) -> bool:
        """Tell whether a prepared table can be computed of some rows; a source table as it is can."""
        return self.local.get(table, True)

    def needed(self, tables: Collection[str]) -> set[str]:
        """Give the views that have to be computed for some tables: themselves, and what they read."""
        found: set[str] = set()
        waiting = [table for table in tables if table in self.local]
        while waiting:
            table = waiting.pop()
            if table not in found:
                found.add(table)
                waiting += self.reads[table]
        return found


def find_views(connection: duckdb.DuckDBPyConnection, city: City, transform: CityTransform) -> Views:
    """Look at the statements of `prepare.sql`; the connection gets its macros. Raises InvalidCity."""
    define_macros(connection, city, transform)
    trees = [(name, _tree(connection, select)) for name, select in prepared_views(city, transform)]
    functions = Functions(_wide_functions(connection, [tree for _, tree in trees]))
    sources = frozenset(name for _, name, _ in city.tables())
    local: dict[str, bool] = {}
    reads: dict[str, frozenset[str]] = {}
    for name, tree in trees:
        # A view that builds on an earlier one of its own name can't be told from it.
        local[name] = name not in local and tree is not None and Scope(functions, sources, local).local(tree)
        reads[name] = reads.get(name, frozenset()) | frozenset(_tables(tree)) if tree else frozenset(local)
    views = frozenset(local)
    return Views(local, {name: tables & views - {name} for name, tables in reads.items()})


def _tree(connection: duckdb.DuckDBPyConnection, select: str) -> Any:
    """Give the syntax tree of a SELECT, None where DuckDB has none."""
    found = connection.execute("SELECT json_serialize_sql(?)", [select]).fetchone()
    parsed: dict[str, Any] = json.loads(found[0]) if found else {"error": True}
    return None if parsed["error"] or len(parsed["statements"]) != 1 else parsed["statements"][0]["node"]


def _tables(tree: Any) -> Iterator[str]:
    """Give the names of all tables that a SELECT reads, those of the schema `source` left out."""
    if isinstance(tree, Mapping):
        if tree.get("type") == "BASE_TABLE" and tree["schema_name"].lower() != "source":
            yield tree["table_name"].lower()
        for value in tree.values():
            yield from _tables(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _tables(value)


def _wide_functions(connection: duckdb.DuckDBPyConnection, trees: Collection[Any]) -> frozenset[str]:
    """Give the names of functions that look at more than one row: aggregates, and macros that use them or a SELECT.

    Of DuckDB's own macros, which are many, only those are looked at that the trees use.
    """
    kinds = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = 'aggregate'"
    wide = {str(name) for (name,) in connection.execute(kinds).fetchall()}
    definitions: dict[str, list[str]] = {}
    for name, definition in connection.execute(
        "SELECT lower(function_name), macro_definition FROM duckdb_functions()"
        " WHERE function_type IN ('macro', 'table_macro')"
    ).fetchall():
        definitions.setdefault(name, []).append(definition)
    macros: dict[str, list[Any]] = {}
    waiting = {name for tree in trees for name in _functions(tree)}
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in macros:
            macros[name] = [_tree(connection, f"SELECT {definition}") for definition in definitions[name]]
            waiting.update(used for tree in macros[name] for used in _functions(tree))
    before = -1
    while len(wide) > before:
        before = len(wide)
        for name, found in macros.items():
            if any(tree is None or not Functions(wide).local(tree["select_list"]) for tree in found):
                wide.add(name)
    return frozenset(wide)


def _functions(tree: Any) -> Iterator[str]:
    """Give the names of all functions that a tree calls."""
    if isinstance(tree, Mapping):
        if "function_name" in tree:
            yield tree["function_name"].lower()
        for value in tree.values():
            yield from _functions(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _functions(value)
