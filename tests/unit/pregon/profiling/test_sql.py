"""DuckDB computes what the pure rules mean."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregon.profiling.sql import digest_sql, moment_sql, number_sql, shape_sql, trimmed
from transforms.profile.shapes import shape

TEXTS = st.text(alphabet=st.sampled_from("0123456789 aZñÉ.,:/-+()$€%@<>\n\t'\"_=&·漢ب"), max_size=50) | st.sampled_from(
    ["USD 1,234.50", "12 CAD", "USDA 5", "https://a.example/b?c=1", "ftp://x y"]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=60))
def test_shapes_are_those_of_the_rule(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {shape_sql(trimmed('v'))}"
            " FROM (SELECT unnest($1) AS v, generate_subscripts($1, 1) AS i) ORDER BY i",
            [texts],
        ).fetchall()
    assert [row[0] for row in rows] == [shape(text) for text in texts]


def one(expression: str, value: str) -> object:
    """The value of an expression over a single text `t`."""
    with duckdb.connect(config={"autoload_known_extensions": False}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(f"SELECT CAST({expression} AS VARCHAR) FROM (SELECT $1 AS t)", [value]).fetchone()
        assert found is not None
        return found[0]


@pytest.mark.parametrize(
    ("value", "comma", "expected"),
    [
        ("$1,234.56", False, "1234.560000"),
        ("-$1,174.54", False, "-1174.540000"),
        ("(1,200.00)", False, "-1200.000000"),
        ("1,234.56 CAD", False, "1234.560000"),
        ("15.808,00€", True, "15808.000000"),
        ("942467.", False, "942467.000000"),
        ("2870993010534", False, "2870993010534.000000"),
        ("12 %", False, "12.000000"),
        ("950319421379831.75560173.76", False, None),
        ("9.9/MT", False, None),
        ("approx. 9k", False, None),
        ("1e5", False, None),
    ],
)
def test_numbers(value: str, comma: bool, expected: str | None) -> None:
    assert one(number_sql("t", comma=comma), value) == expected


@pytest.mark.parametrize(
    ("value", "formats", "zoned", "expected"),
    [
        ("07/01/0201", ("%m/%d/%Y",), False, "0201-07-01 00:00:00"),
        ("02/30/2020", ("%m/%d/%Y",), False, None),
        ("31-JAN-2024", ("%d-%b-%Y", "%d-%B-%Y"), False, "2024-01-31 00:00:00"),
        ("3 de Septiembre de 2024", ("%d de %B de %Y",), False, "2024-09-03 00:00:00"),
        ("2024-01-31T10:00:00-05:00", (), True, "2024-01-31 15:00:00"),
        ("2024-01-31T10:00:00Z", (), True, "2024-01-31 10:00:00"),
    ],
)
def test_moments(value: str, formats: tuple[str, ...], zoned: bool, expected: str | None) -> None:
    assert one(moment_sql("t", formats, zoned=zoned, worded=not zoned), value) == expected


def test_texts_that_duckdb_s_hash_confuses_are_told_apart() -> None:
    texts = [f"IFB-{year}-{number:07}" for year in range(2015, 2030) for number in range(2_000)]
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT count(DISTINCT {digest_sql('v')}) FROM (SELECT unnest($1) AS v)", [texts])
        assert found.fetchall() == [(len(texts),)]
        pair = connection.execute(
            f"SELECT {digest_sql('a', 'b')} = {digest_sql('c', 'd')}"
            " FROM (SELECT 'x' AS a, 'yz' AS b, 'xy' AS c, 'z' AS d)"
        )
        assert pair.fetchall() == [(False,)]
