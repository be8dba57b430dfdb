"""A database is asked for permissions, columns, types, counts and keys, and no row of it is read."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from made_up_sources import database, table

from pregon.sources.base import SourceSpec
from pregon.sources.trial.city import try_sources
from pregon.sources.trial.model import Check


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "erp.sqlite"
    with sqlite3.connect(found) as connection:
        connection.executescript(
            "CREATE TABLE things (id INTEGER PRIMARY KEY, title TEXT, price NUMERIC, made TIMESTAMP, note TEXT);"
            "CREATE TABLE parts (thing INTEGER, no INTEGER, UNIQUE (thing, no));"
            "CREATE TABLE bare (id TEXT);"
            "INSERT INTO things (id, title) VALUES (1, 'a'), (2, 'b');"
            "INSERT INTO parts VALUES (1, 1);"
        )
    connection.close()
    return found


def checks(*sources: SourceSpec, home: Path) -> list[Check]:
    return try_sources(sources, home=home)


def outcomes(found: list[Check], name: str) -> Mapping[str, str]:
    return {check.subject: check.outcome for check in found if check.table == name}


def message(found: list[Check], subject: str, name: str | None = "things") -> str:
    [text] = [check.message for check in found if check.subject == subject and check.table == name]
    return text


def test_all_is_well(path: Path, tmp_path: Path) -> None:
    found = checks(database(path, table(types={"id": "integer"})), home=tmp_path)
    assert outcomes(found, "things") == {"permission": "ok", "columns": "ok", "types": "ok", "count": "ok", "key": "ok"}
    assert message(found, "count") == "2 rows"
    assert message(found, "permission") == "may be read, not written"
    assert message(found, "columns") == "all 2 declared ones are there; 3 others not declared: price, made, note"
    assert message(found, "key") == "id: the source keeps it unique"


def test_every_missing_column_is_named_with_the_nearest(path: Path, tmp_path: Path) -> None:
    spec = table(columns={"id": "id", "title": "titel", "price": "prices", "other": "zzz"})
    found = checks(database(path, spec), home=tmp_path)
    assert outcomes(found, "things")["columns"] == "failed"
    assert message(found, "columns") == (
        "not there: 'titel' (declared as title), perhaps 'title'; 'prices' (declared as price), perhaps 'price';"
        " 'zzz' (declared as other)"
    )


def test_types_that_may_not_fit_are_warned_of(path: Path, tmp_path: Path) -> None:
    spec = table(columns=("id", "title", "price"), types={"title": "date", "price": "integer"})
    found = checks(database(path, spec), home=tmp_path)
    assert outcomes(found, "things")["types"] == "warning"
    assert "title is TEXT in the source, declared as date" in message(found, "types")
    assert "price is NUMERIC" in message(found, "types")


def test_a_table_without_rows_is_warned_of(path: Path, tmp_path: Path) -> None:
    found = checks(database(path, table("bare", columns=("id",))), home=tmp_path)
    assert outcomes(found, "bare")["count"] == "warning"


def test_a_key_that_the_source_does_not_keep_is_not_told(path: Path, tmp_path: Path) -> None:
    half = table("parts", key=("thing",), columns=("thing", "no"))
    whole = table("parts", key=("no", "thing"), columns=("thing", "no"))
    assert "but thing, no" in message(checks(database(path, half), home=tmp_path), "key", "parts")
    assert outcomes(checks(database(path, whole), home=tmp_path), "parts")["key"] == "ok"


def test_a_missing_table_stops_only_its_own_checks(path: Path, tmp_path: Path) -> None:
    found = checks(database(path, table("thing"), table("bare", columns=("id",))), home=tmp_path)
    assert outcomes(found, "thing") == {"table": "failed"}
    assert "columns" in outcomes(found, "bare")


def test_a_database_that_is_not_there_stops_only_its_own_checks(path: Path, tmp_path: Path) -> None:
    gone = database(tmp_path / "gone.sqlite", table())
    found = checks(gone, database(path, table()), home=tmp_path)
    assert [(check.subject, check.outcome) for check in found][:2] == [("connection", "failed"), ("connection", "ok")]
    assert found[0].hint


def test_an_unknown_kind_is_a_failed_connection(tmp_path: Path) -> None:
    found = checks(SourceSpec("x", "cobol", (table(),)), home=tmp_path)
    assert [(check.subject, check.outcome) for check in found] == [("connection", "failed")]
