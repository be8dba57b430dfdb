import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import CITY, content, files, image, run, table

from pregon import images
from pregon.images import ImageMissingError, prune, view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import SourceSpec


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


SOURCE = files(table(file="things.csv"))
MARKING = files(table(file="things.csv", deletions="mark"))


def day(lake: Lake, number: int, rows: Mapping[str, str], source: SourceSpec = SOURCE) -> Manifest:
    """Write the file as it is on a day, in an order of its own, and extract it."""
    folder = lake.root.parent
    lines = [f"{key},{title}" for key, title in rows.items()]
    random.Random(number).shuffle(lines)
    (folder / "things.csv").write_text("\n".join(["id,title", *lines]) + "\n")
    return run(lake, source, folder, day=number)


def titles(lake: Lake, manifest: Manifest) -> dict[str, str]:
    return {row["id"]: row["title"] for row in image(lake, manifest)}


MANY = {f"K{number:03d}": "same" for number in range(100)}


def test_only_rows_with_another_content_count_as_changed(lake: Lake) -> None:
    first = day(lake, 1, MANY)
    second = day(lake, 2, MANY | {"K007": "other", "NEW": "new"})
    assert first.tables["things"].changed == {"new": 100}
    assert second.tables["things"].changed == {"changed": 1, "new": 1}
    assert {row["id"]: row["_manifest"] for row in image(lake, second) if row["_manifest"] > 1} == {"K007": 2, "NEW": 2}
    assert [ref.rows for ref in second.tables["things"].image.deltas] == [2]


def test_a_first_read_stores_rows_once(lake: Lake) -> None:
    entry = day(lake, 1, MANY).tables["things"]
    assert entry.image.base == entry.parts
    assert lake.list(f"{CITY}/image") == []


def test_a_full_read_in_which_nothing_changed_writes_no_image(lake: Lake) -> None:
    before = day(lake, 1, MANY).tables["things"].image
    again = day(lake, 2, MANY).tables["things"]
    assert again.mode == "full"
    assert again.image == before
    assert again.changed == {}


def test_an_earlier_manifest_keeps_its_image_until_it_is_pruned(lake: Lake) -> None:
    first = day(lake, 1, MANY)
    second = day(lake, 2, MANY | {"K001": "two"})
    third = day(lake, 3, dict.fromkeys(MANY, "three"))
    fourth = day(lake, 4, dict.fromkeys(MANY, "three") | {"K001": "four"})
    assert third.tables["things"].image.deltas == ()
    assert titles(lake, first)["K001"] == "same"
    assert titles(lake, second)["K001"] == "two"
    assert titles(lake, third)["K001"] == "three"
    removed = prune(lake, CITY, keep_from=3)
    assert [key.rpartition("/")[2] for key in removed] == ["delta-000002-00000.parquet"]
    assert titles(lake, third)["K001"] == "three"
    assert titles(lake, fourth)["K001"] == "four"
    with pytest.raises(ImageMissingError, match="at manifest 2"):
        view_sql(lake, CITY, 2, "things")


def test_a_vanished_row_stays_unless_deletions_are_marked(lake: Lake) -> None:
    fewer = {key: title for key, title in MANY.items() if key != "K003"}
    day(lake, 1, MANY)
    assert "K003" in titles(lake, day(lake, 2, fewer))
    third = day(lake, 3, fewer, MARKING)
    entry = third.tables["things"]
    assert entry.changed == {"deleted": 1}
    assert (entry.image.rows, entry.image.deleted) == (99, 1)
    assert "K003" not in titles(lake, third)
    [gone] = [row for row in image(lake, third, include_deleted=True) if row["_deleted"]]
    assert (gone["id"], gone["title"], gone["_manifest"]) == ("K003", "same", 3)


def test_a_row_that_comes_back_is_restored(lake: Lake) -> None:
    day(lake, 1, MANY, MARKING)
    day(lake, 2, {key: title for key, title in MANY.items() if key != "K003"}, MARKING)
    entry = day(lake, 3, MANY, MARKING).tables["things"]
    assert entry.changed == {"restored": 1}
    assert (entry.image.rows, entry.image.deleted) == (100, 0)


def test_a_value_that_changes_back_is_a_change_each_time(lake: Lake) -> None:
    day(lake, 1, MANY)
    day(lake, 2, MANY | {"K001": "b"})
    third = day(lake, 3, MANY)
    assert third.tables["things"].changed == {"changed": 1}
    assert titles(lake, third)["K001"] == "same"


def test_a_column_is_added_and_removed(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "things.csv").write_text("id,title,extra\n1,one,x\n2,two,y\n")
    run(lake, SOURCE, folder, day=1)
    wider = run(lake, files(table(columns=("id", "title", "extra"), file="things.csv")), folder, day=2)
    assert [(row["id"], row["extra"]) for row in image(lake, wider)] == [("1", "x"), ("2", "y")]
    (folder / "things.csv").write_text("id,title,extra\n1,one,x\n")
    narrower = run(lake, SOURCE, folder, day=3)
    assert [list(row) for row in image(lake, narrower)] == [["id", "title", "_row", "_hash", "_manifest"]] * 2
    assert titles(lake, narrower) == {"1": "one", "2": "two"}


def test_under_another_key_the_rows_of_before_are_gone(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "things.csv").write_text("id,title\n1,one\n2,two\n")
    run(lake, SOURCE, folder, day=1)
    second = run(lake, files(table(file="things.csv", key=("id", "title"))), folder, day=2)
    assert [row["_row"] for row in image(lake, second)] == ["1|one", "2|two"]
    assert second.tables["things"].changed == {"new": 2, "deleted": 2}


def test_many_small_deltas_become_a_base(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "COMPACT_FILES", 2)
    rows = dict(MANY)
    for number in range(1, 5):
        rows |= {"K001": str(number)}
        manifest = day(lake, number, rows)
    assert [len(manifest.tables["things"].image.deltas), len(lake.list(f"{CITY}/image"))] == [0, 3]
    assert titles(lake, manifest) == rows
    assert {row["_manifest"] for row in image(lake, manifest)} == {1, 4}


def test_an_unknown_table_is_named(lake: Lake) -> None:
    day(lake, 1, MANY)
    with pytest.raises(ImageMissingError, match="no such table"):
        view_sql(lake, CITY, 1, "nothing")


states = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("xyz"), min_size=1), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None)
@given(states=states, marking=st.booleans(), share=st.sampled_from([0.0, 0.5, 100.0]))
def test_folding_day_by_day_equals_knowing_everything(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]], marking: bool, share: float
) -> None:
    """The law of the image: what is known of each row is what was last read of it, whatever the files behind it."""
    known: dict[str, tuple[str, int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "COMPACT_SHARE", share)
        lakes = [Lake(tmp_path_factory.mktemp("lake") / "lake") for _ in range(2)]
        for number, state in enumerate(states, 1):
            if marking:
                known = {key: value for key, value in known.items() if key in state}
            for key, title in state.items():
                if known.get(key, (None, 0))[0] != title:
                    known[key] = (title, number)
            made = [day(lake, number, state, MARKING if marking else SOURCE) for lake in lakes]
            found = {row["id"]: (row["title"], row["_manifest"]) for row in image(lakes[0], made[0])}
            assert {key: title for key, (title, _) in found.items()} == {
                key: title for key, (title, _) in known.items()
            }
            if not marking:
                assert found == known
            assert made[0].tables["things"].image.rows == len(known)
    assert content(lakes[0].root) == content(lakes[1].root)
