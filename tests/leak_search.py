"""Search every file below a folder for a text, whatever it is packed in: also what a database no longer shows."""

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import zstandard

_FRAME = b"\x28\xb5\x2f\xfd"
"""How every zstd frame begins (RFC 8878)."""


def files_with(folder: Path, text: str, *, beside: tuple[str, ...] = ()) -> list[str]:
    """Give the files below `folder` that hold the text, links not followed, and without the folders `beside`."""
    forms = {text.encode(), orjson.dumps(text)[1:-1]}
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not set(beside) & set(path.relative_to(folder).parts)
        and any(form in content for content in contents(path) for form in forms)
    )


def contents(path: Path) -> Iterator[bytes]:
    """Give a file's bytes as they lie and unpacked."""
    raw = path.read_bytes()
    yield raw
    yield from _frames(raw)
    if path.suffix == ".gz":
        yield gzip.decompress(raw)
    elif path.suffix in {".zip", ".xlsx"}:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    elif path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()
    elif path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as connection:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                yield from cells(connection.execute(f'SELECT * FROM "{table}"'))


def cells(rows: Any) -> Iterator[bytes]:
    """Give the texts of a database's rows, those of compressed bodies unpacked."""
    for row in rows:
        for value in row:
            if isinstance(value, bytes):
                yield value
                yield from _frames(value)
            elif isinstance(value, str):
                yield value.encode()


def _frames(raw: bytes) -> Iterator[bytes]:
    """Give what begins as a zstd frame anywhere, as far as it can be unpacked: free pages of a database hold such."""
    place = raw.find(_FRAME)
    while place >= 0:
        unpacking = zstandard.ZstdDecompressor().decompressobj()
        parts = []
        with suppress(zstandard.ZstdError):
            # In small pieces, because a frame that goes on in another page of the database is broken off in this one.
            for start in range(place, len(raw), 512):
                parts.append(unpacking.decompress(raw[start : start + 512]))
                if unpacking.eof:
                    break
        yield b"".join(parts)
        place = raw.find(_FRAME, place + 1)
