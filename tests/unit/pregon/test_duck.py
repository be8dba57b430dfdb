import hashlib
import os
import signal
import threading
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregon import duck

SCHEMA = pa.schema([pa.field("a", pa.string()), pa.field("_row", pa.string())])


def _batch(first: int, rows: int) -> pa.RecordBatch:
    numbers = [str(number) for number in range(first, first + rows)]
    return pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(numbers)], schema=SCHEMA)


@settings(deadline=None, max_examples=50)
@given(sizes=st.lists(st.integers(0, 40), max_size=20))
def test_the_bytes_do_not_depend_on_where_batches_end(tmp_path_factory: object, sizes: list[int]) -> None:
    total = sum(sizes)
    digests = []
    for cut in (sizes, [total]):
        folder = tmp_path_factory.mktemp("parts")  # type: ignore[attr-defined]
        writer = duck.PartWriter(folder, "p", SCHEMA, group_rows=16)
        first = 0
        for size in cut:
            writer.write(_batch(first, size))
            first += size
        parts = writer.close()
        assert sum(rows for _, rows in parts) == total
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path, _ in parts])
    assert digests[0] == digests[1]


def test_row_groups_and_parts_are_bounded(tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.setattr(duck, "PART_ROWS", 30)  # type: ignore[attr-defined]
    writer = duck.PartWriter(tmp_path, "p", SCHEMA, group_rows=10)
    writer.write(_batch(0, 64))
    parts = writer.close()
    assert [(path.name, rows) for path, rows in parts] == [
        ("p-00000.parquet", 30),
        ("p-00001.parquet", 30),
        ("p-00002.parquet", 4),
    ]
    assert pq.read_metadata(parts[0][0]).num_row_groups == 3
    assert [value for path, _ in parts for value in pq.read_table(path)["a"].to_pylist()] == [
        str(number) for number in range(64)
    ]


def test_wide_rows_end_a_row_group_early(tmp_path: Path) -> None:
    writer = duck.PartWriter(tmp_path, "p", SCHEMA, group_bytes=100)
    for first in range(0, 60, 20):
        writer.write(_batch(first, 20))
    [(path, _)] = writer.close()
    assert pq.read_metadata(path).num_row_groups == 3


def test_a_query_that_needs_too_much_memory_says_for_what_and_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(duck.OutOfMemory, match=r"portal\.awards: needs more memory than the 20MB") as refused,
        duck.session(tmp_path, about="portal.awards", limit="20MB") as connection,
    ):
        connection.execute("SELECT list(range) FROM range(20000000)").fetchall()
    assert refused.value.hint is not None
    assert "PREGON_MEMORY" in refused.value.hint
    assert not refused.value.retryable


def test_an_error_of_the_disk_may_go_away_an_error_of_the_data_does_not(tmp_path: Path) -> None:
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1" * 10)
    with (
        pytest.raises(duck.QueryFailed, match=r"portal\.awards: IO Error") as refused,
        duck.session(tmp_path, about="portal.awards") as connection,
    ):
        connection.execute(f"SELECT * FROM {duck.parquet([tmp_path / 'none.parquet'])}")
    assert refused.value.retryable
    with (
        pytest.raises(duck.QueryFailed) as refused,
        duck.session(tmp_path, about="portal.awards") as connection,
    ):
        connection.execute(f"SELECT * FROM {duck.parquet([tmp_path / 'damaged.parquet'])}")
    assert not refused.value.retryable


def test_ctrl_c_in_the_middle_of_a_query_stays_ctrl_c(tmp_path: Path) -> None:
    # A shell starts what it runs in the background with Ctrl-C ignored, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt), duck.session(tmp_path) as connection:
            connection.execute("SELECT count(*) FROM range(100000000000) WHERE hash(range) % 7 = 1").fetchall()
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


# One DuckDB for many sessions -----------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The DuckDBs that are started from now on."""
    made: list[object] = []
    connect = duckdb.connect

    def counted(**options: Any) -> duckdb.DuckDBPyConnection:
        made.append(connect(**options))
        return made[-1]  # type: ignore[return-value]

    monkeypatch.setattr(duckdb, "connect", counted)
    monkeypatch.setattr(duck, "_idle", [])
    return made


def test_sessions_one_after_the_other_share_a_duckdb(tmp_path: Path, started: list[object]) -> None:
    for _ in range(3):
        with duck.session(tmp_path) as connection:
            connection.execute("SELECT 1")
    assert len(started) == 1


