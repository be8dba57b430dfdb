"""Cells that were taken back are empty whenever they are read, and their rows stay the same rows."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from made_up_sources import AS_OF, CITY, files, image, rejects, table

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.redaction.lake_files import mask_lake
from pregon.sources.extract import Extraction, extract
from pregon.sources.hashing import row_hashes
from pregon.sources.masking import MaskedRows, masked_by_table, without_masked_cells

TYPES = {"name": "text", "amount": "integer"}
MASKED = masked_by_table([("people", "1", "name"), ("people", "3", "amount"), ("places", "2", "name")])


def _rows(*values: tuple[str, str | None, int | None]) -> tuple[pa.RecordBatch, "pa.Array[pa.Scalar]"]:
    keys, names, amounts = zip(*values, strict=True)
    columns = [pa.array(names, pa.string()), pa.array(amounts, pa.int64())]
    return pa.RecordBatch.from_arrays(columns, names=list(TYPES)), pa.array(keys, pa.string())


def test_only_the_named_cells_are_emptied() -> None:
    data, keys = _rows(("1", "Ana", 1), ("2", "Bo", 2), ("3", "Cy", 3))
    found = without_masked_cells(data, keys, MASKED["people"])
    assert found.to_pylist() == [
        {"name": None, "amount": 1},
        {"name": "Bo", "amount": 2},
        {"name": "Cy", "amount": None},
    ]
    assert found.schema == data.schema


def test_rows_without_masked_cells_are_left_as_they_are() -> None:
    data, keys = _rows(("2", "Bo", 2), ("4", "Di", None))
    assert without_masked_cells(data, keys, MASKED["people"]) is data
    assert without_masked_cells(data, keys, {}) is data


def test_whatever_a_masked_cell_holds_the_row_has_one_hash() -> None:
    hashes = set()
    with duckdb.connect() as connection:
        for name in ("Ana", "Ana María", None):
            data, keys = _rows(("1", name, 1))
            masked = without_masked_cells(data, keys, MASKED["people"])
            hashes.update(row_hashes(connection, masked, TYPES).to_pylist())
    assert len(hashes) == 1


def _extracted(lake: Lake, folder: Path, day: int, masked: Mapping[str, MaskedRows] | None = None) -> Manifest:
    source = files(table(file="things.csv"))
    as_of = AS_OF + timedelta(days=day)
    return extract(Extraction(lake, CITY, [source], as_of, folder, from_dir=folder, full=True, masked=masked or {}))


def _write(folder: Path, *rows: str) -> None:
    (folder / "things.csv").write_text("\n".join(["id,title", *rows]) + "\n", encoding="utf-8")


def test_a_column_that_is_masked_as_a_whole_stops_no_read_and_changes_no_row(tmp_path: Path) -> None:
    """The guard for columns that lost their values asks what the source has."""
    lake = Lake(tmp_path / "lake")
    _write(tmp_path, *(f"{number},Home {number}" for number in range(50)))
    before = _extracted(lake, tmp_path, 0)
    masked = masked_by_table(("things", str(number), "title") for number in range(50))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    mask_lake(lake, CITY, masked, {"things": ["id", "title"]}, lambda _: False, scratch)
    assert {row["title"] for row in image(lake, before)} == {None}

    _write(tmp_path, *(f"{number},Moved to {number}" for number in range(50)))
    after = _extracted(lake, tmp_path, 1, masked)

    assert dict(after.tables["things"].changed) == {}
    assert {row["title"] for row in image(lake, after)} == {None}
    assert {row["_manifest"] for row in image(lake, after)} == {before.number}


def test_rejected_rows_do_not_quote_what_is_masked(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    _write(tmp_path, "1,Home", "2,Shop", "1,Old home", "2,Old shop")
    manifest = _extracted(lake, tmp_path, 0, masked_by_table([("things", "1", "title")]))
    texts = [row["_raw"] for row in rejects(lake, manifest)]
    assert len(texts) == 2
    assert not any("ome" in text for text in texts)
    assert any("shop" in text.lower() for text in texts)
