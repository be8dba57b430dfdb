"""The code blocks of a documentation page, and what it takes to follow the page as a reader would.

The first word after the fence is the language. What follows it says what to do with the block:

- `yaml cities/x/city.yaml`: the block is that file
- `diff cities/x/city.yaml`: lines of that file, before (`-`) and after (`+`)
- `sh`, `python`, `sql` (DuckDB): run it; `sh fails`: it ends with exit status 1; `sh stays`: it serves until stopped
- `text`: lines that the command before printed, in this order; `…` stands for anything within a line
- `by-hand` as second word: not run by tests
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>[a-z]+)?(?P<words>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_PATIENCE = 60.0


@dataclass(frozen=True)
class Block:
    """A code block; `line` (from 1) is that of its fence."""

    page: str
    line: int
    language: str
    word: str
    text: str

    @property
    def place(self) -> str:
        """Where the block stands, for messages."""
        return f"{self.page}:{self.line}"

    @property
    def is_file(self) -> bool:
        """Whether the block is a whole file."""
        return self.language != "diff" and ("/" in self.word or "." in self.word)


def blocks(page: Path) -> Iterator[Block]:
    """Give the code blocks of a page that tests can follow, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        word = found["words"].strip()
        if word != "by-hand":
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page.name, line, found["language"] or "", word, found["text"])


class Reader:
    """Somebody who follows a page in a folder of their own. Each step raises AssertionError where the page is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PREGON_")},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PREGON_CITIES": str(folder / "cities"),
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        self.printed = ""

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.is_file:
            self.write(block)
        elif block.language == "diff":
            self._change(block)
        elif block.language == "text":
            self._compare(block)
        elif block.word == "stays":
            self._serve(block)
        elif block.language == "python":
            self._run(block, [sys.executable, "-c", block.text], status=0)
        elif block.language == "sql":
            statement = f"import duckdb\nduckdb.sql({block.text!r}).show()"
            self._run(block, [sys.executable, "-c", statement], status=0)
        elif block.language == "sh":
            self._run(block, ["bash", "-e", "-c", block.text], status=1 if block.word == "fails" else 0)
        else:
            raise AssertionError(f"{block.place}: nobody knows what to do with {block.language} {block.word}")

    def write(self, block: Block) -> None:
        """Save a block as the file that it is."""
        file = self.folder / block.word
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")

    def _change(self, block: Block) -> None:
        file = self.folder / block.word
        text = file.read_text(encoding="utf-8")
        before = "".join(line[1:] for line in block.text.splitlines(keepends=True) if line.startswith("-"))
        after = "".join(line[1:] for line in block.text.splitlines(keepends=True) if line.startswith("+"))
        assert text.count(before) == 1, f"{block.place}: {block.word} does not hold these lines once: {before}"
        file.write_text(text.replace(before, after), encoding="utf-8")

    def _run(self, block: Block, command: list[str], *, status: int) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        self.printed = done.stdout
        assert done.returncode == status, f"{block.place} ended with {done.returncode}:\n{done.stdout}"

    def _compare(self, block: Block) -> None:
        printed, position = _plain(self.printed), 0
        for line in block.text.splitlines():
            pattern = ".*?".join(re.escape(part) for part in _plain(line).strip().split("…"))
            found = re.compile(pattern).search(printed, position)
            assert found, f"{block.place}: {line!r} was not printed (after the lines before it):\n{self.printed}"
            position = found.end()

    def _serve(self, block: Block) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [*block.text.split(), "--port", str(port)]
        with subprocess.Popen(command, cwd=self.folder, env=self.environment) as server:
            try:
                _wait_for(f"http://127.0.0.1:{port}/", block)
            finally:
                server.terminate()


def _wait_for(address: str, block: Block) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"{block.place}: nothing is served at {address}")


def _plain(text: str) -> str:
    """Make runs of blanks one: tables are as wide as their widest cell."""
    return re.sub(r"[ \t]+", " ", text)
