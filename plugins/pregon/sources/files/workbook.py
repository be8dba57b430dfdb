"""XLSX: one sheet, streamed; cached values of formulas; every value as text."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

from pregon.sources.base import TableSpec, nearest
from pregon.sources.batches import BATCH_ROWS, RAGGED_ROW, Reject, raw_text
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.rows import Rows, TableReport, empty, header_names, match_header

_EXACT = 10**15
"""A spreadsheet holds 15 digits: longer numbers were rounded before we saw them."""


def read_workbook(file: SourceFile, table: TableSpec, report: TableReport) -> Iterator[Rows]:
    """Give the rows of one sheet: `sheet:` names it (default: the only one), `header:` counts rows from 1.

    Dates become ISO text (without time at midnight), whole numbers have no `.0`. Rows without any value are no records.

    Raises:
        SourceUnreadableError: it is no workbook, or has no such sheet.
        MissingColumnError: a declared column is not in the header.
        EmptySourceError: there is a header at most.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file.path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError) as error:
        raise file.unreadable(f"is not an XLSX workbook ({error})", "save it as .xlsx, or set `format:`") from error
    try:
        sheet = _sheet(book, table, file)
        sheet.reset_dimensions()  # what the file says of its size is often wrong
        yield from _rows(sheet.iter_rows(values_only=True), table, file, report)
    except (ParseError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise file.unreadable(
            f"is a damaged workbook ({error})", "open it in a spreadsheet and save it again"
        ) from error
    finally:
        book.close()


def _sheet(book: Any, table: TableSpec, file: SourceFile) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    wanted = table.option("sheet")
    if wanted is None and len(names) == 1:
        return book.worksheets[0]
    if wanted not in names:
        near = nearest(str(wanted), names) if wanted else None
        problem = f"has no sheet {wanted!r}" if wanted else f"has {len(names)} sheets"
        hint = (
            f"did you mean {near!r}? " if near else "set `sheet:` of the table; "
        ) + f"there are: {', '.join(names)}"
        raise file.unreadable(problem, hint)
    return book[wanted]


def _rows(source: Iterator[Sequence[Any]], table: TableSpec, file: SourceFile, report: TableReport) -> Iterator[Rows]:
    position = table.option("header")
    if position == 0:
        names = list(table.read_columns.values())
    else:
        head = list(islice(source, position or 1))
        if len(head) < (position or 1):
            raise empty(file, f"ends before its header in row {position or 1}")
        cells = [_text(cell, report) for cell in head[-1]]
        while cells and not cells[-1]:
            cells.pop()
        names = header_names(cells)
    columns = match_header(table, names, file, report)
    record = 0
    while rows := list(islice(source, BATCH_ROWS)):
        kept: list[list[str | None]] = []
        records: list[int] = []
        rejects: list[Reject] = []
        for row in rows:
            cells = [_text(cell, report) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                report.counts["blank_records"] += 1
                continue
            record += 1
            if len(cells) > len(names):
                detail = f"{len(cells)} cells, the header has {len(names)}"
                rejects.append(Reject(RAGGED_ROW, record, raw_text(cells), detail))
                continue
            kept.append(cells + [None] * (len(names) - len(cells)))
            records.append(record)
        if kept or rejects:
            yield Rows({name: [row[index] for row in kept] for name, index in columns}, records, tuple(rejects))
    if record == 0:
        raise empty(file, "has a header and no rows")


def _text(cell: Any, report: TableReport) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        return cell.replace("\x00", "")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            report.counts["numbers_beyond_15_digits"] += 1
        return str(int(cell)) if cell == cell and abs(cell) < _EXACT and cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep="T")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
