"""The DuckDB catalogue of a run: source tables as views, the city's `prepare.sql` over them, `prepare.py` after it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pregon.city import City, InvalidCity
from pregon.city_sources import CommonTable
from pregon.city_sources.common import made
from pregon.city_transform import CityTransform, line_in
from pregon.duck import DUCKDB_TYPES, query_failure, session
from pregon.errors import PregonError
from pregon.memory import memory_limit
from transforms.mapping.documents import document_views, unknown_table
from transforms.mapping.events import SINCE, TYPES, UNTIL, events_macro
from transforms.mapping.sql import macros
from transforms.quoting import literal, quote

BATCH_ROWS = 50_000
"""Rows that a function of `prepare.py` sees at once."""

_VIEW = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+\"?([a-z_][a-z0-9_]*)\"?\s+AS\b", re.IGNORECASE)
_MACRO = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?MACRO\b", re.IGNORECASE)
_ERROR_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


class PreparationFailed(PregonError):
    """`prepare.sql` or `prepare.py` failed on the records; `statement` names the prepared table."""

    def __init__(self, city: str, file: str, statement: str, problem: str) -> None:
        super().__init__(f"cities/{city}/{file}: {statement}: {problem}")
        self.city = city
        self.file = file
        self.statement = statement


@contextmanager
def open_catalog(city: City, scratch: Path, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB in the city's time zone, with the functions that `prepare.sql` may use."""
    with session(scratch, about=f"{city.slug}: the tables of this run", threads=threads) as connection:
        _prepare_connection(connection, city)
        yield connection


def _prepare_connection(connection: duckdb.DuckDBPyConnection, city: City) -> None:
    connection.execute(f"SET TimeZone = {literal(city.time_zone)}")
    for statement in (*macros(city.time_zone), events_macro(rebuilt=city.history == "events")):
        connection.execute(statement)


def declared_columns(table: CommonTable) -> dict[str, str]:
    """Columns of a source table's image and their DuckDB types."""
    columns = {name: DUCKDB_TYPES[column.type] for name, column in table.columns.items()}
    for name in made(table):
        columns.setdefault(name, "VARCHAR")
    return {**columns, "_row": "VARCHAR"}


def add_source_views(connection: duckdb.DuckDBPyConnection, selects: Mapping[str, str]) -> None:
    """Make each image SELECT a view of the schema `source`; `_row` becomes `table:key`, telling wherever it goes."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS source")
    for name, select in selects.items():
        row = f"{literal(name + ':')} || _row AS _row"
        connection.execute(f"CREATE VIEW source.{quote(name)} AS SELECT * REPLACE ({row}) FROM ({select})")
    connection.execute("SET search_path = 'main,source'")


def named_rows(selects: Mapping[str, str]) -> str:
    """Give one SELECT of the rows of several source tables, each with its table's name before it."""
    each = (f"SELECT {literal(name + ':')} || _row AS _row FROM ({select})" for name, select in selects.items())
    return " UNION ALL ".join(each) or "SELECT NULL::VARCHAR AS _row WHERE false"


