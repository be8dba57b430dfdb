"""Tables as they are judged: what DuckDB reads of them, in partitions, and what it counts of the whole.

A text of white space counts as no value. Dates and times are judged as ISO 8601 texts (`2026-03-09`,
`2026-03-09T17:00:00`), which order as they do; decimals as floating-point numbers, since they are only compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregon.table_expectations.kinds import PARAMETER
from pregon.table_expectations.suites import Expectation, Origin
from transforms.quoting import literal, quote

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

PARTITION_ROWS = 200_000
"""Rows that are judged at once, at most: what they take of memory does not grow with the table."""

_BLANK = "' ' || chr(9) || chr(10) || chr(13)"


@dataclass(frozen=True)
class Table:
    """A table to be judged. `sql` selects its live rows with `_row`, the key; `types` are the columns' declared types.

    `changed` selects the keys of rows that are new, changed or gone since the last verdict; None: not known.
    """

    name: str
    origin: Origin
    sql: str
    types: Mapping[str, str]
    changed: str | None = None

    def value(self, column: str, of: str = "t") -> str:
        """Give the SQL of a column's value as it is judged."""
        name = f"{of}.{quote(column)}"
        declared = self.types[column]
        if declared == "text":
            return f"CASE WHEN trim({name}, {_BLANK}) <> '' THEN {name} END"
        if declared == "decimal":
            return f"CAST({name} AS DOUBLE)"
        if declared == "date":
            return f"CAST({name} AS VARCHAR)"
        if declared in {"timestamp", "timestamptz"}:
            zone = "Z" if declared == "timestamptz" else ""
            return f"strftime(make_timestamp(epoch_us({name})), '%Y-%m-%dT%H:%M:%S{zone}')"
        return name


Tables = Mapping[str, Table]


def reference_name(expectation: Expectation) -> str:
    """Name the column that holds what was found in the other table."""
    column, other = expectation.columns[:2]
    return f"{other} for {column}"


def frame_sql(table: Table, expectations: Iterable[Expectation], tables: Tables, keys: str | None = None) -> str:
    """Select `_row` and the columns that expectations of each row need; `keys` selects the rows that are wanted."""
    columns: dict[str, str] = {}
    joins: list[str] = []
    for one in expectations:
        if one.reference is None:
            columns.update((column, table.value(column)) for column in one.columns)
            continue
        column = one.columns[0]
        other, key = tables[one.reference[0]], one.reference[1]
        name = f"r{len(joins)}"
        columns[column] = table.value(column)
        columns[reference_name(one)] = f"{name}.found"
        joins.append(
            f"LEFT JOIN (SELECT DISTINCT {other.value(key, 'o')} AS found FROM ({other.sql}) AS o) AS {name}"
            f" ON {name}.found = {table.value(column)}"
        )
    selected = ", ".join(["t._row", *(f"{value} AS {quote(name)}" for name, value in columns.items())])
    where = f" WHERE t._row IN ({keys})" if keys else ""
    return f"SELECT {selected} FROM ({table.sql}) AS t {' '.join(joins)}{where}"


def partitions(
    connection: "duckdb.DuckDBPyConnection", sql: str, size: int = PARTITION_ROWS
) -> Iterator["pd.DataFrame"]:
    """Give the rows of a SELECT in frames of `size` at most, texts in Arrow's memory."""
    import pyarrow as pa

    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in connection.execute(sql).to_arrow_reader(min(size, 50_000)):
        while rows + batch.num_rows >= size:
            head = batch.slice(0, size - rows)
            yield _frame(pa.Table.from_batches([*pending, head]))
            batch, pending, rows = batch.slice(head.num_rows), [], 0  # noqa: PLW2901 - the rest of it
        if batch.num_rows:
            pending.append(batch)
            rows += batch.num_rows
    if pending:
        yield _frame(pa.Table.from_batches(pending))


def _frame(table: Any) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    text = pd.StringDtype("pyarrow", na_value=np.nan)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.string(): text}.get)
    return frame


@dataclass(frozen=True)
class Counts:
    """What is counted of a whole table: its rows, and for expectations of each row how many they are about."""

    rows: int
    evaluated: Mapping[str, int]


