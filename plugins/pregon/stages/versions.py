"""Versions of rows that held in the past (`_until` in `prepare.sql`): where each belongs, as stage 2 finds it.

They lend a process its earlier states and nothing else: what a row serves, what it is rejected for, and which entry it
is, is decided by what holds now. A version of a row that is held back now is not published either.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from transforms.mapping.events import SINCE, UNTIL
from transforms.mapping.plan import Link, Plan
from transforms.quoting import literal, quote


def place_of(link: Link, links: Mapping[str, Link]) -> tuple[str, str]:
    """Give the expressions of a child row's container and entry; `l` is its parent, `_id` its own id."""
    parent = links.get(link.parent)
    if not link.container:
        container = "''"
    elif parent is not None and link.container in (
        parent.array,
        parent.container if parent.array is None else None,
    ):
        container = "l._entry"
    else:
        container = "l._container"
    if link.array is None:
        return container, "l._entry"
    relative = link.array[len(link.container) + 1 if link.container else 0 :]
    prefix = f"{container} || {literal('/' + relative)}" if link.container else literal(link.array)
    return container, f"{prefix} || '/' || _id"


def versions_of(table: str, columns: Mapping[str, str]) -> str:
    """Give a SELECT of the placed rows of a mapped table, those of the past too where it has any."""
    rows = f"SELECT * FROM full_{table}"
    return f"({rows} UNION ALL BY NAME SELECT * FROM placed.{quote(table)})" if UNTIL in columns else f"({rows})"


def order_of(columns: Mapping[str, str]) -> str:
    """Give what decides between the versions of a row, to be appended to an ORDER BY."""
    return "".join(f", {column} NULLS FIRST" for column in (SINCE, UNTIL) if column in columns)


def place_versions(
    connection: duckdb.DuckDBPyConnection, plan: Plan, schema: Mapping[str, Mapping[str, str]], scratch: Path
) -> None:
    """Make for each mapped table with versions of the past a view of them in the schema `placed`.

    The views `past.<table>`, `full_<table>` and the tables `link_<child>` are there. Versions that lead to no process
    or have no id are left out: the row as it is now tells why, if it is so now.
    """
    connection.execute("CREATE SCHEMA placed")
    if UNTIL in schema[plan.process_table]:
        _keep(connection, plan.process_table, _processes(plan, schema[plan.process_table]), scratch)
    links = {link.name: link for link in plan.links}
    for link in plan.links:
        if UNTIL in schema[link.name]:
            _keep(connection, link.name, _children(link, links, schema), scratch)


def _keep(connection: duckdb.DuckDBPyConnection, table: str, select: str, scratch: Path) -> None:
    path = literal(str(scratch / f"{table}.past.parquet"))
    connection.execute(f"COPY ({select}) TO {path} (FORMAT parquet)")
    connection.execute(f"CREATE VIEW placed.{quote(table)} AS SELECT * FROM read_parquet({path})")


def _wanted(table: str, columns: Mapping[str, str], alias: str) -> str:
    held = f"{alias}._row NOT IN (SELECT _row FROM full_{table} WHERE _problem IS NOT NULL)"
    return f"{held} AND {alias}._reject IS NULL" if "_reject" in columns else held


def _processes(plan: Plan, columns: Mapping[str, str]) -> str:
    table = plan.process_table
    return f"""
        SELECT p.*, f._process, f._local_id, false AS _cancelled, '' AS _container, f._process AS _id, '' AS _entry
        FROM past.{quote(table)} p
        JOIN (SELECT _process, _local_id FROM full_{table} WHERE _problem IS NULL) f
          ON f._process = blank(p.{quote(plan.process_key)})
        WHERE {_wanted(table, columns, "p")}
    """


def _children(link: Link, links: Mapping[str, Link], schema: Mapping[str, Mapping[str, str]]) -> str:
    container, entry = place_of(link, links)
    on = " AND ".join(f"blank(c.{quote(own)}) = l._k{number}" for number, (own, _) in enumerate(link.on))
    has_id = " AND _id IS NOT NULL" if link.array is not None else ""
    place = entry.replace("l._entry", "_parent_entry").replace("l._container", "_container")
    return f"""
        WITH joined AS (
            SELECT c.*, l._process, {container} AS _container, l._entry AS _parent_entry
            FROM past.{quote(link.name)} c JOIN {_parents(link, schema)} l ON {on}
        ), named AS (
            SELECT *, {link.id_sql or "CAST(NULL AS VARCHAR)"} AS _id FROM joined
        )
        SELECT *, {place} AS _entry FROM named WHERE {_wanted(link.name, schema[link.name], "named")}{has_id}
    """


def _parents(link: Link, schema: Mapping[str, Mapping[str, str]]) -> str:
    """Give what the children of a table join on; a parent that is gone is found only where none is there now."""
    if UNTIL not in schema[link.parent]:
        return f"link_{link.name}"
    names = ", ".join(f"_k{number}" for number in range(len(link.on)))
    keys = ", ".join(f"blank({quote(theirs)}) AS _k{number}" for number, (_, theirs) in enumerate(link.on))
    first = ", ".join(f"arg_min({column}, _turn) AS {column}" for column in ("_process", "_entry", "_container"))
    return f"""(
        SELECT {names}, {first} FROM (
            SELECT {names}, _process, _entry, _container, '' AS _turn FROM link_{link.name}
            UNION ALL
            SELECT {keys}, _process, _entry, _container, _row AS _turn FROM placed.{quote(link.parent)}
        ) GROUP BY {names}
    )"""
