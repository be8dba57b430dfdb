"""What an unfinished benchmark has measured so far, so that the same command goes on where it was interrupted."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


class AnotherRun(Exception):
    """The folder holds an unfinished benchmark of something else; `differences` name what."""

    def __init__(self, file: Path, differences: list[str]) -> None:
        super().__init__(
            f"{file} holds an unfinished benchmark with another {', another '.join(differences)};"
            " go on with that one, name another folder with --work, or drop it with --fresh"
        )
        self.file = file
        self.differences = differences


class Kept:
    """Parts by name, in one JSON file that is replaced whole; a part is either measured to its end or not there."""

    def __init__(self, file: Path, identity: dict[str, Any]) -> None:
        """Take up what the file holds; raises AnotherRun where that is of another code, machine or parameters."""
        self.file = file
        self.identity: dict[str, Any] = json.loads(json.dumps(identity))
        self.parts: dict[str, Any] = {}
        if not file.is_file():
            return
        found = json.loads(file.read_text(encoding="utf-8"))
        differences = sorted(
            name for name in {*found["of"], *self.identity} if found["of"].get(name) != self.identity.get(name)
        )
        if differences:
            raise AnotherRun(file, differences)
        self.parts = found["parts"]

    def part(self, name: str, make: Callable[[], Any]) -> Any:
        """Give a part (JSON values), measured now unless it was before."""
        if name not in self.parts:
            self.parts[name] = make()
            self._write()
        return self.parts[name]

    def drop(self, name: str) -> None:
        """Forget a part, because what it left behind is gone."""
        if self.parts.pop(name, None) is not None:
            self._write()

    def _write(self) -> None:
        written = self.file.with_suffix(".new")
        written.write_text(json.dumps({"of": self.identity, "parts": self.parts}), encoding="utf-8")
        written.replace(self.file)


def fingerprint(root: Path, files: Iterable[Path]) -> str:
    """Give a short hash of files, by their place below `root` and their bytes."""
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
