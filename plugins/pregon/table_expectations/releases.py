"""The flattened releases of a run, as tables: the columns that suites ask for, taken while a bucket is checked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pregon.run import Run
from pregon.table_expectations.relations import Table
from pregon.table_expectations.suites import Suite, release_plan
from transforms.quoting import literal
from transforms.tables.selected import ROW, Selection

_BATCH = 1_000
"""Processes whose rows wait in memory."""

_LONGEST_INTEGER = 1024
"""Bits from which an integer is no double (IEEE 754)."""

_TYPES = {"decimal": "decimal", "integer": "integer", "boolean": "boolean"}


class ReleaseTables:
    """Writes the rows of compiled releases to one Parquet file for each table."""

    def __init__(self, selection: Selection, writers: Mapping[str, Any]) -> None:
        self._selection = selection
        self._writers = writers
        self._waiting = 0

    def add(self, compiled: Mapping[str, Any]) -> None:
        """Take one compiled release."""
        self._selection.add(compiled)
        self._waiting += 1
        if self._waiting == _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        import pyarrow as pa

        for name, rows in self._selection.take().items():
            if rows:
                schema = self._writers[name].schema
                columns = zip(*rows, strict=True)
                arrays = [
                    pa.array(_fitting(values, field.type), field.type)
                    for field, values in zip(schema, columns, strict=True)
                ]
                self._writers[name].write_table(pa.table(arrays, schema=schema))
        self._waiting = 0


def _fitting(values: Sequence[Any], type_: Any) -> list[Any]:
    """Give values as their column has them; one of another type breaks the schema, and is held back for that."""
    import pyarrow as pa

    if pa.types.is_string(type_):
        return [value if value is None or type(value) is str else str(value) for value in values]
    if pa.types.is_boolean(type_):
        return [value if type(value) is bool else None for value in values]
    return [_number(value) for value in values]


def _number(value: Any) -> float | None:
    if type(value) is int:
        return float(value) if value.bit_length() < _LONGEST_INTEGER else None
    return value if type(value) is float else None


def bucket_key(run: Run, bucket: int, table: str) -> str:
    """Key of the rows of a table in a bucket."""
    return f"{run.work}/expectations/{bucket:03d}/{table}.parquet"


@contextmanager
def taking_releases(run: Run, suites: Sequence[Suite], bucket: int) -> Iterator[ReleaseTables | None]:
    """Take the compiled releases of a bucket that are given to it; None where no suite is about them."""
    wanted = {suite.table: suite.columns for suite in suites if suite.origin == "releases"}
    if not wanted:
        yield None
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    selection = Selection(release_plan(run.city.extensions), wanted)
    types = release_types(run, suites)
    arrow: dict[str, pa.DataType] = {"decimal": pa.float64(), "integer": pa.float64(), "boolean": pa.bool_()}
    with ExitStack() as stack:
        writers = {}
        for name, columns in selection.columns.items():
            fields = [(column, arrow.get(types[name][column], pa.string())) for column in columns]
            path = stack.enter_context(run.lake.writer(bucket_key(run, bucket, name)))
            writers[name] = stack.enter_context(pq.ParquetWriter(path, pa.schema([(ROW, pa.string()), *fields])))
        taken = ReleaseTables(selection, writers)
        yield taken
        taken.flush()


def release_types(run: Run, suites: Sequence[Suite]) -> dict[str, dict[str, str]]:
    """Give the types of the wanted columns, by table."""
    tables = {table.name: table for table in release_plan(run.city.extensions).tables}
    found = {}
    for suite in suites:
        if suite.origin == "releases":
            known = {column.path: _TYPES.get(column.type, "text") for column in tables[suite.table].columns}
            found[suite.table] = {column: known.get(column, "text") for column in suite.columns}
    return found


def release_tables(run: Run, suites: Sequence[Suite], buckets: Sequence[int]) -> dict[str, Table]:
    """Give the tables of all buckets, for the suites that are about them; none where there is no bucket."""
    if not buckets:
        return {}
    made = {}
    for name, types in release_types(run, suites).items():
        paths = ", ".join(literal(str(run.lake.local(bucket_key(run, bucket, name)))) for bucket in buckets)
        made[name] = Table(name, "releases", f"SELECT * FROM read_parquet([{paths}])", types)
    return made
