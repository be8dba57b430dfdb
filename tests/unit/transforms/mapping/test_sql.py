"""Cells become values of OCDS exactly, or nothing with a finding."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.mapping import sql
from transforms.mapping.sql import SEPARATOR, ValueType

ZONE = "America/Chicago"

Evaluate = Callable[..., Any]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(f"SET TimeZone = '{ZONE}'")
        for statement in sql.macros(ZONE):
            opened.execute(statement)
        yield opened


@pytest.fixture(scope="module")
def evaluate(connection: duckdb.DuckDBPyConnection) -> Evaluate:
    """The value of an expression over one column `cell`."""

    def value(expression: str, cell: Any, column_type: str = "VARCHAR") -> Any:
        row = connection.execute(
            f"SELECT {expression} FROM (SELECT CAST(? AS {column_type}) AS cell)", [cell]
        ).fetchone()
        assert row is not None
        return row[0]

    return value


@pytest.fixture(scope="module")
def leaf(evaluate: Evaluate) -> Callable[..., tuple[Any, str | None]]:
    """The value of a cell for a field, and the code of its finding."""

    def read(cell: Any, column_type: str, value_type: ValueType, *, end: bool = False) -> tuple[Any, str | None]:
        made = sql.leaf("a/b", "cell", column_type, value_type, as_of_year=2026, end_of_day=end)
        finding = evaluate(made.finding, cell, column_type) if made.finding else None
        if finding is not None:
            path, code, _ = finding.split(SEPARATOR)
            assert path == "a/b"
            return evaluate(made.value, cell, column_type), code
        return evaluate(made.value, cell, column_type), None

    return read


@pytest.mark.parametrize("space", ["", " ", "\t", "\n", "\r\n", "\u00a0", "\ufeff", " \u00a0\t"])
def test_white_space_of_every_kind_is_blank(evaluate: Evaluate, space: str) -> None:
    assert evaluate("blank(cell)", space) is None
    assert evaluate("blank(cell)", f"{space}a b{space}") == "a b"


def test_null_is_blank(evaluate: Evaluate) -> None:
    assert evaluate("blank(cell)", None) is None


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("771931.57", "771931.57"),
        ("$1,234.56", "1234.56"),
        ("US$1,234.56", "1234.56"),
        ("$ 5", "5"),
        ("-$1,234.56", "-1234.56"),
        ("$-1,234.56", "-1234.56"),
        ("1,234.56 CAD", "1234.56"),
        ("CAD 1,234.56", "1234.56"),
        ("usd 12", "12"),
        ("€ 3.50", "3.5"),
        ("(1,234.56)", "-1234.56"),
        ("$(5.00)", "-5"),
        ("+7", "7"),
        ("-7", "-7"),
        (" 12.\n", "12"),
        ("0", "0"),
        ("123456789012345678", "123456789012345678"),
        ("0.123456", "0.123456"),
    ],
)
def test_a_cell_that_is_one_amount_is_read_exactly(evaluate: Evaluate, cell: str, amount: str) -> None:
    assert evaluate("money(cell)", cell) == Decimal(amount)


@pytest.mark.parametrize(
    "cell",
    [
        "", " ", "-", "$", "n/a", "1,23", "12,34.5", "1,2345", "1.234,56", "1 234", "12 34", "$5 $6", "5 (net)", "(5",
        "5)", "5%", "1e5", "0x10", "12.3.4", "5.00-", "about 5", "100.00200.00", "USD", "--5", "１２", "5 dollars",
    ],
)  # fmt: skip
def test_a_cell_that_is_not_one_amount_is_none(evaluate: Evaluate, cell: str) -> None:
    assert evaluate("money(cell)", cell) is None


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    amount=st.decimals(Decimal("-1e15"), Decimal("1e15"), places=2),
    form=st.sampled_from(["{}", "${}", "{} CAD", "USD {}", " {} "]),
)
def test_every_written_amount_is_read_back(evaluate: Evaluate, amount: Decimal, form: str) -> None:
    assert evaluate("money(cell)", form.format(f"{amount:,}")) == amount
    assert evaluate("money(cell)", form.format(f"{amount}")) == amount


@pytest.mark.parametrize(
    ("cell", "currency"),
    [("1,234.56 CAD", "CAD"), ("usd 12", "USD"), ("$12", None), ("12", None), ("CAD", None), ("12 apples", None)],
)
def test_the_currency_of_an_amount_is_read_with_it(evaluate: Evaluate, cell: str, currency: str | None) -> None:
    assert evaluate("currency_of(cell)", cell) == currency


@pytest.mark.parametrize(
    ("local", "zoned", "utc"),
    [
        ("2026-01-15 08:30:00", "2026-01-15T08:30:00-06:00", "2026-01-15T14:30:00Z"),
        ("2026-07-15 08:30:00", "2026-07-15T08:30:00-05:00", "2026-07-15T13:30:00Z"),
        ("2026-03-08 02:30:00", "2026-03-08T02:30:00-06:00", "2026-03-08T08:30:00Z"),
        ("2026-12-31 23:59:59", "2026-12-31T23:59:59-06:00", "2027-01-01T05:59:59Z"),
    ],
)
def test_a_local_time_gets_the_citys_offset(evaluate: Evaluate, local: str, zoned: str, utc: str) -> None:
    assert evaluate("zoned(cell)", local) == zoned
    assert evaluate("utc(cell)", local) == utc


def test_the_hour_that_comes_twice_is_one_moment_in_both_forms(evaluate: Evaluate) -> None:
    zoned = datetime.fromisoformat(evaluate("zoned(cell)", "2026-11-01 01:30:00"))
    utc = datetime.fromisoformat(evaluate("utc(cell)", "2026-11-01 01:30:00"))
    assert zoned == utc
    assert zoned.replace(tzinfo=None) == datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001 - local by intent


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(moment=st.datetimes(datetime(1990, 1, 1), datetime(2076, 12, 31)))  # noqa: DTZ001 - local times
def test_local_times_keep_their_digits_and_name_the_same_moment_in_utc(evaluate: Evaluate, moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    written = datetime.fromisoformat(evaluate("zoned(cell)", moment, "TIMESTAMP"))
    assert written.replace(tzinfo=None) == moment
    assert written == datetime.fromisoformat(evaluate("utc(cell)", moment, "TIMESTAMP"))
    zone = ZoneInfo(ZONE)
    assert written.utcoffset() in {moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}


@pytest.mark.parametrize(
    ("zone", "local", "zoned"),
    [
        ("Asia/Kathmandu", "1985-06-01 12:00:00", "1985-06-01T12:00:00+05:30"),
        ("Asia/Kathmandu", "2020-06-01 12:00:00", "2020-06-01T12:00:00+05:45"),
        ("America/Caracas", "2012-06-01 12:00:00", "2012-06-01T12:00:00-04:30"),
        ("America/St_Johns", "1988-07-01 12:00:00", "1988-07-01T12:00:00-01:30"),
        ("Europe/London", "2020-01-01 00:00:00", "2020-01-01T00:00:00+00:00"),
    ],
)
def test_offsets_of_any_zone_and_year_are_written(zone: str, local: str, zoned: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        for statement in sql.macros(zone):
            connection.execute(statement)
        assert connection.execute("SELECT zoned(?)", [local]).fetchone() == (zoned,)
        assert connection.execute("SELECT zoned_instant(CAST(? AS TIMESTAMPTZ))", [local]).fetchone() == (zoned,)


def test_a_number_in_a_text_is_not_rounded(evaluate: Evaluate) -> None:
    projection = sql.leaf("x", "cell", "VARCHAR", "number", as_of_year=2026, end_of_day=False)
    assert evaluate(projection.value, "0.12345678901234") == 0.12345678901234


def test_an_instant_keeps_its_moment(evaluate: Evaluate) -> None:
    instant = "2026-01-15 08:30:00+00"
    assert evaluate("zoned_instant(cell)", instant, "TIMESTAMPTZ") == "2026-01-15T02:30:00-06:00"
    assert evaluate("utc_instant(cell)", instant, "TIMESTAMPTZ") == "2026-01-15T08:30:00Z"


def test_local_ts_reads_a_format_or_gives_nothing(evaluate: Evaluate) -> None:
    assert evaluate("local_ts(cell, '%m/%d/%Y %I:%M %p')", " 01/15/2026 08:30 PM ") == datetime(2026, 1, 15, 20, 30)  # noqa: DTZ001
    assert evaluate("local_ts(cell, '%m/%d/%Y')", "15/01/2026") is None
    assert evaluate("local_ts(cell, '%m/%d/%Y')", "") is None


@pytest.mark.parametrize(
    ("cell", "column_type", "value"),
    [
        ("12.50", "VARCHAR", 12.5),
        (" 7 ", "VARCHAR", 7),
        ("-3", "VARCHAR", -3),
        ("12.50", "DECIMAL(38,9)", 12.5),
        (7, "BIGINT", 7),
        (0.1, "DOUBLE", 0.1),
        (2**53 - 1, "BIGINT", 2**53 - 1),
        (str(2**53 - 1), "VARCHAR", 2**53 - 1),
        ("99999999999999.9", "DECIMAL(38,9)", 99999999999999.9),
    ],
)
def test_a_number_is_read_to_fifteen_digits(
    leaf: Callable[..., Any], cell: Any, column_type: str, value: float
) -> None:
    found, finding = leaf(cell, column_type, "number")
    assert (found, finding) == (value, None)
    assert not isinstance(found, float) or math.isfinite(found)


@pytest.mark.parametrize(
    ("cell", "column_type"),
    [
        (2**53, "BIGINT"),
        (str(2**53), "VARCHAR"),
        (-(2**53), "BIGINT"),
        ("123456789012345678901234567.5", "DECIMAL(38,9)"),
        ("twelve", "VARCHAR"),
        ("1,234", "VARCHAR"),
        ("$5", "VARCHAR"),
        ("NaN", "VARCHAR"),
        ("Infinity", "VARCHAR"),
        (math.inf, "DOUBLE"),
        (math.nan, "DOUBLE"),
        ("9" * 40, "VARCHAR"),
    ],
)
def test_what_no_double_holds_exactly_is_a_finding(leaf: Callable[..., Any], cell: Any, column_type: str) -> None:
    assert leaf(cell, column_type, "number") == (None, "not_a_number")


@pytest.mark.parametrize("value_type", ["string", "number", "integer", "boolean", "date-time"])
@pytest.mark.parametrize("cell", [None, "", "  "])
def test_a_blank_cell_is_absent_and_no_finding(leaf: Callable[..., Any], cell: Any, value_type: ValueType) -> None:
    assert leaf(cell, "VARCHAR", value_type) == (None, None)


@pytest.mark.parametrize(("cell", "expected"), [("7", (7, None)), ("7.0", (7, None)), ("7.5", (None, "not_a_number"))])
def test_an_integer_has_no_fraction(leaf: Callable[..., Any], cell: str, expected: tuple[Any, Any]) -> None:
    assert leaf(cell, "VARCHAR", "integer") == expected
    assert leaf(cell, "DECIMAL(38,9)", "integer") == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("true", (True, None)),
        ("F", (False, None)),
        ("1", (True, None)),
        ("No", (False, None)),
        ("maybe", (None, "not_a_boolean")),
        ("on and off", (None, "not_a_boolean")),
    ],
)
def test_a_boolean_is_read_from_text(leaf: Callable[..., Any], cell: str, expected: tuple[Any, Any]) -> None:
    assert leaf(cell, "VARCHAR", "boolean") == expected


@pytest.mark.parametrize(
    ("cell", "column_type", "end", "value"),
    [
        ("2026-01-15", "DATE", False, "2026-01-15T00:00:00-06:00"),
        ("2026-01-15", "DATE", True, "2026-01-15T23:59:59-06:00"),
        ("2026-01-15", "VARCHAR", False, "2026-01-15T00:00:00-06:00"),
        ("2026-07-15", "VARCHAR", True, "2026-07-15T23:59:59-05:00"),
        ("2026-01-15 10:00:00", "VARCHAR", True, "2026-01-15T10:00:00-06:00"),
        ("2026-01-15T10:00:00", "VARCHAR", False, "2026-01-15T10:00:00-06:00"),
        ("2026-01-15T10:00:00Z", "VARCHAR", True, "2026-01-15T04:00:00-06:00"),
        ("2026-01-15T10:00:00+02:00", "VARCHAR", True, "2026-01-15T02:00:00-06:00"),
        ("2026-01-15 10:00:00+00", "VARCHAR", True, "2026-01-15T04:00:00-06:00"),
        ("2026-01-15 10:00:00.25+0000", "VARCHAR", True, "2026-01-15T04:00:00-06:00"),
        ("2026-01-15 10:00:00", "TIMESTAMP", True, "2026-01-15T10:00:00-06:00"),
        ("2026-01-15 10:00:00+00", "TIMESTAMP WITH TIME ZONE", True, "2026-01-15T04:00:00-06:00"),
        ("1990-01-01", "DATE", False, "1990-01-01T00:00:00-06:00"),
        ("2076-01-01", "DATE", False, "2076-01-01T00:00:00-06:00"),
    ],
)
def test_a_date_is_completed_in_the_citys_zone(
    leaf: Callable[..., Any], cell: str, column_type: str, end: bool, value: str
) -> None:
    assert leaf(cell, column_type, "date-time", end=end) == (value, None)


@pytest.mark.parametrize(
    ("cell", "column_type", "code"),
    [
        ("1900-01-01", "DATE", "date_out_of_range"),
        ("9999-12-31", "DATE", "date_out_of_range"),
        ("0201-05-01", "TIMESTAMP", "date_out_of_range"),
        ("2077-01-01", "DATE", "date_out_of_range"),
        ("9999-12-31 00:00:00+00", "TIMESTAMP WITH TIME ZONE", "date_out_of_range"),
        ("1900-01-01", "VARCHAR", "date_out_of_range"),
        ("0201-05-01", "VARCHAR", "date_out_of_range"),
        ("9999-12-31T00:00:00Z", "VARCHAR", "date_out_of_range"),
        ("2026-02-30", "VARCHAR", "not_a_date"),
        ("soon", "VARCHAR", "not_a_date"),
        ("15/01/2026", "VARCHAR", "not_a_date"),
    ],
)
def test_a_date_that_stands_for_nothing_is_a_finding(
    leaf: Callable[..., Any], cell: str, column_type: str, code: str
) -> None:
    assert leaf(cell, column_type, "date-time") == (None, code)


@pytest.mark.parametrize(
    ("cell", "column_type", "split", "values"),
    [
        ("a; b ;;c", "VARCHAR", ";", ["a", "b", "c"]),
        (" ; ", "VARCHAR", ";", None),
        ("a;b", "VARCHAR", None, ["a;b"]),
        (" a ", "VARCHAR", None, ["a"]),
        (None, "VARCHAR", ";", None),
        (["a", " ", None, "b "], "VARCHAR[]", None, ["a", "b"]),
        ([], "VARCHAR[]", None, None),
    ],
)
def test_several_values_in_a_cell_are_trimmed_and_blank_ones_left_out(
    evaluate: Evaluate, cell: Any, column_type: str, split: str | None, values: list[str] | None
) -> None:
    assert evaluate(sql.scalars("cell", column_type, split), cell, column_type) == values


def test_a_template_is_null_where_a_part_is_blank(connection: duckdb.DuckDBPyConnection) -> None:
    expression = sql.template("it's {a}-{b}!")
    rows = connection.execute(f"SELECT {expression} FROM (VALUES (' 1 ', 'x'), ('1', ' '), (NULL, 'x')) AS t(a, b)")
    assert rows.fetchall() == [("it's 1-x!",), (None,), (None,)]


def test_an_identifier_is_a_column_or_a_template(connection: duckdb.DuckDBPyConnection) -> None:
    for declared, expected in (("a", "7"), ("{a}/{b}", "7/x")):
        row = connection.execute(f"SELECT {sql.identifier(declared, 't')} FROM (SELECT 7 AS a, 'x' AS b) t").fetchone()
        assert row == (expected,)


@pytest.mark.parametrize(
    ("cell", "column_type", "value"),
    [
        ("2026-01-15 08:00:00", "TIMESTAMP", "2026-01-15T14:00:00Z"),
        ("2026-01-15", "DATE", "2026-01-15T06:00:00Z"),
        (" 2026-01-15 08:00:00 ", "VARCHAR", "2026-01-15T14:00:00Z"),
        ("2026-01-15 08:00:00+00", "TIMESTAMP WITH TIME ZONE", "2026-01-15T08:00:00Z"),
        ("yesterday", "VARCHAR", None),
        (None, "TIMESTAMP", None),
    ],
)
def test_a_change_time_is_given_in_utc(evaluate: Evaluate, cell: Any, column_type: str, value: str | None) -> None:
    assert evaluate(sql.modified("cell", column_type).value, cell, column_type) == value


def test_a_change_time_in_text_may_name_its_zone(evaluate: Evaluate) -> None:
    moment = sql.modified("cell", "VARCHAR").value
    assert evaluate(moment, "2026-01-15T08:00:00Z") == "2026-01-15T08:00:00Z"
    assert evaluate(moment, "2026-01-15T08:00:00+02:00") == "2026-01-15T06:00:00Z"


@pytest.mark.parametrize(
    ("cell", "column_type", "code"),
    [
        ("0201-03-01 00:00:00", "TIMESTAMP", "date_out_of_range"),
        ("1970-01-01 00:00:00", "VARCHAR", "date_out_of_range"),
        ("9999-12-31", "DATE", "date_out_of_range"),
        ("2026-03-02 12:00:01+00", "TIMESTAMP WITH TIME ZONE", "date_out_of_range"),
        ("2026-03-02 12:00:00+00", "TIMESTAMP WITH TIME ZONE", None),  # changed while the run read
        ("2026-03-01 12:00:01+00", "TIMESTAMP WITH TIME ZONE", None),
        ("yesterday", "VARCHAR", "not_a_date"),
    ],
)
def test_a_time_at_which_nothing_can_have_changed_is_no_change_time_and_is_counted(
    evaluate: Evaluate, cell: Any, column_type: str, code: str | None
) -> None:
    read = sql.modified("cell", column_type, now="2026-03-01T12:00:00Z")
    assert evaluate(read.value, cell, column_type) is None
    found = evaluate(read.finding, cell, column_type)
    assert (found and found.split(sql.SEPARATOR)[:2]) == (code and ["date", code])


def test_a_change_time_up_to_the_clock_is_believed(evaluate: Evaluate) -> None:
    read = sql.modified("cell", "TIMESTAMP WITH TIME ZONE", now="2026-03-01T12:00:00Z")
    assert evaluate(read.value, "2026-03-01 12:00:00+00", "TIMESTAMP WITH TIME ZONE") == "2026-03-01T12:00:00Z"
    assert evaluate(read.finding, "2026-03-01 12:00:00+00", "TIMESTAMP WITH TIME ZONE") is None
