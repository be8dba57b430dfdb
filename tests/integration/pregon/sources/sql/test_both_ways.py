"""PostgreSQL by ADBC and by psycopg: the same rows, the same rejected ones, the same words about them."""

from pathlib import Path
from typing import Any

import pytest
from made_up_sources import image, rejects, run
from sqlalchemy import create_engine, text

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec
from pregon.sources.sql import arrow

VALUES = {
    "numeric": [
        "1.50",
        "-0",
        "0.000000001",
        "99999999999999999999999999999",
        "1e-12",
        "NaN",
        "-12345678901234.5",
        None,
    ],
    "int2": ["-32768", "32767", None],
    "int4": ["0", "-1", "2147483647"],
    "int8": ["9223372036854775807", "-9223372036854775808", None],
    "text": ["", " ", "ñ", "a\nb", "null", "1.50", None],
    "varchar": ["x", None],
    "char(3)": ["x", "abc"],
    "bool": ["true", "false", None],
    "date": ["0001-01-01", "9999-12-31", "2026-02-28", None],
    "timestamp": ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2026-03-29 02:30:00.000001", None],
    "timestamptz": ["0001-01-02 00:00:00+00", "2026-03-29 02:30:00+05:30", "9999-12-30 00:00:00+00", None],
}
DECLARED = {
    "numeric": "decimal", "int2": "integer", "int4": "decimal", "int8": "integer", "text": "text", "varchar": "text",
    "char(3)": "text", "bool": "boolean", "date": "date", "timestamp": "timestamp", "timestamptz": "timestamptz",
}  # fmt: skip


@pytest.fixture
def source(empty_postgresql_url: str) -> SourceSpec:
    """Every value beside every other column's values, in turn."""
    engine = create_engine(empty_postgresql_url)
    names = {kind: f"c{number}" for number, kind in enumerate(VALUES)}
    with engine.begin() as connection:
        columns = ", ".join(f"{name} {kind}" for kind, name in names.items())
        connection.execute(text(f"CREATE TABLE things (id int PRIMARY KEY, {columns})"))
        for number in range(60):
            row = {name: VALUES[kind][number * (place + 1) % len(VALUES[kind])]
                   for place, (kind, name) in enumerate(names.items())}  # fmt: skip
            marks = ", ".join(f"CAST(:{name} AS {kind})" for kind, name in names.items())
            connection.execute(text(f"INSERT INTO things VALUES ({number}, {marks})"), row)
    engine.dispose()
    specs = {"id": ColumnSpec("id", "integer")}
    specs |= {name: ColumnSpec(name, DECLARED[kind]) for kind, name in names.items()}
    return SourceSpec("erp", "sql", (TableSpec("things", ("id",), specs),), url=empty_postgresql_url)


def both(source: SourceSpec, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Lake, Manifest]]:
    """Extract the source by ADBC, then by psycopg."""
    found = []
    cast: list[Any] = []
    plain = arrow.cast_batch
    monkeypatch.setattr(arrow, "cast_batch", lambda *given: cast.append(None) or plain(*given))
    for name in ("adbc", "psycopg"):
        lake = Lake(folder / name)
        found.append((lake, run(lake, source, folder)))
        monkeypatch.setattr(arrow, "available", lambda: False)
    assert len(cast) == 1
    return found


def test_both_ways_give_the_same(source: SourceSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, by_adbc), (other, by_psycopg) = both(source, tmp_path, monkeypatch)
    assert image(one, by_adbc) == image(other, by_psycopg)
    wrong = rejects(one, by_adbc)
    assert wrong == rejects(other, by_psycopg)
    assert len(wrong) > 10
    assert "NaN" in str(wrong)
    assert by_adbc.tables["things"].image.base[0].sha256 == by_psycopg.tables["things"].image.base[0].sha256


def test_both_ways_give_the_same_where_all_is_usual(
    source: SourceSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(str(source.url))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM things WHERE c0 = 'NaN' OR scale(c0) > 9"))
    engine.dispose()
    (one, by_adbc), (other, by_psycopg) = both(source, tmp_path, monkeypatch)
    assert rejects(one, by_adbc) == []
    assert image(one, by_adbc) == image(other, by_psycopg)
    assert by_adbc.tables["things"].image.base[0].sha256 == by_psycopg.tables["things"].image.base[0].sha256


def test_a_moment_that_nobody_can_write_down_costs_its_row_only(source: SourceSpec, tmp_path: Path) -> None:
    engine = create_engine(str(source.url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE things SET c0 = 1"))
        connection.execute(text("UPDATE things SET c8 = 'infinity' WHERE id = 7"))
    engine.dispose()
    lake = Lake(tmp_path / "lake")
    manifest = run(lake, source, tmp_path)
    [wrong] = rejects(lake, manifest)
    assert (wrong["_row"], wrong["_detail"]) == ("7", "c8: 'beyond the years 1 to 9999' is not date")
