"""Writing a database: the same each time, whatever its size, in bounded memory, over nobody's data."""

import datetime as dt
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pregon.synth import DatabaseNotEmptyError, SynthesisRangeError, generate
from pregon.synth.schema import CURSORLESS, INTERNAL_COLUMNS, KEYS, TABLES

from .conftest import Query


def _rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()


def test_same_seed_size_and_day_give_the_same_rows(riverbend: Path, tmp_path: Path, as_of: dt.date) -> None:
    again = tmp_path / "again.sqlite"
    generate(f"sqlite:///{again}", processes=2000, seed=1, as_of=as_of)
    for table in TABLES:
        assert _rows(again, table) == _rows(riverbend, table), table


def test_another_seed_gives_another_city(riverbend: Path, tmp_path: Path, as_of: dt.date) -> None:
    other = tmp_path / "other.sqlite"
    generate(f"sqlite:///{other}", processes=50, seed=2, as_of=as_of)
    assert set(_rows(other, "solicitations")).isdisjoint(_rows(riverbend, "solicitations"))


def test_a_process_is_the_same_however_many_there_are(riverbend: Path, tmp_path: Path, as_of: dt.date) -> None:
    small = tmp_path / "small.sqlite"
    generate(f"sqlite:///{small}", processes=700, seed=1, as_of=as_of)
    for table in set(TABLES) - {"departments"}:
        rows = _rows(small, table)
        assert rows == _rows(riverbend, table)[: len(rows)] or table == "vendor_certifications", table
    certifications = _rows(small, "vendor_certifications")
    assert set(certifications) <= set(_rows(riverbend, "vendor_certifications"))


def test_the_time_of_day_and_its_zone_do_not_matter(tmp_path: Path) -> None:
    local, instant = tmp_path / "local.sqlite", tmp_path / "instant.sqlite"
    generate(f"sqlite:///{local}", processes=30, as_of=dt.date(2026, 5, 31))
    # 04:00 UTC is 23:00 of the day before in Riverbend.
    generate(f"sqlite:///{instant}", processes=30, as_of=dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC))
    assert _rows(local, "solicitations") == _rows(instant, "solicitations")


def test_the_summary_counts_what_was_written(tmp_path: Path, as_of: dt.date) -> None:
    path = tmp_path / "counted.sqlite"
    seen: list[tuple[str, int]] = []
    summary = generate(
        f"sqlite:///{path}", processes=1200, as_of=as_of, progress=lambda word, done: seen.append((word, done))
    )
    assert summary.rows == {table: len(_rows(path, table)) for table in TABLES}
    assert summary.rows["solicitations"] == summary.processes == 1200
    assert seen[-1] == ("processes", 1200)
    assert seen == sorted(seen)


def test_a_database_that_holds_tables_is_left_alone(tmp_path: Path, as_of: dt.date) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE ledger (a)")
        connection.commit()
    with pytest.raises(DatabaseNotEmptyError) as caught:
        generate(f"sqlite:///{path}", processes=5, as_of=as_of)
    assert caught.value.tables == ("ledger",)
    generate(f"sqlite:///{path}", processes=5, as_of=as_of, replace=True)
    assert _rows(path, "ledger") == []
    assert len(_rows(path, "solicitations")) == 5


def test_an_unfinished_database_is_written_anew(tmp_path: Path, as_of: dt.date) -> None:
    path = tmp_path / "killed.sqlite"

    def kill(word: str, done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(f"sqlite:///{path}", processes=600, as_of=as_of, progress=kill)
    generate(f"sqlite:///{path}", processes=5, as_of=as_of)
    assert len(_rows(path, "solicitations")) == 5


def test_no_processes_is_refused(tmp_path: Path, as_of: dt.date) -> None:
    with pytest.raises(SynthesisRangeError, match="processes is 0"):
        generate(f"sqlite:///{tmp_path / 'none.sqlite'}", processes=0, as_of=as_of)


def test_memory_does_not_grow_with_the_number_of_processes(tmp_path: Path, as_of: dt.date) -> None:
    peaks = []
    for processes in (1500, 5000):
        tracemalloc.start()
        generate(f"sqlite:///{tmp_path / str(processes)}", processes=processes, as_of=as_of)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.25


def test_declared_keys_and_columns_exist() -> None:
    assert set(KEYS) == set(TABLES)
    for name, columns in [*KEYS.items(), *INTERNAL_COLUMNS.items()]:
        assert set(columns) <= set(TABLES[name].c.keys())


def test_only_some_tables_lack_a_cursor() -> None:
    assert {name for name, table in TABLES.items() if "updated_at" not in table.c} == set(CURSORLESS)
    assert {table.c.keys()[-1] for name, table in TABLES.items() if name not in CURSORLESS} == {"updated_at"}


def test_nothing_was_touched_after_the_day_it_stands_for(query: Query, as_of: dt.date) -> None:
    for table in set(TABLES) - set(CURSORLESS):
        [(newest, oldest)] = query(f"SELECT max(updated_at), min(updated_at) FROM {table}")
        assert newest < as_of.isoformat(), table
        assert oldest > "2015", table
