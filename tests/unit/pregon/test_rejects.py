"""Rejected rows over several extracts of a table that is read by its cursor."""

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import AS_OF, CITY, content, database, image, run, table

from pregon.images import prune
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.rejects import read_rejects

SPEC = table(
    columns=("id", "title", "amount", "changed"),
    types={"amount": "decimal", "changed": "timestamp"},
    cursor="changed",
    overlap=timedelta(days=1),
)


class Source:
    """A table without a primary key, and the lake into which it is extracted day after day."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection
        self.lake = Lake(folder / "lake")
        connection.execute("CREATE TABLE things (id TEXT, title TEXT, amount, changed TEXT)")

    def add(self, day: int, *rows: tuple[str | None, str, Any]) -> None:
        moment = _moment(day)
        self.connection.executemany("INSERT INTO things VALUES (?, ?, ?, ?)", [(*row, moment) for row in rows])
        self.connection.commit()

    def set(self, day: int, key: str, **values: Any) -> None:
        changes = {**values, "changed": _moment(day)}
        columns = ", ".join(f"{name} = ?" for name in changes)
        self.connection.execute(f"UPDATE things SET {columns} WHERE id = ?", [*changes.values(), key])
        self.connection.commit()

    def read(self, day: int, *, full: bool = False) -> Manifest:
        return run(self.lake, database(self.folder / "erp.sqlite", SPEC), self.folder, day=day, full=full)

    def unusable(self, manifest: Manifest) -> list[tuple[str | None, str]]:
        """(row, reason) of the rejects that stand at a manifest."""
        entry = manifest.tables["things"]
        found = [(reject.row, reject.reason) for reject in read_rejects(self.lake, entry)]
        assert Counter(reason for _, reason in found) == Counter(entry.unusable.reasons)
        return sorted(found, key=str)


def _moment(day: int) -> str:
    return f"{(AS_OF + timedelta(days=day, hours=-1)).replace(tzinfo=None)}"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with closing(sqlite3.connect(tmp_path / "erp.sqlite")) as connection:
        yield Source(tmp_path, connection)


EMPTY, SAME, OTHER, UNFIT = "empty_key", "duplicate_row", "duplicate_key", "cast_failure"
CHANGED = "unreadable_change"


def test_rows_that_are_not_read_again_stay(source: Source) -> None:
    source.add(0, ("a", "x", 1), ("a", "x", 1), ("b", "x", 1), ("b", "y", 1), (" ", "z", 1), ("c", "x", "12 USD"))
    first = source.read(0)
    expected = [("a", SAME), ("b", OTHER), ("c", UNFIT), (None, EMPTY)]
    assert source.unusable(first) == expected
    source.add(5, ("d", "x", 1))
    source.read(5)
    source.add(9, ("e", "x", 1), (None, "new", 1))
    third = source.read(9)
    assert third.tables["things"].rejected == {EMPTY: 1}
    assert source.unusable(third) == [*expected, (None, EMPTY)]


def test_a_row_that_is_read_again_is_there_once(source: Source) -> None:
    source.add(0, ("a", "x", 1), ("a", "x", 1), (" ", "z", 1), (" ", "z", 1), ("c", "x", "12 USD"))
    first = source.read(0)
    source.connection.execute("UPDATE things SET changed = changed WHERE id = 'a'")
    for day in (1, 2):
        again = source.read(day)
    assert again.tables["things"].rows_read == 5
    assert source.unusable(again) == source.unusable(first)


def test_a_row_leaves_when_its_key_is_read_in_good_shape(source: Source) -> None:
    source.add(0, ("a", "x", 1), ("b", "x", 1), ("b", "y", 1), ("c", "x", "12 USD"))
    source.read(0)
    source.set(5, "c", amount=12)
    assert source.unusable(source.read(5)) == [("b", OTHER)]
    source.connection.execute("DELETE FROM things WHERE id = 'b' AND title = 'x'")
    source.set(9, "b", title="z")
    last = source.read(9)
    assert source.unusable(last) == []
    assert last.tables["things"].unusable.parts == ()


def test_a_row_that_is_still_no_good_stays_with_what_it_says_now(source: Source) -> None:
    source.add(0, ("a", "x", "12 USD"), ("b", "x", 1), ("b", "y", 1))
    source.read(0)
    source.set(5, "a", amount="13 USD")
    source.set(5, "b", title="same")
    manifest = source.read(5)
    assert source.unusable(manifest) == [("a", UNFIT), ("b", SAME)]
    assert [
        "13 USD" in reject.raw
        for reject in read_rejects(source.lake, manifest.tables["things"])
        if reject.reason == UNFIT
    ] == [True]


@pytest.mark.parametrize("full", [False, True])
def test_a_known_row_that_was_changed_into_an_unfit_one_is_told_from_an_unfit_new_one(
    source: Source, *, full: bool
) -> None:
    source.add(0, ("a", "x", 1), ("b", "x", 1), ("b", "y", 1), ("z", "x", 1))
    source.read(0)
    source.set(5, "a", amount="12 USD")
    source.connection.execute("UPDATE things SET amount = 'none' WHERE id = 'b' AND title = 'x'")
    source.set(5, "b", title="x")
    source.add(5, ("c", "x", "13 USD"))
    manifest = source.read(5, full=full)
    # "b" has a row that fits beside the one that does not: both are rows of the source.
    assert source.unusable(manifest) == [("a", CHANGED), ("b", UNFIT), ("c", UNFIT)]
    assert [row["id"] for row in image(source.lake, manifest)] == ["a", "b", "z"]
    source.add(9, ("d", "x", 1))
    source.read(9)
    source.add(15, ("e", "x", 1))
    assert ("a", CHANGED) in source.unusable(source.read(15))
    source.set(20, "a", amount=3)
    assert source.unusable(source.read(20)) == [("b", UNFIT), ("c", UNFIT)]


def test_a_full_read_forgets_what_is_not_there(source: Source) -> None:
    source.add(0, ("a", "x", 1), ("a", "x", 1), (" ", "z", 1))
    source.read(0)
    source.connection.execute("DELETE FROM things WHERE id = ' '")
    source.connection.commit()
    assert source.unusable(source.read(5)) == [("a", SAME), (None, EMPTY)]
    full = source.read(9, full=True)
    assert source.unusable(full) == [("a", SAME)]
    assert full.tables["things"].unusable.parts == (full.tables["things"].rejects,)


def test_nothing_is_written_while_nothing_changes(source: Source) -> None:
    source.add(0, ("a", "x", 1), ("a", "x", 1))
    source.add(5, ("b", "x", 1))
    first = source.read(5)
    source.add(9, ("c", "x", 1))
    second = source.read(9)
    assert second.tables["things"].mode == "incremental"
    assert second.tables["things"].unusable == first.tables["things"].unusable
    assert [key for key in source.lake.list(CITY) if "rejects" in key] == [
        f"{CITY}/raw/erp/things/000001/rejects.parquet"
    ]


def test_each_has_a_name_of_its_own(source: Source) -> None:
    source.add(0, (None, "first", 1), ("a", "x", 1), (None, "third", 1))
    source.add(5, ("b", "x", 1))
    source.read(5)
    for day in (9, 15, 21):
        source.add(day, (None, "first of the day", day), (f"c{day}", "x", day))
        manifest = source.read(day)
    names = [reject.name for reject in read_rejects(source.lake, manifest.tables["things"])]
    # The overlap reaches back from the newest row: each extract reads once more what the one before it read last.
    assert names == ["#1", "#3", "#3.1", "#4.1", "#4.3"]


def test_the_rejects_of_earlier_manifests_can_be_pruned(source: Source) -> None:
    source.add(0, (None, "z", 1), ("a", "x", 1))
    source.read(0)
    manifests = []
    for day in (5, 9):
        source.add(day, (None, "z", day))
        manifests.append(source.read(day))
    removed = prune(source.lake, CITY, keep_from=3)
    assert [key for key in removed if "rejects" in key] == [f"{CITY}/image/things/rejects-000002-00000.parquet"]
    assert source.unusable(manifests[-1]) == [(None, EMPTY)] * 3


def test_repeating_what_was_killed_gives_the_same_bytes(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    from pregon.sources import finishing

    source.add(0, (None, "z", 1), ("a", "x", 1))
    source.read(0)
    source.add(5, (None, "y", 1))

    class KilledError(Exception):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "write", killed)
        with pytest.raises(KilledError):
            source.read(5)
    left = content(source.lake.root)
    assert f"{CITY}/image/things/rejects-000002-00000.parquet" in left
    source.read(5)
    now = content(source.lake.root)
    assert {name: data for name, data in now.items() if "manifests" not in name} == {
        name: data for name, data in left.items() if "manifests" not in name and "/runs/" not in name
    }


@pytest.mark.parametrize("seed", range(4))
def test_each_row_of_the_source_is_known_or_unusable(source: Source, seed: int) -> None:
    """Whatever is added, and whatever happens to all rows of a key; what a cursor can't tell is left out.

    (A second row for an old key, and a new version of a row without a key, look like changes of the rows before.)
    """
    draw = random.Random(seed)
    keys = 0
    source.add(0, ("k0", "x", 1))
    for day in range(0, 60, 3):
        for _ in range(draw.randrange(4)):
            keys += 1
            row = (f"k{keys}", "x", draw.choice([1, 1, "12 USD"]))
            source.add(day, *draw.choice([[row], [row, row], [row, (row[0], "y", 2)], [(None, "x", keys)]]))
        for key in draw.sample(range(1, keys + 1), min(keys, draw.randrange(3))):
            source.set(day, f"k{key}", title=draw.choice("xyz"), amount=draw.choice([1, 2, "3 USD"]))
        if draw.random() < 0.1:
            source.connection.execute("DELETE FROM things WHERE id IS NULL")
            source.connection.commit()
            manifest = source.read(day, full=True)
        else:
            manifest = source.read(day)
        known = len(image(source.lake, manifest))
        rows = source.connection.execute("SELECT count(*) FROM things").fetchone()[0]
        unusable = source.unusable(manifest)
        changed = [row for row, reason in unusable if reason == CHANGED]
        assert known + len(unusable) - len(changed) == rows, day
