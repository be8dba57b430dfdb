"""Hazards of workbooks: what spreadsheets hide, merge, round and forget."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import files, image, run, table
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import SourceUnreadableError

SHARED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
XMLNS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, fill: Callable[[Any], None], **options: Any) -> Manifest:
    """Extract a workbook with one sheet, whose rows `fill` makes."""
    book = Workbook()
    fill(book.active)
    book.save(lake.root.parent / "f.xlsx")
    book.close()
    return run(lake, files(table(file="f.xlsx", **options)), lake.root.parent)


def rewritten(lake: Lake, sheet: str, *, shared: str = "", **options: Any) -> Manifest:
    """Extract a workbook whose sheet is this XML of rows and what follows them."""
    path = lake.root.parent / "f.xlsx"
    book = Workbook()
    book.active.append(["id", "title"])
    book.save(path)
    book.close()
    with zipfile.ZipFile(path) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{XMLNS}">{sheet}</worksheet>'.encode()
    if shared:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{XMLNS}">{shared}</sst>'.encode()
        relation = f'<Relationship Id="shared" Type="{SHARED}" Target="sharedStrings.xml"/></Relationships>'
        name = "xl/_rels/workbook.xml.rels"
        parts[name] = parts[name].replace(b"</Relationships>", relation.encode())
    with zipfile.ZipFile(path, "w") as after:
        for name, data in parts.items():
            after.writestr(name, data)
    return run(lake, files(table(file="f.xlsx", **options)), lake.root.parent)


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


HEADER = f'<row r="1">{text("id")}{text("title")}</row>'


def titles(lake: Lake, manifest: Manifest) -> list[str | None]:
    return [row["title"] for row in image(lake, manifest)]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_count_from_the_first_day_of_the_workbook(lake: Lake, epoch: datetime | None) -> None:
    book = Workbook()
    if epoch:
        book.epoch = epoch
    for row in (["id", "title"], [1, date(2026, 3, 1)], [2, datetime(2026, 3, 1, 14, 30)], [3, "01/03/2026"]):  # noqa: DTZ001
        book.active.append(row)
    book.save(lake.root.parent / "f.xlsx")
    book.close()
    manifest = run(lake, files(table(file="f.xlsx")), lake.root.parent)
    assert titles(lake, manifest) == ["2026-03-01", "2026-03-01T14:30:00", "01/03/2026"]


def test_a_date_without_a_date_format_stays_the_number_that_it_is(lake: Lake) -> None:
    assert titles(
        lake, extracted(lake, lambda sheet: [sheet.append(row) for row in (["id", "title"], [1, 46082])])
    ) == ["46082"]


def test_durations_are_told_as_such(lake: Lake) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["id", "title"])
        sheet.append([1, timedelta(days=1, hours=2)])

    assert titles(lake, extracted(lake, fill)) == ["1 day, 2:00:00"]


def test_a_date_beyond_the_calendar_stays_a_number_and_is_noted(lake: Lake) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["id", "title"])
        sheet.append([1, 99999999999])
        sheet["B2"].number_format = "yyyy-mm-dd"

    manifest = extracted(lake, fill)
    assert titles(lake, manifest) == ["99999999999"]
    assert manifest.tables["things"].notes["dates_out_of_range"] == 1


@pytest.mark.parametrize(
    ("option", "found"), [(None, ["1", "2", "3"]), ("read", ["1", "2", "3"]), ("skip", ["1", "3"])]
)
def test_hidden_rows_are_noted_and_skipped_only_if_configured(lake: Lake, option: str | None, found: list[str]) -> None:
    def fill(sheet: Any) -> None:
        for row in (["id", "title"], ["1", "a"], ["2", "b"], ["3", "c"]):
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True

    manifest = extracted(lake, fill, hidden_rows=option)
    assert [row["id"] for row in image(lake, manifest)] == found
    assert manifest.tables["things"].notes["hidden_rows"] == 1


def merged(sheet: Any) -> None:
    sheet.append(["All contracts", None, None])
    sheet.append(["id", "title", "buyer"])
    for row in (["1", "a", "Parks"], ["2", "b", None], ["3", None, None], [None, None, None], ["4", "d", "Roads"]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("C3:C6")


def test_merged_cells_are_noted(lake: Lake) -> None:
    manifest = extracted(lake, merged, header=2, columns=["id", "title", "buyer"])
    assert [row["buyer"] for row in image(lake, manifest)] == ["Parks", None, None, "Roads"]
    assert manifest.tables["things"].notes["merged_cells"] == 1


def test_merged_cells_are_filled_down_if_configured(lake: Lake) -> None:
    manifest = extracted(lake, merged, header=2, columns=["id", "title", "buyer"], merged_cells="fill_down")
    assert [row["buyer"] for row in image(lake, manifest)] == ["Parks", "Parks", "Parks", "Roads"]
    assert "merged_cells" not in manifest.tables["things"].notes
    assert manifest.tables["things"].rows_read == 4


def test_a_header_may_be_merged_with_the_row_above_it(lake: Lake) -> None:
    def fill(sheet: Any) -> None:
        for row in (["id", "Texts"], [None, "title"], ["1", "a"]):
            sheet.append(row)
        sheet.merge_cells("A1:A2")

    assert titles(lake, extracted(lake, fill, header=2, merged_cells="fill_down")) == ["a"]


def test_formulas_give_their_last_value_and_one_without_is_noted(lake: Lake) -> None:
    rows = f'<row r="2">{text("1")}<c><f>1+1</f><v>2</v></c></row><row r="3">{text("2")}<c><f>1+1</f></c></row>'
    manifest = rewritten(lake, f"<sheetData>{HEADER}{rows}</sheetData>")
    assert titles(lake, manifest) == ["2", None]
    assert manifest.tables["things"].notes["formulas_without_value"] == 1


def test_errors_stay_and_are_noted(lake: Lake) -> None:
    manifest = rewritten(lake, f'<sheetData>{HEADER}<row r="2">{text("1")}<c t="e"><v>#REF!</v></c></row></sheetData>')
    assert titles(lake, manifest) == ["#REF!"]
    assert manifest.tables["things"].notes["error_cells"] == 1


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("<c><v>1.1000000000000001</v></c>", "1.1"),
        ("<c><v>1.5E-3</v></c>", "0.0015"),
        ("<c><v>123456789012345678</v></c>", "123456789012345678"),
        ("<c><v>1.2345678901234E+17</v></c>", "1.2345678901234e+17"),
        ("<c><v>-3.0</v></c>", "-3"),
        ('<c t="b"><v>0</v></c>', "false"),
        ('<c t="str"><f>x</f><v>a_x000D_b</v></c>', "a\rb"),
        ('<c t="str"><v></v></c>', None),
        ('<c t="d"><v>2026-03-01T00:00:00</v></c>', "2026-03-01"),
        ('<c t="s"><v>0</v></c>', "shared"),
        ('<c t="s"><v>1</v></c>', "rich text"),
        ('<c t="inlineStr"><is><r><t>two </t></r><r><t>parts</t></r><rPh><t>no</t></rPh></is></c>', "two parts"),
        ('<c t="inlineStr"><is><t>a\u0092b</t></is></c>', "a’b"),
    ],
)
def test_every_kind_of_cell_has_one_text(lake: Lake, cell: str, value: str | None) -> None:
    shared = "<si><t>shared</t></si><si><r><t>rich </t></r><r><t>text</t></r></si>"
    manifest = rewritten(lake, f'<sheetData>{HEADER}<row r="2">{text("1")}{cell}</row></sheetData>', shared=shared)
    assert titles(lake, manifest) == [value]


def test_cells_and_rows_may_be_left_out_or_have_no_place(lake: Lake) -> None:
    rows = f'<row>{text("1")}{text("a")}</row><row r="9"><c r="B9" t="str"><v>b</v></c></row><row>{text("3")}</row>'
    manifest = rewritten(lake, f"<sheetData>{HEADER}{rows}</sheetData>")
    assert [row["id"] for row in image(lake, manifest)] == ["1", "3"]
    assert manifest.tables["things"].rejected == {"empty_key": 1}
    assert manifest.tables["things"].notes["blank_records"] == 6


@pytest.mark.parametrize(
    "sheet",
    [
        f'<sheetData>{HEADER}<row r="1">{text("1")}</row></sheetData>',
        f'<sheetData>{HEADER}<row r="2000000">{text("1")}</row></sheetData>',
        f'<sheetData>{HEADER}<row r="two">{text("1")}</row></sheetData>',
        f'<sheetData>{HEADER}<row r="2"><c r="XFE2"><v>1</v></c></row></sheetData>',
        f'<sheetData>{HEADER}<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row></sheetData>',
        f'<sheetData>{HEADER}<row r="2"><c r="2B"><v>1</v></c></row></sheetData>',
        f'<sheetData>{HEADER}<row r="2"><c t="s"><v>7</v></c></row></sheetData>',
        f'<sheetData>{HEADER}<row r="2"><c><v>one</v></c></row></sheetData>',
        f'<sheetData>{HEADER}</sheetData><mergeCells><mergeCell ref="A1:"/><mergeCell ref="??"/></mergeCells>',
        f"<sheetData>{HEADER}",
    ],
)
def test_a_damaged_sheet_is_refused(lake: Lake, sheet: str) -> None:
    with pytest.raises(SourceUnreadableError, match=r"f\.xlsx: is a damaged workbook|is not an XLSX workbook"):
        rewritten(lake, sheet)


def test_a_sheet_with_a_document_type_declaration_is_refused(lake: Lake) -> None:
    path = lake.root.parent / "f.xlsx"
    rewritten(lake, f'<sheetData>{HEADER}<row r="2">{text("1")}</row></sheetData>')
    with zipfile.ZipFile(path) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b'<!DOCTYPE w [<!ENTITY a "b">]>' + parts["xl/worksheets/sheet1.xml"]
    with zipfile.ZipFile(path, "w") as after:
        for name, data in parts.items():
            after.writestr(name, data)
    with pytest.raises(SourceUnreadableError):
        run(lake, files(table(file="f.xlsx")), path.parent, day=1)
