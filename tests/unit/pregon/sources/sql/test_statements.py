"""What each dialect is asked, word for word: names quoted, values bound, no offsets, rows compared as it can."""

from datetime import datetime

import pytest
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.engine import Dialect

from pregon.sources.base import ColumnSpec, TableSpec
from pregon.sources.sql.snapshot import BEGIN, ISOLATION
from pregon.sources.sql.statements import Place, after, changed_since, count, ordered, rows

ORDERS = TableSpec(
    "orders",
    ("office", "number"),
    {"office": ColumnSpec("Office Code"), "number": ColumnSpec("number", "integer"),
     "changed": ColumnSpec("changed", "timestamp")},
    cursor="changed",
)  # fmt: skip
PLACE = Place("Purchase Orders", "erp")
SINCE = datetime(2026, 1, 2)  # noqa: DTZ001 - the source knows no zones
LAST = [datetime(2026, 1, 3), "works", 7]  # noqa: DTZ001
ORDER = ["changed", "Office Code", "number"]

DIALECTS: dict[str, Dialect] = {
    "postgresql": postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
    "mysql": mysql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
    "mssql": mssql.dialect(),  # type: ignore[no-untyped-call]
    "oracle": oracle.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
}


def told(name: str, statement: object) -> str:
    """The statement's text on one line."""
    compiled = statement.compile(dialect=DIALECTS[name])  # type: ignore[attr-defined]
    return " ".join(str(compiled).split())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "postgresql",
            'SELECT "Office Code" AS column_0, "number" AS column_1, "changed" AS column_2 FROM "erp"."Purchase Orders"'
            ' WHERE "changed" >= :changed_1::TIMESTAMP WITHOUT TIME ZONE OR "changed" IS NULL',
        ),
        (
            "mysql",
            "SELECT `Office Code` AS column_0, `number` AS column_1, `changed` AS column_2 FROM `erp`.`Purchase Orders`"
            " WHERE `changed` >= :changed_1 OR `changed` IS NULL",
        ),
        (
            "mssql",
            "SELECT [Office Code] AS column_0, [number] AS column_1, [changed] AS column_2 FROM [erp].[Purchase Orders]"
            " WHERE [changed] >= :changed_1 OR [changed] IS NULL",
        ),
        (
            "oracle",
            'SELECT "Office Code" AS column_0, "number" AS column_1, "changed" AS column_2 FROM "erp"."Purchase Orders"'
            ' WHERE "changed" >= :changed_1 OR "changed" IS NULL',
        ),
    ],
)
def test_changes_are_asked_for_with_quoted_names_and_bound_values(name: str, text: str) -> None:
    assert told(name, rows(ORDERS, PLACE, *changed_since(ORDERS, SINCE))) == text


@pytest.mark.parametrize(
    ("name", "where", "limit"),
    [
        (
            "postgresql",
            '("changed", "Office Code", "number") > (:after_0::TIMESTAMP WITHOUT TIME ZONE, :after_1::VARCHAR,'
            ' :after_2::INTEGER) ORDER BY "changed", "Office Code", "number"',
            " LIMIT :param_1::INTEGER",
        ),
        (
            "mysql",
            "(`changed`, `Office Code`, `number`) > (:after_0, :after_1, :after_2)"
            " ORDER BY `changed`, `Office Code`, `number`",
            " LIMIT :param_1",
        ),
        (
            "mssql",
            "[changed] > :changed_1 OR [changed] = :changed_2 AND [Office Code] > :Office_Code_1 OR"
            " [changed] = :changed_3 AND [Office Code] = :Office_Code_2 AND [number] > :number_1"
            " ORDER BY [changed], [Office Code], [number]",
            "TOP __[POSTCOMPILE_param_1]",
        ),
        (
            "oracle",
            '"changed" > :changed_1 OR "changed" = :changed_2 AND "Office Code" > :Office_Code_1 OR'
            ' "changed" = :changed_3 AND "Office Code" = :Office_Code_2 AND "number" > :number_1'
            ' ORDER BY "changed", "Office Code", "number"',
            " FETCH FIRST __[POSTCOMPILE_param_1] ROWS ONLY",
        ),
        (
            "sqlite",
            '("changed", "Office Code", "number") > (:after_0, :after_1, :after_2)'
            ' ORDER BY "changed", "Office Code", "number"',
            " LIMIT :param_1",
        ),
    ],
)
def test_a_page_begins_after_the_last_row_and_never_at_an_offset(name: str, where: str, limit: str) -> None:
    text = told(name, ordered(rows(ORDERS, PLACE, after(ORDER, LAST, name)), ORDER).limit(50))
    assert f"WHERE {where}" in text
    assert limit in text
    assert "OFFSET" not in text or name == "sqlite"  # which is always told one, of 0


@pytest.mark.parametrize("name", DIALECTS)
def test_a_page_by_one_column_needs_no_rows_to_compare(name: str) -> None:
    text = told(name, rows(ORDERS, PLACE, after(["number"], [7], name)))
    assert text.endswith(('number" > :number_1', "number` > :number_1", "number] > :number_1", "> :number_1::INTEGER"))


@pytest.mark.parametrize("name", DIALECTS)
def test_rows_are_counted_where_they_lie(name: str) -> None:
    text = told(name, count(rows(ORDERS, PLACE)))
    assert text.startswith("SELECT count(*) AS count_1 FROM (SELECT ")
    assert "ORDER BY" not in text


def test_each_dialect_reads_at_one_moment_and_writes_nothing() -> None:
    """PostgreSQL is also told that it is read only; SQL Server has no such word: its account must not write."""
    assert set(ISOLATION) | set(BEGIN) == {"postgresql", "mysql", "mariadb", "mssql", "oracle", "sqlite"}
    for dialect in (mssql.dialect, mysql.dialect):
        made = dialect()  # type: ignore[no-untyped-call]
        assert ISOLATION[made.name] in made.get_isolation_level_values(None)
    assert BEGIN["mysql"] == BEGIN["mariadb"] == ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"]
    assert BEGIN["oracle"] == ["SET TRANSACTION READ ONLY"]
