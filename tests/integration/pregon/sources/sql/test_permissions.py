"""PostgreSQL tells what an account may do: read, write, or only some columns."""

from pathlib import Path

import pytest
from made_up_sources import table
from sqlalchemy import create_engine, make_url, text

from pregon.sources.base import SourceSpec
from pregon.sources.trial.city import try_sources
from pregon.sources.trial.model import Check

pytestmark = pytest.mark.integration


@pytest.fixture
def reader(empty_postgresql_url: str) -> str:
    """URL of an account that may read one table, write another, read one column of a third, and nothing of a fourth."""
    name = "reader_" + (make_url(empty_postgresql_url).database or "")
    statements = [
        f"CREATE ROLE {name} LOGIN",
        *(
            f"CREATE TABLE {one} (id integer PRIMARY KEY, title text)"
            for one in ("readable", "writable", "partial", "closed")
        ),
        'CREATE SCHEMA "Other Books"',
        'CREATE TABLE "Other Books"."Odd Name" (id integer UNIQUE, title text)',
        f'GRANT USAGE ON SCHEMA "Other Books" TO {name}',
        f'GRANT SELECT ON readable, "Other Books"."Odd Name" TO {name}',
        f"GRANT SELECT, DELETE ON writable TO {name}",
        f"GRANT SELECT (id) ON partial TO {name}",
    ]
    engine = create_engine(empty_postgresql_url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    yield make_url(empty_postgresql_url).set(username=name).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {name}"))
        connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


def permission(found: list[Check], name: str) -> tuple[str, str]:
    [(outcome, message)] = [
        (check.outcome, check.message) for check in found if (check.table, check.subject) == (name, "permission")
    ]
    return outcome, message


def test_permissions_are_told_table_by_table(reader: str, tmp_path: Path) -> None:
    tables = [table(name) for name in ("readable", "writable", "partial", "closed")]
    odd = table("odd", table="Other Books.Odd Name")
    found = try_sources([SourceSpec("erp", "sql", (*tables, odd), url=reader)], home=tmp_path)
    assert permission(found, "readable") == ("ok", "may be read, not written")
    assert permission(found, "odd") == ("ok", "may be read, not written")
    assert permission(found, "writable") == ("warning", "the account may write to it")
    assert permission(found, "partial") == ("failed", "the account may not read 'title'")
    assert permission(found, "closed") == ("failed", "the account may not read it")
    keys = {check.table: check.outcome for check in found if check.subject == "key"}
    assert keys == {"readable": "ok", "writable": "ok", "odd": "ok"}


def test_columns_that_may_be_read_are_enough(reader: str, tmp_path: Path) -> None:
    found = try_sources([SourceSpec("erp", "sql", (table("partial", columns=("id",)),), url=reader)], home=tmp_path)
    assert permission(found, "partial")[0] == "ok"
