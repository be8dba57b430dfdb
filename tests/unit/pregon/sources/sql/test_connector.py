import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import database, everything, image, rejects, run, table

from pregon.lake import Lake
from pregon.sources.base import (
    EmptyKeyError,
    EmptySourceError,
    MissingColumnError,
    NothingUsableError,
    SourceConfigurationError,
    SourceSpec,
    SourceUnavailableError,
)
from pregon.sources.connector import Place
from pregon.sources.sql import connector as sql
from pregon.sources.sql import database as sql_database

TYPES = {"amount": "decimal", "qty": "integer", "changed": "timestamp", "open": "boolean"}
SPEC = table(
    columns={"id": "ID", "title": "select", "amount": "amount", "qty": "qty", "changed": "changed", "open": "open"},
    types=TYPES,
    table="Order Lines",
)
INCREMENTAL = table(
    columns={"id": "ID", "title": "select", "changed": "changed"},
    types=TYPES,
    table="Order Lines",
    cursor="changed",
    overlap=timedelta(days=2),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "erp.sqlite"


@pytest.fixture
def erp(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    connection.execute(
        'CREATE TABLE "Order Lines" '
        '(ID TEXT, "select" TEXT, amount NUMERIC, qty INT, changed TEXT, open INT, internal TEXT)'
    )
    yield connection
    connection.close()


def insert(erp: sqlite3.Connection, *rows: tuple[Any, ...]) -> None:
    erp.executemany('INSERT INTO "Order Lines" VALUES (?, ?, ?, ?, ?, ?, ?)', rows)
    erp.commit()


def line(key: str | None, title: Any = "t", changed: str | None = "2026-02-01 10:00:00") -> tuple[Any, ...]:
    return (key, title, 1.5, 2, changed, 1, "secret")


def test_only_declared_columns_are_read_with_their_types(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, ("a", "x", 2870993010534, 3, "2026-02-01T10:00:00", 0, "secret"), ("b", " ", 0.1, None, "", None, "s"))
    manifest = run(lake, database(path, SPEC), path.parent)
    rows = [{name: row[name] for name in SPEC.types} for row in image(lake, manifest)]
    assert rows == [
        {
            "id": "a",
            "title": "x",
            "amount": Decimal(2870993010534),
            "qty": 3,
            "changed": datetime(2026, 2, 1, 10),  # noqa: DTZ001 - naive stays naive
            "open": False,
        },
        {"id": "b", "title": " ", "amount": Decimal("0.1"), "qty": None, "changed": None, "open": None},
    ]
    assert manifest.tables["things"].notes["added_columns"] == ["internal"]


def test_a_number_written_otherwise_is_no_change(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    erp.execute("CREATE TABLE t (id TEXT, amount TEXT)")
    erp.execute("INSERT INTO t VALUES ('a', '0'), ('b', '12.50')")
    erp.commit()
    source = database(path, table("t", columns=("id", "amount"), types=TYPES))
    run(lake, source, path.parent)
    erp.execute("UPDATE t SET amount = CASE id WHEN 'a' THEN '0.000000' ELSE '12.5' END")
    erp.commit()
    assert run(lake, source, path.parent, day=1).tables["t"].changed == {}


def test_only_changes_since_the_watermark_less_the_overlap_are_read(
    lake: Lake, path: Path, erp: sqlite3.Connection
) -> None:
    insert(
        erp,
        line("old", changed="2026-01-01 10:00:00"),
        line("edge", changed="2026-02-08T10:00:00"),
        line("never", changed=None),
        line("last", changed="2026-02-10 10:00:00"),
    )
    source = database(path, INCREMENTAL)
    first = run(lake, source, path.parent).tables["things"]
    assert (first.mode, first.rows_read) == ("full", 4)
    assert first.watermark is not None
    assert (first.watermark.value, first.watermark.since) == ("2026-02-10T10:00:00", None)

    erp.execute("""UPDATE "Order Lines" SET "select" = 'late' WHERE ID IN ('old', 'edge')""")
    insert(erp, line("new", changed="2026-02-11 09:00:00"))
    manifest = run(lake, source, path.parent, day=1)
    second = manifest.tables["things"]
    assert (second.mode, second.rows_read) == ("incremental", 4)
    assert second.changed == {"changed": 1, "new": 1}
    assert second.watermark is not None
    assert (second.watermark.value, second.watermark.since) == ("2026-02-11T09:00:00", "2026-02-08T10:00:00")
    assert {row["id"]: row["title"] for row in image(lake, manifest)}["old"] == "t"

    full = run(lake, source, path.parent, day=2, full=True)
    assert full.tables["things"].mode == "full"
    assert {row["id"]: row["title"] for row in image(lake, full)}["old"] == "late"


def test_nothing_new_is_fine_and_keeps_the_watermark(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    spec = table(columns=("ID", "qty"), types=TYPES, key=("ID",), table="Order Lines", cursor="qty")
    insert(erp, ("a", "", 0, 7, "", 0, ""))
    run(lake, database(path, spec), path.parent)
    erp.execute('DELETE FROM "Order Lines"')
    erp.commit()
    entry = run(lake, database(path, spec), path.parent, day=1).tables["things"]
    assert (entry.mode, entry.rows_read, entry.changed) == ("incremental", 0, {})
    assert entry.watermark is not None
    assert (entry.watermark.value, entry.watermark.since) == ("7", "7")
    assert entry.image.rows == 1


def test_a_cursor_from_the_future_does_not_hide_what_comes_before_it(
    lake: Lake, path: Path, erp: sqlite3.Connection
) -> None:
    insert(erp, line("wrong", changed="2999-01-01 00:00:00"))
    entry = run(lake, database(path, INCREMENTAL), path.parent).tables["things"]
    assert entry.watermark is not None
    assert entry.watermark.value == "2026-03-02T02:00:00"


def test_another_configuration_reads_everything_again(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a", changed="2026-01-01 00:00:00"), line("b"))
    run(lake, database(path, INCREMENTAL), path.parent)
    wider = table(
        columns={"id": "ID", "changed": "changed", "qty": "qty"}, types=TYPES, table="Order Lines", cursor="changed"
    )
    manifest = run(lake, database(path, wider), path.parent, day=1)
    assert manifest.tables["things"].mode == "full"
    assert [row["qty"] for row in image(lake, manifest)] == [2, 2]


def test_a_value_that_does_not_fit_its_type_sends_its_row_to_the_rejects(
    lake: Lake, path: Path, erp: sqlite3.Connection
) -> None:
    insert(erp, ("a", "x", "12 USD", 1, "yesterday", 1, ""), ("b", "x", 1, 1, None, 1, ""))
    manifest = run(lake, database(path, SPEC), path.parent)
    [row] = rejects(lake, manifest)
    assert (row["_reason"], row["_position"]) == ("cast_failure", 1)
    assert row["_detail"] == "amount: '12 USD' is not decimal; changed: 'yesterday' is not timestamp"
    assert row["_raw"].startswith('{"id":"a","title":"x","amount":"12 USD"')
    assert [found["id"] for found in image(lake, manifest)] == ["b"]


def test_text_that_is_not_utf_8_costs_one_row_only(
    lake: Lake, path: Path, erp: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_database, "BATCH_ROWS", 2)
    insert(erp, *(line(f"k{number}", f"ñ{number}") for number in range(5)))
    erp.execute("""UPDATE "Order Lines" SET "select" = CAST(x'61ff62' AS TEXT) WHERE ID = 'k3'""")
    erp.commit()
    manifest = run(lake, database(path, SPEC), path.parent)
    assert [row["title"] for row in image(lake, manifest)] == ["ñ0", "ñ1", "ñ2", "ñ4"]
    assert [(row["_position"], row["_reason"]) for row in rejects(lake, manifest)] == [(4, "cast_failure")]


def test_all_tables_are_read_as_of_one_moment(path: Path, erp: sqlite3.Connection, tmp_path: Path) -> None:
    erp.execute("PRAGMA journal_mode = WAL")
    insert(erp, line("a"))
    source = database(path, SPEC, table("again", columns={"id": "ID"}, table="Order Lines"))
    with sql.open_sql(source, Place(home=tmp_path, scratch=tmp_path)) as connector:
        insert(erp, line("b"))
        counts = [sum(batch.data.num_rows for batch in everything(connector, spec)) for spec in source.tables]
    assert counts == [1, 1]


def test_a_source_is_never_changed(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a"))
    before = path.read_bytes()
    run(lake, database(path, SPEC), path.parent)
    assert path.read_bytes() == before
    assert sorted(item.name for item in path.parent.iterdir()) == ["erp.sqlite", "lake"]


def test_a_view_is_read_like_a_table(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a"))
    erp.execute('CREATE VIEW lines AS SELECT ID AS id, "select" AS title FROM "Order Lines"')
    erp.commit()
    assert len(image(lake, run(lake, database(path, table(table="lines")), path.parent))) == 1


def test_a_missing_database_is_named_and_not_created(lake: Lake, path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match=r"erp: its database erp\.sqlite is not there"):
        run(lake, database(path, SPEC), path.parent)
    assert not path.exists()


def test_a_file_that_is_no_database_is_named(lake: Lake, path: Path) -> None:
    path.write_text("something else, and long enough to be looked at by the library")
    with pytest.raises(SourceUnavailableError, match="not a database"):
        run(lake, database(path, SPEC), path.parent)


def test_a_missing_table_or_column_is_named_with_the_nearest(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a"))
    with pytest.raises(SourceUnavailableError, match="no table 'order_line'") as table_error:
        run(lake, database(path, table(table="order_line")), path.parent)
    assert table_error.value.hint is not None
    assert "did you mean 'Order Lines'?" in table_error.value.hint
    with pytest.raises(MissingColumnError, match=r"erp\.things: has no column 'changed_at'") as column_error:
        run(lake, database(path, table(columns={"id": "changed_at"}, table="Order Lines")), path.parent)
    assert column_error.value.nearest == "changed"


def test_an_empty_database_is_refused_and_so_is_a_table_that_was_emptied(
    lake: Lake, path: Path, erp: sqlite3.Connection
) -> None:
    source = database(path, SPEC)
    with pytest.raises(EmptySourceError, match="erp: all its tables are empty"):
        run(lake, source, path.parent)
    insert(erp, line("a"))
    run(lake, source, path.parent)
    erp.execute('DELETE FROM "Order Lines"')
    erp.commit()
    with pytest.raises(EmptySourceError, match=r"erp\.things: gives no rows, where 1 are known"):
        run(lake, source, path.parent, day=1)
    assert len(lake.list("testville/manifests")) == 1


def test_one_empty_table_among_others_is_fine(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a"))
    erp.execute("CREATE TABLE amendments (id TEXT, title TEXT)")
    manifest = run(lake, database(path, SPEC, table("amendments")), path.parent)
    assert image(lake, manifest, "amendments") == []
    erp.execute("INSERT INTO amendments VALUES ('1', 'x')")
    erp.commit()
    later = run(lake, database(path, SPEC, table("amendments")), path.parent, day=1)
    assert len(image(lake, later, "amendments")) == 1


def test_keys_that_are_decimals_are_written_as_people_write_them(
    lake: Lake, path: Path, erp: sqlite3.Connection
) -> None:
    keys = ("0", "100", "12.50", "0.0000005", "-3")
    insert(erp, *(line(key) for key in keys))
    spec = table(columns={"id": "ID", "title": "select"}, types={"id": "decimal"}, table="Order Lines")
    found = {row["_row"] for row in image(lake, run(lake, database(path, spec), path.parent))}
    assert found == {"0", "100", "12.5", "0.0000005", "-3"}


def test_a_key_column_without_values_is_named(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line(None), line(" "))
    with pytest.raises(EmptyKeyError, match="key column 'id' is empty in all 2 rows"):
        run(lake, database(path, SPEC), path.parent)


def test_types_that_fit_no_row_stop_the_table(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a", changed="1.2.2026"), line("b", changed="3.4.2026"))
    with pytest.raises(NothingUsableError, match="cast_failure: 2") as caught:
        run(lake, database(path, SPEC), path.parent)
    assert "'1.2.2026' is not timestamp" in str(caught.value)


def test_a_cursor_without_order_in_time_is_refused(lake: Lake, path: Path, erp: sqlite3.Connection) -> None:
    insert(erp, line("a"))
    spec = table(columns={"id": "ID"}, table="Order Lines", cursor="id")
    with pytest.raises(SourceConfigurationError, match="cursor 'id' is declared as text"):
        run(lake, database(path, spec), path.parent)


def test_an_error_shows_no_password(lake: Lake, tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    source = SourceSpec("erp", "sql", (SPEC,), url="postgresql+psycopg://user:hidden@127.0.0.1:9/erp?connect_timeout=2")
    with pytest.raises(SourceUnavailableError) as caught:
        run(lake, source, tmp_path)
    assert "hidden" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_a_reading_that_is_broken_off_leaves_no_cursor_behind(
    path: Path, erp: sqlite3.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    insert(erp, line("a"), line("b"))
    source = database(path, SPEC)
    place = Place(home=tmp_path, scratch=tmp_path)
    kept = []

    def broken_off() -> None:
        with sql.open_sql(source, place) as connector:
            kept.append(everything(connector, SPEC))
            next(kept[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    kept.clear()
    assert caplog.text == ""
