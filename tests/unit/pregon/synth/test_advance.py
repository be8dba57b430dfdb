"""Letting time pass: something new, changed, changed back, cancelled, deleted and late, the same each time."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pregon.synth import NotSyntheticError, SynthesisRangeError, advance, generate
from pregon.synth.schema import CURSORLESS, KEYS, TABLES

Row = dict[str, Any]
Content = dict[str, dict[tuple[Any, ...], Row]]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, as_of: dt.date) -> Path:
    path = tmp_path_factory.mktemp("advance") / "small.sqlite"
    generate(f"sqlite:///{path}", processes=900, seed=3, as_of=as_of)
    return path


def _copy(source: Path, folder: Path) -> Path:
    return Path(shutil.copy(source, folder / "riverbend.sqlite"))


def _content(path: Path) -> Content:
    content: Content = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        for table, key in KEYS.items():
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]
            content[table] = {tuple(row[column] for column in key): row for row in rows}
    return content


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_same_days_give_the_same_database(small: Path, tmp_path: Path) -> None:
    paths = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        paths.append(_copy(small, tmp_path / name))
    summaries = [[advance(f"sqlite:///{path}", days=2), advance(f"sqlite:///{path}", days=1)] for path in paths]
    assert summaries[0] == summaries[1]
    assert _dump(paths[0]) == _dump(paths[1])


def test_another_seed_lives_another_day(small: Path, tmp_path: Path) -> None:
    dumps = []
    for seed in (1, 2):
        path = _copy(small, tmp_path)
        advance(f"sqlite:///{path}", days=1, seed=seed)
        dumps.append(_dump(path))
    assert dumps[0] != dumps[1]


def test_every_kind_of_change_happens_within_two_calls(small: Path, tmp_path: Path) -> None:
    path = _copy(small, tmp_path)
    first = advance(f"sqlite:///{path}", days=3)
    second = advance(f"sqlite:///{path}", days=4)
    kinds = {*first.changes, *second.changes}
    assert kinds >= {
        "new", "opened", "closed", "awarded", "contracted", "amended", "paid", "changed", "changed_back", "cancelled",
        "deleted", "late", "bid", "asked",
    }  # fmt: skip
    assert "changed_back" not in first.changes


def test_new_processes_and_their_rows_appear(small: Path, tmp_path: Path) -> None:
    path = _copy(small, tmp_path)
    before = _content(path)
    summary = advance(f"sqlite:///{path}", days=2)
    after = _content(path)
    fresh = after["solicitations"].keys() - before["solicitations"].keys()
    assert len(fresh) == summary.changes["new"] == summary.processes - 900
    assert {row["sol_no"] for row in after["line_items"].values()} >= {key[0] for key in fresh}


def test_a_value_changed_back_equals_its_first_value_under_a_newer_time(small: Path, tmp_path: Path) -> None:
    path = _copy(small, tmp_path)
    contents = [_content(path)]
    for _ in range(2):
        advance(f"sqlite:///{path}", days=3)
        contents.append(_content(path))
    back = 0
    for table in ("solicitations", "contracts", "vendors"):
        for key, row in contents[0][table].items():
            values = [{**content[table][key], "updated_at": None} for content in contents]
            if values[0] != values[1] and values[0] == values[2]:
                assert row["updated_at"] < contents[1][table][key]["updated_at"] < contents[2][table][key]["updated_at"]
                back += 1
    assert back >= 1


def test_rows_vanish_only_from_tables_without_a_cursor(small: Path, tmp_path: Path) -> None:
    path = _copy(small, tmp_path)
    before = _content(path)
    summary = advance(f"sqlite:///{path}", days=3)
    after = _content(path)
    gone = {table: before[table].keys() - after[table].keys() for table in TABLES}
    assert {table for table, keys in gone.items() if keys} <= set(CURSORLESS)
    assert sum(map(len, gone.values())) == summary.changes["deleted"]


def test_a_changed_row_carries_a_time_of_these_days_or_a_few_before(
    small: Path, tmp_path: Path, as_of: dt.date
) -> None:
    path = _copy(small, tmp_path)
    before = _content(path)
    advance(f"sqlite:///{path}", days=2)
    after = _content(path)
    late = 0
    for table in set(TABLES) - set(CURSORLESS):
        for key, row in after[table].items():
            if row != before[table].get(key):
                updated = dt.date.fromisoformat(row["updated_at"][:10])
                assert as_of - dt.timedelta(days=5) <= updated < as_of + dt.timedelta(days=2), (table, row)
                late += updated < as_of
    assert late >= 1


def test_a_cancelled_solicitation_gives_its_bids_back_unopened(small: Path, tmp_path: Path) -> None:
    path = _copy(small, tmp_path)
    before = _content(path)
    for _ in range(3):
        advance(f"sqlite:///{path}", days=1)
    after = _content(path)
    cancelled = [
        key[0]
        for key, row in after["solicitations"].items()
        if row["status_code"] == "CAN" and before["solicitations"].get(key, row)["status_code"] != "CAN"
    ]
    assert cancelled
    statuses = {row["status_code"] for row in after["bids"].values() if row["sol_no"] in cancelled}
    assert statuses <= {"RET"}


def test_time_passes_as_far_as_asked(small: Path, tmp_path: Path, as_of: dt.date) -> None:
    path = _copy(small, tmp_path)
    assert advance(f"sqlite:///{path}", days=5).as_of == as_of + dt.timedelta(days=5)
    target = as_of + dt.timedelta(days=30)
    assert advance(f"sqlite:///{path}", days=2, as_of=target).as_of == target


def test_a_larger_share_changes_more(small: Path, tmp_path: Path) -> None:
    totals = []
    for share in (0.01, 0.1):
        path = _copy(small, tmp_path)
        totals.append(sum(advance(f"sqlite:///{path}", days=1, share=share).changes.values()))
    assert totals[1] > 2 * totals[0]


def test_the_past_is_refused(small: Path, tmp_path: Path, as_of: dt.date) -> None:
    path = _copy(small, tmp_path)
    with pytest.raises(SynthesisRangeError, match="as_of"):
        advance(f"sqlite:///{path}", days=2, as_of=as_of + dt.timedelta(days=1))
    with pytest.raises(SynthesisRangeError, match="days is 0"):
        advance(f"sqlite:///{path}", days=0)


def test_a_database_of_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE solicitations (a)")
        connection.commit()
    with pytest.raises(NotSyntheticError):
        advance(f"sqlite:///{path}", days=1)
