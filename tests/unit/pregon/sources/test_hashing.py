import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregon.duck import arrow_type
from pregon.sources.hashing import row_hashes

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a time without zone


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def written(value: Any) -> str:
    """The text of a value that is hashed, written by hand."""
    if isinstance(value, datetime):
        value = (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value) - EPOCH
        return str(value // timedelta(microseconds=1))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:.9f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def expected(values: tuple[Any, ...]) -> str:
    texts = ["-" if value is None else f"{len(written(value).encode())}:{written(value)}" for value in values]
    return hashlib.md5("".join(texts).encode(), usedforsecurity=False).hexdigest()


text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.integers(4_090, 4_100).map("ñ".__mul__)
years = {"min_value": datetime(1, 1, 1), "max_value": datetime(9999, 12, 31)}  # noqa: DTZ001
values = {
    "text": text,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.decimals(-(10**20), 10**20, places=9) | st.integers(-2_000, 2_000).map(Decimal("1e-9").__mul__),
    "date": st.dates(),
    "timestamp": st.datetimes(**years),
    "timestamptz": st.datetimes(**years, timezones=st.just(UTC)),
    "boolean": st.booleans(),
}


@settings(max_examples=80, deadline=None)
@given(data=st.data(), types=st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=6))
def test_the_hash_is_that_of_every_value_with_its_length(
    connection: duckdb.DuckDBPyConnection, data: st.DataObject, types: list[str]
) -> None:
    rows = data.draw(st.lists(st.tuples(*(st.none() | values[type_] for type_ in types)), min_size=1, max_size=8))
    columns = list(zip(*rows, strict=True))
    names = [f"c{number}" for number in range(len(types))]
    arrays = [pa.array(column, arrow_type(type_)) for column, type_ in zip(columns, types, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    found = row_hashes(connection, batch, dict(zip(names, types, strict=True)))
    assert found.to_pylist() == [expected(row) for row in rows]


def test_days_beyond_four_digits_are_written_as_duckdb_writes_them(connection: duckdb.DuckDBPyConnection) -> None:
    numbers = [-800_000, 0, 3_000_000]
    sql = f"SELECT (date '1970-01-01' + number)::VARCHAR FROM unnest({numbers}) AS t(number)"
    texts = [text for (text,) in connection.execute(sql).fetchall()]
    assert (texts[0].endswith("(BC)"), len(texts[2])) == (True, 11)
    batch = pa.RecordBatch.from_arrays([pa.array(numbers, pa.int32()).cast(pa.date32())], names=["a"])
    found = row_hashes(connection, batch, {"a": "date"}).to_pylist()
    as_texts = pa.RecordBatch.from_arrays([pa.array(texts)], names=["a"])
    assert found == row_hashes(connection, as_texts, {"a": "text"}).to_pylist()


def test_a_part_of_a_larger_batch_is_hashed_like_the_same_rows_alone(connection: duckdb.DuckDBPyConnection) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(["a", None, "ñ", ""])], names=["a"])
    types = {"a": "text"}
    whole = row_hashes(connection, batch, types).to_pylist()
    assert row_hashes(connection, batch.slice(1, 2), types).to_pylist() == whole[1:3]
    assert whole[1] == hashlib.md5(b"-", usedforsecurity=False).hexdigest()
