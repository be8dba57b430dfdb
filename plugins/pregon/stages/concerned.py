"""Which processes a change concerns, and which source rows have to be read to map them as if all had been read.

Starts from the rows that changed, with their keys as they were at the last commit and as they are now, and goes on
along the keys until nothing more is found: what hangs on a changed row, what it hangs on, what repeats its ocid, which
organizations it names and who names it. More is found than would be needed, never less.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pregon.stages.prepared_keys import KeyColumns, keys_file, names_of
from transforms.mapping.plan import Link, Plan

MOST_SHARE = 0.2
"""Where more than this share of the processes is concerned, reading everything is no slower."""


@dataclass(frozen=True)
class Keys:
    """Keys of prepared rows: as known from the last commit, and as they are now."""

    columns: Mapping[str, KeyColumns]
    #: folders of a file per table
    known: Path
    now: Path
    #: tables whose keys now are those of all rows; of others they are those of changed rows
    whole: frozenset[str]
    #: relation of the source rows and the processes that they served at the last commit
    served: str


class Concerned:
    """Fills the tables `affected` (`_process`) and `wanted` (`_row`) of a connection, which has a table `changed`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: Plan, keys: Keys) -> None:
        self.connection = connection
        self.plan = plan
        self.keys = keys

    def find(self) -> bool:
        """Fill the tables; False where so much is concerned that everything should be looked at."""
        run = self.connection.execute
        run("CREATE TEMP TABLE affected (_process VARCHAR)")
        run("CREATE TEMP TABLE wanted (_row VARCHAR)")
        for columns in self.keys.columns.values():
            self._compare(columns)
        self._affect(f"SELECT _process FROM {self.keys.served} WHERE _row IN (FROM changed)")
        process_table = self.plan.process_table
        self._affect(f"SELECT _process FROM gone_{process_table}")
        self._affect(f"SELECT process_key FROM new_{process_table}")
        self._same_ids()
        reached = f"SELECT _row, process_key AS _process FROM new_{process_table}"
        run(f"CREATE TEMP TABLE reached_{process_table} AS {reached}")
        for link in self.plan.links:
            self._follow(link)
        for party in self.plan.parties:
            self._named(party.name)
        while not self._too_many():
            if not self._collect():
                return True
        return False

    def _compare(self, columns: KeyColumns) -> None:
        """Make `gone_<table>` and `new_<table>`: keys of changed rows, as they were and as they are."""
        table, known = columns.table, keys_file(self.keys.known, columns.table)
        now = keys_file(self.keys.now, table)
        gone = f"SELECT * FROM {known} WHERE {columns.touching(known, 'changed')}"
        new = f"SELECT {columns.names} FROM {now}"
        if table in self.keys.whole:
            before = f"SELECT {columns.names} FROM {known}"
            gone += f" UNION ALL FROM {known} WHERE _row IN (SELECT _row FROM (({before}) EXCEPT ({new})))"
            new = f"({new} WHERE {columns.touching(now, 'changed')}) UNION (({new}) EXCEPT ({before}))"
        self.connection.execute(f"CREATE TEMP TABLE gone_{table} AS {gone}")
        self.connection.execute(f"CREATE TEMP TABLE new_{table} AS {new}")
        if columns.mapped:
            self._affect(f"SELECT _process FROM gone_{table}")

    def _affect(self, select: str) -> int:
        found = self.connection.execute(
            f"INSERT INTO affected SELECT DISTINCT _process FROM ({select}) AS found(_process)"
            " WHERE _process IS NOT NULL AND _process NOT IN (FROM affected)"
        ).fetchone()
        return int(found[0]) if found else 0

    def _known(self, table: str) -> str:
        return keys_file(self.keys.known, table)

    def _same_ids(self) -> None:
        """Look again at processes whose ocid a changed one has, or had: one of them may have to give way."""
        table = self.plan.process_table
        names = self.keys.columns[table].names
        self.connection.execute(f"""
            INSERT INTO new_{table} SELECT {names} FROM {self._known(table)}
            WHERE local_id IN (SELECT local_id FROM new_{table} UNION SELECT local_id FROM gone_{table})
              AND _row NOT IN (SELECT _row FROM new_{table} UNION ALL SELECT _row FROM changed)
        """)
        self._affect(f"SELECT process_key FROM new_{table}")

    def _follow(self, link: Link) -> None:
        """Look again at rows that hang, or hung, on changed ones, and find the processes that changed rows hang on."""
        child, parent = link.name, link.parent
        numbers = range(len(link.on))
        theirs = [f"for_{child}_{number}" for number in numbers]
        own = [f"on_{number}" for number in numbers]
        keys = " UNION ".join(f"SELECT {', '.join(theirs)} FROM {kind}_{parent}" for kind in ("new", "gone"))
        self.connection.execute(f"CREATE TEMP TABLE keys_{child} AS {keys}")
        equal = " AND ".join(f"c.{name} = k.{key}" for name, key in zip(own, theirs, strict=True))
        self._affect(
            f"SELECT p._process FROM {self._known(parent)} p SEMI JOIN keys_{child} k USING ({', '.join(theirs)})"
        )
        names = ", ".join(f"c.{name.strip()}" for name in self.keys.columns[child].names.split(","))
        self.connection.execute(f"""
            INSERT INTO new_{child} SELECT {names} FROM {self._known(child)} c SEMI JOIN keys_{child} k ON {equal}
            WHERE c._row NOT IN (SELECT _row FROM new_{child} UNION ALL SELECT _row FROM changed)
        """)
        selected = ", ".join(f"p.{key}" for key in theirs)
        self.connection.execute(f"""
            CREATE TEMP TABLE reached_{child} AS
            SELECT DISTINCT c._row, k._process FROM new_{child} c JOIN (
                SELECT {selected}, p._process FROM {self._known(parent)} p WHERE p._process IS NOT NULL
                UNION ALL
                SELECT {selected}, r._process FROM new_{parent} p JOIN reached_{parent} r ON r._row = p._row
            ) k ON {equal}
        """)
        self._affect(f"SELECT _process FROM reached_{child}")

    def _named(self, party: str) -> None:
        """Look again at processes that name an organization whose rows changed."""
        changed = " UNION ".join(
            f"SELECT {name} AS key FROM {kind}_{table}"
            for table, name in self._party_columns(party)
            for kind in ("new", "gone")
        )
        if not changed:
            return
        for table, name in self._names(party):
            self._affect(f"SELECT _process FROM {self._known(table)} WHERE {name} IN (SELECT key FROM ({changed}))")

    def _party_columns(self, party: str) -> Iterator[tuple[str, str]]:
        for table, columns in self.keys.columns.items():
            for prefix in (f"is_{party}", f"of_{party}"):
                if prefix in columns.columns:
                    yield table, prefix

    def _names(self, party: str) -> Iterator[tuple[str, str]]:
        for table, columns in self.keys.columns.items():
            yield from ((table, name) for name in names_of(columns, f"names_{party}_"))

    def _collect(self) -> bool:
        """Add the rows behind the processes found so far; True if they serve, or repeat, further processes."""
        run = self.connection.execute
        run("CREATE OR REPLACE TEMP TABLE wanted AS FROM changed")
        run(f"INSERT INTO wanted SELECT _row FROM {self.keys.served} WHERE _process IN (FROM affected)")
        for table, columns in self.keys.columns.items():
            if columns.mapped:
                self._want(f"{self._known(table)} WHERE _process IN (FROM affected)", columns)
            self._want(f"new_{table}", columns)
        for party in self.plan.parties:
            self._want_named(party.name)
        run("CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT _row FROM wanted WHERE _row IS NOT NULL")
        found = 0
        for table, columns in self.keys.columns.items():
            if columns.mapped:
                known = self._known(table)
                found += self._affect(f"SELECT _process FROM {known} WHERE {columns.touching(known, 'wanted')}")
        known = self._known(self.plan.process_table)
        found += self._affect(
            f"SELECT process_key FROM {known} WHERE local_id IN"
            f" (SELECT local_id FROM {known} WHERE process_key IN (FROM affected))"
        )
        return found > 0

    def _want(self, relation: str, columns: KeyColumns) -> None:
        self.connection.execute(f"INSERT INTO wanted SELECT _row FROM {relation}")
        if columns.grouped:
            self.connection.execute(f"INSERT INTO wanted SELECT unnest(_rows) FROM {relation}")

    def _want_named(self, party: str) -> None:
        """Add the rows of organizations that the processes, or the changed rows, name."""
        named = [
            f"SELECT {name} AS key FROM {relation}"
            for table, name in self._names(party)
            for relation in (f"{self._known(table)} WHERE _process IN (FROM affected)", f"new_{table}")
        ]
        if not named:
            return
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE named AS {' UNION '.join(named)}")
        for table, name in self._party_columns(party):
            columns = self.keys.columns[table]
            self._want(f"{self._known(table)} WHERE {name} IN (FROM named)", columns)

    def _too_many(self) -> bool:
        found = self.connection.execute(
            f"SELECT (SELECT count(*) FROM affected), (SELECT count(*) FROM {self._known(self.plan.process_table)})"
        ).fetchone()
        return found is not None and found[0] > MOST_SHARE * found[1]
