import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
from made_up_sources import files, image, rejects, run, table
from openpyxl import Workbook

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import EmptySourceError, MissingColumnError, SourceUnreadableError


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, *rows: list[object], sheets: tuple[str, ...] = ("Data",), **options: object) -> Manifest:
    book = Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(lake.root.parent / "f.xlsx")
    book.close()
    return run(lake, files(table(file="f.xlsx", **options)), lake.root.parent)  # type: ignore[arg-type]


def test_every_value_becomes_the_text_that_people_see(lake: Lake) -> None:
    manifest = extracted(
        lake,
        ["id", "title"],
        [1, 12.5],
        [2, datetime(2026, 3, 1, 14, 30)],  # noqa: DTZ001 - workbooks know no zones
        [3, date(2026, 3, 1)],
        [4, time(14, 30)],
        [5, True],
        [6, "text"],
        [7, None],
        [8, 3.0],
        [9, "007"],
    )
    assert [row["title"] for row in image(lake, manifest)] == [
        "12.5",
        "2026-03-01T14:30:00",
        "2026-03-01",
        "14:30:00",
        "true",
        "text",
        None,
        "3",
        "007",
    ]


def test_numbers_that_a_spreadsheet_has_rounded_are_noted(lake: Lake) -> None:
    manifest = extracted(lake, ["id", "title"], [1, 12345678901234567890])
    assert manifest.tables["things"].notes["numbers_beyond_15_digits"] == 1


def test_the_header_may_stand_lower_and_empty_rows_are_no_records(lake: Lake) -> None:
    manifest = extracted(lake, ["Report"], [], ["id", "title"], ["1", "a"], [None, None], ["2"], header=3)
    assert [(row["id"], row["title"]) for row in image(lake, manifest)] == [("1", "a"), ("2", None)]
    assert manifest.tables["things"].rows_read == 2


def test_a_row_beyond_the_header_is_rejected(lake: Lake) -> None:
    manifest = extracted(lake, ["id", "title"], ["1", "a", "b"], ["2", "c", None])
    assert [(row["_position"], row["_reason"]) for row in rejects(lake, manifest)] == [(1, "ragged_row")]


def test_the_sheet_is_chosen_by_name(lake: Lake) -> None:
    rows: tuple[list[object], ...] = (["id", "title"], ["1", "a"])
    assert len(image(lake, extracted(lake, *rows, sheets=("Info", "Data"), sheet="Data"))) == 1


def test_a_sheet_that_is_not_there_or_not_named_is_refused(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="has no sheet 'data 1'") as caught:
        extracted(lake, ["id", "title"], ["1", "a"], sheets=("Data1", "Info"), sheet="data 1")
    assert caught.value.hint is not None
    assert "did you mean 'Data1'?" in caught.value.hint
    with pytest.raises(SourceUnreadableError, match="has 2 sheets"):
        extracted(lake, ["id", "title"], ["1", "a"], sheets=("A", "B"))


def test_a_missing_column_or_row_is_refused(lake: Lake) -> None:
    with pytest.raises(MissingColumnError):
        extracted(lake, ["id", "name"], ["1", "a"])
    with pytest.raises(EmptySourceError):
        extracted(lake, ["id", "title"])


@pytest.mark.parametrize("inner", ["text", "archive"])
def test_what_is_no_workbook_is_refused(lake: Lake, inner: str) -> None:
    path = lake.root.parent / "f.xlsx"
    if inner == "text":
        path.write_text("id,title\n1,a\n")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(SourceUnreadableError, match=r"f\.xlsx: is not an XLSX workbook"):
        run(lake, files(table(file="f.xlsx")), path.parent)


def test_a_workbook_may_lie_in_an_archive(lake: Lake) -> None:
    folder = lake.root.parent
    before = image(lake, extracted(lake, ["id", "title"], ["1", "a"]))
    with zipfile.ZipFile(folder / "f.zip", "w") as archive:
        archive.write(folder / "f.xlsx", "inner/f.xlsx")
    assert image(lake, run(lake, files(table(file="f.zip", format="xlsx")), folder, day=1)) == before
