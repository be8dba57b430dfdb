"""Where a table lies in a file of cells: its header, its range of columns, and which of its files are laid out so.

A file whose columns are not those that the configuration knows is held back as a whole where the table has others:
each of its records is rejected. Where it is the only one, or where missing rows would count as deleted, the run stops.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pregon.sources.base import MissingColumnError, SourceConfigurationError, SourceUnreadableError, TableSpec
from pregon.sources.batches import RAGGED_ROW, UNKNOWN_LAYOUT, Reject, raw_text
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.ranges import column_range
from pregon.sources.files.rows import (
    TableReport,
    empty,
    header_names,
    match_header,
    ragged_detail,
    split_ragged,
)

Cells = Sequence[str | None]

HEADER_ROWS = 200
"""The header is looked for in so many rows."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cells of a file's rows become columns.

    `names` are all columns of the range `first` to `last` (from 0, the last excluded; None: of the whole row),
    `columns` gives (our name, index in the range) of those to read. `width` is what a whole row has, None where nothing
    says it. `head` is the header's row, `pending` are rows of data that were looked at already. `strange` says why the
    file can't be read with this configuration.
    """

    names: Sequence[str] = ()
    columns: Sequence[tuple[str, int]] = ()
    first: int = 0
    last: int | None = None
    width: int | None = None
    head: Cells = ()
    pending: list[list[Any]] = field(default_factory=list)
    strange: str | None = None

    @property
    def plain(self) -> bool:
        """Whether rows are the columns and nothing else, and none of them was looked at."""
        return self.strange is None and self.last is None and not self.pending

    def cut(self, row: Cells) -> list[Any]:
        """Give the cells of a row that belong to the table."""
        return list(row[self.first : self.last])


class UnknownWidth(SourceUnreadableError):
    """A file has a number of columns that the configuration gives no names for."""

    def __init__(self, width: int, named: Sequence[Sequence[str]], file: SourceFile) -> None:
        super().__init__(
            f"has {width} columns, and names: has names for {' or '.join(str(len(names)) for names in named)}",
            source=file.source,
            table=file.table,
            file=file.name,
            hint="add a list of names for files of this kind to `names:` of the table",
        )
        self.width = width


def find_layout(
    rows: Iterator[list[Any]], table: TableSpec, file: SourceFile, report: TableReport, *, padded: bool = False
) -> Layout:
    """Take rows until the header is found, and match it with the declared columns.

    Args:
        rows: the file's rows from its first one on.
        table: `header:`, `names:`, `range:` and `optional:` are its options.
        file: the file.
        report: takes columns that nobody declared, and files that are held back.
        padded: rows end with their last cell that holds something.

    Raises:
        MissingColumnError: a declared column is not there.
        UnknownWidth: there are no names for so many columns.
        EmptySourceError: the file ends before its header.
    """
    span = _span(table, file)
    first, last = (span.start, span.stop) if span else (0, None)
    position = table.option("header")
    taken: list[list[Any]] = []
    try:
        if position == "auto":
            names, head = _search(rows, table, file, taken, first, last)
        elif position == 0:
            names, head = _without_header(rows, table, file, taken, span, padded=padded), []
        else:
            names, head = _at(rows, position or 1, table, file, first, last)
        columns = match_header(table, names, file, report)
    except (MissingColumnError, UnknownWidth) as error:
        if not file.several or table.deletions == "mark":
            raise
        report.strange.setdefault(file.name)
        return Layout(first=first, last=last, pending=taken, strange=error.problem)
    width = len(head) if head else None if span else len(names)
    return Layout(names, columns, first, first + len(names) if span else None, width, head, taken)


def split(
    rows: list[list[Any]], layout: Layout, first: int, counts: Counter[str]
) -> tuple[list[list[Any]], Sequence[int], tuple[Reject, ...]]:
    """Part the rows of the layout's width from the others; give their cells, their record numbers, and the others.

    Args:
        rows: rows of a file where each has all its cells.
        layout: how the file is laid out.
        first: record number of the first row.
        counts: where blank records are counted; they are no records. In a range of columns a row is blank where
            nothing stands in them: of tables side by side the shorter one ends so.
    """
    if layout.strange is not None:
        return [], (), _held_back(rows, layout.strange, first, counts)
    if layout.last is None:
        return split_ragged(rows, len(layout.names), first, counts)
    kept, records, rejects, record = [], [], [], first
    for row in rows:
        cells = layout.cut(row)
        if not any(cell and cell.strip() for cell in cells):
            counts["blank_records"] += 1
            continue
        if len(cells) < len(layout.names) or (layout.width is not None and len(row) > layout.width):
            rejects.append(_ragged(row, record, layout.width or layout.last))
        else:
            kept.append(cells)
            records.append(record)
        record += 1
    return kept, records, tuple(rejects)


def split_padded(
    rows: list[list[Any]], layout: Layout, first: int, counts: Counter[str]
) -> tuple[list[list[Any]], Sequence[int], tuple[Reject, ...]]:
    """Do what `split` does with rows that end with their last cell that holds something."""
    if layout.strange is not None:
        return [], (), _held_back(rows, layout.strange, first, counts)
    kept, records, rejects, record = [], [], [], first
    for row in rows:
        cells = layout.cut(row)
        if not any(cell and cell.strip() for cell in cells) if layout.last else not row:
            counts["blank_records"] += 1
            continue
        if len(cells) > len(layout.names):
            rejects.append(_ragged(row, record, len(layout.names)))
        else:
            kept.append(cells + [None] * (len(layout.names) - len(cells)))
            records.append(record)
        record += 1
    return kept, records, tuple(rejects)


def _held_back(rows: list[list[Any]], why: str, first: int, counts: Counter[str]) -> tuple[Reject, ...]:
    records = [row for row in rows if row]
    counts["blank_records"] += len(rows) - len(records)
    return tuple(Reject(UNKNOWN_LAYOUT, first + index, raw_text(row), why) for index, row in enumerate(records))


def _ragged(row: Cells, record: int, width: int) -> Reject:
    return Reject(RAGGED_ROW, record, raw_text(row), ragged_detail(len(row), width))


def _span(table: TableSpec, file: SourceFile) -> range | None:
    """Give the columns that belong to the table, None for all."""
    text = table.option("range")
    if text is None:
        return None
    try:
        return range(*column_range(str(text)))
    except ValueError as error:
        raise SourceConfigurationError(
            f"its range {error}", source=file.source, table=file.table, hint="set `range:` of the table to such as A:F"
        ) from error


def _at(
    rows: Iterator[list[Any]], position: int, table: TableSpec, file: SourceFile, first: int, last: int | None
) -> tuple[Sequence[str], Cells]:
    """Give the names of the columns by the header in this row, and that row."""
    taken = list(islice(rows, position))
    if len(taken) < position:
        raise empty(file, f"ends before its header in record {position}")
    head = taken[-1]
    cells = head[first:last]
    named = table.option("names")
    return (_fitting(named, len(cells), file) if named else header_names(cells)), head


def _without_header(
    rows: Iterator[list[Any]],
    table: TableSpec,
    file: SourceFile,
    taken: list[list[Any]],
    span: range | None,
    *,
    padded: bool,
) -> Sequence[str]:
    """Give the names of the columns by the configuration; where it has several lists, by the first row's width."""
    named = table.option("names") or (tuple(table.read_columns.values()),)
    if len(named) == 1:
        [names] = named
        if span and len(span) != len(names):
            raise SourceConfigurationError(
                f"its range has {len(span)} columns, and there are names for {len(names)}",
                source=file.source,
                table=file.table,
                hint="correct `range:` or `names:` of the table",
            )
        return tuple(names)
    for row in rows:
        taken.append(row)
        if row:
            width = len(row[span.start : span.stop] if span else row)
            return _fitting(named, width, file, padded=padded)
    raise empty(file, "has no rows")


