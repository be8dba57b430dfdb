import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.sources.files.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("awards.csv", "awards.csv", True),
        ("awards.csv", "awardsxcsv", False),
        ("awards-*.csv", "awards-2026.csv", True),
        ("awards-*.csv", "awards-.csv", True),
        ("awards-*.csv", "awards-2026.csv.sha256", False),
        ("*.csv", "old/awards.csv", False),
        ("*/awards.csv", "old/awards.csv", True),
        ("**/awards.csv", "a/b/awards.csv", True),
        ("**/awards.csv", "awards.csv", True),
        ("awards-?.csv", "awards-7.csv", True),
        ("awards-?.csv", "awards-17.csv", False),
        ("awards-?.csv", "awards-/.csv", False),
        ("awards-[ab].csv", "awards-b.csv", True),
        ("awards-[!ab].csv", "awards-b.csv", False),
        ("awards-{date:%Y-%m}.csv", "awards-2026-03.csv", True),
        ("awards-{date:%Y-%m}*.csv", "awards-2026-03-final.csv", True),
        ("awards-{date:%Y-%m}.csv", "awards-2026-13.csv", False),
        ("awards-{date:%Y-%m}.csv", "awards-2026-3.csv", False),
        ("awards-{date:%Y-%m}.csv", "awards-current.csv", False),
        ("a+(b).csv", "a+(b).csv", True),
        ("a\nb*", "a\nbc", True),
    ],
)
def test_what_a_pattern_means(pattern: str, path: str, matches: bool) -> None:
    assert Pattern(pattern).matches(path) is matches


@pytest.mark.parametrize(
    ("pattern", "folder", "exact"),
    [
        ("awards.csv", "", True),
        ("drop/awards.csv", "drop/", True),
        ("drop/awards-*.csv", "drop/", False),
        ("drop/{date:%Y}/awards.csv", "drop/", False),
        ("/*/awards.csv", "/", False),
        ("drop/a[1].csv", "drop/", False),
    ],
)
def test_the_folder_in_which_all_of_it_lies(pattern: str, folder: str, exact: bool) -> None:
    found = Pattern(pattern)
    assert (found.folder, found.is_exact) == (folder, exact)


def test_numbers_in_names_are_ordered_by_value() -> None:
    names = ["part-10.csv", "part-9.csv", "part-1-b.csv", "part-1.csv", "7.csv", "part-01.csv"]
    assert sorted(names, key=Pattern("*").order) == [
        "7.csv", "part-1-b.csv", "part-01.csv", "part-1.csv", "part-9.csv", "part-10.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("%d-%m-%Y", ["a-31-12-2025.csv", "a-01-01-2026.csv", "a-02-01-2026.csv"]),
        ("%m%y", ["a-1225.csv", "a-0126.csv"]),
        ("%Y%m%d%H%M", ["a-202512312359.csv", "a-202601010000.csv"]),
        ("%Y-%j", ["a-2025-365.csv", "a-2026-001.csv"]),
    ],
)
def test_a_date_gives_the_order_however_it_is_written(written: str, names: list[str]) -> None:
    pattern = Pattern(f"a-{{date:{written}}}.csv")
    assert sorted(sorted(names, reverse=True), key=pattern.order) == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a-{date:%B}.csv", "%B in its date; there are: %Y %y %m"),
        ("a-{date:}.csv", "without a format"),
        ("a-{date:Y-m}.csv", "without a format"),
        ("{date:%Y}/{date:%m}.csv", "more than one"),
    ],
)
def test_a_date_that_cannot_be_told_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Pattern(text)


NAMES = st.text(st.sampled_from("ab1.-"), min_size=1, max_size=6).filter(lambda name: name.strip("."))
PATTERNS = st.text(st.sampled_from("ab1.-*?"), min_size=1, max_size=5).filter(
    lambda text: text.strip(".") and "**" not in text
)


@given(st.lists(NAMES, unique=True, max_size=5), PATTERNS)
def test_a_pattern_means_what_pathlib_finds(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], pattern: str
) -> None:
    folder: Path = tmp_path_factory.mktemp("names")
    for name in names:
        (folder / name).touch()
    found = {path.name for path in folder.glob(pattern)}
    assert {name for name in names if Pattern(pattern).matches(name)} == found


@given(st.lists(st.dates(date(1000, 1, 1)), unique=True))
def test_days_come_in_their_order(days: list[date]) -> None:
    pattern = Pattern("x{date:%d%m%Y}")
    names = {f"x{day.day:02d}{day.month:02d}{day.year:04d}": day for day in days}
    assert [names[name] for name in sorted(names, key=pattern.order)] == sorted(days)
