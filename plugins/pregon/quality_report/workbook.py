"""The list of issues as a workbook, in one language: an overview by check and source table, and the issues.

The same issues give the same bytes: the workbook, and every file in its archive, carry the time of the commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.checks.model import Check
from pregon.quality_report.issues import Issue, cell_text
from pregon.workbooks import save_workbook
from transforms.site.texts import Texts

MOST_ROWS = 200_000
"""Issues in a workbook: what a spreadsheet opens without trouble. Its format ends at 1,048,575."""

_LONGEST = 2_000
"""Characters of a cell; the format allows 32,767."""

_WIDTHS = {
    "severity": 12, "check": 30, "title": 40, "problem": 60, "cost": 60, "system": 16, "table": 24, "key": 24,
    "column": 32, "value": 32, "other": 24, "ocid": 30, "path": 34, "pointer": 34, "count": 12, "processes": 12,
}  # fmt: skip

_OVERVIEW = ("severity", "title", "cost", "table", "count", "processes", "check")
_ISSUES = (
    "severity", "title", "problem", "system", "table", "key", "column", "value", "other", "ocid", "path", "pointer",
    "check",
)  # fmt: skip


@dataclass(frozen=True)
class Contents:
    """What a workbook says: its time, its heading, and the counts of (check, source table, failures, processes)."""

    moment: datetime
    made: str
    total: int
    counts: Sequence[tuple[str, str, int, int]]


def write_workbook(
    path: Path, found: Iterable[Issue], contents: Contents, checks: Mapping[str, Check], words: Texts
) -> int:
    """Write a workbook row by row; `found` may not be more than `MOST_ROWS`. Give how many it has."""
    from openpyxl import Workbook

    texts = words["issues"]
    workbook: Any = Workbook(write_only=True)
    sheet = _Sheet(workbook, texts["overview"])
    listed = min(contents.total, MOST_ROWS)
    note = texts["listed" if listed < contents.total else "all_listed"]
    names = [texts["columns"].get(name) or texts[name] for name in _OVERVIEW]
    sheet.begin([contents.made, note.format(listed=f"{listed:,}", all=f"{contents.total:,}")], names, _OVERVIEW)
    for name, table, failures, processes in contents.counts:
        check = checks[name]
        said = (words["severity"][check.severity], check.title[words.language], check.cost[words.language])
        sheet.add([*said, table, failures, processes, name])
    sheet.end()
    sheet = _Sheet(workbook, texts["sheet"])
    sheet.begin([], [texts["columns"][name] for name in _ISSUES], _ISSUES)
    count = 0
    for one in found:
        check = checks[one.check]
        sheet.add(
            [words["severity"][one.severity], check.title[words.language], one.problem[words.language], *one[3:],
             one.check]
        )  # fmt: skip
        count += 1
    sheet.end()
    save_workbook(workbook, path, contents.moment)
    return count


class _Sheet:
    """A sheet that is written from top to bottom, its header frozen and with a filter."""

    def __init__(self, workbook: Any, title: str) -> None:
        self._sheet = workbook.create_sheet(title)
        self._rows = self._first = 0
        self._columns = 0

    def begin(self, lines: Sequence[str], header: Sequence[str], columns: Sequence[str]) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        # What stands before the rows in the file has to be known before the first of them.
        for number, name in enumerate(columns, start=1):
            self._sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS[name]
        self._first = len(lines) + 1
        self._columns = len(columns)
        self._sheet.freeze_panes = f"A{self._first + 1}"
        for line in lines:
            self.add([line])
        bold = []
        for name in header:
            cell: Any = WriteOnlyCell(self._sheet, value=name)
            cell.font = Font(bold=True)
            bold.append(cell)
        self._sheet.append(bold)
        self._rows += 1

    def add(self, values: Sequence[str | int]) -> None:
        # openpyxl takes a text that begins with = for a formula: escaped, it does no longer.
        self._sheet.append([_cell(value) if isinstance(value, str) else value for value in values])
        self._rows += 1

    def end(self) -> None:
        from openpyxl.utils import get_column_letter

        self._sheet.auto_filter.ref = f"A{self._first}:{get_column_letter(self._columns)}{max(self._rows, self._first)}"


def _cell(text: str) -> str:
    found = cell_text(text)
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…"
