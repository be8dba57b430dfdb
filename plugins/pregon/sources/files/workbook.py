"""XLSX: one sheet, streamed; cached values of formulas; every value as text."""

import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice

from pregon.memory import paused_collection
from pregon.sources.base import TableSpec, nearest
from pregon.sources.batches import BATCH_ROWS
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.layout import find_layout, split_padded
from pregon.sources.files.rows import Rows, TableReport, empty
from pregon.sources.files.sheet import Merged, SheetRow, filled_down, merged_cells, sheet_rows
from pregon.sources.files.spreadsheet import NoWorkbook, Spreadsheet, opened


def read_workbook(file: SourceFile, table: TableSpec, report: TableReport) -> Iterator[Rows]:
    """Give the rows of one sheet: `sheet:` names it (default: the only one), `header:` counts rows from 1.

    Dates become ISO text (without time at midnight), whole numbers have no `.0`. Rows without any value are no records.

    Raises:
        SourceUnreadableError: it is no workbook, or has no such sheet.
        MissingColumnError: a declared column is not in the header.
        EmptySourceError: there is a header at most.
    """
    try:
        with opened(file.path) as book:
            yield from _rows(book, _sheet(book, table, file), table, file, report)
    except (zipfile.BadZipFile, NoWorkbook) as error:
        raise file.unreadable(f"is not an XLSX workbook ({error})", "save it as .xlsx, or set `format:`") from error
    except (zlib.error, EOFError, NotImplementedError, ValueError, IndexError) as error:
        raise file.unreadable(
            f"is a damaged workbook ({error})", "open it in a spreadsheet and save it again"
        ) from error


def _sheet(book: Spreadsheet, table: TableSpec, file: SourceFile) -> str:
    names = list(book.sheets)
    wanted = table.option("sheet")
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        near = nearest(str(wanted), names) if wanted else None
        problem = f"has no sheet {wanted!r}" if wanted else f"has {len(names)} sheets"
        hint = (
            f"did you mean {near!r}? " if near else "set `sheet:` of the table; "
        ) + f"there are: {', '.join(names)}"
        raise file.unreadable(problem, hint)
    return str(wanted)


def _rows(book: Spreadsheet, sheet: str, table: TableSpec, file: SourceFile, report: TableReport) -> Iterator[Rows]:
    fill = table.option("merged_cells") == "fill_down"
    merged = Merged()
    if fill:
        # They stand after the rows.
        with book.sheet(sheet) as stream:
            merged = merged_cells(stream)
    with book.sheet(sheet) as stream:
        source = sheet_rows(stream, book, report, Merged() if fill else merged)
        shown = _Shown(filled_down(source, merged) if fill else source, table, report)
        rows = iter(shown)
        layout = find_layout(rows, table, file, report, padded=True)
        header = shown.number if not layout.pending else 0
        pending = layout.pending
        record = 1
        ended = False
        while not ended:
            with paused_collection():
                taken = [*pending, *islice(rows, BATCH_ROWS)]
                ended = not taken
                kept, records, rejects = split_padded(taken, layout, record, report.counts)
            pending = []
            if kept or rejects:
                yield Rows({name: [row[index] for row in kept] for name, index in layout.columns}, records, rejects)
                record += len(kept) + len(rejects)
    if not fill and (below := sum(last > header for last in merged.last_rows)):
        report.counts["merged_cells"] += below
    if record == 1:
        raise empty(file, "has a header and no rows")


class _Shown:
    """The cells of a sheet's rows, hidden ones left out where that is configured; `number` is that of the last row."""

    def __init__(self, rows: Iterator[SheetRow], table: TableSpec, report: TableReport) -> None:
        self.number = 0
        self._rows = rows
        self._skip = table.option("hidden_rows") == "skip"
        self._report = report

    def __iter__(self) -> Iterator[list[str | None]]:
        for row in self._rows:
            self.number = row.number
            if row.hidden and row.cells:
                self._report.counts["hidden_rows"] += 1
            yield [] if row.hidden and self._skip else row.cells