def _fitting(named: Sequence[Sequence[str]], width: int, file: SourceFile, *, padded: bool = False) -> Sequence[str]:
    """Choose the list of names for so many columns; at least so many where blank cells may lack at a row's end."""
    longer = sorted((names for names in named if len(names) >= width), key=len) if padded else []
    exact = [names for names in named if len(names) == width] or longer
    if not exact:
        raise UnknownWidth(width, named, file)
    return exact[0]


def _search(
    rows: Iterator[list[Any]],
    table: TableSpec,
    file: SourceFile,
    taken: list[list[Any]],
    first: int,
    last: int | None,
) -> tuple[Sequence[str], Cells]:
    """Find the first row that has all declared columns; what was taken for it is given where there is none."""
    optional = set(table.option("optional") or ())
    required = {theirs for ours, theirs in table.read_columns.items() if ours not in optional}
    best: tuple[int, list[str]] = (0, [])
    for row in islice(rows, HEADER_ROWS):
        names = header_names(row[first:last])
        found = len(required.intersection(names))
        if found == len(required):
            taken.clear()
            return names, row
        taken.append(row)
        if found > best[0]:
            best = found, names
    if not any(taken):
        raise empty(file, "has no rows")
    ours, theirs = next(
        (ours, theirs) for ours, theirs in table.read_columns.items() if theirs in required and theirs not in best[1]
    )
    raise MissingColumnError(ours, theirs, best[1], source=file.source, table=file.table, file=file.name)
