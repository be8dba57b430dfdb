"""From a source to Parquet files in a scratch folder: all rows of a table as text, or the first of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pregon.duck import PartWriter
from pregon.sources.base import ColumnSpec, TableSpec
from pregon.sources.batches import Batch
from pregon.sources.connector import Chunk, Connector, TablePlan

Tell = Callable[[str, int], None]
GROUP_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read. `sampled`: it has more rows than were asked for. `rejected`: reason → rows."""

    table: TableSpec
    paths: tuple[Path, ...]
    rows: int
    sampled: bool
    expected: int | None
    observed: Mapping[str, str]
    undeclared: tuple[str, ...]
    undeclared_known: bool
    rejected: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def as_text(table: TableSpec) -> TableSpec:
    """Give the table with every value as its source has it: no types, and null words are values like others.

    Key and cursor keep their types: a source may be read in their order.
    """
    typed = {*table.key, table.cursor}
    columns = {
        name: column if name in typed else ColumnSpec(column.source_name, "text")
        for name, column in table.columns.items()
    }
    options = {name: value for name, value in table.options.items() if name != "null_values"}
    return replace(table, columns=columns, options=options)


def read_table(
    connector: Connector, table: TableSpec, folder: Path, *, sample: int | None = None, tell: Tell | None = None
) -> ReadTable:
    """Read a table, or its first `sample` rows, into Parquet files in `folder`.

    Only declared columns are read. Raises SourceError.
    """
    plain = as_text(table)
    plan = connector.plan(plain, None)
    reading = _Reading(plain, folder, sample, tell)
    for chunk in plan.chunks:
        if reading.full:
            break
        reading.take(connector, chunk)
    parts = reading.close()
    known = {column.source_name for column in table.columns.values()}
    noted = [*plan.observed, *plan.notes.get("added_columns", ()), *reading.added]
    return ReadTable(
        table=table,
        paths=tuple(path for path, _ in parts),
        rows=reading.rows,
        sampled=reading.full,
        expected=plan.expected,
        observed=plan.observed,
        undeclared=tuple(dict.fromkeys(name for name in noted if name not in known)),
        undeclared_known=_is_known(plan, reading),
        rejected=dict(sorted(reading.rejected.items())),
        files=tuple(dict.fromkeys(reading.files)),
    )


def _is_known(plan: TablePlan, reading: "_Reading") -> bool:
    """Tell whether columns that nobody declared would have been named: not by a file without header."""
    return bool(plan.observed) or reading.noted


class _Reading:
    """Writes batches until there are enough rows."""

    def __init__(self, table: TableSpec, folder: Path, sample: int | None, tell: Tell | None) -> None:
        self.rows = 0
        self.full = False
        self.noted = table.option("header") != 0
        self.rejected: Counter[str] = Counter()
        self.files: list[str] = []
        self.added: list[str] = []
        self._table = table
        self._folder = folder
        self._sample = sample
        self._tell = tell
        self._writer: PartWriter | None = None

    def take(self, connector: Connector, chunk: Chunk) -> None:
        """Read a chunk, as far as rows are wanted."""
        reading = connector.read(self._table, chunk)
        batches: Iterator[Batch] = iter(reading.batches)
        try:
            for batch in batches:
                self._write(batch)
                if self.full:
                    break
        finally:
            # What is read no further has to let go of its file or cursor.
            if close := getattr(batches, "close", None):
                with suppress(RuntimeError):
                    close()
        self.files += [name for name, _ in reading.files]
        self.added += reading.notes.get("added_columns", ())

    def _write(self, batch: Batch) -> None:
        data = batch.data
        self.rejected.update(reject.reason for reject in batch.rejects)
        if self._sample is not None and self.rows + data.num_rows > self._sample:
            data = data.slice(0, self._sample - self.rows)
            self.full = True
        if self._writer is None:
            self._writer = PartWriter(self._folder, self._table.name, data.schema, group_rows=GROUP_ROWS)
        self._writer.write(data)
        self.rows += data.num_rows
        if self._tell:
            self._tell(self._table.name, self.rows)

    def close(self) -> list[tuple[Path, int]]:
        """Finish the files."""
        return self._writer.close() if self._writer else []
