"""The frame of a workbook: everything but the rows of its tables, made by openpyxl.

openpyxl writes each sheet with its header and one row of samples. The sheet is cut there: what it has before the
samples and behind them is the frame, and the samples tell the number that each style got. The rows, which are the mass,
are then written in between as compressed stretches.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zipfile import ZipFile

from pregon.workbooks import save_workbook
from transforms.ocds import field_table
from transforms.ocds.dictionary import Language
from transforms.packages import rfc3339
from transforms.publication import Publication
from transforms.tables import Table, TablePlan, headings, sheet_names
from transforms.texts import Texts, texts
from transforms.xml_text import xml_text

_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_STAMP = b"2000-01-01T00:00:00Z"
"""Stands for the time of a workbook: a frame is made once, its workbooks have times of their own."""

_FORMATS = {"timestamp": "yyyy\\-mm\\-dd hh:mm", "decimal": "#,##0.00##", "integer": "0"}
_SAMPLES: dict[str, Any] = {"timestamp": 1.5, "decimal": 1.5, "integer": 1}
_WIDTHS = {"timestamp": 17, "decimal": 16, "integer": 10, "boolean": 10}
_NARROWEST, _WIDEST = 12, 40
_SAMPLE_ROW = re.compile(rb'<row r="2".*?</row>', re.DOTALL)
_CELL = re.compile(rb"<c ([^>]*)")
_STYLE = re.compile(rb'\bs="(\d+)"')
_DIMENSION = re.compile(rb"<dimension [^>]*/>")


@dataclass(frozen=True)
class Sheet:
    """The frame of a table's sheet: its file in the archive, what it has before and behind its rows, styles."""

    file: str
    before: bytes
    after: bytes
    styles: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """A workbook without rows: its other files by name, the sheet that tells what it is, and one for each table."""

    files: Mapping[str, bytes]
    about: Sheet
    sheets: Sequence[Sheet]
    names: Mapping[str, str]

    def files_of(self, moment: datetime) -> dict[str, bytes]:
        """Give the other files of a workbook of a certain time."""
        return {name: data.replace(_STAMP, rfc3339(moment).encode()) for name, data in self.files.items()}


def make_frame(publication: Publication, plan: TablePlan, language: Language) -> Frame:
    """Make the frame of all workbooks of a publication, in one language."""
    from openpyxl import Workbook

    words = texts(language, "workbook")
    names = sheet_names(plan, [words["about"], words["columns"]])
    fields = field_table(publication.extensions)
    titles = {table.name: headings(table, fields, language, words["pointer"]) for table in plan.tables}
    workbook: Any = Workbook()
    workbook.remove(workbook.active)
    _about(workbook, words)
    _columns(workbook, plan, words, names, titles)
    for table in plan.tables:
        _sheet(workbook, names[table.name], table, titles[table.name])
    workbook.properties.title = words["title"].format(city=publication.name_in(language))
    workbook.properties.creator = publication.publisher_name
    workbook.properties.language = language
    written = io.BytesIO()
    save_workbook(workbook, written, _MOMENT)
    with ZipFile(written) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about, _, *sheets = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(workbook.sheetnames) + 1)]
    return Frame(files, _cut(about, files), [_cut(sheet, files) for sheet in sheets], names)


def _cut(file: str, files: dict[str, bytes]) -> Sheet:
    content = _DIMENSION.sub(b"", files.pop(file))  # how many rows come is not known yet
    sample = _SAMPLE_ROW.search(content)
    if sample is None:
        raise AssertionError(f"{file}: the row of samples is missing")
    found = [_STYLE.search(cell) for cell in _CELL.findall(sample[0])]
    styles = tuple(style[1].decode() if style else "" for style in found)
    return Sheet(file, content[: sample.start()], content[sample.end() :], styles)


def _sheet(workbook: Any, name: str, table: Table, titles: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(name)
    sheet.freeze_panes = "B2"
    for number, (title, kind) in enumerate(zip(titles, table.types, strict=True), start=1):
        header = sheet.cell(1, number, title)
        header.data_type = "s"  # a title is never a formula
        header.font = Font(bold=True)
        header.fill = PatternFill("solid", fgColor="FFE8EEF2")
        header.alignment = Alignment(vertical="top", wrap_text=True)
        sample = sheet.cell(2, number, _SAMPLES.get(kind, "x"))
        if kind in _FORMATS:
            sample.number_format = _FORMATS[kind]
        width = _WIDTHS.get(kind, min(max(len(title) + 2, _NARROWEST), _WIDEST))
        sheet.column_dimensions[get_column_letter(number)].width = width


def _about(workbook: Any, words: Texts) -> None:
    from openpyxl.styles import Font

    sheet = workbook.create_sheet(words["about"])
    sheet["A2"].font = Font(bold=True)
    for column, width in zip("ABC", (42, 42, 90), strict=True):
        sheet[f"{column}2"] = "x"
        sheet.column_dimensions[column].width = width


def _columns(
    workbook: Any, plan: TablePlan, words: Texts, names: Mapping[str, str], titles: Mapping[str, Sequence[str]]
) -> None:
    from openpyxl.styles import Font

    sheet = workbook.create_sheet(words["columns"])
    sheet.freeze_panes = "A2"
    _line(sheet, 1, [words["sheet"], words["column"], words["path"], words["type"]])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    number = 2
    for table in plan.tables:
        for title, path, kind in zip(titles[table.name], table.header, table.types, strict=True):
            _line(sheet, number, [names[table.name], title, path, words["types"][kind]])
            number += 1
    for column, width in zip("ABCD", (32, 60, 60, 16), strict=True):
        sheet.column_dimensions[column].width = width


def _line(sheet: Any, number: int, values: Sequence[Any]) -> None:
    for column, value in enumerate(values, start=1):
        if not isinstance(value, str):
            sheet.cell(number, column, value)
            continue
        cell = sheet.cell(number, column, xml_text(value))
        cell.data_type = "s"  # a text from configuration is never a formula
