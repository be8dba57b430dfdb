import gzip
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import files, image, rejects, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import EmptySourceError, MissingColumnError, SourceLimitError, SourceUnreadableError
from pregon.sources.files import parquetrows
from pregon.sources.files.parquetrows import as_text


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, data: pa.Table, **options: Any) -> Manifest:
    pq.write_table(data, lake.root.parent / "f.parquet")
    return run(lake, files(table(**{"file": "f.parquet", **options})), lake.root.parent)


DAY = datetime(2026, 3, 1, 14, 30)  # noqa: DTZ001 - without zone


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (7, pa.int8(), "7"),
        (2**64 - 1, pa.uint64(), "18446744073709551615"),
        (1.5, pa.float64(), "1.5"),
        (3.0, pa.float64(), "3"),
        (0.1, pa.float32(), "0.1"),
        (1e22, pa.float64(), "10000000000000000000000"),
        (-1.25e-7, pa.float64(), "-0.000000125"),
        (float("nan"), pa.float64(), "nan"),
        (Decimal("1.50"), pa.decimal128(10, 2), "1.50"),
        (Decimal("0.00000001"), pa.decimal128(20, 8), "0.00000001"),
        (Decimal("1E+3"), pa.decimal256(40, 0), "1000"),
        (True, pa.bool_(), "true"),
        (date(2026, 3, 1), pa.date32(), "2026-03-01"),
        (date(2026, 3, 1), pa.date64(), "2026-03-01"),
        (DAY, pa.timestamp("s"), "2026-03-01T14:30:00"),
        (DAY, pa.timestamp("ns"), "2026-03-01T14:30:00"),
        (DAY.replace(microsecond=120_000), pa.timestamp("us"), "2026-03-01T14:30:00.12"),
        (DAY.replace(tzinfo=UTC), pa.timestamp("ms", "America/Chicago"), "2026-03-01T14:30:00Z"),
        (time(14, 30), pa.time64("us"), "14:30:00"),
        (timedelta(days=1, seconds=2), pa.duration("s"), "1 day, 0:00:02"),
        ("text", pa.large_string(), "text"),
        ("text", pa.string_view(), "text"),
        ("text", pa.dictionary(pa.int32(), pa.string()), "text"),
        (b"t\xc3\xad", pa.binary(), "tí"),
        ([1, None, 2], pa.list_(pa.int64()), "[1,null,2]"),
        ([], pa.list_(pa.string()), "[]"),
        (
            {"a": Decimal("1.50"), "b": None},
            pa.struct({"a": pa.decimal128(9, 2), "b": pa.string()}),
            '{"a":1.50,"b":null}',
        ),
        ([("k", [date(2026, 3, 1)])], pa.map_(pa.string(), pa.list_(pa.date32())), '[["k",["2026-03-01"]]]'),
        (["ñ"], pa.list_(pa.string()), '["ñ"]'),
        (None, pa.null(), None),
        (None, pa.int64(), None),
        (None, pa.list_(pa.int64()), None),
    ],
)
def test_every_value_has_one_text(value: Any, type_: pa.DataType, text: str | None) -> None:
    column = (
        pa.array([value, None], type_)
        if not pa.types.is_dictionary(type_)
        else pa.array([value, None]).dictionary_encode()
    )
    found, bad = as_text(column)
    assert (found.to_pylist(), bad) == ([text, None], [])
    assert found.type == pa.string()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_gives_the_number_back_and_has_no_exponent(value: float) -> None:
    [text] = as_text(pa.array([value], pa.float64()))[0].to_pylist()
    assert float(text) == value
    assert "e" not in text.lower()


