"""One sheet of a workbook as SpreadsheetML (ECMA-376, part 1, 18.3), row by row, every cell as text.

Shared texts, and which styles mean dates, come from its workbook.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import IO, Any

from pregon.sources.files.ranges import MAX_COLUMNS, column_number
from pregon.sources.files.rows import TableReport
from pregon.sources.files.spreadsheet import DamagedWorkbook, Spreadsheet, local_name, walk
from pregon.sources.files.text import cleaned

MAX_ROWS = 1_048_576
_EXACT = 10**15
"""A spreadsheet holds 15 digits: longer numbers were rounded before we saw them."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""A character that XML can't hold (ECMA-376, part 1, 22.9.2.19)."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet: its number from 1, its cells up to the last one with a value, and whether it is hidden."""

    number: int
    cells: list[str | None]
    hidden: bool = False


@dataclass(slots=True)
class Merged:
    """Cells that are merged over several rows, by their first row: (index of the column, last row)."""

    vertical: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    last_rows: list[int] = field(default_factory=list)

    def add(self, reference: str) -> None:
        """Take a reference such as `A2:B4`."""
        start, _, end = reference.partition(":")
        column, first = _place(start)
        _, last = _place(end or start)
        self.last_rows.append(last)
        if last > first:
            self.vertical.setdefault(first, []).append((column - 1, last))


def sheet_rows(stream: IO[bytes], book: Spreadsheet, report: TableReport, merged: Merged) -> Iterator[SheetRow]:
    """Give the rows of a sheet, those that are missing in it too.

    Args:
        stream: the sheet's XML.
        book: its workbook.
        report: takes counts of what a person may want to look at.
        merged: takes the merged cells, which stand after the rows.

    Raises:
        DamagedWorkbook: it isn't well-formed, or holds what no sheet can.
    """
    reader = _Sheet(_Values(book, report), merged)
    number = 0
    for _ in walk(stream, reader.start, reader.end, reader.text):
        for row in reader.taken():
            if not number < row.number <= MAX_ROWS:
                raise DamagedWorkbook(f"row {row.number:,} follows row {number:,}")
            for missing in range(number + 1, row.number):
                yield SheetRow(missing, [])
            yield row
            number = row.number


def merged_cells(stream: IO[bytes]) -> Merged:
    """Give the merged cells of a sheet, without its rows.

    Raises DamagedWorkbook.
    """
    merged = Merged()

    def start(name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "mergeCell":
            merged.add(attributes.get("ref", ""))

    for _ in walk(stream, start):
        pass
    return merged


def filled_down(rows: Iterator[SheetRow], merged: Merged) -> Iterator[SheetRow]:
    """Repeat the value of merged cells in each of their rows, unless nothing else stands in it."""
    open_: dict[int, tuple[int, str | None]] = {}
    for row in rows:
        cells = row.cells
        open_ = {column: held for column, held in open_.items() if held[0] >= row.number}
        if cells:
            for column, (_, value) in open_.items():
                cells += [None] * (column + 1 - len(cells))
                if not cells[column]:
                    cells[column] = value
            while cells and not cells[-1]:
                cells.pop()
        for column, last in merged.vertical.get(row.number, ()):
            open_[column] = last, cells[column] if column < len(cells) else None
        yield row


class _Sheet:
    """Collects rows while a sheet is parsed."""

    def __init__(self, values: "_Values", merged: Merged) -> None:
        self._values = values
        self._merged = merged
        self._rows: list[SheetRow] = []
        self._cells: list[str | None] = []
        self._number = 0
        self._hidden = False
        self._attributes: Mapping[str, str] = {}
        self._value: str | None = None
        self._formula = False
        self._reading = False
        self._phonetic = 0

    def taken(self) -> list[SheetRow]:
        """Give the rows that have ended since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        if ":" in name:
            name = local_name(name)
        if name == "c":
            self._attributes, self._value, self._formula = attributes, None, False
        elif name == "v" or (name == "t" and not self._phonetic):
            self._value = self._value or ""
            self._reading = True
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic += 1
        elif name == "row":
            number = attributes.get("r")
            self._number = int(float(number)) if number else self._number + 1
            self._hidden = attributes.get("hidden", "0") in {"1", "true"}
            self._cells = []
        elif name == "mergeCell":
            self._merged.add(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if ":" in name:
            name = local_name(name)
        if name in {"v", "t"}:
            self._reading = False
        elif name == "c":
            self._close_cell()
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "row":
            while self._cells and not self._cells[-1]:
                self._cells.pop()
            self._rows.append(SheetRow(self._number, self._cells, self._hidden))

    def text(self, text: str) -> None:
        """Take text inside an element."""
        if self._reading:
            self._value = (self._value or "") + text

    def _close_cell(self) -> None:
        value = None
        if self._value is not None:
            value = self._values.text(self._value, self._attributes)
        elif self._formula:
            self._values.report.counts["formulas_without_value"] += 1
        place = self._attributes.get("r")
        column = _place(place)[0] if place else len(self._cells) + 1
        if not len(self._cells) < column <= MAX_COLUMNS:
            raise DamagedWorkbook(f"row {self._number:,} has a cell {place or column} at the wrong place")
        if column > len(self._cells) + 1:
            self._cells += [None] * (column - 1 - len(self._cells))
        self._cells.append(value)


class _Values:
    """Writes the values of cells as text."""

    def __init__(self, book: Spreadsheet, report: TableReport) -> None:
        self.report = report
        self._book = book

    def text(self, value: str, attributes: Mapping[str, str]) -> str | None:
        """Give the text of a cell: what stands in it, its type (`t`) and its style (`s`)."""
        kind = attributes.get("t", "n")
        if kind == "n":
            return self._number(value, int(attributes.get("s", 0))) if value else None
        if kind == "s":
            return self._string(self._book.strings[int(value)])
        if kind == "b":
            return "true" if value.strip() not in {"0", "false"} else "false"
        if kind == "e":
            self.report.counts["error_cells"] += 1
        if kind == "d" and value.endswith("T00:00:00"):
            return value.removesuffix("T00:00:00")
        return self._string(value)

    def _number(self, value: str, style: int) -> str:
        number = float(value) if "." in value or "e" in value.lower() else int(value)
        if style in self._book.dates:
            return self._date(number, style)
        if abs(number) >= _EXACT:
            self.report.counts["numbers_beyond_15_digits"] += 1
            return repr(number)
        return str(int(number)) if number == int(number) else repr(number)

    def _date(self, number: float, style: int) -> str:
        from openpyxl.utils.datetime import from_excel

        try:
            found: Any = from_excel(number, self._book.epoch, timedelta=style in self._book.durations)
        except (OverflowError, ValueError):
            self.report.counts["dates_out_of_range"] += 1
            return str(int(number)) if number == int(number) else repr(number)
        if isinstance(found, datetime):
            return found.date().isoformat() if found.time() == time() else found.isoformat()
        return found.isoformat() if isinstance(found, date | time) else str(found)

    def _string(self, text: str) -> str:
        if "_x" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        return text if text.isascii() and "\x00" not in text else cleaned(text, self.report.text)


def _place(reference: str) -> tuple[int, int]:
    """Give column and row, from 1, of a reference such as `B4`."""
    letters = reference.rstrip("0123456789")
    row = reference[len(letters) :]
    if not row or len(row) > 7:
        raise DamagedWorkbook(f"{reference[:20]!r} is no cell")
    return _column(letters), int(row)


@lru_cache(1_024)
def _column(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha()) or len(letters) > 3:
        raise DamagedWorkbook(f"{letters[:20]!r} is no column")
    return column_number(letters)
