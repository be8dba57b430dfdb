"""Exports hold what they are given, and nothing that a spreadsheet would run."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pregon.quarantine import exporting
from pregon.quarantine.exporting import write_csv, write_xlsx
from transforms.tables.cells import unescape_formula

ROWS = [
    ("plain", "a,b", 'say "x"'),
    ("=HYPERLINK(1)", "+1", "-2"),
    ("@SUM(A1)", "'=1", "line\nbreak"),
    ("\x00\x07", "ñandú", ""),
]


def test_csv_texts_run_no_formula_and_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "below" / "rows.csv"
    assert write_csv(path, ("a", "b", "c"), ROWS) == 4
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *found = csv.reader(file)
    assert header == ["a", "b", "c"]
    assert not any(value.startswith(("=", "+", "-", "@")) for row in found for value in row)
    assert [tuple(map(unescape_formula, row)) for row in found] == ROWS
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_workbook_has_texts_only(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    assert write_xlsx(path, ("a", "b", "c"), ROWS, "quarantine") == 4
    sheet = load_workbook(path)["quarantine"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()][:3] == [
        ["a", "b", "c"], list(ROWS[0]), list(ROWS[1])
    ]  # fmt: skip
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def test_another_sheet_begins_where_one_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    path = tmp_path / "rows.xlsx"
    assert write_xlsx(path, ("n",), ((str(number),) for number in range(5)), "q") == 5
    book = load_workbook(path)
    assert {sheet.title: sheet.max_row for sheet in book} == {"q": 3, "q 2": 3, "q 3": 2}


def test_a_file_that_could_not_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_csv(path, ("a",), [("1",)])
    before = path.read_bytes()

    def broken() -> Iterator[tuple[str]]:
        yield ("2",)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_csv(path, ("a",), broken())
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["rows.csv"]
