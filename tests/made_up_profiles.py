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
from transforms.profile.model import ColumnProfile, Link, Profile, SourceProfile, TableProfile

HOSTILE = '<script>alert("x")</script>'
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


def profile(folder: Path, language: str = "en", sample: int | None = None) -> Profile:
    """A profile of a table with something of everything."""
    made = profiled(
        folder,
        {
            "no": [f"A{number}" for number in range(12)],
            "title": [HOSTILE, "N/A", *["Road salt"] * 10],
            "due": ["01/02/2026", *["02/03/2026"] * 11],
            "buyer": [f"Maria Example{letter}" for letter in "abcdefghijkl"],
            "amount": ["$5", "$0", "-$2.50", "12.00/MT", *["$9"] * 8],
        },
        name="awards",
        names={"buyer": "Buyer Name"},
        undeclared=[HOSTILE, "Buyer Email"],
    )
    link = Link(column="erp.awards.no", other="erp.bids.no", values=12, found=12, share=1, key=True)
    source = SourceProfile(name="erp", kind="files", tables=(made,))
    return Profile(
        city="hamlet",
        name={"en": "Hamlet", "es": "Aldea"},
        language=language,
        as_of="2026-06-01T00:00:00+00:00",
        sample=sample,
        sources=(source,),
        links=(link,),
    )
