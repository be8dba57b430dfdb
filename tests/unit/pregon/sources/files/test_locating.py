"""Which local files a table means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import files, table

from pregon.sources.base import SourceConfigurationError, SourceUnavailableError
from pregon.sources.connector import Place
from pregon.sources.files.locating import Locator

Names = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    for name in ("a-2.csv", "a-10.csv", "a-9.csv", "b-12-2025.csv", "b-01-2026.csv", "b-99-2026.csv", "old/a-1.csv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


@pytest.fixture
def names(folder: Path, tmp_path: Path) -> Names:
    def found(file: str, **options: Any) -> list[str]:
        spec = table(file=file, **options)
        place = Place(home=folder, scratch=tmp_path, from_dir=folder)
        located = Locator(files(spec), place).locate(spec)
        assert located is not None
        assert all(one.path.read_text() == one.name for one in located)
        return [one.name for one in located]

    return found


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("a-*.csv", ["a-2.csv", "a-9.csv", "a-10.csv"]),
        ("a-?.csv", ["a-2.csv", "a-9.csv"]),
        ("**/a-?.csv", ["a-2.csv", "a-9.csv", "old/a-1.csv"]),
        ("*/a-1.csv", ["old/a-1.csv"]),
        ("b-{date:%m-%Y}.csv", ["b-12-2025.csv", "b-01-2026.csv"]),
        ("{home}/a-1*.csv", ["a-10.csv"]),
    ],
)
def test_files_come_in_their_order(names: Names, file: str, found: list[str]) -> None:
    assert names(file) == found


@pytest.mark.parametrize(
    ("newest", "found"),
    [(True, ["a-10.csv"]), (1, ["a-10.csv"]), (2, ["a-9.csv", "a-10.csv"]), (9, ["a-2.csv", "a-9.csv", "a-10.csv"])],
)
def test_only_the_newest_are_read_where_no_others_are_wanted(names: Names, newest: Any, found: list[str]) -> None:
    assert names("a-*.csv", newest=newest) == found


def test_the_newest_is_told_by_the_date_however_it_is_written(names: Names) -> None:
    assert names("b-{date:%m-%Y}.csv", newest=True) == ["b-01-2026.csv"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(names: Names, folder: Path) -> None:
    (folder / "a-[1].csv").write_text("a-[1].csv")
    assert names("a-[1].csv") == ["a-[1].csv"]


@pytest.mark.parametrize(
    ("file", "words", "hint"),
    [
        ("a-3.csv", "is not in the folder", "did you mean 'a-"),
        ("a-{date:%Y}.csv", "is not in the folder", "it holds: "),
        ("new/a-3.csv", "there is no folder", "--from"),
    ],
)
def test_a_missing_file_is_told_with_what_there_is(names: Names, file: str, words: str, hint: str) -> None:
    with pytest.raises(SourceUnavailableError, match=words) as caught:
        names(file)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("file", "words"), [("", "has no file"), ("x-{date:%B}.csv", "%B in its date"), ("gopher://x/y", "nothing fetches")]
)
def test_what_cannot_be_understood_is_refused(names: Names, file: str, words: str) -> None:
    with pytest.raises(SourceConfigurationError, match=words):
        names(file)
