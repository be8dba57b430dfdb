"""Where on the static pages each release and record is, and what records are found by: one database in each snapshot.

The server answers queries with it. It holds places and no texts: what is answered is cut out of the pages, so that no
answer can differ from them, and belongs to the same snapshot, whichever is promoted. It is always written anew, rows of
unchanged pages out of the promoted snapshot's: nothing that was taken back stays behind on an unused page of a file.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import orjson

from pregon.publication.bulk import settle
from pregon.publication.draft import Draft
from pregon.publication.manifest import describe, is_intact
from pregon.publication.paging import FOLDER
from pregon.publication.source import Placed, Series, StoredRecord, StoredRelease
from transforms.packages import SEPARATOR, envelope, rfc3339
from transforms.searching import searched

API_INDEX = f"{FOLDER}/index.sqlite"
MEDIA_TYPE = "application/vnd.sqlite3"

_PLACE = "sequence, ocid, committed, page, start, length"
_FOUND_BY = "date, status, category, method, buyer_id, buyer, title"
_TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE page (number INTEGER PRIMARY KEY, path TEXT NOT NULL)",
    "CREATE TABLE release (sequence INTEGER PRIMARY KEY, ocid TEXT NOT NULL, committed TEXT NOT NULL,"
    " page INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, id TEXT NOT NULL)",
    "CREATE TABLE record (sequence INTEGER PRIMARY KEY, ocid TEXT NOT NULL, committed TEXT NOT NULL,"
    " page INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, date TEXT, status TEXT, category TEXT,"
    " method TEXT, buyer_id TEXT, buyer TEXT, title TEXT)",
    "CREATE TABLE supplier (record INTEGER NOT NULL, id TEXT, name TEXT)",
)
_INDEXES = (
    "CREATE INDEX release_by_ocid ON release (ocid, id)",
    "CREATE UNIQUE INDEX record_by_ocid ON record (ocid)",
)


@dataclass(frozen=True)
class Entry:
    """A release or record with its place in the order of commit and its JSON on one line."""

    placed: Placed
    text: bytes
    stored: StoredRelease | StoredRecord


class ApiIndex:
    """The database while it is made; entries come in the order of their pages."""

    def __init__(self, draft: Draft, redactions: int) -> None:
        """Begin; `redactions` is the number of the newest redaction."""
        self._draft = draft
        self._pages = 0
        self._path = draft.folder / API_INDEX
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Nothing is written twice: a database that is not finished is thrown away, so it needs no journal.
        self._connection = sqlite3.connect(self._path.absolute().as_uri(), uri=True, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "temp_store = FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self.continues = self._attach()
        manifest = draft.previous[1] if self.continues and draft.previous else None
        self._knows = manifest is not None and (
            (manifest.code_version, manifest.redactions) == (draft.code_version, redactions)
        )
        self._connection.execute("BEGIN")
        for table in _TABLES:
            self._connection.execute(table)

    def _attach(self) -> bool:
        """Open the database of the promoted snapshot, if it is whole; else all pages have to be read again."""
        if self._draft.previous is None:
            return False
        folder, manifest = self._draft.previous
        found = next((one for one in manifest.files_of("api") if one.path == API_INDEX), None)
        if found is None or not is_intact(folder, found):
            return False
        self._connection.execute(
            "ATTACH DATABASE ? AS known", (f"{(folder / API_INDEX).absolute().as_uri()}?mode=ro&immutable=1",)
        )
        return True

    def take_over(self, series: Series, entries: Sequence[Placed], paths: Sequence[str]) -> None:
        """Copy what the promoted snapshot's database says of entries, whose pages are the same there."""
        for path in paths:
            self._page(path)
        ends = (entries[0].sequence, entries[-1].sequence)
        table, more = ("release", "id") if series == "releases" else ("record", _FOUND_BY)
        # A single entry is on two pages; the first of them is where it is found.
        self._connection.execute(
            f"INSERT OR IGNORE INTO {table} ({_PLACE}, {more})"
            f" SELECT sequence, ocid, committed, page.number, start, length, {more} FROM known.{table} AS entry"
            " JOIN known.page AS old ON old.number = entry.page JOIN main.page AS page ON page.path = old.path"
            f" WHERE sequence BETWEEN ? AND ? AND old.path IN ({','.join('?' * len(paths))}) ORDER BY sequence",
            (*ends, *paths),
        )
        if series == "records":
            self._connection.execute(
                "INSERT INTO supplier SELECT supplier.* FROM known.supplier AS supplier"
                " JOIN record ON record.sequence = supplier.record"
                " WHERE supplier.record BETWEEN ? AND ? AND record.page > ? ORDER BY supplier.rowid",
                (*ends, self._pages - len(paths)),
            )

    def add(self, path: str, start: int, entries: Sequence[Entry]) -> None:
        """Take the entries of a page, the first of which begins at `start` in its file."""
        page = self._page(path)
        for entry in entries:
            one, length = entry.placed, len(entry.text)
            place = (one.sequence, one.ocid, rfc3339(one.committed), page, start, length)
            if isinstance(entry.stored, StoredRelease):
                self._insert("release", f"{_PLACE}, id", (*place, entry.stored.id))
            elif not self._knows or not self._take_over_record(place, entry.stored):
                *found_by, suppliers = searched(orjson.loads(entry.stored.compiled))
                if self._insert("record", f"{_PLACE}, {_FOUND_BY}", (*place, *found_by)):
                    rows = [(one.sequence, *supplier) for supplier in suppliers]
                    self._connection.executemany("INSERT INTO supplier VALUES (?, ?, ?)", rows)
            start += length + len(SEPARATOR)

    def _take_over_record(self, place: Sequence[object], record: StoredRecord) -> bool:
        """Copy by what a record is found, if its newest release was published before; tell whether that was possible.

        A page is written anew for one record that changed; what the others are found by is most of the work.
        """
        newest = max(record.releases, key=attrgetter("sequence"))
        done = self._connection.execute(
            f"INSERT OR IGNORE INTO record ({_PLACE}, {_FOUND_BY}) SELECT ?, ?, ?, ?, ?, ?, {_FOUND_BY}"
            " FROM known.record AS record WHERE record.sequence = ? AND record.ocid = ?"
            " AND EXISTS (SELECT 1 FROM known.release AS release WHERE release.sequence = ? AND release.id = ?)",
            (*place, place[0], record.ocid, newest.sequence, newest.id),
        )
        if done.rowcount != 1:
            return False
        self._connection.execute(
            "INSERT INTO supplier SELECT * FROM known.supplier AS supplier WHERE supplier.record = ? ORDER BY rowid",
            (place[0],),
        )
        return True

    def _page(self, path: str) -> int:
        self._pages += 1
        self._connection.execute("INSERT INTO page VALUES (?, ?)", (self._pages, path))
        return self._pages

    def _insert(self, table: str, columns: str, row: Sequence[object]) -> bool:
        marks = ",".join("?" * len(row))
        done = self._connection.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", row)
        return done.rowcount == 1

    def finish(self, published: datetime, fingerprint: str) -> None:
        """Write what packages say of themselves, make the indexes, and describe the file."""
        for index in _INDEXES:
            self._connection.execute(index)
        self._connection.execute("CREATE INDEX supplier_by_record ON supplier (record)")
        self._connection.executemany("INSERT INTO about VALUES (?, ?)", sorted(self._about(published).items()))
        self._connection.execute("COMMIT")
        self._connection.close()
        settle(self._path, published)
        self._draft.files.append(
            describe(
                self._draft.folder, API_INDEX, content="api", segment="index", format="SQLite", media_type=MEDIA_TYPE,
                published=published, fingerprint=fingerprint,
            )
        )  # fmt: skip

    def _about(self, published: datetime) -> dict[str, str]:
        """Give the metadata of a page, without what each page has for itself, and how to speak to readers."""
        publication = self._draft.publication
        frame = envelope(publication, "records", path="", published=published, links={})
        package = json.loads(frame.head + frame.tail)
        for name in ("uri", "publishedDate", "links", "records"):
            del package[name]
        return {
            "package": json.dumps(package, ensure_ascii=False),
            "base_url": publication.url().removesuffix("/"),
            "languages": json.dumps(list(publication.languages)),
        }
