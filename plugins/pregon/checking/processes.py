"""Keeps the individual releases of files on disk until all of their processes are known.

A process's releases may stand anywhere in a file, and in several files; nothing is known of a process before the last
of them was read. They go into a private SQLite database without a name, which stays in memory while it is small and is
on disk when it is not.
"""

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from pregon.checking.places import Place

CACHE_BYTES = 64 << 20
"""What stays in memory; the rest is on disk."""

_BATCH = 200


class KeptRelease(NamedTuple):
    """A release as it was kept: the file it is from, its place there, and the extensions declared for it."""

    file: str
    place: Place
    extensions: tuple[str, ...]
    release: dict[str, Any]


class Processes:
    """Takes releases in any order and gives them back by process."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_BYTES >> 10}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE release (ocid TEXT, moment TEXT, number INTEGER, about BLOB, body BLOB)")
        self._waiting: list[tuple[str, str, int, bytes, bytes]] = []
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def keep(self, ocid: str, moment: str, kept: KeptRelease) -> bool:
        """Keep a release of a process; `moment` is what its process's releases are ordered by. False: it can't be."""
        body = _json(kept.release)
        if body is None:
            return False
        self._number += 1
        about = orjson.dumps((kept.file, kept.place.prefix, kept.place.steps, kept.extensions))
        self._waiting.append((ocid, moment, self._number, about, body))
        if len(self._waiting) >= _BATCH:
            self._write()
        return True

    def by_process(self) -> Iterator[tuple[str, list[KeptRelease]]]:
        """Give the releases of each process, the oldest first; of equal moments that which was read first."""
        self._write()
        # Only keys are sorted; bodies are fetched by them.
        self._database.execute("CREATE INDEX place ON release (ocid, moment, number)")
        rows = self._database.execute("SELECT ocid, about, body FROM release ORDER BY ocid, moment, number")
        for ocid, found in groupby(rows, key=itemgetter(0)):
            yield ocid, [_kept(about, body) for _, about, body in found]

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO release VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._database.execute("COMMIT")
        self._waiting.clear()


def _json(release: dict[str, Any]) -> bytes | None:
    try:
        return orjson.dumps(release)
    except orjson.JSONEncodeError:
        pass
    # Integers beyond 64 bits are JSON too; what is nested too deeply for both can't be kept.
    try:
        return json.dumps(release).encode()
    except (RecursionError, ValueError):
        return None


def _kept(about: bytes, body: bytes) -> KeptRelease:
    file, prefix, steps, extensions = orjson.loads(about)
    try:
        release = orjson.loads(body)
    except orjson.JSONDecodeError:
        release = json.loads(body)
    return KeptRelease(file, Place(prefix, tuple(steps)), tuple(extensions), release)
