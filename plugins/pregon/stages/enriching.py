"""Prepared tables of a run, each row with its process, its entry, and what is wrong with it."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import add_prepared_tables, add_source_views, named_rows
from pregon.stages.narrowing import Narrowed
from pregon.stages.versions import place_of, place_versions
from transforms.mapping.plan import FIXED_COLUMNS, Link, PartyPlan, Plan
from transforms.quoting import literal, quote


class EnrichedTables:
    """One DuckDB session over one image: a view `full_<table>` of every mapped table.

    Its rows have, beside their own columns, `_process`, `_container`, `_id`, `_entry`, and `_problem` with `_why` where
    they reach no process or entry.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        city: City,
        transform: CityTransform,
        plan: Plan,
        scratch: Path,
        images: Mapping[str, str],
        cancelled: Mapping[str, str],
        narrowed: Narrowed | None,
    ) -> None:
        self.connection = connection
        self.city = city
        self.plan = plan
        self.links = {link.name: link for link in plan.links}
        self.scratch = scratch
        self.images = images
        self.narrowed = narrowed
        if narrowed is None:
            add_source_views(connection, images)
            self.schema = add_prepared_tables(connection, city, transform, scratch)
        else:
            add_source_views(connection, narrowed.images)
            self.schema = add_prepared_tables(
                connection, city, transform, scratch, only={*narrowed.local, *narrowed.given}, given=narrowed.given
            )
        connection.execute(f"CREATE TEMP TABLE cancelled AS {named_rows(cancelled)}")
        self.with_events = city.history == "events"
        self._enrich_process()
        for link in plan.links:
            self._enrich_child(link)
        if self.with_events:
            place_versions(connection, plan, self.schema, scratch)

    def _rejected(self, table: str, alias: str) -> str:
        return f"CAST({alias}._reject AS VARCHAR)" if "_reject" in self.schema[table] else "CAST(NULL AS VARCHAR)"

    def _enrich_process(self) -> None:
        table = self.plan.process_table
        reject = self._rejected(table, "p")
        self._keep(table, f"""
            WITH keyed AS (
                SELECT p.*, blank(p.{quote(self.plan.process_key)}) AS _process, {self.plan.ocid_sql} AS _local_id,
                       {reject} AS _refused, p._row IN (FROM cancelled) AS _cancelled
                FROM {quote(table)} p
            ), ranked AS (
                SELECT *, row_number() OVER (
                    PARTITION BY lower(_local_id), _refused IS NULL ORDER BY _row
                ) AS _rank FROM keyed
            )
            SELECT * EXCLUDE (_rank, _refused), '' AS _container, _process AS _id, '' AS _entry,
                   CASE WHEN _refused IS NOT NULL THEN 'rejected'
                        WHEN _process IS NULL THEN 'no_process_key'
                        WHEN _local_id IS NULL THEN 'no_ocid'
                        WHEN _rank > 1 THEN 'duplicate_process' END AS _problem,
                   _refused AS _why
            FROM ranked
        """)  # fmt: skip
        self._link_children(table)

    def _keep(self, table: str, select: str) -> None:
        """Compute a table with its processes and entries once: six statements and more read it."""
        path = self.scratch / f"{table}.full.parquet"
        self.connection.execute(f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet)")
        self.connection.execute(f"CREATE VIEW full_{table} AS SELECT * FROM read_parquet({literal(str(path))})")

    def _link_children(self, parent: str) -> None:
        """Keep what the children of a table join on, so that its own SQL runs once."""
        for link in self.plan.links:
            if link.parent == parent:
                keys = ", ".join(f"blank({quote(theirs)}) AS _k{number}" for number, (_, theirs) in enumerate(link.on))
                names = ", ".join(f"_k{number}" for number in range(len(link.on)))
                self.connection.execute(f"""
                    CREATE TEMP TABLE link_{link.name} AS
                    SELECT {names}, arg_min(_process, _row) AS _process, arg_min(_entry, _row) AS _entry,
                           arg_min(_container, _row) AS _container
                    FROM (SELECT {keys}, _process, _entry, _container, _row FROM full_{parent} WHERE _problem IS NULL)
                    GROUP BY {names}
                """)

    def _enrich_child(self, link: Link) -> None:
        container, entry = place_of(link, self.links)
        on = " AND ".join(f"blank(c.{quote(own)}) = l._k{number}" for number, (own, _) in enumerate(link.on))
        # Only who rebuilds earlier states asks where the parent of a row stands.
        unneeded = "_rank, _refused" if self.with_events else "_rank, _refused, _parent_entry"
        identifier = link.id_sql or "CAST(NULL AS VARCHAR)"
        place = entry.replace("l._entry", "_parent_entry").replace("l._container", "_container")
        if link.array is None:
            rank, problems = "1", ""
        else:
            rank = "row_number() OVER (PARTITION BY _process, _container, _id, _refused IS NULL ORDER BY _row)"
            problems = "WHEN _id IS NULL THEN 'no_id' WHEN _rank > 1 THEN 'duplicate_entry'"
        self._keep(link.name, f"""
            WITH joined AS (
                SELECT c.*, l._process, {container} AS _container, l._entry AS _parent_entry,
                       {self._rejected(link.name, "c")} AS _refused
                FROM {quote(link.name)} c LEFT JOIN link_{link.name} l ON {on}
            ), named AS (
                SELECT *, {identifier} AS _id FROM joined
            ), ranked AS (
                SELECT *, {rank} AS _rank FROM named
            )
            SELECT * EXCLUDE ({unneeded}), {place} AS _entry,
                   CASE WHEN _refused IS NOT NULL THEN 'rejected'
                        WHEN _process IS NULL THEN 'orphan' {problems} END AS _problem,
                   _refused AS _why
            FROM ranked
        """)  # fmt: skip
        self._link_children(link.name)

    def mapped(self) -> tuple[str, ...]:
        """Give the mapped tables, the process table first."""
        return (self.plan.process_table, *self.links)

    def references(self, party: PartyPlan) -> list[tuple[str, str]]:
        """Give (table, expression) of every key that refers to this kind of organization."""
        return [
            (table.name, table.columns[reference.key_index - FIXED_COLUMNS].sql)
            for table in self.plan.tables
            for reference in table.references
            if reference.party == party.name
        ]
