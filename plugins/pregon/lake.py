"""The lake: every file that a stage writes for the next one, behind storage-neutral keys.

A key is a relative POSIX path such as `riverbend/manifests/000001.json`. Whoever reads sees a complete object or
none: a put writes a temporary name beside its target, syncs it to disk and renames it. Stages use nothing else to
reach storage, so that another storage (S3) is another class with these methods.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from pregon.errors import PregonError

_CHUNK = 1 << 20
_ATTEMPTS = 100


class LakeKeyError(PregonError):
    """A key that could leave the lake, or that the lake keeps for itself."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key!r} is no key of the lake: {problem}")
        self.key = key


class LakeObjectMissingError(PregonError):
    """An object that something refers to is not in the lake."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the lake has no object {key}",
            hint="restore the lake's folder, or read the sources again with a full extract",
        )
        self.key = key


@dataclass(frozen=True, slots=True)
class Ref:
    """Points at one immutable object: small enough to pass between tasks.

    `rows` counts the rows in it, `sha256` is the hex digest of its bytes, `bytes` their number.
    """

    key: str
    rows: int
    sha256: str
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(key=value["key"], rows=value["rows"], sha256=value["sha256"], bytes=value["bytes"])


class Lake:
    """Objects in a folder of the local disk."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).absolute()

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store `data` under `key`, whole or not at all; the same put again changes nothing."""
        with self.writer(key) as path:
            path.write_bytes(data)

    def put_json(self, key: str, value: object) -> None:
        """Store `value` as canonical JSON: sorted keys, UTF-8, one line break at the end."""
        self.put_bytes(key, orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))

    @contextmanager
    def writer(self, key: str) -> Iterator[Path]:
        """Give a local path to write; it becomes `key` when the block ends, and vanishes when the block raises.

        The temporary name depends on the key only, so that what a killed run left behind is overwritten by its
        repetition.
        """
        target = self._path(key)
        self._make_folder(target.parent)
        temporary = target.with_name(f".{target.name}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            yield temporary
            self._publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
            self._remove_empty(target.parent)

    def put_file(self, key: str, path: Path) -> None:
        """Move a finished local file (from `scratch`) to `key`."""
        target = self._path(key)
        self._make_folder(target.parent)
        self._publish(path, target)

    def copy(self, source: str, key: str) -> None:
        """Let `key` be the same object as `source`, without a second copy on the disk."""
        with self.writer(key) as path:
            os.link(self.local(source), path)

    def local(self, key: str) -> Path:
        """Give a local path from which the object can be read.

        Raises:
            LakeObjectMissingError: there is no such object.
        """
        path = self._path(key)
        if not path.is_file():
            raise LakeObjectMissingError(key)
        return path

    def read_bytes(self, key: str) -> bytes:
        """Give the object's bytes."""
        return self.local(key).read_bytes()

    def read_json(self, key: str) -> Any:
        """Give the object parsed as JSON."""
        return orjson.loads(self.read_bytes(key))

    def exists(self, key: str) -> bool:
        """Tell whether there is a complete object under `key`."""
        return self._path(key).is_file()

    def folders(self, prefix: str) -> list[str]:
        """Give the names of the folders directly below `prefix`, sorted."""
        folder = self._path(prefix)
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def list(self, prefix: str) -> list[str]:
        """Give the keys below the folder `prefix`, at any depth, sorted; unfinished objects are not among them."""
        folder = self._path(prefix)
        if not folder.is_dir():
            return []
        found = (path.relative_to(self.root) for path in folder.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))

    def sha256(self, key: str) -> str:
        """Give the hex digest of the object's bytes."""
        digest = hashlib.sha256()
        with self.local(key).open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def ref(self, key: str, rows: int) -> Ref:
        """Describe an object that was just stored."""
        return Ref(key=key, rows=rows, sha256=self.sha256(key), bytes=self.local(key).stat().st_size)

    def remove(self, key: str) -> None:
        """Remove one object, and folders above that are empty then; a missing one is fine."""
        path = self._path(key)
        path.unlink(missing_ok=True)
        self._remove_empty(path.parent)

    def remove_prefix(self, prefix: str) -> None:
        """Remove the folder `prefix` with all that is in it, and folders above that are empty then."""
        folder = self._path(prefix)
        if folder.is_dir():
            shutil.rmtree(folder)
        self._remove_empty(folder.parent)

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """Give an empty local folder for work files on the disk of the lake; it is removed afterwards.

        What a killed run left in it is removed first.
        """
        folder = self._path(key)
        if folder.is_dir():
            shutil.rmtree(folder)
        self._make_scratch(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._remove_empty(folder.parent)

    def _path(self, key: str) -> Path:
        if not key or key.startswith("/") or "\\" in key or any(ord(character) < ord(" ") for character in key):
            raise LakeKeyError(key, "a key is a relative path with forward slashes")
        for part in key.split("/"):
            if part in {"", ".", ".."}:
                raise LakeKeyError(key, "a part of it is empty or leads elsewhere")
            if part.startswith("."):
                raise LakeKeyError(key, "names with a leading dot are kept for unfinished objects")
        return self.root / key

    def _make_folder(self, folder: Path) -> None:
        """Make a folder durable together with its name in the folder above."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)

    def _make_scratch(self, folder: Path) -> None:
        """Make a folder in one that a task beside this one may remove at any time, when it has become empty."""
        for _ in range(_ATTEMPTS):
            try:
                return folder.mkdir(parents=True)
            except (FileNotFoundError, FileExistsError):  # a folder above was there, or was not, a moment ago
                continue
        return folder.mkdir(parents=True)

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder and those above it that are empty: a key has folders only while there is an object."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _publish(self, temporary: Path, target: Path) -> None:
        _sync(temporary)
        temporary.replace(target)
        _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
