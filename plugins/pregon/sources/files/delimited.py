"""CSV and TSV: streamed, every value kept as text."""

import csv
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from pregon.memory import paused_collection
from pregon.sources.base import SourceConfigurationError, SourceError, TableSpec
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, raw_text
from pregon.sources.files.arrowcsv import Unusual, fits, read_quickly
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.layout import Layout, find_layout, split
from pregon.sources.files.rows import Rows, TableReport, empty, refuse_web_page
from pregon.sources.files.text import Encoding, decoded, lines

MAX_CELL = 1 << 20
"""Characters in one cell; more is the trace of a quote that nobody closed."""

_DELIMITERS = ",;\t|"
_STEP = 500
_END = "\x00"
"""A last line that no file can hold, since NUL is removed: if it isn't read as a row, a quote is still open."""


def read_delimited(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the rows of a CSV or TSV file.

    Raises:
        MissingColumnError: a declared column is not in the header.
        EmptySourceError: there is a header at most.
        SourceUnreadableError: a quote is never closed, a cell or line is too large, or it is a web page.
    """
    given = 0
    dialect = _dialect(table, file)
    with _CellLimit():
        try:
            for rows in _quick_rows(file, table, encoding, report, dialect):
                given += len(rows.records) + len(rows.rejects)
                yield rows
        except (Unusual, SourceError):
            yield from read_exactly(file, table, encoding, report, after=given)


def read_exactly(
    file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport, *, after: int = 0
) -> Iterator[Rows]:
    """Do what `read_delimited` does with Python's parser, which reads everything; records from 1 to `after` are known.

    Raises what `read_delimited` raises.
    """
    source = _CountedLines(refuse_web_page(decoded(file, encoding, report.text), file), file)
    dialect = _dialect(table, file)
    with _CellLimit():
        reader = csv.reader(source, **dialect)
        for rows in _rows(reader, source, file, table, report, dialect):
            if (left := _later(rows, after)) is not None:
                yield left


def _quick_rows(
    file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport, dialect: dict[str, Any]
) -> Iterator[Rows]:
    """Give the rows by Arrow's parser; the report is filled at the end, but for columns that nobody declared.

    Raises:
        Unusual, SourceError: the exact reader must read the file, and finds out what is the matter.
    """
    if not fits(dialect):
        raise Unusual
    own = TableReport()
    layout, text = _after_header(file, table, encoding, own, dialect)
    if not layout.plain:
        raise Unusual
    # Who stops after a few rows may want to know them.
    report.added.update(own.added)
    records = 0
    for rows in read_quickly(text, layout.columns, len(layout.names), dialect, MAX_CELL, own.counts):
        records += len(rows.records) + len(rows.rejects)
        yield rows
    if not records:
        raise Unusual
    report.add(own)


def _after_header(
    file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport, dialect: dict[str, Any]
) -> tuple[Layout, Iterator[str]]:
    """Give the layout, and the text from the line after the header on."""
    pieces = refuse_web_page(decoded(file, encoding, report.text), file)
    held: list[str] = []
    consumed = 0

    def kept() -> Iterator[str]:
        for piece in pieces:
            held.append(piece)
            yield piece

    def counted() -> Iterator[str]:
        nonlocal consumed
        for line in lines(kept(), file):
            consumed += len(line)
            yield line

    layout = _layout(csv.reader(counted(), **dialect), table, file, report, dialect)
    return layout, chain(["".join(held)[consumed:]], pieces)


def _later(rows: Rows, after: int) -> Rows | None:
    """Leave out the rows up to a record; None if none is left."""
    if not after or (rows.records and rows.records[0] > after and not rows.rejects):
        return rows
    wanted = [index for index, record in enumerate(rows.records) if record > after]
    rejects = tuple(reject for reject in rows.rejects if reject.position > after)
    if not wanted and not rejects:
        return None
    columns = {name: [values[index] for index in wanted] for name, values in rows.columns.items()}
    return Rows(columns, [rows.records[index] for index in wanted], rejects)


def _rows(
    reader: Iterator[list[str]],
    source: "_CountedLines",
    file: SourceFile,
    table: TableSpec,
    report: TableReport,
    dialect: dict[str, Any],
) -> Iterator[Rows]:
    place = _Place(file)
    layout = _layout(reader, table, file, report, dialect)
    pending = layout.pending
    record, ended = 1, False
    while not ended:
        with paused_collection():
            rows, ended = _take_batch(reader, source, place, record)
            if pending:
                rows, pending = pending + rows, []
            kept, records, rejects = split(rows, layout, record, report.counts)
            by_index = list(zip(*kept, strict=True)) if kept else [()] * len(layout.names)
            del rows
        if kept or rejects:
            yield Rows({name: by_index[index] for name, index in layout.columns}, records, rejects)
            record += len(kept) + len(rejects)
    if record == 1:
        raise empty(file, "has a header and no rows" if table.option("header") != 0 else "has no rows")


def _take_batch(
    reader: Iterator[list[str]], source: "_CountedLines", place: "_Place", record: int
) -> tuple[list[list[str]], bool]:
    """Give the next rows, and whether they are the last."""
    rows: list[list[str]] = []
    start = source.characters
    while len(rows) < BATCH_ROWS and source.characters - start < BATCH_CHARACTERS:
        step = place.take(reader, _STEP)
        rows += step
        if rows and rows[-1] == [_END]:
            return rows[:-1], True
        if len(step) < _STEP:
            place.check_end(rows, record)
            return rows, True
    return rows, False


def _layout(
    reader: Iterator[list[str]], table: TableSpec, file: SourceFile, report: TableReport, dialect: dict[str, Any]
) -> Layout:
    """Find the header; note a delimiter that would divide it better, for a person to look at."""
    place = _Place(file)
    rows = iter(lambda: next(iter(place.take(reader, 1)), [_END]), [_END])
    layout = find_layout(rows, table, file, report)
    ours = dialect["delimiter"]
    for mark in _DELIMITERS:
        if mark != ours and sum(str(cell).count(mark) for cell in layout.head) >= max(len(layout.head), 2):
            report.delimiters.setdefault(mark)
    return layout


def _dialect(table: TableSpec, file: SourceFile) -> dict[str, Any]:
    delimiter = table.option("delimiter") or ("\t" if table.option("format") == "tsv" else ",")
    if file.inner_name.lower().endswith(".tsv") and not table.option("delimiter"):
        delimiter = "\t"
    quote = table.option("quote")
    if len(delimiter) != 1 or (quote and len(quote) != 1):
        raise SourceConfigurationError(
            "delimiter and quote are one character each", source=file.source, table=file.table, file=file.name
        )
    if quote == "":
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE, "quotechar": None}
    return {"delimiter": delimiter, "quotechar": quote or '"'}


class _Place:
    """Turns the reader's errors into ours, which say where."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def take(self, reader: Iterator[list[str]], count: int) -> list[list[str]]:
        try:
            return list(islice(reader, count))
        except csv.Error as error:
            line = getattr(reader, "line_num", 0)
            raise self._file.unreadable(
                f"cannot be read at line {line:,} ({error})",
                "look for a quote that is never closed; `quote: ''` reads quotes as plain characters",
            ) from error

    def check_end(self, rows: list[list[str]], record: int) -> None:
        """Refuse a file whose last record swallowed its end."""
        if rows and rows[-1] and rows[-1][-1].endswith(_END + "\n"):
            raise self._file.unreadable(
                f"ends inside a quoted cell of record {record + len(rows) - 1:,}: {raw_text(rows[-1])[:80]}",
                "the file is cut off, or a quote is never closed; `quote: ''` reads quotes as plain characters",
            )


class _CountedLines:
    """Lines for the csv module, the end mark last; counts characters, to end a batch in time."""

    def __init__(self, pieces: Iterator[str], file: SourceFile) -> None:
        self.characters = 0
        self._lines = self._all(pieces, file)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def _all(self, pieces: Iterator[str], file: SourceFile) -> Iterator[str]:
        yield from lines(self._counted(pieces), file)
        yield _END + "\n"

    def _counted(self, pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            self.characters += len(piece)
            yield piece


class _CellLimit:
    """Bounds the size of a cell while a file is read; the csv module knows one limit for the whole process."""

    def __enter__(self) -> None:
        self._before = csv.field_size_limit(min(MAX_CELL, sys.maxsize))

    def __exit__(self, *_: object) -> None:
        csv.field_size_limit(self._before)
