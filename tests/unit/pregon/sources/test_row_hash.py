"""Rows without any key are known by their content: the same in any order, any file, any kind of source."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_sources import database, files, image, rejects, run, table

from pregon.lake import Lake
from pregon.sources.base import TableSpec


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def things(**options: object) -> TableSpec:
    return table(key=["hash"], columns=["id", "title"], row_hash="hash", deletions="mark", **options)


def write(folder: Path, *rows: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "things.csv").write_text("\n".join(["id,title", *rows]) + "\n", encoding="utf-8")


def test_rows_keep_their_name_wherever_they_stand(lake: Lake, tmp_path: Path) -> None:
    write(tmp_path / "files", "1,Benches", "2,Chairs", ",Tables")
    before = run(lake, files(things(file="things.csv")), tmp_path / "files")
    write(tmp_path / "files", ",Tables", "3,Lamps", "2,Chairs", "1,Benches")

    after = run(lake, files(things(file="things.csv")), tmp_path / "files", day=1)

    assert {name: count for name, count in after.tables["things"].changed.items() if count} == {"new": 1}
    assert {row["_row"] for row in image(lake, before)} < {row["_row"] for row in image(lake, after)}
    assert all(row["_row"] == row["hash"] for row in image(lake, after))


def test_a_changed_row_is_another_one(lake: Lake, tmp_path: Path) -> None:
    write(tmp_path / "files", "1,Benches", "2,Chairs")
    run(lake, files(things(file="things.csv")), tmp_path / "files")
    write(tmp_path / "files", "1,Benches", "2,Stools")

    after = run(lake, files(things(file="things.csv")), tmp_path / "files", day=1)

    assert {name: count for name, count in after.tables["things"].changed.items() if count} == {"new": 1, "deleted": 1}


def test_a_row_that_stands_there_twice_counts_once(lake: Lake, tmp_path: Path) -> None:
    write(tmp_path / "files", "1,Benches", "2,Chairs", "1,Benches")

    manifest = run(lake, files(things(file="things.csv")), tmp_path / "files")

    assert len(image(lake, manifest)) == 2
    assert [(row["_reason"], row["_position"]) for row in rejects(lake, manifest)] == [("duplicate_row", 3)]


def test_words_for_nothing_and_row_numbers_are_no_content(lake: Lake, tmp_path: Path) -> None:
    write(tmp_path / "files", "1,None", "2,", "1,")
    spec = things(file="things.csv", null_values=("None",), row_number="record")

    manifest = run(lake, files(spec), tmp_path / "files")

    assert {row["id"] for row in image(lake, manifest)} == {"1", "2"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("ab|:1-"), st.sampled_from(["", "x", "1:x", "-"])), unique=True, min_size=1))
def test_a_file_and_a_database_give_rows_the_same_names(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("both")
    write(folder / "files", *(f"{key},{title}" for key, title in rows))
    with closing(sqlite3.connect(folder / "erp.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE things (id, title)")
        connection.executemany("INSERT INTO things VALUES (?, nullif(?, ''))", rows)

    one, other = Lake(folder / "one"), Lake(folder / "other")
    by_file = image(one, run(one, files(things(file="things.csv")), folder / "files"))
    by_database = image(other, run(other, database(folder / "erp.sqlite", things()), folder))

    assert [row["_row"] for row in by_file] == [row["_row"] for row in by_database]
    assert len(by_file) == len(rows)
