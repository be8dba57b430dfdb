import hashlib
import os
import signal
import threading
from pathlib import Path

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
