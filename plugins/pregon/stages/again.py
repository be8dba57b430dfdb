"""Rows that a run looks at again though nothing of them changed: those that `pregon quarantine retry` chose."""

from collections.abc import Collection, Sequence
from pathlib import Path

from pregon.run import Run
from transforms.quoting import literal

ROWS = "again/rows.parquet"
NAMES = "again/names.json"


def write_again(run: Run, names: Sequence[str], rows: Collection[str]) -> None:
    """Note the rows (`table:key`) to look at, and under which names somebody chose them (none: all)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [row.partition(":") for row in sorted(rows)]
    table = pa.table(
        {"table": pa.array([table for table, _, _ in parts], pa.string()),
         "row": pa.array([key for _, _, key in parts], pa.string())}
    )  # fmt: skip
    with run.lake.writer(f"{run.work}/{ROWS}") as path:
        pq.write_table(table, path)
    run.lake.put_json(f"{run.work}/{NAMES}", list(names))


def rows_again(run: Run) -> Path | None:
    """Give the file of the rows to look at again; None in a run of its sources."""
    key = f"{run.work}/{ROWS}"
    return run.lake.local(key) if run.lake.exists(key) else None


def names_again(run: Run) -> list[str] | None:
    """Give the names that somebody chose to look at again, none for all; None in a run of its sources."""
    key = f"{run.work}/{NAMES}"
    return list(run.lake.read_json(key)) if run.lake.exists(key) else None


def select_again(rows: Path, table: str) -> str:
    """Give a SELECT of the `_row` of those rows of a table."""
    return f'SELECT "row" AS _row FROM read_parquet({literal(str(rows))}) WHERE "table" = {literal(table)}'