@settings(deadline=None)
@given(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001
def test_the_text_of_a_time_gives_the_time_back(value: datetime) -> None:
    for unit in ("us", "ns"):
        [text] = as_text(pa.array([value], pa.timestamp(unit)))[0].to_pylist()
        assert datetime.fromisoformat(text) == value
        assert "." not in text or not text.endswith("0")


def test_declared_columns_are_read_and_others_noted(lake: Lake) -> None:
    data = pa.table({"id": [1, 2], "other": [0, 0], "title": ["a", None]})
    manifest = extracted(lake, data)
    assert [(row["id"], row["title"]) for row in image(lake, manifest)] == [("1", "a"), ("2", None)]
    assert manifest.tables["things"].notes["added_columns"] == ["other"]


def test_a_missing_column_is_named(lake: Lake) -> None:
    with pytest.raises(MissingColumnError, match="has no column 'title'"):
        extracted(lake, pa.table({"id": [1], "Title": ["a"]}))


def test_columns_of_one_name_are_told_apart(lake: Lake) -> None:
    data = pa.Table.from_arrays([pa.array([1]), pa.array(["a"]), pa.array(["b"])], names=["id", "t", "t"])
    manifest = extracted(lake, data, columns={"id": "id", "title": "t_2"})
    assert [row["title"] for row in image(lake, manifest)] == ["b"]


def test_names_with_dots_are_names(lake: Lake) -> None:
    data = pa.table({"a": [1], "a.b": ["x"]})
    manifest = extracted(lake, data, columns={"id": "a", "title": "a.b"})
    assert [(row["id"], row["title"]) for row in image(lake, manifest)] == [("1", "x")]


def test_bytes_that_are_no_text_reject_their_row(lake: Lake) -> None:
    data = pa.table({"id": ["1", "2", "3"], "title": pa.array([b"a", b"\xff", None], pa.binary())})
    manifest = extracted(lake, data)
    assert [row["id"] for row in image(lake, manifest)] == ["1", "3"]
    [row] = rejects(lake, manifest)
    assert (row["_reason"], row["_position"], json.loads(row["_raw"])) == (
        "unreadable_row",
        2,
        {"id": "2", "title": None},
    )
    assert row["_detail"] == "title: bytes that are not UTF-8"


def test_text_that_is_none_rejects_its_row(lake: Lake) -> None:
    """Nothing but the writer's word says that a column holds text."""
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a", b"\xff"], pa.binary()).buffers())
    manifest = extracted(lake, pa.table({"id": ["1", "2"], "title": bad}))
    assert [row["id"] for row in image(lake, manifest)] == ["1"]
    assert manifest.tables["things"].rejected == {"unreadable_row": 1}


def test_a_file_without_rows_is_refused(lake: Lake) -> None:
    with pytest.raises(EmptySourceError, match="holds no rows"):
        extracted(lake, pa.table({"id": pa.array([], pa.string()), "title": pa.array([], pa.string())}))


@pytest.mark.parametrize("data", [b"id,title\n1,a\n", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_is_refused(lake: Lake, data: bytes) -> None:
    (lake.root.parent / "f.parquet").write_bytes(data)
    with pytest.raises(SourceUnreadableError, match="is not a sound Parquet file"):
        run(lake, files(table(file="f.parquet")), lake.root.parent)


@settings(max_examples=80, deadline=None)
@given(place=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, place: float, byte: int) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    pq.write_table(pa.table({"id": ["1", "2"], "title": ["a", "b"]}), folder / "f.parquet", compression="zstd")
    data = bytearray((folder / "f.parquet").read_bytes())
    data[int(place * (len(data) - 1))] ^= byte
    (folder / "f.parquet").write_bytes(data)
    try:
        run(Lake(folder / "lake"), files(table(file="f.parquet")), folder)
    except (SourceUnreadableError, MissingColumnError, EmptySourceError) as error:
        assert error.file == "f.parquet"  # noqa: PT017 - whether it is raised depends on the byte


def test_it_may_lie_in_a_container(lake: Lake) -> None:
    before = image(lake, extracted(lake, pa.table({"id": ["1"], "title": ["a"]})))
    path = lake.root.parent / "f.parquet"
    path.with_name("g.parquet.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert image(lake, run(lake, files(table(file="g.parquet.gz")), path.parent, day=1)) == before


def test_wide_rows_come_a_few_at_a_time(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquetrows, "BATCH_CHARACTERS", 10_000)
    taken = []
    written = parquetrows._texts

    def seen(columns: Any, first: int, count: int) -> Any:
        taken.append(count)
        return written(columns, first, count)

    monkeypatch.setattr(parquetrows, "_texts", seen)
    titles = [f"{number:04d}" * 250 for number in range(100)]
    manifest = extracted(lake, pa.table({"id": [str(number) for number in range(100)], "title": titles}))
    assert manifest.tables["things"].rows_read == 100
    assert max(taken) < 15


def test_more_than_is_safe_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquetrows, "MAX_BYTES", 1_000)
    with pytest.raises(SourceLimitError, match="expands to more than 1,000 bytes"):
        extracted(lake, pa.table({"id": [str(number) for number in range(500)], "title": ["x" * 50] * 500}))
