"""A row is taken for gone only where a whole read leaves no doubt about it."""

from pathlib import Path

import pytest
from made_up_sources import database, files, image, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest

SPEC = files(table(file="things.csv", deletions="mark"))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def read(lake: Lake, day: int, *lines: str) -> Manifest:
    (lake.root.parent / "things.csv").write_text("\n".join(("id,title", *lines)) + "\n")
    return run(lake, SPEC, lake.root.parent, day=day)


def keys(lake: Lake, manifest: Manifest) -> list[str]:
    return [row["id"] for row in image(lake, manifest)]


def test_a_row_that_is_gone_is_marked(lake: Lake) -> None:
    read(lake, 0, "1,a", "2,b", "3,c")
    assert keys(lake, read(lake, 1, "1,a", "3,c")) == ["1", "3"]


@pytest.mark.parametrize("broken", ["2,b,more", ",b"])
def test_a_row_whose_key_can_not_be_read_any_more_is_not_taken_for_gone(lake: Lake, broken: str) -> None:
    read(lake, 0, "1,a", "2,b", "3,c")
    manifest = read(lake, 1, "1,a", broken, "3,c")
    assert keys(lake, manifest) == ["1", "2", "3"]
    assert manifest.tables["things"].notes["deletions_withheld"] == 1


def test_rows_that_never_had_a_key_do_not_stop_deletions(lake: Lake) -> None:
    read(lake, 0, "1,a", "2,b", "3,c", ",junk")
    assert keys(lake, read(lake, 1, "1,a", "3,c", ",junk")) == ["1", "3"]


def test_when_all_can_be_read_again_what_is_gone_is_marked(lake: Lake) -> None:
    read(lake, 0, "1,a", "2,b", "3,c")
    read(lake, 1, "1,a", ",b")
    assert keys(lake, read(lake, 2, "1,a")) == ["1"]


def test_a_row_that_does_not_fit_its_types_any_more_is_not_taken_for_gone(lake: Lake, tmp_path: Path) -> None:
    import sqlite3

    spec = table(columns=("id", "title"), types={"title": "integer"}, deletions="mark")
    with sqlite3.connect(tmp_path / "erp.sqlite") as erp:
        erp.execute("CREATE TABLE things (id TEXT, title)")
        erp.execute("INSERT INTO things VALUES ('1', 1), ('2', 2)")
    source = database(tmp_path / "erp.sqlite", spec)
    run(lake, source, tmp_path)
    erp.execute("UPDATE things SET title = 'two' WHERE id = '2'")
    erp.commit()
    erp.close()
    manifest = run(lake, source, tmp_path, day=1)
    assert [(row["id"], row["title"]) for row in image(lake, manifest)] == [("1", 1), ("2", 2)]
    assert manifest.tables["things"].unusable.reasons == {"unreadable_change": 1}
