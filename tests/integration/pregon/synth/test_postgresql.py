"""The generator on PostgreSQL: the same city as on SQLite."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from pregon.synth import DatabaseNotEmptyError, advance, generate, planted_secrets
from pregon.synth.schema import TABLES

pytestmark = pytest.mark.integration

AS_OF = dt.date(2026, 6, 1)


def _content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as text, sorted; numbers without trailing zeros."""
    engine = create_engine(url)
    content = {}
    with engine.connect() as connection:
        for name, table in TABLES.items():
            # Columns by text: SQLite has no decimals, and SQLAlchemy warns when it is asked for them.
            rows = connection.exec_driver_sql(str(select(table).compile(engine))).all()
            content[name] = sorted((tuple(_plain(value) for value in row) for row in rows), key=repr)
    engine.dispose()
    return content


def _plain(value: object) -> object:
    if isinstance(value, float | Decimal):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:.4f}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.000000"
    return value


def test_postgresql_holds_the_same_city_as_sqlite(empty_postgresql_url: str, tmp_path: Path) -> None:
    sqlite = f"sqlite:///{tmp_path / 'riverbend.sqlite'}"
    for url in (sqlite, empty_postgresql_url):
        generate(url, processes=300, seed=5, as_of=AS_OF)
    assert _content(empty_postgresql_url) == _content(sqlite)


def test_time_passes_alike_on_postgresql_and_sqlite(empty_postgresql_url: str, tmp_path: Path) -> None:
    sqlite = f"sqlite:///{tmp_path / 'riverbend.sqlite'}"
    summaries = []
    for url in (sqlite, empty_postgresql_url):
        generate(url, processes=300, seed=5, as_of=AS_OF)
        summaries.append([advance(url, days=2), advance(url, days=3)])
    assert summaries[0] == summaries[1]
    assert _content(empty_postgresql_url) == _content(sqlite)


def test_secrets_are_listed_from_postgresql(empty_postgresql_url: str) -> None:
    generate(empty_postgresql_url, processes=200, seed=5, as_of=AS_OF)
    assert any(secret.startswith("IBAN-RB") for secret in planted_secrets(empty_postgresql_url))


def test_a_database_in_use_is_not_overwritten(empty_postgresql_url: str) -> None:
    generate(empty_postgresql_url, processes=20, seed=5, as_of=AS_OF)
    with pytest.raises(DatabaseNotEmptyError):
        generate(empty_postgresql_url, processes=20, seed=6, as_of=AS_OF)
    generate(empty_postgresql_url, processes=20, seed=6, as_of=AS_OF, replace=True)
