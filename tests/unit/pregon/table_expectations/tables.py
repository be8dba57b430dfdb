"""Small tables and expectations on them, judged as the stage does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pregon.table_expectations.judging import Before, Plan, Tally, judge, plan
from pregon.table_expectations.kinds import columns_of, in_words
from pregon.table_expectations.relations import Table
from pregon.table_expectations.suites import Expectation, Suite


def expectation(type_: str, severity: str = "warning", **arguments: Any) -> Expectation:
    """An expectation whose id is its type and its arguments."""
    words = {language: in_words(type_, arguments, language) for language in ("en", "es")}
    name = f"{type_}({','.join(columns_of(arguments))}){sorted(map(str, arguments.items()))}"
    return Expectation(name, type_, arguments, severity, words)  # type: ignore[arg-type]


def table(
    folder: Path, name: str, rows: Sequence[Mapping[str, Any]], types: Mapping[str, str], manifest: int = 0
) -> Table:
    """A table with rows that may carry `_row`, `_manifest` and `_deleted`."""
    arrow = {"text": pa.string(), "integer": pa.int64(), "decimal": pa.decimal128(38, 9), "boolean": pa.bool_()}
    schema = pa.schema(
        [(column, arrow[type_]) for column, type_ in types.items()]
        + [("_row", pa.string()), ("_manifest", pa.int32()), ("_deleted", pa.bool_())]
    )
    filled = [{"_row": f"{number:05d}", "_manifest": 0, "_deleted": False, **row} for number, row in enumerate(rows)]
    path = folder / f"{name}-{manifest}.parquet"
    pq.write_table(pa.Table.from_pylist(filled, schema=schema), path)
    everything = f"SELECT * FROM read_parquet('{path}')"
    changed = f"SELECT _row FROM ({everything}) WHERE _manifest > {manifest - 1}"
    return Table(name, "source", f"SELECT * FROM ({everything}) WHERE NOT _deleted", types, changed)


def judged(
    tables: Mapping[str, Table], name: str, expectations: Sequence[Expectation], *, size: int = 200_000,
    before: Mapping[str, Tally] | None = None,
) -> dict[str, Tally]:  # fmt: skip
    """Judge a table in partitions of `size`; after `before`, as a later run does it."""
    suite = Suite(name, "source", tuple(expectations))
    with duckdb.connect() as connection:
        counts = {
            one.name: connection.execute(f"SELECT count(*) FROM ({one.changed})").fetchall()[0][0]
            for one in tables.values()
        }
        [(rows,)] = connection.execute(f"SELECT count(*) FROM ({tables[name].sql})").fetchall()
        old = Before(before) if before else None
        planned = plan(suite, old, counts, rows) if old else Plan(suite.expectations)
        return judge(connection, suite, tables, {}, rows=rows, planned=planned, before=old, size=size)