def add_prepared_tables(
    connection: duckdb.DuckDBPyConnection,
    city: City,
    transform: CityTransform,
    work: Path | None,
    *,
    only: Collection[str] | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, dict[str, str]]:
    """Run the city's preparation; give the schema of every prepared table.

    With `work` None nothing is computed: functions of `prepare.py` are taken to keep the columns of their SELECT. With
    `only`, other views of `prepare.sql` are left out; `given` are SELECTs that stand for some that are not.
    Raises InvalidCity for statements that can't be bound, PreparationFailed for records they fail on.
    """
    label = f"cities/{city.slug}/prepare.sql"
    names = list(_source_tables(city))
    for statement, line in _statements(city, transform.prepare_sql, label):
        view = _VIEW.match(statement)
        if not view and not _MACRO.match(statement):
            raise InvalidCity(
                city.slug,
                [f"{label}:{line}: only CREATE VIEW name AS SELECT … and CREATE MACRO … may stand here"],
            )
        if not view:
            _run(connection, city, statement, line)
            continue
        name, select = view[1].lower(), statement[view.end() :]
        if only is not None and name not in only:
            continue
        if given and name in given and work is not None:
            _materialize(connection, city, name, given[name], work)
            names += [name] if name not in names else []
            continue
        if work is None:
            _run(connection, city, "\n" * view[0].count("\n") + f"CREATE TABLE {quote(name)} AS{select}", line)
        else:
            _materialize(connection, city, name, select, work)
        if problem := _columns_problem(name, _describe(connection, name)):
            raise InvalidCity(city.slug, [f"{label}:{line}: {problem}"])
        if work is not None and name in transform.prepare_functions:
            _complete(connection, city, name, transform, work)
        if name not in names:
            names.append(name)
    if (documents := transform.mapping.documents) is not None:
        if wrong := unknown_table(transform.mapping, names):
            raise InvalidCity(city.slug, [wrong])
        for name, select in document_views(documents, city.ocid_prefix):
            if work is None:
                _run(connection, city, f"CREATE TABLE {quote(name)} AS {select}", 1)
            else:
                _materialize(connection, city, name, select, work)
            names.append(name)
    unknown = sorted(set(transform.prepare_functions) - set(names)) if only is None else []
    if unknown:
        raise InvalidCity(
            city.slug, [f"cities/{city.slug}/prepare.py: {unknown[0]}: prepare.sql has no view of this name"]
        )
    schema = {name: _describe(connection, name) for name in names}
    if work is not None and city.history == "events":
        _set_past_apart(connection, [name for name, columns in schema.items() if UNTIL in columns], work)
    return schema


def _columns_problem(name: str, columns: Mapping[str, str]) -> str | None:
    """Say what is wrong with the columns of a prepared table that have a meaning."""
    if "_row" not in columns:
        return f"{name} must select _row, the source row that each of its rows is about"
    for column in (SINCE, UNTIL):
        if column in columns and columns[column] not in TYPES:
            return f"{name}: {column} is a {columns[column]}; cast it to DATE, TIMESTAMP or TIMESTAMPTZ"
    return None


def _set_past_apart(connection: duckdb.DuckDBPyConnection, names: Iterable[str], work: Path) -> None:
    """Leave in each table what holds now, and put its versions of the past into one of the schema `past`."""
    connection.execute("CREATE SCHEMA past")
    for name in names:
        rows = f"read_parquet({literal(str(prepared_file(work, name)))})"
        connection.execute(f"CREATE VIEW past.{quote(name)} AS SELECT * FROM {rows} WHERE {UNTIL} IS NOT NULL")
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT * FROM {rows} WHERE {UNTIL} IS NULL")


def prepared_file(work: Path, name: str) -> Path:
    """Give the file of a view that was computed in `work`: what holds now and, where they are kept, past versions."""
    complete = work / f"{name}.complete.parquet"
    return complete if complete.exists() else work / f"{name}.select.parquet"


def prepared_views(city: City, transform: CityTransform) -> Iterator[tuple[str, str]]:
    """Give name and SELECT of each view of `prepare.sql`; raises InvalidCity."""
    for statement, _ in _statements(city, transform.prepare_sql, f"cities/{city.slug}/prepare.sql"):
        if view := _VIEW.match(statement):
            yield view[1].lower(), statement[view.end() :].strip().rstrip(";")


def _run(connection: duckdb.DuckDBPyConnection, city: City, statement: str, line: int) -> None:
    """Run a statement of `prepare.sql` that begins on `line`; what can't be bound is an error of the city's folder."""
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        found = _ERROR_LINE.search(str(error))
        at = line + int(found[1]) - 1 if found else line
        raise InvalidCity(city.slug, [f"cities/{city.slug}/prepare.sql:{at}: {_problem(error)}"]) from error


def _problem(error: duckdb.Error) -> str:
    """DuckDB's first line, with the names that it proposes."""
    first, *others = str(error).splitlines()
    near = [line for line in others if line.startswith(("Did you mean", "Candidate bindings"))]
    return "; ".join([first, *near[:1]])


