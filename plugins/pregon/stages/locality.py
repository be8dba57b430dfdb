"""Which views of a city's `prepare.sql` can be computed of some rows alone, and what each of them reads."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import empty_catalog, prepared_views
from transforms.mapping.locality import Functions, Scope

EVENTS = "with_events"
"""Macro that is false where a city tells no events."""


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


def find_views(city: City, transform: CityTransform) -> Views:
    """Look at the statements of `prepare.sql`. Raises InvalidCity."""
    sources = frozenset(name for _, name, _ in city.tables())
    local: dict[str, bool] = {}
    reads: dict[str, frozenset[str]] = {}
    empty: set[str] = set()
    with empty_catalog(city, transform) as (connection, _):
        trees = [(name, _tree(connection, select)) for name, select in prepared_views(city, transform)]
        functions = _functions(connection, city, [tree for _, tree in trees])
    for name, tree in trees:
        scope = Scope(functions, sources, local, empty)
        # A view that builds on an earlier one of its own name can't be told from it.
        again = name in local
        local[name] = not again and tree is not None and scope.local(tree)
        reads[name] = reads.get(name, frozenset()) | frozenset(_tables(tree, functions)) if tree else frozenset(local)
        if not again and tree is not None and scope.is_empty(tree):
            empty.add(name)
        else:
            empty.discard(name)
    views = frozenset(local)
    return Views(local, {name: tables & views - {name} for name, tables in reads.items()})


def _tree(connection: duckdb.DuckDBPyConnection, select: str) -> Any:
    """Give the syntax tree of a SELECT, None where DuckDB has none."""
    found = connection.execute("SELECT json_serialize_sql(?)", [select]).fetchone()
    parsed: dict[str, Any] = json.loads(found[0]) if found else {"error": True}
    return None if parsed["error"] or len(parsed["statements"]) != 1 else parsed["statements"][0]["node"]


def _tables(tree: Any, functions: Functions) -> Iterator[str]:
    """Give the names of all tables that a SELECT reads, those of the schema `source` left out."""
    if isinstance(tree, Mapping):
        if tree.get("type") == "BASE_TABLE" and tree["schema_name"].lower() != "source":
            yield tree["table_name"].lower()
        if macro := functions.tables.get(str(tree.get("function_name", "")).lower()):
            yield from _tables(macro, functions)
        for value in tree.values():
            yield from _tables(value, functions)
    elif isinstance(tree, list):
        for value in tree:
            yield from _tables(value, functions)


def _functions(connection: duckdb.DuckDBPyConnection, city: City, trees: Collection[Any]) -> Functions:
    """Say which functions look at more than one row: aggregates, and macros that use them or a SELECT.

    Of DuckDB's own macros, which are many, only those are looked at that the trees use.
    """
    wide: set[str] = set()
    definitions: dict[str, list[str]] = {}
    tables: dict[str, Any] = {}
    # Asked once: DuckDB makes the list of all its functions, of which there are thousands, for each question.
    for name, definition, kind in connection.execute(
        "SELECT lower(function_name), macro_definition, function_type FROM duckdb_functions()"
        " WHERE function_type IN ('aggregate', 'macro', 'table_macro')"
    ).fetchall():
        if kind == "aggregate":
            wide.add(name)
        elif kind == "macro":
            definitions.setdefault(name, []).append(definition)
        elif name in tables:
            tables[name] = None  # several forms
        else:
            tables[name] = _tree(connection, definition)
    macros: dict[str, list[Any]] = {}
    waiting = {name for tree in [*trees, *tables.values()] for name in _called(tree)}
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in macros:
            macros[name] = [_tree(connection, f"SELECT {definition}") for definition in definitions[name]]
            waiting.update(used for tree in macros[name] for used in _called(tree))
    before = -1
    while len(wide) > before:
        before = len(wide)
        for name, found in macros.items():
            if any(tree is None or not Functions(wide).local(tree["select_list"]) for tree in found):
                wide.add(name)
    false = {EVENTS} if city.history == "snapshot" else frozenset[str]()
    return Functions(frozenset(wide), frozenset(false), {name: tree for name, tree in tables.items() if tree})


def _called(tree: Any) -> Iterator[str]:
    """Give the names of all functions that a tree calls."""
    if isinstance(tree, Mapping):
        if "function_name" in tree:
            yield tree["function_name"].lower()
        for value in tree.values():
            yield from _called(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _called(value)
