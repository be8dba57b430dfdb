"""The lake's files without what was taken back: rewritten once, under their names, with manifests that agree."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pregon.lake import Lake
from pregon.redaction.lake_files import columns_with, mask_lake
from pregon.rejects import rejects_schema
from pregon.sources.hashing import row_hashes

CONTENT = {"key": "text", "name": "text", "born": "date"}
NAMES = ["Ana", "Bo", "Cy"]


def _part(lake: Lake, key: str) -> None:
    data = pa.record_batch(
        {
            "key": pa.array(["1", "2", "3"]),
            "name": pa.array(NAMES),
            "born": pa.array([1, 2, 3], pa.int32()).cast(pa.date32()),
        }
    )
    with duckdb.connect() as connection:
        hashes = row_hashes(connection, data, CONTENT)
    table = pa.Table.from_batches([data]).append_column("_row", data.column("key")).append_column("_hash", hashes)
    with lake.writer(key) as path:
        pq.write_table(table, path, row_group_size=2)


def _rejects(lake: Lake, key: str) -> None:
    rows = [("1", '{"name": "Ana"}'), (None, "Ana;;"), ("9", '{"name": "Di"}')]
    table = pa.Table.from_pylist(
        [{"_row": row, "_reason": "r", "_position": 1, "_raw": raw, "_detail": "", "_file": None, "_increment": None}
         for row, raw in rows], rejects_schema(),
    )  # fmt: skip
    with lake.writer(key) as path:
        pq.write_table(table, path)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    lake = Lake(tmp_path / "lake")
    keys = ["town/raw/files/people/000001/part-00000.parquet", "town/image/people/base-000001-00000.parquet",
            "town/raw/files/places/000001/part-00000.parquet"]  # fmt: skip
    for key in keys:
        _part(lake, key)
    _rejects(lake, "town/raw/files/people/000001/rejects.parquet")
    keys.append("town/raw/files/people/000001/rejects.parquet")
    lake.put_json("town/manifests/000001.json", {"tables": [lake.ref(key, 3).to_json() for key in keys]})
    monkeypatch.setattr("pregon.redaction.lake_files.read", lambda *_: None)
    return lake


def _mask(lake: Lake, scratch: Path) -> Any:
    masked = {"people": {"1": frozenset({"name"})}}
    return mask_lake(lake, "town", masked, {"people": CONTENT, "places": CONTENT}, lambda text: "Ana" in text, scratch)


def test_cells_are_emptied_wherever_their_row_lies_and_nothing_else(lake: Lake, tmp_path: Path) -> None:
    done = _mask(lake, tmp_path)
    assert (done.cells, done.rejects, done.manifests, len(done.files)) == (2, 2, 1, 3)
    for key in ("town/raw/files/people/000001/part-00000.parquet", "town/image/people/base-000001-00000.parquet"):
        table = pq.read_table(lake.local(key))
        assert table.column("name").to_pylist() == [None, "Bo", "Cy"]
        assert table.column("key").to_pylist() == ["1", "2", "3"]
    assert pq.read_table(lake.local("town/raw/files/places/000001/part-00000.parquet"))["name"].to_pylist() == NAMES
    rejects = pq.read_table(lake.local("town/raw/files/people/000001/rejects.parquet"))
    assert rejects["_raw"].to_pylist() == ["", "", '{"name": "Di"}']
    assert columns_with(lake, "town", ["Ana"]) == {"places.name": 1}


def test_the_hash_is_that_of_the_row_as_it_is_read_from_now_on(lake: Lake, tmp_path: Path) -> None:
    before = pq.read_table(lake.local("town/image/people/base-000001-00000.parquet"))
    _mask(lake, tmp_path)
    after = pq.read_table(lake.local("town/image/people/base-000001-00000.parquet"))
    with duckdb.connect() as connection:
        (batch,) = after.select(list(CONTENT)).combine_chunks().to_batches()
        assert after["_hash"].to_pylist() == row_hashes(connection, batch, CONTENT).to_pylist()
    assert after["_hash"].to_pylist()[1:] == before["_hash"].to_pylist()[1:]
    assert after["_hash"][0] != before["_hash"][0]


def test_manifests_agree_with_the_files_and_a_second_time_changes_nothing(lake: Lake, tmp_path: Path) -> None:
    _mask(lake, tmp_path)
    manifest = lake.read_json("town/manifests/000001.json")
    assert manifest["tables"] == [lake.ref(one["key"], 3).to_json() for one in manifest["tables"]]
    again = _mask(lake, tmp_path)
    assert (again.cells, again.rejects, again.manifests, again.files) == (0, 0, 0, set())


def test_killed_before_the_manifests_they_are_renewed_by_the_repetition(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pregon.redaction.lake_files._renew", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _mask(lake, tmp_path)
    assert _mask(lake, tmp_path).manifests == 1
    manifest = lake.read_json("town/manifests/000001.json")
    assert manifest["tables"] == [lake.ref(one["key"], 3).to_json() for one in manifest["tables"]]
