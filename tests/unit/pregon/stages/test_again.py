"""Rows that are looked at again are kept by table and key, with the names under which they were chosen."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pregon.run import Run
from pregon.stages.again import names_again, rows_again, select_again, write_again


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that nothing is known of."""
    return Run.start("hamlet", home=tmp_path, as_of=datetime(2026, 3, 1, 12, tzinfo=UTC))


def test_a_run_of_its_sources_has_none(run: Run) -> None:
    assert rows_again(run) is None
    assert names_again(run) is None


def test_rows_are_found_by_table_whatever_their_keys_are(run: Run) -> None:
    write_again(run, ["T2"], {"tenders:T2", "bids:a:b|c", "bids:o'clock", "bids:"})
    rows = rows_again(run)
    assert rows is not None
    with duckdb.connect() as connection:
        found = {
            table: {key for (key,) in connection.execute(select_again(rows, table)).fetchall()}
            for table in ("tenders", "bids", "o'dd")
        }
    assert found == {"tenders": {"T2"}, "bids": {"a:b|c", "o'clock", ""}, "o'dd": set()}
    assert names_again(run) == ["T2"]


def test_none_at_all_can_be_looked_at(run: Run) -> None:
    write_again(run, [], set())
    rows = rows_again(run)
    assert rows is not None
    with duckdb.connect() as connection:
        assert connection.execute(select_again(rows, "bids")).fetchall() == []
    assert names_again(run) == []
