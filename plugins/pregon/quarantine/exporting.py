"""Files for the owners of source systems: CSV and XLSX, written row by row, with nothing a spreadsheet would run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from transforms.tables.cells import cell

MOST_ROWS = 1_000_000
"""Rows of a sheet: a workbook has room for 1,048,576, header included."""


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, which takes its place when all is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a CSV file with a header, UTF-8 with a byte order mark, because spreadsheets ask for it; count the rows."""
    count = 0
    with _replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([cell(value) for value in row])
            count += 1
    return count


def write_xlsx(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> int:
    """Write a workbook whose cells are all texts; another sheet begins where one is full. Counts the rows."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    count = 0
    sheet = book.create_sheet(title)
    sheet.append(list(columns))
    for row in rows:
        if count and count % MOST_ROWS == 0:
            sheet = book.create_sheet(f"{title} {count // MOST_ROWS + 1}")
            sheet.append(list(columns))
        cells = []
        for value in row:
            one = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value))
            # A text that begins with = is a text, and no formula.
            one.data_type = "s"
            cells.append(one)
        sheet.append(cells)
        count += 1
    with _replacing(path) as temporary:
        book.save(temporary)
    return count
