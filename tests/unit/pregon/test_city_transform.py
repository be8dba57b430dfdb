"""What a city's folder says of the way to OCDS is read, checked, and summed up in one fingerprint."""

from pathlib import Path
from typing import Any

import pytest
from unit.pregon.stages.town import MAPPING, town

from pregon.city import City, InvalidCity
from pregon.city_transform import fingerprint, read_transform

CODES = "source,code\nO,active\n X , \n"
PREPARE = """
from functools import partial

import pandas as pd


def lines(frame):
    return _same(frame)


def _same(frame):
    return frame


CONSTANT = 3
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A city whose folder holds one of everything."""
    files = {
        "city.yaml": "x: 1\n",
        "mapping.yaml": MAPPING,
        "codelists/tender_status.csv": CODES,
        "prepare.sql": "CREATE VIEW lines AS SELECT * FROM source.lines;",
        "prepare.py": PREPARE,
        "expectations/rules.json": "{}",
        "README.md": "Lampton",
    }
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return town(folder=tmp_path)


def problems(city: City) -> list[str]:
    with pytest.raises(InvalidCity) as refused:
        read_transform(city)
    return refused.value.problems


def test_everything_is_read(city: City) -> None:
    transform = read_transform(city)
    assert transform.mapping.process.table == "calls"
    assert transform.codelists == {"tender_status": {"O": "active", "X": None}}
    assert transform.prepare_sql.startswith("CREATE VIEW")
    assert list(transform.prepare_functions) == ["lines"]
    assert transform.fingerprint == fingerprint(city)


def test_only_the_mapping_has_to_be_there(city: City) -> None:
    for name in ("codelists/tender_status.csv", "prepare.sql", "prepare.py"):
        (city.folder / name).unlink()
    transform = read_transform(city)
    assert (transform.codelists, transform.prepare_sql, transform.prepare_functions) == ({}, "", {})
    (city.folder / "mapping.yaml").unlink()
    assert problems(city) == ["cities/lampton/mapping.yaml: is missing"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("mapping.yaml", b"bindings: [", "cities/lampton/mapping.yaml:2: "),
        ("mapping.yaml", "tÍtulo: 1".encode("latin-1"), "cities/lampton/mapping.yaml: is not UTF-8 (byte 1)"),
        ("prepare.sql", b"-- caf\xe9", "cities/lampton/prepare.sql: is not UTF-8 (byte 6)"),
        ("codelists/tender_status.csv", b"O,active\n", "csv:1: the header must begin with source,code"),
        ("codelists/tender_status.csv", b"", "codelists/tender_status.csv:1: the header"),
        ("codelists/tender_status.csv", b"source,code\nO\n", "tender_status.csv:2: needs two cells"),
        (
            "codelists/tender_status.csv",
            b"source,code\nO,active\n\n O ,complete\n",
            "tender_status.csv:4: the source code 'O' stands here a second time",
        ),
        ("prepare.py", b"def lines(frame:\n    pass\n", "cities/lampton/prepare.py:1: "),
        ("prepare.py", b"import no_such_module\n", "cities/lampton/prepare.py:1: ModuleNotFoundError: No module"),
        ("prepare.py", b"x = y\n", "cities/lampton/prepare.py:1: NameError: "),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_is_named(city: City, name: str, content: bytes, problem: str) -> None:
    (city.folder / name).write_bytes(content)
    found = problems(city)
    assert any(problem in line for line in found), found


def test_all_problems_of_a_code_list_are_told_at_once(city: City) -> None:
    (city.folder / "codelists/tender_status.csv").write_text("source,code\nO\nX\n")
    assert [line.split(":")[1] for line in problems(city)] == ["2", "3"]


def test_a_code_list_may_have_cells_of_its_own_and_line_breaks_in_quotes(city: City) -> None:
    (city.folder / "codelists/tender_status.csv").write_text('source,code,note\n"O\nP",active,"two\nlines"\n')
    assert read_transform(city).codelists["tender_status"] == {"O\nP": "active"}


def test_a_code_list_of_a_spreadsheet_may_begin_with_a_byte_order_mark(city: City) -> None:
    (city.folder / "codelists/tender_status.csv").write_text("\ufeffsource,code\nO,active\n", encoding="utf-8")
    assert read_transform(city).codelists["tender_status"] == {"O": "active"}


@pytest.mark.parametrize(
    "name",
    [
        "city.yaml",
        "mapping.yaml",
        "prepare.sql",
        "prepare.py",
        "codelists/tender_status.csv",
        "expectations/rules.json",
    ],
)
def test_the_fingerprint_changes_with_what_decides_the_publication(city: City, name: str) -> None:
    before = fingerprint(city)
    (city.folder / name).write_text((city.folder / name).read_text() + "\n")
    assert fingerprint(city) != before


def test_the_fingerprint_does_not_change_with_words_for_people(city: City) -> None:
    before = fingerprint(city)
    (city.folder / "README.md").write_text("Another text")
    assert fingerprint(city) == before


def test_the_fingerprint_tells_names_and_contents_apart(city: City) -> None:
    before = fingerprint(city)
    (city.folder / "codelists/tender_status.csv").rename(city.folder / "codelists/status.csv")
    assert fingerprint(city) != before


def test_the_fingerprint_changes_with_the_code(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    from pregon import city_transform

    def other(_: Any) -> str:
        return "99.0"

    before = fingerprint(city)
    monkeypatch.setattr(city_transform, "version", other)
    assert fingerprint(city) != before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("assert 1 == 2, 'odd'", "AssertionError: odd"),
    ],
)
def test_whatever_prepare_py_raises_is_a_fault_of_the_folder_with_its_line(city: City, line: str, problem: str) -> None:
    (city.folder / "prepare.py").write_text(f"# first\n{line}\n")
    assert problems(city) == [f"cities/{city.slug}/prepare.py:2: {problem}"]


def test_a_code_list_that_is_no_csv_is_told_with_its_line(city: City) -> None:
    (city.folder / "codelists/tender_status.csv").write_text("source,code\nO,active\n" + "x" * 200_000 + ",\n")
    (problem,) = problems(city)
    assert problem.startswith(f"cities/{city.slug}/codelists/tender_status.csv:3: can't be read as CSV")
