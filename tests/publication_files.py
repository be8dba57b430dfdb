"""A publication as a reader without Pregón sees it: every file unpacked, every text in it, every byte of it."""

import csv
import gzip
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from defusedxml import ElementTree
from put_back import fingerprint

JSON_SUFFIXES = (".json", ".jsonl")


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder by its name, gzip and ZIP opened: `bulk/tables/full.csv.zip/awards.csv`."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        if name.endswith(".gz"):
            yield name.removesuffix(".gz"), gzip.decompress(path.read_bytes())
        elif name.endswith((".zip", ".xlsx")):
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    yield f"{name}/{member}", archive.read(member)
        else:
            yield name, path.read_bytes()


def unpack_bulk(folder: Path, target: Path) -> list[Path]:
    """Write the JSON and JSON Lines of `bulk/` as plain files: `<target>/releases/full.json` and so on."""
    written = []
    for name, content in contents(folder / "bulk"):
        if name.endswith(JSON_SUFFIXES):
            path = target / name.split("/")[0] / name.rsplit("/", 1)[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    return written


def json_lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """The lines of `bulk/<name>.jsonl.gz`, such as `compiled/full`."""
    with gzip.open(folder / "bulk" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# What a leak test searches --------------------------------------------------------------------------------------------


def texts(name: str, content: bytes) -> Iterator[str]:
    """Every text of a file: keys, strings and numbers of JSON, cells of CSV, lines of anything else."""
    if name.endswith(".parquet"):
        for column in pq.read_table(io.BytesIO(content)).columns:
            yield from (str(value) for value in column.to_pylist())
        return
    if name.endswith(".sqlite"):
        yield from _database_texts(content)
        return
    text = content.decode("utf-8-sig")
    if name.endswith(".jsonl"):
        for line in text.splitlines():
            yield from _json_texts(json.loads(line, parse_float=str, parse_int=str))
    elif name.endswith((".json", ".jsonld")):
        yield from _json_texts(json.loads(text, parse_float=str, parse_int=str))
    elif name.endswith(".csv"):
        for row in csv.reader(io.StringIO(text, newline="")):
            yield from row
    elif name.endswith(".ics"):
        # A long line is folded: its rest follows after a space (RFC 5545, 3.1).
        yield from text.replace("\r\n ", "").splitlines()
    elif "/xl/" in name and name.endswith(".xml"):
        yield from (one.text or "" for one in ElementTree.fromstring(text).iter())
    elif name.endswith((".html", ".txt", ".xml", ".rels", ".atom", ".rss", ".ttl", ".md", ".css", ".js", ".svg")):
        yield from text.splitlines()
    else:
        raise ValueError(f"{name}: nobody said how to search this kind of file")


def _database_texts(content: bytes) -> Iterator[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                yield from (str(value) for value in row if value is not None)


def _json_texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _json_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _json_texts(inner)
    elif isinstance(value, str):
        yield value


class Haystack:
    """The distinct texts of all files of a publication, each with one file that has it."""

    def __init__(self, folder: Path) -> None:
        self._found_in: dict[str, str] = {}
        self.files: list[str] = []
        for name, content in contents(folder):
            self.files.append(name)
            for text in texts(name, content):
                self._found_in.setdefault(text, name)
        self._all = "\n".join(self._found_in)
        self._numbers = {_plain(found) for found in _NUMBER.findall(self._all)}

    def with_text(self, secret: str) -> list[str]:
        """Where a text stands, as a part of whatever."""
        return self._where(lambda text: secret in text) if secret in self._all else []

    def with_pattern(self, pattern: re.Pattern[str]) -> list[str]:
        """Where a pattern matches."""
        return self._where(lambda text: pattern.search(text) is not None)

    def with_number(self, number: str) -> list[str]:
        """Where a whole number stands, however it is grouped or filled up with zeros."""
        wanted = _plain(number)
        if wanted not in self._numbers:
            return []
        return self._where(lambda text: wanted in map(_plain, _NUMBER.findall(text)))

    def _where(self, test: Callable[[str], bool]) -> list[str]:
        return [f"{file}: {text[:200]}" for text, file in self._found_in.items() if test(text)]


_NUMBER = re.compile(r"(?<![0-9.,])[0-9][0-9,]*(?:\.[0-9]+)?")


def _plain(number: str) -> str:
    digits = number.replace(",", "")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


# Sameness -------------------------------------------------------------------------------------------------------------


def tree(folder: Path, known: dict[str, tuple[tuple[int, ...], str]] | None = None) -> dict[str, str]:
    """Every file, link and folder below a folder, with what it holds; public files with their time too.

    An SQLite database is compared by its rows: its pages depend on how often a transaction began. `known`, which is
    added to, spares whoever looks at the same folder again and again reading files that nobody has touched since.
    """
    known = {} if known is None else known
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        elif name.endswith((".sqlite-wal", ".sqlite-shm", ".sqlite-journal")):
            continue
        elif name.endswith(".sqlite"):
            found[name] = f"database {database_digest(path)}"
        else:
            time = f" {int(path.stat().st_mtime)}" if name.startswith("public/") else ""
            told = fingerprint(path)
            if name not in known or known[name][0] != told:
                known[name] = told, hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = known[name][1] + time
    return found


def database_digest(path: Path) -> str:
    """Hash of every row of every table of an SQLite database, in the order of their content."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        for name in names:
            digest.update(f"{name}\n".encode())
            for row in sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))):
                digest.update(row.encode())
    return digest.hexdigest()


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Names that are missing, new or different, sorted."""
    lines = [f"missing: {name}" for name in expected.keys() - found.keys()]
    lines += [f"left behind: {name}" for name in found.keys() - expected.keys()]
    lines += [f"different: {name}" for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return sorted(lines)
