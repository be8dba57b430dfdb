"""Stage 2, prepare: from current images to prepared tables, each row with its process, entry and bucket.

Only what changed since the last commit is written, unless the mapping or the code changed: then everything is.
Every source row that reaches no process is listed with its reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import named_rows, open_catalog
from pregon.stages.enriching import EnrichedTables
from pregon.stages.narrowing import narrow
from pregon.stages.prepared_keys import FOLDER as KEYS
from pregon.stages.prepared_keys import key_columns, write_keys
from pregon.stages.versions import order_of, versions_of
from transforms.mapping.plan import PartyPlan, Plan
from transforms.quoting import literal, quote

BUCKET_PROCESSES = 10_000
"""Processes in a bucket: what one task holds in memory."""

BUCKET_DOCUMENTS = 1_000
"""The same of processes whose rows are whole documents."""

ROWS = "rows.parquet"
"""Which processes each source row serves."""

HELD = "held.parquet"
"""Which source rows serve no process, and why."""

KEPT = (ROWS, HELD, KEYS)
"""Files and folders that a commit keeps for the next run."""

MOST_BUCKETS = 200
"""Airflow maps at most this many tasks in one run."""

ROW_GROUP_ROWS = 8_192
"""Rows of a Parquet row group: small, so that reading one bucket skips the others."""


@dataclass(frozen=True)
class Preparation:
    """What the stage wrote: Parquet files in `folder`, and counts."""

    buckets: tuple[int, ...]
    processes: int
    vanished: int
    everything: bool
    rows: Mapping[str, int]
    held: Mapping[str, Mapping[str, int]]


def prepare_tables(
    city: City,
    transform: CityTransform,
    plan: Plan,
    *,
    images: Mapping[str, str],
    cancelled: Mapping[str, str],
    earlier: Path | None,
    changed: Mapping[str, str],
    scratch: Path,
    folder: Path,
) -> Preparation:
    """Write `<table>.parquet`, `party_<name>.parquet`, and what the commit keeps (`KEPT`) into `folder`.

    `images` are SELECTs of the current image of each source table, `cancelled` of the `_row` of rows whose loss cancels
    their process. `earlier` is the folder that the last commit kept (None: everything is looked at), and `changed` are
    SELECTs of the `_row` of every row that changed since. Only rows that the changes concern are read, where the commit
    kept the keys by which they are found; the files are the same otherwise.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    narrowed = None
    if earlier is not None and (earlier / KEYS).is_dir() and not plan.documents:
        narrowed = narrow(city, transform, plan, images=images, earlier=earlier, changed=changed, scratch=scratch)
    with open_catalog(city, scratch) as connection:
        work = _Work(connection, city, transform, plan, scratch, images, cancelled, narrowed)
        work.write_rows(folder)
        vanished = work.limit_to_affected(folder, earlier, changed) if earlier is not None else 0
        buckets, processes = work.choose_buckets()
        work.write_tables(folder)
        work.write_parties(folder)
        rows, held = work.write_held(folder)
        work.write_keys(folder)
    return Preparation(buckets, processes, vanished, earlier is None, rows, held)