def count(connection: "duckdb.DuckDBPyConnection", table: Table, expectations: Iterable[Expectation]) -> Counts:
    """Count rows, and the rows that each expectation is about: those with a value to judge."""
    asked = {one.id: _evaluated(table, one) for one in expectations}
    wanted = ", ".join(["count(*)", *(f"count(*) FILTER ({sql})" for sql in asked.values())])
    found = connection.execute(f"SELECT {wanted} FROM ({table.sql}) AS t").fetchone() or ()
    return Counts(int(found[0]), dict(zip(asked, map(int, found[1:]), strict=True)))


def _evaluated(table: Table, one: Expectation) -> str:
    """Give the condition of the rows that an expectation is about, as Great Expectations has it."""
    if one.type.endswith(("values_to_not_be_null", "values_to_be_null")) or one.type.startswith("expect_table"):
        return "true"
    present = [f"({table.value(column)}) IS NOT NULL" for column in one.columns[: 1 if one.reference else None]]
    if one.kind.family != "pair" or one.reference:
        return f"({' OR '.join(present)})"
    ignored = one.arguments.get("ignore_row_if", "both_values_are_missing")
    return {
        "both_values_are_missing": f"({' OR '.join(present)})",
        "either_value_is_missing": f"({' AND '.join(present)})",
        "neither": "true",
    }[ignored]


@dataclass(frozen=True)
class Reduced:
    """A small table on which an expectation of the whole has its verdict; `rows` of all are the ones that fail it."""

    frame: "pd.DataFrame"
    rows: int = 0


def reduced(
    connection: "duckdb.DuckDBPyConnection",
    table: Table,
    one: Expectation,
    rows: int,
    codes: Mapping[str, Sequence[str]],
) -> Reduced:
    """Make the small table for an expectation of a whole table of so many `rows`."""
    import pandas as pd

    if one.type.startswith("expect_table"):
        return Reduced(pd.DataFrame(index=pd.RangeIndex(rows)))
    if one.type.endswith("to_be_unique"):
        return _repeated(connection, table, one.columns)
    [column] = one.columns
    value = table.value(column)
    source = f"FROM ({table.sql}) AS t"
    if one.type == "expect_column_unique_value_count_to_be_between":
        [(different,)] = connection.execute(f"SELECT count(DISTINCT {value}) {source}").fetchall()
        return Reduced(pd.DataFrame({column: range(different)}))
    if one.type == "expect_column_distinct_values_to_contain_set":
        wanted = _texts(one.arguments["value_set"], codes)
        sql = f"SELECT DISTINCT {value} AS {quote(column)} {source} WHERE CAST({value} AS VARCHAR) IN ({wanted})"
        return Reduced(_frame(connection.execute(sql).to_arrow_table()))
    function = {"max": "max", "min": "min", "mean": "avg", "sum": "sum"}[one.type.split("_")[2]]
    # One row with the answer: of one value, the largest, the smallest, the mean and the sum are that value.
    sql = f"SELECT {function}({value}) AS {quote(column)} {source}"
    return Reduced(_frame(connection.execute(sql).to_arrow_table()))


def _repeated(connection: "duckdb.DuckDBPyConnection", table: Table, columns: Sequence[str]) -> Reduced:
    """Take the rows whose values another row has too; of more than a partition the first by key, and their number."""
    values = {column: table.value(column) for column in columns}
    named = ", ".join(map(quote, columns))
    selected = ", ".join(f"{value} AS {quote(column)}" for column, value in values.items())
    # Equal keys, absent ones too, fall into one window; a row without any value is none that repeats.
    present = " OR ".join(f"{quote(column)} IS NOT NULL" for column in columns)
    same = " AND ".join(f"judged.{name} IS NOT DISTINCT FROM repeating.{name}" for name in map(quote, columns))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE repeated AS
        WITH judged AS (SELECT _row, {selected} FROM ({table.sql}) AS t),
             repeating AS (SELECT {named} FROM judged WHERE {present} GROUP BY {named} HAVING count(*) > 1)
        SELECT judged.* FROM judged JOIN repeating ON {same}
        """
    )
    [(rows,)] = connection.execute("SELECT count(*) FROM repeated").fetchall()
    cut = connection.execute(f"FROM repeated ORDER BY {named}, _row LIMIT {PARTITION_ROWS}").to_arrow_table()
    return Reduced(_frame(cut), rows)


def _texts(values: Any, codes: Mapping[str, Sequence[str]]) -> str:
    listed = codes[values[PARAMETER]] if isinstance(values, Mapping) else values
    return ", ".join(literal(str(value)) for value in listed)
