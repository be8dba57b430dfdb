"""Tables made up for profiles: rows written to Parquet, and profiled as a connector's would be."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pregon.duck import session
from pregon.profiling.reading import ReadTable
from pregon.profiling.tables import profile_table
from pregon.sources.base import ColumnSpec, TableSpec
from transforms.profile.model import ColumnProfile, TableProfile

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def profiled(
    folder: Path,
    columns: Mapping[str, Sequence[str | None]],
    *,
    name: str = "things",
    key: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    undeclared: Sequence[str] = (),
    month_first: bool = False,
    **options: Any,
) -> TableProfile:
    """Profile a table of texts; `names` are the source's where they differ."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.parquet"
    data = pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()})
    pq.write_table(data, path)
    specs = {column: ColumnSpec((names or {}).get(column, column)) for column in columns}
    table = TableSpec(name, tuple(key) or (next(iter(columns)),), specs, options=options)
    read = ReadTable(table, (path,), data.num_rows, False, None, {}, tuple(undeclared), True)
    with session(folder, about="a test") as connection:
        return profile_table(connection, read, folder, as_of=AS_OF, month_first=month_first)


def column(folder: Path, values: Sequence[str | None], *, called: str = "thing", **options: Any) -> ColumnProfile:
    """Profile a single column, of a table that has row numbers beside it."""
    numbers = [str(number) for number in range(len(values))]
    made = profiled(folder, {"row": numbers, "it": values}, names={"it": called}, **options)
    return made.columns[1]