class _Work(EnrichedTables):
    """Writes what the stage hands on."""

    affected = False
    bucket_count = 1

    def limit_to_affected(self, folder: Path, earlier: Path, changed: Mapping[str, str]) -> int:
        """Look only at processes that a changed row serves or served; give how many of them are gone.

        A row that is looked up counts as serving, and so do the rows named in `_rows`.
        """
        known = _parquet([earlier / ROWS])
        if self.narrowed is not None:
            self.connection.execute(f"CREATE TEMP TABLE affected AS FROM {_parquet([self.narrowed.affected])}")
        else:
            self.connection.execute(f"CREATE TEMP TABLE changed AS {named_rows(changed)}")
            rows = _parquet([folder / ROWS, earlier / ROWS])
            self.connection.execute(
                "CREATE TEMP TABLE affected AS"
                f" SELECT DISTINCT _process FROM {rows} WHERE _row IN (SELECT _row FROM changed)"
            )
            self._add_unblocked(earlier / ROWS)
        self.affected = True
        return self._count(
            f"(SELECT DISTINCT _process FROM {known} WHERE _process IN (FROM affected) AND _process NOT IN"
            f" (SELECT _process FROM full_{self.plan.process_table} WHERE _problem IS NULL))"
        )

    def _add_unblocked(self, earlier: Path) -> None:
        """Look also at processes whose own row is as before, but was held: the row whose ocid it repeats is gone."""
        processes = f"(SELECT _row, _process FROM full_{self.plan.process_table} WHERE _problem IS NULL)"
        found = self.connection.execute(f"SELECT min(_row), max(_row) FROM {processes}").fetchone()
        if found is None or found[0] is None:
            return
        lowest, highest = (literal(str(row)) for row in found)
        # The list is sorted by row: all but the rows of this table are skipped.
        known = f"(SELECT _row FROM {_parquet([earlier])} WHERE _row BETWEEN {lowest} AND {highest})"
        self.connection.execute(
            f"INSERT INTO affected SELECT DISTINCT _process FROM {processes} ANTI JOIN {known} USING (_row)"
            " WHERE _process NOT IN (SELECT _process FROM affected)"
        )

    def choose_buckets(self) -> tuple[tuple[int, ...], int]:
        """Give the buckets in use, and how many processes there are."""
        where = self._where()
        table = f"full_{self.plan.process_table}"
        found = self.connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
        processes = int(found[0]) if found else 0
        each = BUCKET_DOCUMENTS if self.plan.documents else BUCKET_PROCESSES
        self.bucket_count = min(MOST_BUCKETS, max(1, -(-processes // each)))
        rows = self.connection.execute(f"SELECT DISTINCT {self._bucket()} AS b FROM {table} WHERE {where} ORDER BY b")
        return tuple(int(row[0]) for row in rows.fetchall()), processes

    def _where(self) -> str:
        return "_problem IS NULL" + (" AND _process IN (SELECT _process FROM affected)" if self.affected else "")

    def _bucket(self) -> str:
        return f"CAST(('0x' || substr(md5(_process), 1, 8)) AS UBIGINT) % {self.bucket_count}"

    def write_tables(self, folder: Path) -> None:
        """Write each mapped table, sorted by bucket, process and entry."""
        for table in self.mapped():
            extra = "_local_id" if table == self.plan.process_table else "_container"
            if "_order" in self.schema[table]:
                extra += ", _order"
            rows, versions = f"full_{table}", ""
            if self.with_events:
                rows, versions = versions_of(table, self.schema[table]), order_of(self.schema[table])
            self._copy(
                f"SELECT {self._bucket()} AS _bucket, * EXCLUDE (_problem, _why, _entry) FROM {rows}"
                f" WHERE {self._where()} ORDER BY _bucket, _process, {extra}, length(_id), _id, _row{versions}",
                folder / f"{table}.parquet",
            )

    def write_parties(self, folder: Path) -> None:
        """Write for each kind of organization with a table of its own the rows that each bucket refers to."""
        for party in self.plan.parties:
            wanted = " UNION ".join(
                f"SELECT _bucket, {column} AS _key FROM {_parquet([folder / (table + '.parquet')])}"
                for table, column in self.references(party)
            )
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT * FROM ({wanted}) WHERE _key IS NOT NULL"
            )
            if not party.mapped:
                self._copy(
                    f"SELECT w._bucket, w._key, o.* FROM wanted w JOIN {self._unique(party)} o ON o._party_key = w._key"
                    " ORDER BY w._bucket, w._key",
                    folder / f"party_{party.name}.parquet",
                )
            for child in party.tables:
                keep = " AND c._reject IS NULL" if "_reject" in self.schema[child.name] else ""
                self._copy(
                    f"SELECT w._bucket, w._key, {child.id_sql or 'c._row'} AS _id, c.* FROM wanted w"
                    f" JOIN {quote(child.name)} c ON blank(c.{quote(child.on)}) = w._key{keep}"
                    " ORDER BY w._bucket, w._key, length(_id), _id, c._row",
                    folder / f"party_{party.name}_{child.name}.parquet",
                )

    def _unique(self, party: PartyPlan) -> str:
        """Organizations by key: of several rows with one key the first counts."""
        keep = "_reject IS NULL" if "_reject" in self.schema[party.table] else "true"
        return (
            f"(SELECT *, blank({quote(party.key)}) AS _party_key FROM {quote(party.table)} WHERE {keep}"
            " QUALIFY row_number() OVER (PARTITION BY _party_key ORDER BY _row) = 1)"
        )

    def _copy(self, select: str, target: Path) -> None:
        self.connection.execute(
            f"COPY ({select}) TO {literal(str(target))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )

    # Accounting -------------------------------------------------------------------------------------------------------

    def write_rows(self, folder: Path) -> None:
        """Write which processes each source row serves, over the whole image."""
        # One statement a table, as below: a union of them all would hold every join at once.
        self.connection.execute("CREATE TEMP TABLE used (_row VARCHAR, _process VARCHAR)")
        for select in self._uses():
            self.connection.execute(f"INSERT INTO used {select}")
        others = ""
        if self.narrowed is not None:
            affected = f"SELECT _process FROM {_parquet([self.narrowed.affected])}"
            others = f" UNION ALL FROM {_parquet([self.narrowed.earlier / ROWS])} WHERE _process NOT IN ({affected})"
        self._copy(
            f"SELECT * FROM (SELECT DISTINCT _row, _process FROM used WHERE _row IS NOT NULL{others})"
            " ORDER BY _row, _process",
            folder / ROWS,
        )
        self.connection.execute("DROP TABLE used")

    def _uses(self) -> Iterator[str]:
        """Give SELECTs of source rows and the processes they serve."""
        for table in self.mapped():
            yield f"SELECT _row, _process FROM full_{table} WHERE _problem IS NULL"
            if "_rows" in self.schema[table]:
                yield f"SELECT unnest(_rows), _process FROM full_{table} WHERE _problem IS NULL"
        for party in self.plan.parties:
            yield from self._party_rows(party)

    def write_held(self, folder: Path) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        """Write which source rows serve no process, and why.

        Gives rows by source table, and held rows by source table and reason.
        """
        # One statement a table: DuckDB frees the memory of joins and windows only when the statement ends.
        self.connection.execute("CREATE TEMP TABLE problems (_row VARCHAR, _problem VARCHAR, _why VARCHAR, _place INT)")
        for place, table in enumerate(self.mapped()):
            self.connection.execute(f"INSERT INTO problems SELECT *, {place} FROM ({self._problems(table)})")
        self.connection.execute(
            "CREATE TEMP TABLE held (_table VARCHAR, _row VARCHAR, _reason VARCHAR, _message VARCHAR)"
        )
        rows = _parquet([folder / ROWS])
        for _, name, declared in self.city.tables():
            code, why = ("unused", "no prepared table takes it")
            if declared.lookup:
                code, why = ("unreferenced", "no process refers to it")
            # The list is sorted, and its rows begin with the name of their table: other tables' parts are skipped.
            served = f"SELECT _row FROM {rows} WHERE _row BETWEEN {literal(name + ':')} AND {literal(name + ';')}"
            self.connection.execute(f"""
                INSERT INTO held
                SELECT {literal(name)}, s._row, coalesce(min(p._problem), {literal(code)}),
                       coalesce(arg_min(p._why, row(p._problem, p._place)), {literal(why)})
                FROM source.{quote(name)} s LEFT JOIN problems p ON p._row = s._row
                WHERE s._row NOT IN ({served})
                GROUP BY s._row
            """)
        others = ""
        if self.narrowed is not None:
            wanted = f"SELECT _row FROM {_parquet([self.narrowed.wanted])}"
            others = f" UNION ALL FROM {_parquet([self.narrowed.earlier / HELD])} WHERE _row NOT IN ({wanted})"
        self._copy(f"SELECT * FROM (FROM held{others}) ORDER BY ALL", folder / HELD)
        totals = {name: self._count(f"({self.images[name]})") for _, name, _ in self.city.tables()}
        held: dict[str, dict[str, int]] = {}
        counted = self.connection.execute(
            f"SELECT _table, _reason, count(*) FROM {_parquet([folder / 'held.parquet'])} GROUP BY ALL ORDER BY ALL"
        )
        for table, reason, count in counted.fetchall():
            held.setdefault(table, {})[reason] = count
        return totals, held

    def write_keys(self, folder: Path) -> None:
        """Write the keys of all prepared rows, for the next run."""
        if self.plan.documents:
            return
        keys = key_columns(self.plan, self.schema)
        if self.narrowed is None:
            write_keys(self.connection, keys, folder / KEYS)
        else:
            replaced = _parquet([self.narrowed.wanted])
            write_keys(self.connection, keys, folder / KEYS, known=self.narrowed.earlier / KEYS, replaced=replaced)

    def _problems(self, table: str) -> str:
        """Give a SELECT of the rows of a mapped table that reach no process or entry, with the reason in words."""
        link = self.links.get(table)
        words = {
            "orphan": f"no row of {link.parent} has this row's {', '.join(own for own, _ in link.on)}" if link else "",
            "no_id": f"the id of its entry in {table} is empty",
            "duplicate_entry": f"another row of {table} has the same id in the same place",
            "duplicate_process": f"another row of {table} has the same ocid, letter case aside",
            "no_process_key": f"the process key {self.plan.process_key} is empty",
            "no_ocid": "a part of the ocid is empty",
        }
        cases = " ".join(f"WHEN {literal(code)} THEN {literal(text)}" for code, text in words.items())
        # What a row was grouped from shares its fate.
        row = "unnest(list_distinct(list_prepend(_row, _rows)))" if "_rows" in self.schema[table] else "_row"
        return (
            f"SELECT {row} AS _row, _problem, coalesce(_why, CASE _problem {cases} END) AS _why"
            f" FROM full_{table} WHERE _problem IS NOT NULL"
        )

    def _party_rows(self, party: PartyPlan) -> list[str]:
        keyed = " UNION ALL ".join(
            f"SELECT _process, {column} AS _key FROM full_{table} WHERE _problem IS NULL"
            for table, column in self.references(party)
        )
        self.connection.execute(f"CREATE TEMP TABLE keys_{party.name} AS SELECT DISTINCT * FROM ({keyed})")
        sources = [(self._unique(party), "_party_key", party.table)] if not party.mapped else []
        sources += [(quote(child.name), f"blank({quote(child.on)})", child.name) for child in party.tables]
        selects = []
        for source, key, table in sources:
            row = f"SELECT o._row, k._process FROM {source} o JOIN keys_{party.name} k ON k._key = {key}"
            selects.append(row)
            if "_rows" in self.schema[table]:
                selects.append(
                    f"SELECT unnest(o._rows), k._process FROM {source} o JOIN keys_{party.name} k ON k._key = {key}"
                )
        return selects

    def _count(self, table: str) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found[0]) if found else 0


def _parquet(paths: list[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"
