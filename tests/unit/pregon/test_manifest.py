from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pregon.lake import Lake, Ref
from pregon.manifest import (
    Image,
    Manifest,
    ManifestError,
    Rejects,
    TableManifest,
    Watermark,
    check_as_of,
    latest,
    numbers,
    read,
    run_id,
    write,
)

AS_OF = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


@pytest.fixture
def manifest() -> Manifest:
    part = Ref("c/raw/s/t/000002/part-00000.parquet", 3, "ab" * 32, 99)
    table = TableManifest(
        name="t",
        source="s",
        mode="incremental",
        rows_read=5,
        parts=(part,),
        rejects=replace(part, rows=2),
        rejected={"empty_key": 2},
        watermark=Watermark("updated_at", "2026-01-01T00:00:00", "2025-12-25T00:00:00"),
        key=("id",),
        columns={"z": "text", "id": "integer"},
        fingerprint="f",
        signature=None,
        image=Image(base=(part,), deltas=(part,), rows=7, deleted=1),
        unusable=Rejects(parts=(part,), reasons={"empty_key": 4}),
        changed={"new": 3},
        notes={"encoding": "utf-8", "added_columns": ["x"]},
    )
    return Manifest(2, "c", AS_OF, 1, "config", {"t": table})


def test_a_manifest_comes_back_as_it_was_written(lake: Lake, manifest: Manifest) -> None:
    write(lake, manifest)
    again = read(lake, "c", 2)
    assert again == manifest
    assert list(again.tables["t"].columns) == ["z", "id"]


def test_the_same_manifest_may_be_written_again_but_no_other(lake: Lake, manifest: Manifest) -> None:
    write(lake, manifest)
    before = lake.read_bytes("c/manifests/000002.json")
    write(lake, manifest)
    with pytest.raises(ManifestError, match="manifest 2"):
        write(lake, replace(manifest, config="other"))
    assert lake.read_bytes("c/manifests/000002.json") == before


def test_the_latest_manifest_is_that_with_the_highest_number(lake: Lake, manifest: Manifest) -> None:
    assert latest(lake, "c") is None
    for number in (2, 10, 9):
        write(lake, replace(manifest, number=number))
    lake.put_bytes("c/manifests/notes.txt", b"")
    found = latest(lake, "c")
    assert found is not None
    assert found.number == 10
    assert numbers(lake, "c") == [2, 9, 10]
    assert latest(lake, "d") is None


@pytest.mark.parametrize("data", [b"", b"{}", b'{"format": 99}', b'{"format": 1, "number": 1}', b"[1]"])
def test_a_damaged_manifest_is_said_to_be_damaged(lake: Lake, data: bytes) -> None:
    lake.put_bytes("c/manifests/000001.json", data)
    with pytest.raises(ManifestError, match="manifest 1"):
        read(lake, "c", 1)


def test_a_missing_manifest_is_named(lake: Lake) -> None:
    with pytest.raises(ManifestError, match="manifest 3: does not exist"):
        read(lake, "c", 3)


def test_the_clock_has_a_zone_and_whole_seconds() -> None:
    assert run_id(datetime(2026, 1, 2, 0, 4, 5, tzinfo=timezone(timedelta(hours=-3)))) == "20260102T030405Z"
    with pytest.raises(ValueError, match="zone"):
        check_as_of(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="seconds"):
        check_as_of(AS_OF.replace(microsecond=1))
