"""The SQL connector on a real PostgreSQL server: a snapshot, server-side cursors, its own types."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from made_up_sources import everything, image, rejects, run, table
from sqlalchemy import Engine, create_engine, text

from pregon.lake import Lake
from pregon.sources.base import SourceSpec, SourceUnavailableError
from pregon.sources.connector import Place
from pregon.sources.sql import connector as sql
from pregon.sources.sql import database

pytestmark = pytest.mark.integration

COLUMNS = ("id", "amount", "signed", "changed", "local", "open", "extra", "Mixed Case")
TYPES = {"amount": "decimal", "signed": "date", "changed": "timestamptz", "local": "timestamp", "open": "boolean"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def engine(empty_postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA erp"))
        connection.execute(
            text(
                "CREATE TABLE erp.lines (id uuid, amount numeric(20,4), signed date, changed timestamptz,"
                ' local timestamp, open boolean, extra jsonb, "Mixed Case" varchar)'
            )
        )
        connection.execute(
            text(
                """INSERT INTO erp.lines SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, n + 0.25,
                DATE '2026-01-01' + n, TIMESTAMPTZ '2026-01-01 00:00-06' + n * INTERVAL '1 day',
                TIMESTAMP '2026-01-01 08:30' + n * INTERVAL '1 day', n % 2 = 0, '{"b": 1, "a": [null]}', 'ñ' || n
                FROM generate_series(0, 9) AS n ORDER BY n DESC"""
            )
        )
    yield engine
    engine.dispose()


def source(url: str, **options: object) -> SourceSpec:
    return SourceSpec(
        "erp",
        "sql",
        (table(columns=COLUMNS, types=TYPES, table="erp.lines", **options),),  # type: ignore[arg-type]
        url=url,
    )


def test_values_keep_their_types(lake: Lake, engine: Engine, empty_postgresql_url: str) -> None:
    manifest = run(lake, source(empty_postgresql_url), lake.root)
    assert manifest.tables["things"].rejected == {}
    row = image(lake, manifest)[1]
    assert {name: row[name] for name in COLUMNS} == {
        "id": "00000000-0000-0000-0000-000000000001",
        "amount": Decimal("1.25"),
        "signed": date(2026, 1, 2),
        "changed": datetime(2026, 1, 2, 6, tzinfo=UTC),
        "local": datetime(2026, 1, 2, 8, 30),  # noqa: DTZ001 - naive stays naive
        "open": False,
        "extra": '{"a":[null],"b":1}',
        "Mixed Case": "ñ1",
    }


def test_only_changes_are_read(
    lake: Lake, engine: Engine, empty_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BATCH_ROWS", 3)
    incremental = source(empty_postgresql_url, cursor="changed", overlap=timedelta(days=1))
    first = run(lake, incremental, lake.root).tables["things"]
    assert first.rows_read == 10
    assert first.watermark is not None
    assert first.watermark.value == "2026-01-10T06:00:00+00:00"
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE erp.lines SET amount = 99, changed = '2026-01-15Z' WHERE \"Mixed Case\" = 'ñ3'")
        )
    second = run(lake, incremental, lake.root, day=1).tables["things"]
    assert (second.mode, second.rows_read, second.changed) == ("incremental", 3, {"changed": 1})


def test_a_time_with_zone_is_not_taken_for_a_local_one(lake: Lake, engine: Engine, empty_postgresql_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE erp.lines ALTER local TYPE text USING local || CASE id WHEN "
                                "'00000000-0000-0000-0000-000000000004' THEN 'Z' ELSE '' END"))  # fmt: skip
    manifest = run(lake, source(empty_postgresql_url), lake.root)
    assert [row["_detail"] for row in rejects(lake, manifest)] == ["local: '2026-01-05 08:30:00Z' is not timestamp"]


def test_all_tables_are_read_as_of_one_moment_and_nothing_can_be_written(
    engine: Engine, empty_postgresql_url: str, tmp_path: Path
) -> None:
    spec = source(empty_postgresql_url)
    with sql.open_sql(spec, Place(home=tmp_path, scratch=tmp_path)) as connector:
        counts = []
        for _ in range(2):
            counts.append(sum(batch.data.num_rows for batch in everything(connector, spec.tables[0])))
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM erp.lines"))
        assert counts == [10, 10]
        assert connector._database.connection.execute(text("SHOW transaction_read_only")).scalar() == "on"


def test_a_missing_table_is_named_with_the_nearest(lake: Lake, engine: Engine, empty_postgresql_url: str) -> None:
    spec = SourceSpec("erp", "sql", (table(table="erp.line"),), url=empty_postgresql_url)
    with pytest.raises(SourceUnavailableError, match=r"no table 'erp\.line'") as caught:
        run(lake, spec, lake.root)
    assert caught.value.hint is not None
    assert "did you mean 'lines'?" in caught.value.hint