def test_nothing_of_a_session_is_left_to_the_next(tmp_path: Path, started: list[object]) -> None:
    with duck.session(tmp_path) as first:
        for statement in (
            "CREATE TABLE kept AS SELECT 1 AS a", "CREATE TEMP TABLE passing AS SELECT 1 AS a", "CREATE SCHEMA source",
            "CREATE VIEW source.seen AS FROM kept", "CREATE MACRO twice(x) AS 2 * x", "SET search_path = 'main,source'",
            "SET TimeZone = 'America/Chicago'", "SET VARIABLE word = 'secret'",
        ):  # fmt: skip
            first.execute(statement)
    with duck.session(tmp_path) as second:
        shown = (
            "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        assert second.execute(shown).fetchall() == []
        for gone in ("SELECT twice(1)", "FROM kept", "FROM memory.main.kept", "FROM passing", "FROM source.seen"):
            with pytest.raises(duckdb.CatalogException):
                second.execute(gone)
        zone, word = second.execute("SELECT current_setting('TimeZone'), getvariable('word')").fetchone() or ()
        assert (zone, word) == ("UTC", None)
        second.execute("CREATE TABLE kept AS SELECT 2 AS a")
    assert len(started) == 1


def test_each_session_has_its_own_limits(tmp_path: Path, started: list[object]) -> None:
    asked = "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory')"
    for threads, limit, told in ((2, "100MB", "95.3 MiB"), (1, "200MB", "190.7 MiB")):
        with duck.session(tmp_path / limit, limit=limit, threads=threads) as connection:
            assert connection.execute(asked).fetchone() == (threads, told, str(tmp_path / limit / "spill"))
    assert len(started) == 1


def test_a_session_within_another_is_apart(tmp_path: Path, started: list[object]) -> None:
    with duck.session(tmp_path) as outer:
        outer.execute("CREATE TABLE kept AS SELECT 1 AS a")
        with duck.session(tmp_path, limit="100MB") as inner, pytest.raises(duckdb.CatalogException):
            inner.execute("FROM kept")
        assert outer.execute("SELECT a, current_setting('memory_limit') FROM kept").fetchone() == (1, "488.2 MiB")
    assert len(started) == 2
    assert len(duck._idle) == 1


def test_a_duckdb_that_has_spilled_is_not_used_again(tmp_path: Path, started: list[object]) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with duck.session(tmp_path / "first", limit="30MB", threads=1) as connection:
        connection.execute("CREATE TABLE many AS SELECT md5(range::VARCHAR) AS a FROM range(2000000)")
        assert any((tmp_path / "first" / "spill").iterdir())
    with duck.session(tmp_path / "second", limit="30MB", threads=1) as connection:
        connection.execute("CREATE TABLE many AS SELECT md5(range::VARCHAR) AS a FROM range(2000000)")
        assert any((tmp_path / "second" / "spill").iterdir())
    assert len(started) == 2


def test_a_duckdb_in_which_something_failed_is_not_used_again(tmp_path: Path, started: list[object]) -> None:
    with pytest.raises(duck.QueryFailed), duck.session(tmp_path) as connection:
        connection.execute("FROM nothing")
    with duck.session(tmp_path) as connection:
        connection.execute("SELECT 1")
    assert len(started) == 2


def test_a_result_that_is_still_held_does_no_harm(tmp_path: Path, started: list[object]) -> None:
    with duck.session(tmp_path) as connection:
        connection.execute("CREATE TABLE many AS FROM range(100000)")
        held = connection.execute("FROM many").to_arrow_reader(100)
        held.read_next_batch()
    with duck.session(tmp_path) as connection:
        connection.execute("CREATE TABLE many AS FROM range(10)")
        assert connection.execute("SELECT count(*) FROM many").fetchone() == (10,)
    del held


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # other libraries of the tests have threads
def test_the_duckdb_that_waits_has_no_threads_and_works_in_a_fork(tmp_path: Path, started: list[object]) -> None:
    with duck.session(tmp_path, threads=4) as connection:
        connection.execute("SELECT 1")
    [waiting] = duck._idle
    assert waiting.execute("SELECT current_setting('threads')").fetchone() == (1,)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with duck.session(tmp_path, threads=4) as connection:
                found = connection.execute("SELECT sum(range) FROM range(1000000)").fetchone()
            status = 0 if found == (499999500000,) else 2
        finally:
            os._exit(status)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(60)
    try:
        assert os.waitpid(child, 0)[1] == 0
    finally:
        signal.alarm(0)
    with duck.session(tmp_path) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("given", "threads"), [(None, 2), ("", 2), ("1", 1), (" 4 ", 4)])
def test_the_threads_of_a_query_are_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, threads: int
) -> None:
    monkeypatch.delenv("PREGON_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("PREGON_THREADS", given)
    with duck.session(tmp_path) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchall() == [(threads,)]
    with duck.session(tmp_path, threads=1) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchall() == [(1,)]


@pytest.mark.parametrize("given", ["many", "0", "-1", "1.5", "²", "1000", "2; DROP"])
def test_what_is_no_number_of_threads_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PREGON_THREADS", given)
    with pytest.raises(duck.InvalidThreads, match="is not a number of threads"), duck.session(tmp_path):
        pass
