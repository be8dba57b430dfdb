import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import disk
import pytest

from pregon.lake import Lake, LakeKeyError, LakeObjectMissingError, Ref


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_what_was_put_can_be_read(lake: Lake) -> None:
    lake.put_bytes("city/raw/part.bin", b"abc")
    assert lake.read_bytes("city/raw/part.bin") == b"abc"
    assert lake.exists("city/raw/part.bin")
    assert lake.sha256("city/raw/part.bin") == hashlib.sha256(b"abc").hexdigest()
    assert lake.ref("city/raw/part.bin", 7) == Ref("city/raw/part.bin", 7, hashlib.sha256(b"abc").hexdigest(), 3)


def test_json_is_canonical(lake: Lake) -> None:
    lake.put_json("a/x.json", {"b": 1, "a": "ñ"})
    assert lake.read_bytes("a/x.json") == '{"a":"ñ","b":1}\n'.encode()
    assert lake.read_json("a/x.json") == {"a": "ñ", "b": 1}


def test_a_writer_that_fails_leaves_the_object_as_it_was(lake: Lake) -> None:
    lake.put_bytes("a/x", b"old")

    def fail() -> None:
        with lake.writer("a/x") as path:
            path.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lake.read_bytes("a/x") == b"old"
    assert [path.name for path in (lake.root / "a").iterdir()] == ["x"]


def test_what_a_killed_writer_left_is_no_object_and_is_overwritten(lake: Lake) -> None:
    lake.put_bytes("a/x", b"1")
    (lake.root / "a" / ".y.tmp").write_bytes(b"half of something longer")
    assert lake.list("a") == ["a/x"]
    lake.put_bytes("a/y", b"2")
    assert lake.read_bytes("a/y") == b"2"
    assert sorted(path.name for path in (lake.root / "a").iterdir()) == ["x", "y"]


def test_list_gives_keys_at_any_depth_in_order(lake: Lake) -> None:
    for key in ("c/2/b", "c/10/a", "c/1", "cc/1"):
        lake.put_bytes(key, b"")
    assert lake.list("c") == ["c/1", "c/10/a", "c/2/b"]
    assert lake.list("nothing") == []
    lake.remove_prefix("c/2")
    lake.remove("c/1")
    assert lake.list("c") == ["c/10/a"]


def test_a_folder_is_there_while_something_is_in_it(lake: Lake) -> None:
    for key in ("c/2/b", "c/10/a/x", "c/1"):
        lake.put_bytes(key, b"")
    assert lake.folders("c") == ["10", "2"]
    assert lake.folders("nothing") == []
    lake.remove("c/10/a/x")
    lake.remove("c/10/a/x")
    assert lake.folders("c") == ["2"]
    with lake.scratch("c/2/work/now"):
        lake.remove_prefix("c/2/b")
        lake.remove("c/2/b")
        assert lake.folders("c/2") == ["work"]
    assert lake.folders("c") == []
    assert lake.list("c") == ["c/1"]
    lake.remove("c/1")
    with pytest.raises(ZeroDivisionError), lake.writer("c/3/new"):
        _ = 1 / 0
    assert list(lake.root.iterdir()) == []


def test_work_beside_each_other_does_not_take_the_folder_away(lake: Lake) -> None:
    def work(number: int) -> None:
        for _ in range(200):
            with lake.scratch(f"c/runs/scratch/{number}") as folder:
                (folder / "x").write_bytes(b"")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert list(lake.root.iterdir()) == []


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../b", "..", "a//b", "a\\b", "./a", "a/.x.tmp", "a\x00b", "a/"])
def test_a_key_that_could_lead_elsewhere_is_refused(lake: Lake, key: str) -> None:
    with pytest.raises(LakeKeyError) as caught:
        lake.put_bytes(key, b"")
    assert caught.value.key == key


def test_a_missing_object_is_named(lake: Lake) -> None:
    with pytest.raises(LakeObjectMissingError, match="city/none"):
        lake.read_bytes("city/none")


def test_scratch_starts_empty_and_is_removed(lake: Lake) -> None:
    (lake.root / "city/runs/r").mkdir(parents=True)
    (lake.root / "city/runs/r/left").write_text("from a killed run")
    with lake.scratch("city/runs/r") as folder:
        assert list(folder.iterdir()) == []
        (folder / "done").write_bytes(b"x")
        lake.put_file("city/done", folder / "done")
    assert not folder.exists()
    assert lake.read_bytes("city/done") == b"x"


def test_an_object_is_on_the_disk_before_it_has_its_name(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bool]] = []

    def noted(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").resolve().name
        synced.append((name, lake.exists("new/x")))
        disk.sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    lake.put_bytes("new/x", b"1")
    # The folders above, the object under its other name, and then the folder that has it under its own.
    assert synced == [(lake.root.parent.name, False), ("lake", False), (".x.tmp", False), ("new", True)]
