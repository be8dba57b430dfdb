"""The list of issues as a workbook, in one language: an overview by check and source table, and the issues.

The same issues give the same bytes: the workbook, and every file in its archive, carry the time of the commit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from expectations.checks.model import Check
from pregon.quality_report.issues import Issue, cell_text
from pregon.workbooks import save_with_rows
from transforms.tables import TableRows, sheet_rows
from transforms.texts import Texts

MOST_ROWS = 200_000
"""Issues in a workbook: what a spreadsheet opens without trouble. Its format ends at 1,048,575."""

_BATCH = 1_000

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
    """Write a workbook, its issues row by row; `found` may not be more than `MOST_ROWS`. Give how many it has."""
    from openpyxl import Workbook

    texts = words["issues"]
    workbook: Any = Workbook()
    workbook.remove(workbook.active)
    listed = min(contents.total, MOST_ROWS)
    note = texts["listed" if listed < contents.total else "all_listed"]
    names = [texts["columns"].get(name) or texts[name] for name in _OVERVIEW]
    overview = _sheet(workbook, texts["overview"], _OVERVIEW)
    for line in (contents.made, note.format(listed=f"{listed:,}", all=f"{contents.total:,}")):
        overview.append([_cell(line)])
    _head(overview, names, len(contents.counts))
    for name, table, failures, processes in contents.counts:
        check = checks[name]
        said = (words["severity"][check.severity], check.title[words.language], check.cost[words.language])
        overview.append(
            [_cell(one) if isinstance(one, str) else one for one in (*said, table, failures, processes, name)]
        )
    _head(_sheet(workbook, texts["sheet"], _ISSUES), [texts["columns"][name] for name in _ISSUES], listed)
    written = 0

    def rows() -> Iterator[bytes]:
        nonlocal written
        left = iter(found)
        while batch := list(islice(left, _BATCH)):
            yield "".join(_rows(batch, checks, words)).encode()
            written += len(batch)

    save_with_rows(workbook, path, contents.moment, rows())
    return written


def _rows(some: Sequence[Issue], checks: Mapping[str, Check], words: Texts) -> list[str]:
    rows = []
    for one in some:
        check = checks[one.check]
        said = (words["severity"][one.severity], check.title[words.language], one.problem[words.language])
        rows.append([_cell(text) or None for text in (*said, *one[3:], one.check)])
    columns = len(_ISSUES)
    return sheet_rows(["string"] * columns, [""] * columns, TableRows(rows, [], []), "UTC")


def _sheet(workbook: Any, title: str, columns: Sequence[str]) -> Any:
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(title)
    for number, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS[name]
    return sheet


def _head(sheet: Any, header: Sequence[str], rows: int) -> None:
    """Write a header that stays in sight, with a filter over it and so many rows below."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.append(header)
    first = sheet.max_row
    for cell in sheet[first]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = f"A{first + 1}"
    sheet.auto_filter.ref = f"A{first}:{get_column_letter(len(header))}{first + rows}"


def _cell(text: str) -> str:
    # Escaped, because openpyxl takes a text that begins with = for a formula, and so does whoever copies it elsewhere.
    found = cell_text(text)
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…"
