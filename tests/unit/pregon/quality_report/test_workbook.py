"""The workbook opens in whatever opens workbooks, has a filter and a frozen header, and no cell that runs."""

import datetime
import time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from unit.pregon.quality_report.made_up import CHECKS, columns, failure, write_failures

from pregon.quality_report.issues import counts, issues
from pregon.quality_report.workbook import Contents, write_workbook
from pregon.stages.assessing import Failed
from transforms.texts import texts

MOMENT = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def written(folder: Path, failures: list[Failed], language: str = "en", total: int | None = None) -> Any:
    file = write_failures(folder, failures)
    contents = Contents(MOMENT, "Lampton", len(failures) if total is None else total, counts(file, CHECKS, folder))
    path = folder / "issues.xlsx"
    write_workbook(path, issues(file, CHECKS, columns(), folder), contents, CHECKS, texts(language, "quality"))
    return load_workbook(path)


def test_the_overview_counts_by_check_and_source_table(tmp_path: Path) -> None:
    workbook = written(tmp_path, [failure("a.critical"), failure("a.critical", row="C2"), failure("b.warning")], "es")
    assert workbook.sheetnames == ["Resumen", "Incidencias"]
    rows = list(workbook["Resumen"].iter_rows(values_only=True))
    assert rows[0][0] == "Lampton"
    assert rows[1][0] == "3 incidencias, las más graves primero."
    assert rows[2][:6] == (
        "Gravedad", "Regla", "Consecuencias", "Tabla de origen", "Incidencias", "Procesos",
    )  # fmt: skip
    assert rows[3] == ("Crítico", "a.critical se cumple", "Cuesta.", "calls", 2, 1, "a.critical")
    assert len(rows) == 5


def test_the_issues_have_a_frozen_header_and_a_filter(tmp_path: Path) -> None:
    workbook = written(tmp_path, [failure("a.critical"), failure("b.warning", row="C7")])
    sheet = workbook["Issues"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:M3"
    header, first, second = sheet.iter_rows(values_only=True)
    assert header[:8] == (
        "Severity", "Rule", "What is wrong", "Source system", "Source table", "Key of the row", "Column", "Value",
    )  # fmt: skip
    assert first[:8] == ("Critical", "a.critical holds", "x is not y", "books", "calls", "C1", "calls.title", "x")
    assert second[5] == "C7"
    assert workbook["Overview"].auto_filter.ref == "A3:G5"


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "=1+1",
        "+1",
        "-1",
        "@A1",
        "a\x00b\x0b\x1f",
        "\ufffe\uffff",
        "\u202egnipal",
        "y" * 40_000,
        "{=1}",
    ],
)
def test_no_cell_runs_or_breaks_the_file(tmp_path: Path, text: str) -> None:
    workbook = written(tmp_path, [failure("a.critical", value=text, other=text, row=text, ocid=text, pointer=text)])
    for row in workbook["Issues"].iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type in ("s", "n")
            value = "" if cell.value is None else str(cell.value)
            assert not value.startswith(("=", "+", "-", "@"))
            assert "\u202e" not in value
            assert len(value) <= 2_000


def test_keys_and_values_stay_text(tmp_path: Path) -> None:
    workbook = written(tmp_path, [failure("a.critical", value="2026-01-05", row="00012")])
    row = next(workbook["Issues"].iter_rows(min_row=2, values_only=True))
    assert row[5] == "00012"
    assert not isinstance(row[7], datetime.date)


def test_more_than_it_holds_is_told(tmp_path: Path) -> None:
    rows = list(written(tmp_path, [failure("a.critical")], total=300_000)["Overview"].iter_rows(values_only=True))
    assert rows[1][0] == "200,000 of 300,000 issues, the gravest first; the list as CSV has all."


def test_the_same_issues_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, [failure("a.critical"), failure("b.warning")])
        found.append((tmp_path / name / "issues.xlsx").read_bytes())
        time.sleep(2.1)  # an archive tells times to two seconds
    assert found[0] == found[1]


def test_no_issue_is_an_empty_sheet(tmp_path: Path) -> None:
    workbook = written(tmp_path, [])
    assert workbook["Issues"].max_row == 1
    assert workbook["Issues"].auto_filter.ref == "A1:M1"