def _materialize(connection: duckdb.DuckDBPyConnection, city: City, name: str, select: str, work: Path) -> None:
    """Compute a prepared table once: views over views would be bound and computed again at every use."""
    path = work / f"{name}.select.parquet"
    select = select.strip().rstrip(";") + "\n"
    try:
        if city.history == "snapshot" and UNTIL in _described(connection, select):
            # Said where DuckDB can push it down: versions of the past then cost nothing.
            select = f"SELECT * FROM ({select}) WHERE {UNTIL} IS NULL"
        connection.execute(f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet)")
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        about = f"cities/{city.slug}/prepare.sql: {name}"
        raise query_failure(error, about, limit=memory_limit(), scratch=work) from error
    except duckdb.Error as error:
        raise PreparationFailed(city.slug, "prepare.sql", name, str(error).splitlines()[0]) from error
    connection.execute(f"CREATE VIEW {quote(name)} AS SELECT * FROM read_parquet({literal(str(path))})")


def prepared_schema(city: City, transform: CityTransform) -> dict[str, dict[str, str]]:
    """Columns and types of every prepared table, found without any record: sources are empty tables as declared.

    Raises InvalidCity.
    """
    with empty_catalog(city, transform) as (_, schema):
        return schema


@contextmanager
def empty_catalog(
    city: City, transform: CityTransform
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, dict[str, str]]]]:
    """Open the catalogue without any record, and give it with the schema of its prepared tables; raises InvalidCity."""
    with TemporaryDirectory(prefix="pregon-catalog-") as scratch, open_catalog(city, Path(scratch)) as connection:
        selects = {
            name: "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {quote(column)}" for column, kind in columns.items())
            for name, columns in _source_tables(city).items()
        }
        add_source_views(connection, {name: f"{select} WHERE false" for name, select in selects.items()})
        yield connection, add_prepared_tables(connection, city, transform, None)


def _source_tables(city: City) -> dict[str, dict[str, str]]:
    return {name: declared_columns(table) for _, name, table in city.tables()}


def _describe(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {quote(name)}").fetchall()}


def _described(connection: duckdb.DuckDBPyConnection, select: str) -> Collection[str]:
    return {row[0] for row in connection.execute(f"DESCRIBE ({select})").fetchall()} if UNTIL in select else ()


def _statements(city: City, text: str, label: str) -> list[tuple[str, int]]:
    """Statements of the file, each with the line on which it begins."""
    try:
        parsed = duckdb.extract_statements(text)
    except duckdb.Error as error:
        found = _ERROR_LINE.search(str(error))
        line = int(found[1]) if found else 1
        raise InvalidCity(city.slug, [f"{label}:{line}: {str(error).splitlines()[0]}"]) from error
    statements = []
    position = 0
    for statement in parsed:
        query = statement.query.strip()
        start = text.find(query, position)
        start = position if start < 0 else start
        without_comments = re.sub(r"\A(?:\s*--[^\n]*\n)+", lambda found: "\n" * found[0].count("\n"), query)
        statements.append((without_comments, text.count("\n", 0, start) + 1))
        position = start + len(query)
    return statements


def _complete(
    connection: duckdb.DuckDBPyConnection, city: City, name: str, transform: CityTransform, work: Path
) -> None:
    """Replace a view by the result of its function in `prepare.py`, computed batch by batch."""
    described = _describe(connection, name)
    reader = connection.execute(f"SELECT * FROM {quote(name)} ORDER BY _row").to_arrow_reader(BATCH_ROWS)
    path = work / f"{name}.complete.parquet"
    with pq.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            frame = batch.to_pandas(types_mapper=None)
            try:
                result = transform.prepare_functions[name](frame)
                columns = [pa.Array.from_pandas(result[field.name], type=field.type) for field in reader.schema]
            except Exception as error:
                # Whatever a city's own function raises, it is the city's folder that has to be mended.
                file = f"prepare.py{line_in(city.folder / 'prepare.py', error)}"
                raise PreparationFailed(city.slug, file, name, f"{type(error).__name__}: {error}") from error
            extra = set(result.columns) - set(described)
            if extra:
                raise PreparationFailed(
                    city.slug,
                    "prepare.py",
                    name,
                    f"returns {sorted(extra)[0]!r}, which the SELECT of prepare.sql lacks",
                )
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=reader.schema))
    connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT * FROM read_parquet({literal(str(path))})")
