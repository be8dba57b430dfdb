"""Tables as one SQLite database for each segment, with keys, indexes and views.

Times are the texts of the releases, amounts numbers; where a cell holds several values they are separated by `;`, as in
CSV. Nothing is written twice: a database that is not finished is thrown away, so it needs no journal.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

from pregon.publication.bulk import BulkFile, settle
from pregon.publication.draft import digest
from pregon.publication.source import Segment
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.formats import Before, SegmentFiles, Setting, Year, about
from transforms.snapshot import PublishedFile
from transforms.tables import Row, plain_rows, relations, views

MEDIA_TYPE = "application/vnd.sqlite3"

PAGE_BYTES = 8192
_CACHE_KIBIBYTES = 65_536
_LARGEST = 2**63


class SqliteFormat:
    """SQLite databases that any client opens."""

    name: ClassVar[str] = "SQLite"

    def fingerprint(self, setting: Setting) -> str:
        """Name the version of the library, which decides over the bytes, and what the database says of itself."""
        statements = [*(one.definition for one in relations(setting.plan)), *dict(views(setting.plan)).values()]
        return f"{sqlite3.sqlite_version} {about(setting.publication)!r} {digest(repr(statements))}"

    def segment(
        self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None
    ) -> SegmentFiles:
        """Begin the database of a segment."""
        return _Database(setting, segment, fingerprint, before)

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Copy the rows of the databases of all years, table by table."""
        database = _Database(setting, segment, fingerprint)
        for year in years:
            for file in year.files:
                database.copy(setting.folder / file.path)
        return database.finish()


class _Database(BulkFile):
    sizes = None

    def __init__(self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".sqlite", published=segment.published, fingerprint=fingerprint
        )
        self._setting = setting
        self._relations = relations(setting.plan)
        self._path = setting.folder / (self.stem + self.suffix)
        self._connection = sqlite3.connect(self._path.absolute().as_uri(), uri=True, isolation_level=None)
        for pragma in (
            f"page_size = {PAGE_BYTES}", "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE",
            f"cache_size = -{_CACHE_KIBIBYTES}", "temp_store = FILE",
        ):  # fmt: skip
            self._connection.execute(f"PRAGMA {pragma}")
        self._ocids = [ocid for ocid, _ in before.places.states] if before else []
        if before:
            (file,) = before.files
            self._attach(before.folder / file.path, "past")
        self._connection.execute("BEGIN")
        for relation in self._relations:
            self._connection.execute(relation.definition)

    def add(self, batch: Batch) -> None:
        """Take rows, table by table, each in the order of its key: so a page that is full is not opened again."""
        for number, relation in enumerate(self._relations):
            taken = batch.made.get(number)
            rows = plain_rows(taken) if taken else []
            for run, start, stop in batch.spans(number):
                if run.kept:
                    between = self._ocids[run.first], self._ocids[run.end - 1]
                    self._connection.execute(relation.copy_between("past"), between)
                else:
                    key = itemgetter(*range(len(relation.keys)))
                    self._insert(relation.insertion, sorted(rows[start:stop], key=key))

    def _attach(self, path: Path, name: str) -> None:
        self._connection.execute(f"ATTACH DATABASE ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))

    def _insert(self, statement: str, rows: Sequence[Row]) -> None:
        try:
            self._connection.executemany(statement, rows)
        except OverflowError:  # a number beyond 64 bits; the rows before it are in
            again = statement.replace("INSERT", "INSERT OR IGNORE", 1)
            self._connection.executemany(again, map(_narrow, rows))

    def copy(self, path: Path) -> None:
        """Take the rows of another segment's database."""
        self._connection.execute("COMMIT")
        self._attach(path, "year")
        self._connection.execute("BEGIN")
        for relation in self._relations:
            self._connection.execute(relation.copy_from("year"))
        self._connection.execute("COMMIT")
        self._connection.execute("DETACH DATABASE year")
        self._connection.execute("BEGIN")

    def finish(self) -> list[PublishedFile]:
        """Make indexes, statistics for the planner and views; `rows` are the processes."""
        connection = self._connection
        for relation in self._relations:
            for index in relation.indexes:
                connection.execute(index)
        for _, view in views(self._setting.plan):
            connection.execute(view)
        connection.execute("CREATE TABLE publication (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        connection.executemany("INSERT INTO publication VALUES (?, ?)", about(self._setting.publication).items())
        connection.execute("ANALYZE main")
        connection.execute("COMMIT")
        ((rows,),) = connection.execute("SELECT count(*) FROM processes")
        connection.close()
        settle(self._path, self.published)
        return [
            self.described(
                self.stem + self.suffix, rows=rows, unpacked=self._path.stat().st_size, format="SQLite",
                media_type=MEDIA_TYPE,
            )
        ]  # fmt: skip

    def discard(self) -> None:
        """Remove the database."""
        with suppress(sqlite3.Error):
            self._connection.close()
        self._path.unlink(missing_ok=True)


def _narrow(row: Iterable[Any]) -> Row:
    """Give a row whose whole numbers beyond 64 bits are floating-point numbers, as SQLite itself reads them."""
    return [float(cell) if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST else cell for cell in row]
