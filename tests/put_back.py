"""A folder that is put back to what it was, again and again: what nobody has touched stays where it is.

Copying a HOME of thousands of files for each attempt took longer than what was attempted.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR


class Before:
    """A folder as it was when this was made, with a copy of it."""

    def __init__(self, folder: Path, copy: Path) -> None:
        shutil.copytree(folder, copy, symlinks=True)
        self._folder = folder
        self._copy = copy
        self._seen = _seen(folder)

    def put_back(self) -> None:
        """Remove what was added, and take what was changed or removed from the copy; times are put back too."""
        now = _seen(self._folder) if self._folder.is_dir() else {}
        _remove(self._folder, [name for name in now if now[name] != self._seen.get(name)])
        brought = [name for name in self._seen if now.get(name) != self._seen[name]]
        _bring(self._copy, self._folder, brought)
        _put_times(self._copy, self._folder, self._seen)
        self._seen |= {name: fingerprint(self._folder / name) for name in brought}

    def renew(self) -> None:
        """Let what the folder is now be what it is put back to."""
        now = _seen(self._folder)
        _remove(self._copy, [name for name in self._seen if now.get(name) != self._seen[name]])
        _bring(self._folder, self._copy, [name for name in now if now[name] != self._seen.get(name)])
        _put_times(self._folder, self._copy, now)
        self._seen = now

    def forget(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self._copy)


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in sorted(names, reverse=True):  # what is in a folder comes before it
        path = folder / name
        path.rmdir() if _is_folder(path) else path.unlink()


def _bring(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in sorted(names):
        if _is_folder(source / name):
            (target / name).mkdir(parents=True)
        else:
            shutil.copy2(source / name, target / name, follow_symlinks=False)


def _put_times(source: Path, target: Path, names: Iterable[str]) -> None:
    """Put back the times of folders, which whatever happened in them has changed."""
    for name in sorted(names, reverse=True):
        if _is_folder(source / name):
            shutil.copystat(source / name, target / name)


def _is_folder(path: Path) -> bool:
    return S_ISDIR(path.lstat().st_mode)


def _seen(folder: Path) -> dict[str, tuple[int, ...]]:
    """Give what tells an entry that nobody touched, by path: the folder itself and all below it."""
    found = {".": fingerprint(folder)}
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(above, name)
            found[path.relative_to(folder).as_posix()] = fingerprint(path)
    return found


def fingerprint(path: Path) -> tuple[int, ...]:
    """Tell a file by its number and its times, of which nobody can set the last; a folder only by being one."""
    told = path.lstat()
    if S_ISDIR(told.st_mode):
        return ()
    return (told.st_mode, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
