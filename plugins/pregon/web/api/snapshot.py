"""The promoted snapshot as queries read it: its index says where an entry is, its pages say what it is.

Nothing is kept between two requests but what a snapshot says of itself: a redaction or a rollback is obeyed by the next
request, because the pointer `current` is read again.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from pregon.publication.api_index import API_INDEX
from pregon.publication.manifest import BrokenSnapshot, read_manifest
from pregon.publication.paging import PAGE_BYTES
from pregon.publication.promote import resolve_current
from pregon.publication.source import Series
from pregon.web.api.parameters import RecordFilter, ReleaseFilter
from transforms.searching import words_of
from transforms.snapshot import Manifest

_TABLES: dict[Series, str] = {"releases": "release", "records": "record"}


@dataclass(frozen=True)
class Found:
    """Entries of one answer in the order of commit, each as its JSON; `changed` is when the newest was committed.

    `last` is the sequence of the last one, None where there are none.
    """

    texts: Sequence[bytes]
    changed: str | None
    last: int | None


@dataclass(frozen=True)
class About:
    """What a snapshot says of itself: metadata of packages, public address, languages, and the head of its manifest."""

    package: dict[str, Any]
    base_url: str
    languages: tuple[str, ...]
    manifest: Manifest


class Gone(Exception):
    """A snapshot was retired while it was read."""


class SnapshotReader:
    """A snapshot that has an API."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def about(self) -> About:
        """What the snapshot says of itself."""
        return _about(self.folder)

    def record(self, ocid: str) -> Found:
        """Give the record of a process."""
        return self._find("records", "WHERE entry.ocid = ?", [ocid], 1)

    def release(self, ocid: str, identifier: str) -> Found:
        """Give a release of a process."""
        return self._find("releases", "WHERE entry.ocid = ? AND entry.id = ?", [ocid, identifier], 1)

    def releases(self, chosen: ReleaseFilter) -> Found:
        """Give the releases after a cursor that a reader asks for."""
        conditions, values = _common(chosen)
        if chosen.ocid is not None:
            conditions.append("entry.ocid = ?")
            values.append(chosen.ocid)
        return self._find("releases", f"WHERE {' AND '.join(conditions)}", values, chosen.limit)

    def records(self, chosen: RecordFilter) -> Found:
        """Give the records after a cursor that a reader asks for."""
        conditions, values = _common(chosen)
        for column in ("status", "category", "method"):
            wanted = getattr(chosen, column)
            if wanted is not None:
                conditions.append(f"entry.{column} = ?")
                values.append(wanted)
        if chosen.date_from is not None:
            conditions.append("substr(entry.date, 1, 10) >= ?")
            values.append(chosen.date_from)
        if chosen.date_to is not None:
            conditions.append("substr(entry.date, 1, 10) <= ?")
            values.append(chosen.date_to)
        if chosen.title is not None:
            conditions.append(_has_words("entry.title", chosen.title, values))
        if chosen.buyer is not None:
            values.append(chosen.buyer)
            conditions.append(f"(entry.buyer_id = ? OR {_has_words('entry.buyer', chosen.buyer, values)})")
        if chosen.supplier is not None:
            values.append(chosen.supplier)
            named = _has_words("name", chosen.supplier, values)
            conditions.append(f"entry.sequence IN (SELECT record FROM supplier WHERE id = ? OR {named})")
        return self._find("records", f"WHERE {' AND '.join(conditions)}", values, chosen.limit)

    def example(self) -> tuple[str, str] | None:
        """Give the ocid and id of the oldest release, for those who try; None where there is none."""
        with self._open() as connection:
            row = connection.execute("SELECT ocid, id FROM release ORDER BY sequence LIMIT 1").fetchone()
        return (row[0], row[1]) if row else None

    def _find(self, series: Series, condition: str, values: Sequence[object], limit: int) -> Found:
        query = (
            "SELECT entry.sequence, entry.committed, page.path, entry.start, entry.length"
            f" FROM {_TABLES[series]} AS entry JOIN page ON page.number = entry.page {condition}"
            " ORDER BY entry.sequence LIMIT ?"
        )
        with self._open() as connection:
            rows = connection.execute(query, (*values, limit)).fetchall()
        rows = list(_bounded(rows))
        texts = list(self._cut(rows))
        changed = max((row[1] for row in rows), default=None)
        return Found(texts, changed, rows[-1][0] if rows else None)

    def _cut(self, rows: Sequence[tuple[int, str, str, int, int]]) -> Iterator[bytes]:
        try:
            for path, places in groupby(rows, key=itemgetter(2)):
                with (self.folder / path).open("rb") as page:
                    for _, _, _, start, length in places:
                        page.seek(start)
                        yield page.read(length)
        except FileNotFoundError as error:
            raise Gone from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(_connect(self.folder)) as connection:
            yield connection


def open_snapshot(root: Path) -> SnapshotReader | None:
    """Open the promoted snapshot of a city's public folder; None where there is none, or it has no API."""
    folder = resolve_current(root)
    if folder is None or not (folder / API_INDEX).is_file():
        return None
    return SnapshotReader(folder)


@lru_cache(maxsize=64)
def _about(folder: Path) -> About:
    """Read what a snapshot says of itself once: snapshots never change."""
    with closing(_connect(folder)) as connection:
        found = dict(connection.execute("SELECT name, value FROM about").fetchall())
    languages = tuple(json.loads(found["languages"]))
    return About(json.loads(found["package"]), found["base_url"], languages, _manifest(folder))


def _manifest(folder: Path) -> Manifest:
    try:
        # The lists are long, and many snapshots may be remembered.
        return replace(read_manifest(folder), files=(), tables=())
    except BrokenSnapshot as error:
        raise Gone from error


def _connect(folder: Path) -> sqlite3.Connection:
    # A snapshot never changes, so nobody has to be asked for a lock.
    try:
        return sqlite3.connect(f"{(folder / API_INDEX).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.OperationalError as error:
        raise Gone from error


def _common(chosen: ReleaseFilter | RecordFilter) -> tuple[list[str], list[object]]:
    conditions = ["entry.sequence > ?"]
    values: list[object] = [chosen.after]
    if chosen.since is not None:
        conditions.append("entry.committed >= ?")
        values.append(chosen.since)
    return conditions, values


def _has_words(column: str, text: str, values: list[object]) -> str:
    """Give the condition that a column has every word of a text, in any order; the words are bound."""
    words = words_of(text)
    values.extend(words)
    return "(" + " AND ".join([f"{column} IS NOT NULL", *(f"instr({column}, ?) > 0" for _ in words)]) + ")"


def _bounded(rows: Sequence[tuple[int, str, str, int, int]]) -> Iterator[tuple[int, str, str, int, int]]:
    """Give as many as an answer may hold, at least one."""
    taken = 0
    for row in rows:
        taken += row[4]
        if taken > PAGE_BYTES and taken != row[4]:
            return
        yield row
