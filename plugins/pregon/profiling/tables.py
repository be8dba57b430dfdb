"""The profile of one table, from the Parquet files into which it was read."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pregon.duck import parquet
from pregon.profiling.columns import Setting, digests_of, profile_column
from pregon.profiling.keys import profile_key
from pregon.profiling.links import Linked
from pregon.profiling.reading import ReadTable, Tell
from pregon.profiling.values import count_columns
from pregon.sources.base import TableSpec
from transforms.profile.model import ColumnProfile, KeyProfile, TableProfile, UndeclaredColumn
from transforms.profile.pasted import with_proposals
from transforms.profile.personal import by_name
from transforms.profile.proposals import propose, stage_of
from transforms.profile.words import words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CHANGE = (
    ("updated", "at"), ("updated",), ("last", "update"), ("last", "modified"), ("modified", "date"), ("modified", "at"),
    ("date", "modified"), ("change", "date"), ("last", "change"), ("ultima", "actualizacion"),
    ("fecha", "actualizacion"), ("fecha", "modificacion"),
)  # fmt: skip
"""Words of columns that hold the time of the last change."""


def profile_table(
    connection: "DuckDBPyConnection",
    read: ReadTable,
    scratch: Path,
    *,
    as_of: datetime,
    month_first: bool = False,
    extensions: tuple[str, ...] = (),
    currency: str = "USD",
    tell: Tell | None = None,
) -> TableProfile:
    """Profile a table that was read. `scratch` gets the digests of its columns' values."""
    table = read.table
    specs = {
        name: spec for name, spec in table.columns.items() if name not in table.absent and name != table.row_number
    }
    stage = stage_of(table.name, [column.source_name for column in specs.values()])
    setting = Setting(
        rows=read.rows,
        stage=stage,
        as_of=as_of,
        month_first=month_first,
        extensions=extensions,
        null_values=tuple(table.option("null_values") or ()),
        observed=read.observed,
        scratch=scratch,
    )
    columns: list[ColumnProfile] = []
    relation = parquet(read.paths)
    key = KeyProfile(declared=table.key, holds=False, repeated=0, empty=0)
    if read.rows:
        _, counted = count_columns(connection, relation, list(specs))
        for number, counts in enumerate(counted, 1):
            columns.append(profile_column(connection, relation, counts, specs[counts.name], setting))
            if tell:
                tell(f"{table.name} columns", number)
        key = profile_key(connection, relation, table.key, columns, read.rows, made=_made(table))
    return with_proposals(
        TableProfile(
            name=table.name,
            rows=read.rows,
            sampled=read.sampled,
            expected=read.expected,
            rejected=dict(read.rejected),
            files=read.files,
            stage=stage,
            key=key,
            cursors=_cursors(table, columns),
            columns=tuple(columns),
            undeclared=tuple(_undeclared(name, read.observed, stage, extensions) for name in read.undeclared),
            undeclared_known=read.undeclared_known,
            absent=tuple(sorted(table.option("absent") or ())),
        ),
        currency=currency,
        null_values=setting.null_values,
    )


def linked_columns(source: str, table: TableProfile, scratch: Path) -> list[Linked]:
    """Give the columns of a table that may refer to others."""
    found = [Linked(source, table.name, column, digests_of(scratch, column.name)) for column in table.columns]
    return [one for one in found if one.digests.is_file()]


def _made(table: TableSpec) -> Literal["number", "content"] | None:
    """Tell whether the key is no column of the source."""
    if table.key == (table.row_number,):
        return "number"
    return "content" if table.key == (table.row_hash,) else None


def _cursors(table: TableSpec, columns: list[ColumnProfile]) -> tuple[str, ...]:
    if table.cursor:
        return ()
    times = [one for one in columns if one.kind in ("date", "timestamp", "timestamptz")]
    return tuple(one.name for one in times if any(_within(phrase, words(one.source_name)) for phrase in _CHANGE))


def _within(phrase: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return set(phrase) <= set(said)


def _undeclared(
    name: str, observed: Mapping[str, str], stage: str | None, extensions: tuple[str, ...]
) -> UndeclaredColumn:
    """Describe a column by its name alone: its values were not read."""
    return UndeclaredColumn(
        source_name=name,
        source_type=observed.get(name),
        personal=by_name(name),
        proposals=propose(name, kind=None, stage=stage, extensions=extensions)[:1],
    )
