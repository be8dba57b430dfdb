import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from put_back import Before


def _rewrite(folder: Path) -> None:
    """In place, with as many bytes and the time of before."""
    file = folder / "a/one"
    told = file.stat()
    with file.open("r+b") as stream:
        stream.write(b"0ne")
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))


def _replace(folder: Path) -> None:
    (folder / "new").write_text("replaced")
    (folder / "new").rename(folder / "a/one")


def _add(folder: Path) -> None:
    (folder / "b/c").mkdir(parents=True)
    (folder / "b/c/three").write_text("three")
    (folder / "a/link-to-b").symlink_to("../b")


def _link(folder: Path) -> None:
    os.link(folder / "a/one", folder / "again")


def _turn(folder: Path) -> None:
    """A folder becomes a file, a file a folder, a link leads elsewhere."""
    shutil.rmtree(folder / "a/d")
    (folder / "a/d").write_text("no folder any more")
    (folder / "a/one").unlink()
    (folder / "a/one").mkdir()
    (folder / "a/one/two").write_text("two")
    (folder / "current").unlink()
    (folder / "current").symlink_to("elsewhere")


def _touch(folder: Path) -> None:
    os.utime(folder / "a/one", (1, 1))
    (folder / "a/one").chmod(0o600)
    (folder / "a").chmod(0o700)


ACTS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda _: None,
    "rewritten": _rewrite,
    "replaced": _replace,
    "added": _add,
    "linked": _link,
    "removed": lambda folder: shutil.rmtree(folder / "a"),
    "all removed": shutil.rmtree,
    "turned into something else": _turn,
    "times and modes": _touch,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "a/d").mkdir(parents=True)
    (folder / "a/one").write_text("one")
    (folder / "a/d/two").write_text("two")
    (folder / "current").symlink_to("a")
    return folder


def _told(folder: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        told = path.lstat()
        content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path)] = (told.st_mode, told.st_mtime_ns, content)
    return found


@pytest.mark.parametrize("act", ACTS)
def test_whatever_was_done_to_it_a_folder_is_what_it_was(act: str, folder: Path, tmp_path: Path) -> None:
    expected = _told(folder)
    before = Before(folder, tmp_path / "copy")
    for _ in range(2):
        ACTS[act](folder)
        assert not folder.exists() or (_told(folder) != expected) == (act != "nothing")
        before.put_back()
        assert _told(folder) == expected
    before.forget()
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("act", [act for act in ACTS if act != "all removed"])
def test_what_it_has_become_can_be_what_it_is_put_back_to(act: str, folder: Path, tmp_path: Path) -> None:
    before = Before(folder, tmp_path / "copy")
    ACTS[act](folder)
    expected = _told(folder)
    before.renew()
    assert [told[1:] for told in _told(tmp_path / "copy").values()] == [told[1:] for told in expected.values()]
    shutil.rmtree(folder)
    before.put_back()
    assert _told(folder) == expected


def test_what_nobody_touched_is_not_written_again(folder: Path, tmp_path: Path) -> None:
    before = Before(folder, tmp_path / "copy")
    files = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    written = {path: path.lstat().st_ctime_ns for path in files}
    _replace(folder)
    before.put_back()
    assert [path.name for path in files if path.lstat().st_ctime_ns != written[path]] == ["one"]
