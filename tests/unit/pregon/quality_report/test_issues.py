"""The list of issues is sorted, names source rows, and does no harm in whatever opens it."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.pregon.quality_report.made_up import CHECKS, columns, failure, write_failures

from pregon.quality_report.issues import HEADER, cell_text, counts, issues, write_csv
from transforms.tables.cells import unescape_formula

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "<script>alert(1)</script>",
    'a"b;c,d',
    "x\r\n=1",
)


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_gravest_come_first_then_by_source_row(tmp_path: Path) -> None:
    failures = write_failures(
        tmp_path,
        [
            failure("c.info"), failure("b.warning", row="C2"), failure("b.warning", row="C10"), failure("a.critical"),
            failure("b.warning", table="awards", row="A1"), failure("gone.check"),
        ],
    )  # fmt: skip
    found = [(one.severity, one.table, one.key) for one in issues(failures, CHECKS, columns(), tmp_path)]
    assert found == [
        ("critical", "calls", "C1"), ("warning", "awards", "A1"), ("warning", "calls", "C10"),
        ("warning", "calls", "C2"), ("info", "calls", "C1"),
    ]  # fmt: skip


def test_a_line_says_what_is_wrong_in_both_languages_and_where_it_comes_from(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [failure("a.critical", value="Lámpara", other="")])
    path = tmp_path / "issues.csv"
    assert write_csv(path, issues(failures, CHECKS, columns(), tmp_path)) == 1
    assert path.read_bytes().startswith(b"\xef\xbb\xbfseverity,check,")
    (row,) = rows(path)
    assert tuple(row) == HEADER
    assert row["problem_en"] == "Lámpara is not –"
    assert row["problem_es"] == "Lámpara no es –"
    assert (row["system"], row["table"], row["key"], row["column"]) == ("books", "calls", "C1", "calls.title")
    assert (row["ocid"], row["path"], row["pointer"]) == ("ocds-1", "tender/title", "/tender/title")


def test_no_issue_is_a_list_of_its_header(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [])
    assert write_csv(tmp_path / "issues.csv", issues(failures, CHECKS, columns(), tmp_path)) == 0
    assert rows(tmp_path / "issues.csv") == []
    assert list(issues(failures, {}, columns(), tmp_path)) == []


def test_only_the_checks_that_are_asked_for_are_listed(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [failure("a.critical"), failure("b.warning")])
    chosen = {"b.warning": CHECKS["b.warning"]}
    assert [one.check for one in issues(failures, chosen, columns(), tmp_path)] == ["b.warning"]
    assert counts(failures, chosen, tmp_path) == [("b.warning", "calls", 1, 1)]


def test_of_many_only_the_first_are_given(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [failure("c.info", row=str(number)) for number in range(50)])
    assert len(list(issues(failures, CHECKS, columns(), tmp_path, most=7))) == 7


def test_a_source_row_that_is_not_known_leaves_its_cells_empty(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [failure("a.critical", table="", row="", path="tender/nothing")])
    (one,) = issues(failures, CHECKS, columns(), tmp_path)
    assert (one.system, one.table, one.key, one.column) == ("", "", "", "")


def test_processes_are_counted_beside_failures(tmp_path: Path) -> None:
    failures = write_failures(
        tmp_path,
        [
            failure("a.critical"), failure("a.critical", row="C2"), failure("b.warning", table=""),
            failure("a.critical", ocid="ocds-2", table="awards"),
        ],
    )  # fmt: skip
    assert counts(failures, CHECKS, tmp_path) == [
        ("a.critical", "calls", 2, 1), ("a.critical", "awards", 1, 1), ("b.warning", "", 1, 1),
    ]  # fmt: skip
    assert len(counts(failures, CHECKS, tmp_path, most_tables=1)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    broken = failure("a.critical", value=text, other=text, row=text, table=text, ocid=text, path=text, pointer=text)
    failures = write_failures(tmp_path, [broken])
    write_csv(tmp_path / "issues.csv", issues(failures, CHECKS, columns(), tmp_path))
    (row,) = rows(tmp_path / "issues.csv")
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert "\n" not in cell


def test_long_keys_are_whole(tmp_path: Path) -> None:
    failures = write_failures(tmp_path, [failure("a.critical", row="k" * 10_000)])
    write_csv(tmp_path / "issues.csv", issues(failures, CHECKS, columns(), tmp_path))
    assert rows(tmp_path / "issues.csv")[0]["key"] == "k" * 10_000


@given(st.text())
def test_a_cell_is_one_printable_line(text: str) -> None:
    cell = cell_text(text)
    assert cell.isprintable()
    assert not cell.startswith(("=", "+", "-", "@"))


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_is_harmless_stays_what_it_is(text: str) -> None:
    assert unescape_formula(cell_text(text)) == text
