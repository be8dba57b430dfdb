"""Which columns of a city's tables reach its publication: those that a binding, a join or `prepare.sql` uses.

Told from the text of mapping and preparation alone. A column counts as used if in doubt: where a SELECT that reads its
table names it, for whatever; where `COLUMNS(…)` may choose it; and where a function of `prepare.py` sees it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pregon.city import City
from pregon.city_transform import CityTransform
from transforms.mapping.model import Binding, ContentId, identifying_columns, placeholders
from transforms.mapping.model import Mapping as CityMapping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Table(NamedTuple):
    """A table by its name: one of the sources', or one that `prepare.sql` makes."""

    name: str
    prepared: bool


@dataclass
class Unused:
    """Columns that nothing uses, by table: those of the sources, and prepared ones that no binding takes.

    A prepared column is left out where the mapping takes one of its name from another table: it says the same there.

    `tables` are all tables that are in use, prepared ones too; a source table that nothing reads is not among them.
    """

    tables: frozenset[Table]
    columns: dict[Table, list[str]]


@dataclass
class _View:
    """What a SELECT of `prepare.sql` reads and names.

    `stars`: it takes all columns of what it reads; `chooses`: or those that a pattern fits.
    """

    reads: set[Table] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    stars: bool = False
    chooses: bool = False


def unused_columns(city: City, transform: CityTransform) -> Unused:
    """Find the columns of a city's source tables and prepared tables that nothing uses. Raises InvalidCity.

    Keys and cursors are used: by them rows are told apart, and read.
    """
    from pregon.stages.catalog import empty_catalog, prepared_views

    sources = {name: list(table.columns) for _, name, table in city.tables()}
    with empty_catalog(city, transform) as (connection, schema):
        macros = _macros(connection)
        views: dict[str, _View] = {}
        for name, select in prepared_views(city, transform):
            view = views.setdefault(name, _View())
            _look(_tree(connection, select), view, macros, frozenset(views) - {name}, set(sources))
    bound = bound_columns(transform.mapping)
    live = _live({Table(name, name in views) for name in bound}, views)
    unused: dict[Table, list[str]] = {}
    uses = _Uses(bound, {name: views[name] for name in views if Table(name, prepared=True) in live}, schema)
    taken = {
        name for table in live if table.prepared for name in schema[table.name] if name in (bound.get(table.name) or ())
    }
    reading = {name for _, _, declared in city.tables() for name in (*declared.key, declared.cursor) if name}
    for table in sorted(live):
        # What a table holds that is only a step to others was made of columns that are looked at themselves.
        if table.prepared and (table.name in transform.prepare_functions or table.name not in bound):
            continue
        columns = schema[table.name] if table.prepared else sources[table.name]
        known = taken | reading if table.prepared else reading
        free = [name for name in columns if name not in known and not name.startswith("_")]
        if free := [name for name in free if not uses.of(table, name)]:
            unused[table] = free
    return Unused(frozenset(live), unused)


@dataclass
class _Uses:
    bound: Mapping[str, set[str] | None]
    views: Mapping[str, _View]
    schema: Mapping[str, Mapping[str, str]]

    def of(self, table: Table, column: str) -> bool:
        """Tell whether a binding takes a column, or a SELECT in use names it or hands it on to one that does."""
        if table.prepared or table.name not in self.views:
            names = self.bound.get(table.name, set())
            if names is None or column in names:
                return True
        for name, view in self.views.items():
            if table not in view.reads:
                continue
            if view.chooses or column.lower() in view.names:
                return True
            handed_on = view.stars and column in self.schema[name] and table != Table(name, prepared=True)
            if handed_on and self.of(Table(name, prepared=True), column):
                return True
        return False


def _live(tables: Iterable[Table], views: Mapping[str, _View]) -> set[Table]:
    """Give the tables that the mapping names, and all that these are made of."""
    found: set[Table] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            if table.prepared:
                waiting += views[table.name].reads
    return found


def bound_columns(mapping: CityMapping) -> dict[str, set[str] | None]:
    """Give the columns that a mapping uses, by table; None for a table all of whose columns count."""
    found: dict[str, set[str] | None] = {}

    def add(table: str, *columns: str | None) -> None:
        names = found.setdefault(table, set())
        if names is not None:
            names.update(column for column in columns if column)

    def identified(table: str, identity: str | ContentId | None) -> None:
        add(table, *identifying_columns(identity))
        if isinstance(identity, ContentId) and identity.content == "all":
            found[table] = None

    if mapping.documents is not None:
        return {mapping.documents.table: None}
    process = mapping.process
    add(process.table, process.key, process.modified, *placeholders(process.ocid))
    for _, binding in all_bindings(mapping):
        if binding.table:
            add(binding.table, binding.column)
    for name, child in mapping.tables.items():
        add(name, *child.on, child.modified)
        add(child.parent, *child.on.values())
        identified(name, child.id)
    for party in mapping.parties.values():
        add(party.table, party.key, party.person, *placeholders(party.id))
        for name, part in party.tables.items():
            add(name, part.on)
            identified(name, part.id)
        for reference in party.references:
            for source in filter(None, (reference.source, reference.name)):
                add(*source.split(".", 1))
    return found


def all_bindings(mapping: CityMapping) -> Iterator[tuple[str, Binding]]:
    """Give the bindings of a mapping by their path in a release; those of organizations are below `parties`."""
    yield from mapping.bindings.items()
    for party in mapping.parties.values():
        for path, binding in party.bindings.items():
            yield f"parties/{path}", binding


def _macros(connection: "DuckDBPyConnection") -> dict[str, list[Any]]:
    """Give the syntax trees of the macros that are not DuckDB's own, by name."""
    found: dict[str, list[Any]] = {}
    for name, definition, kind in connection.execute(
        "SELECT lower(function_name), macro_definition, function_type FROM duckdb_functions()"
        " WHERE function_type IN ('macro', 'table_macro') AND NOT internal"
    ).fetchall():
        select = definition if kind == "table_macro" else f"SELECT {definition}"
        found.setdefault(name, []).append(_tree(connection, select))
    return found


def _tree(connection: "DuckDBPyConnection", select: str) -> Any:
    found = connection.execute("SELECT json_serialize_sql(?)", [select]).fetchone()
    return json.loads(found[0]) if found else {}


def _look(tree: Any, view: _View, macros: Mapping[str, list[Any]], prepared: frozenset[str], sources: set[str]) -> None:
    """Note what a syntax tree reads and names, macros included."""
    seen: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, Mapping):
            _note(node, view, prepared, sources)
            called = str(node.get("function_name", "")).lower()
            if called in macros and called not in seen:
                seen.add(called)
                waiting += macros[called]
            waiting += node.values()


def _note(node: Mapping[str, Any], view: _View, prepared: frozenset[str], sources: set[str]) -> None:
    if node.get("type") == "BASE_TABLE":
        name, schema = node["table_name"].lower(), node["schema_name"].lower()
        if schema != "source" and name in prepared:
            view.reads.add(Table(name, prepared=True))
        elif name in sources:
            view.reads.add(Table(name, prepared=False))
    elif node.get("class") == "COLUMN_REF":
        view.names.update(name.lower() for name in node["column_names"])
    elif node.get("class") == "STAR":
        view.stars = True
        view.chooses = view.chooses or bool(node.get("columns"))
    view.names.update(name.lower() for name in node.get("using_columns") or ())
