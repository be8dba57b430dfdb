"""A database that is read by its cursor: after every run each row that it holds is in one place, with its reason."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import pregon
from made_up_city import SOURCES, Hamlet, write_hamlet

from pregon.home import Home
from pregon.ledger import Ledger

pytestmark = pytest.mark.integration


class Town:
    """The hamlet with its records in a database, of which awards are read by their cursor."""

    def __init__(self, hamlet: Hamlet, connection: sqlite3.Connection) -> None:
        self.hamlet = hamlet
        self.connection = connection

    def execute(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement, values)
        self.connection.commit()

    def run(self, day: int, *options: str) -> dict[str, Any]:
        """Run the city; give the summary of awards, having checked that every row of every table is in one place."""
        home = self.hamlet.home
        done = pregon("run", "hamlet", "--home", home, "--as-of", f"2026-03-{day:02d}T12:00:00Z", *options)
        assert done.code == 0, done.err
        path = home / "internal" / "hamlet" / "runs" / f"202603{day:02d}T120000Z" / "summary.json"
        tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
        for name, entry in tables.items():
            rows = self.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            assert entry["rows"] == rows, name
            assert entry["released"] + entry["quarantined"] == rows, name
            assert sum(entry["reasons"].values()) == entry["quarantined"], name
        found: dict[str, Any] = tables["awards"]
        return found

    def quarantined(self) -> list[tuple[str, str]]:
        """(row, reason) of the awards in quarantine."""
        ledger = Ledger.open(Home(self.hamlet.home).ledger("hamlet"), "hamlet")
        return [(found.row.row, found.row.reason) for found in ledger.quarantined(table="awards")]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    file = hamlet.folder / "city.yaml"
    city = yaml.safe_load(file.read_text(encoding="utf-8"))
    tables = city["sources"]["files"]["tables"]
    for table in tables.values():
        del table["file"]
    tables["awards"]["columns"] = {
        "award": "text", "number": "text", "firm": "text", "amount": "decimal", "changed": "timestamp",
    }  # fmt: skip
    tables["awards"]["cursor"] = "changed"
    city["sources"] = {"erp": {"kind": "sql", "url": f"sqlite:///{tmp_path / 'erp.sqlite'}", "tables": tables}}
    file.write_text(yaml.safe_dump(city, sort_keys=False, allow_unicode=True), encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "erp.sqlite")) as connection:
        for name, text in SOURCES.items():
            header, *rows = csv.reader(text.splitlines())
            table = name.removesuffix(".csv")
            connection.execute(f"CREATE TABLE {table} ({', '.join(header)})")
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(header))})", rows)
        connection.execute("ALTER TABLE awards ADD COLUMN changed")
        connection.execute("UPDATE awards SET changed = '2026-02-01 10:00:00'")
        connection.commit()
        yield Town(hamlet, connection)


def _award(town: Town, key: str | None, amount: Any, moment: str) -> None:
    town.execute("INSERT INTO awards VALUES (?, 'T2', 'F1', ?, ?)", key, amount, moment)


def test_rows_that_cannot_be_used_stay_in_quarantine_until_they_can(town: Town) -> None:
    for key, amount in (("A2", 10), ("A2", 10), ("A3", 5), ("A3", 6), (None, 7), ("A4", "12 USD")):
        _award(town, key, amount, "2026-02-02 10:00:00")
    first = town.run(1)
    expected = {"cast_failure": 1, "duplicate_key": 1, "duplicate_row": 1, "empty_key": 1}
    assert first["reasons"] == expected

    for day in (2, 3, 4):
        _award(town, f"B{day}", day, f"2026-02-{20 + day} 10:00:00")
        assert town.run(day)["reasons"] == expected, day
    assert sorted(reason for _, reason in town.quarantined()) == sorted(expected)

    town.execute("UPDATE awards SET amount = 12, changed = '2026-02-25 10:00:00' WHERE award = 'A4'")
    town.execute("DELETE FROM awards WHERE award = 'A3' AND amount = 5")
    town.execute("UPDATE awards SET changed = '2026-02-25 10:00:00' WHERE award = 'A3'")
    assert town.run(5)["reasons"] == {"duplicate_row": 1, "empty_key": 1}

    town.execute("UPDATE awards SET award = 'A5', changed = '2026-02-26 10:00:00' WHERE award IS NULL")
    assert town.run(6, "--full")["reasons"] == {"duplicate_row": 1}


def test_a_released_row_that_becomes_unreadable_is_told_and_stays_as_it_was(town: Town) -> None:
    _award(town, "A2", 10, "2026-02-02 10:00:00")
    town.run(1)
    town.execute("UPDATE awards SET amount = '12 USD', changed = '2026-02-10 10:00:00' WHERE award = 'A2'")
    for day in (2, 3):
        found = town.run(day)
        assert (found["released"], found["reasons"], found["outdated"]) == (day, {}, 1)
        assert [reason for _, reason in town.quarantined()] == ["unreadable_change"]
        _award(town, f"B{day}", day, f"2026-02-{20 + day} 10:00:00")
    town.execute("UPDATE awards SET amount = 12, changed = '2026-02-27 10:00:00' WHERE award = 'A2'")
    assert town.run(4)["outdated"] == 0
    assert town.quarantined() == []
