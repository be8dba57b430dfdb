"""What a dataset of a Socrata portal holds, as far as we know: each row's identifier and the hash of what was sent.

A small database for each dataset in `HOME/internal`. A batch is noted before it is sent and again when it was taken, so
that after a kill at any moment it is known which rows may be there, and only those are sent again.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY CHECK (one = 1), dataset TEXT, shape TEXT, pushed INTEGER);
CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, hash BLOB, certain INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (key TEXT PRIMARY KEY, hash BLOB NOT NULL) WITHOUT ROWID;
"""


class RepeatedKey(Exception):
    """Two rows of a table have the same identifier; `key` is it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"two rows have the identifier {key}")
        self.key = key


@dataclass(frozen=True)
class Differences:
    """How many rows have to be added, changed and removed, and how many stay."""

    added: int
    changed: int
    removed: int
    same: int

    @property
    def any(self) -> bool:
        """Whether anything has to be sent."""
        return bool(self.added or self.changed or self.removed)


class KeptRows:
    """The rows of one dataset: `held` by the portal, and `wanted` by the snapshot that is being pushed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def is_known(self, dataset: str, shape: str) -> bool:
        """Tell whether it is known what a dataset holds; where its columns changed (`shape`), which rows but not what.

        Nothing is known of another dataset than the one that was written last.
        """
        found = self._connection.execute("SELECT dataset, shape, pushed FROM about").fetchone()
        if found is None or found[0] != dataset or not found[2]:
            return False
        if found[1] != shape:
            self.doubt()
            with self._connection:
                self._connection.execute("UPDATE about SET shape = ?", (shape,))
        return True

    def bounds(self) -> tuple[int, int]:
        """Give how many rows the portal holds at least and at most."""
        least, most = self._connection.execute("SELECT coalesce(sum(certain), 0), count(*) FROM held").fetchone()
        return least, most

    def take_over(self, dataset: str, shape: str, keys: Iterable[str], *, pushed: bool) -> None:
        """Put down which rows a dataset holds, as it was just read; what is in them is not known.

        Where nothing was `pushed` to it yet, it has to be read again next time: looking at it makes it nobody's.
        """
        with self._connection:
            self._forget()
            self._connection.executemany("INSERT OR IGNORE INTO held VALUES (?, NULL, 1)", ((key,) for key in keys))
            self._connection.execute("INSERT INTO about VALUES (1, ?, ?, ?)", (dataset, shape, pushed))

    def doubt(self) -> None:
        """Put down that it is not known any more what is in the rows that the portal holds."""
        with self._connection:
            self._connection.execute("UPDATE held SET hash = NULL")

    def begin(self) -> None:
        """Put down that rows are pushed to the dataset from now on."""
        with self._connection:
            self._connection.execute("UPDATE about SET pushed = 1")

    def forget(self) -> None:
        """Put down that nothing is known any more."""
        with self._connection:
            self._forget()

    def _forget(self) -> None:
        self._connection.execute("DELETE FROM held")
        self._connection.execute("DELETE FROM about")

    def want(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Put down the rows of the snapshot: identifier and hash. Raises `RepeatedKey`."""
        with self._connection:
            self._connection.execute("DELETE FROM wanted")
            key = ""
            try:
                for key, digest in rows:
                    self._connection.execute("INSERT INTO wanted VALUES (?, ?)", (key, digest))
            except sqlite3.IntegrityError:
                raise RepeatedKey(key) from None

    def differences(self) -> Differences:
        """Compare what is wanted with what is held."""
        added, changed, same = self._connection.execute(
            "SELECT coalesce(sum(held.key IS NULL), 0),"
            " coalesce(sum(held.key IS NOT NULL AND held.hash IS NOT wanted.hash), 0),"
            " coalesce(sum(held.hash IS wanted.hash), 0) FROM wanted LEFT JOIN held ON held.key = wanted.key"
        ).fetchone()
        (removed,) = self._connection.execute(
            "SELECT count(*) FROM held WHERE key NOT IN (SELECT key FROM wanted)"
        ).fetchone()
        return Differences(added, changed, removed, same)

    def due(self, keys: Sequence[str]) -> set[str]:
        """Give those of some identifiers whose rows have to be sent."""
        found = self._connection.execute(
            "SELECT wanted.key FROM json_each(?) AS asked JOIN wanted ON wanted.key = asked.value"
            " LEFT JOIN held ON held.key = wanted.key WHERE held.hash IS NOT wanted.hash OR held.certain = 0",
            (json.dumps(keys),),
        )
        return {key for (key,) in found}

    def gone(self) -> list[str]:
        """Give the identifiers of rows that have to be removed, in order."""
        found = self._connection.execute("SELECT key FROM held WHERE key NOT IN (SELECT key FROM wanted) ORDER BY key")
        return [key for (key,) in found]

    def sending(self, keys: Iterable[str]) -> None:
        """Note rows before they are sent: from now on they may be there."""
        with self._connection:
            self._connection.executemany(
                "INSERT INTO held VALUES (?, NULL, 0) ON CONFLICT (key) DO UPDATE SET hash = NULL",
                ((key,) for key in keys),
            )

    def sent(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Note rows that the portal took."""
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, 1)", rows)

    def removing(self, keys: Iterable[str]) -> None:
        """Note rows before they are removed: from now on they may be gone."""
        with self._connection:
            self._connection.executemany(
                "UPDATE held SET certain = 0, hash = NULL WHERE key = ?", ((key,) for key in keys)
            )

    def removed(self, keys: Iterable[str]) -> None:
        """Note rows that the portal removed."""
        with self._connection:
            self._connection.executemany("DELETE FROM held WHERE key = ?", ((key,) for key in keys))

    def replaced(self, dataset: str, shape: str) -> None:
        """Note that the portal holds what is wanted, and nothing else."""
        with self._connection:
            self._forget()
            self._connection.execute("INSERT INTO held SELECT key, hash, 1 FROM wanted")
            self._connection.execute("INSERT INTO about VALUES (1, ?, ?, 1)", (dataset, shape))


@contextmanager
def kept_rows(file: Path) -> Iterator[KeptRows]:
    """Open what is known of a dataset, for one thread. A file that is none of ours any more is made anew."""
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = _opened(file)
    try:
        yield KeptRows(connection)
    finally:
        connection.close()


def _opened(file: Path) -> sqlite3.Connection:
    for attempt in (1, 2):
        connection = sqlite3.connect(file, timeout=60)
        try:
            connection.execute("PRAGMA secure_delete = ON")  # what was withdrawn leaves no identifier behind
            connection.executescript(_TABLES)
        except sqlite3.DatabaseError:
            connection.close()
            if attempt == 2:
                raise
            file.unlink(missing_ok=True)
        else:
            return connection
    raise AssertionError("unreachable: the second attempt gives a connection or an error")
