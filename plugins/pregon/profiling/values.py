"""The values of one column in DuckDB: the different ones with their rows where they are few, all of them else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.profiling.sql import digest_sql, shape_sql, trimmed
from transforms.profile.nulls import CANDIDATE, WORDS
from transforms.quoting import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HELD = 50_000
HELD_CHARACTERS = 24 << 20
"""A column of no more different values, and no more text in them, is held as its different values."""
EXACT = 2_000_000
"""Different values are counted exactly up to this many (by estimate), and always where a column may be a key."""
SAMPLE = 2_000
"""Different values that are looked at one by one; which ones is decided by their digests, not by their order."""
_ALL = 2**64


@dataclass(frozen=True, slots=True)
class Counts:
    """What one reading of a table tells of each column. Lengths are of filled values; 0 without any."""

    name: str
    missing: int
    blank: int
    estimate: int
    shortest: int
    longest: int
    mean: float


def count_columns(connection: "DuckDBPyConnection", relation: str, names: Sequence[str]) -> tuple[int, list[Counts]]:
    """Count the rows of a relation, and what its columns are filled with, in one pass."""
    parts = ["count(*)"]
    for name in names:
        value = f"CAST({quote(name)} AS VARCHAR)"
        filled = f"nullif({trimmed(value)}, '')"
        parts += [
            f"count(*) - count({quote(name)})",
            f"count({quote(name)}) - count({filled})",
            f"approx_count_distinct({filled})",
            f"coalesce(min(length({filled})), 0)",
            f"coalesce(max(length({filled})), 0)",
            f"coalesce(avg(length({filled})), 0)",
        ]
    row = _row(connection, f"SELECT {', '.join(parts)} FROM {relation}")
    found = [Counts(name, *row[1 + 6 * index : 7 + 6 * index]) for index, name in enumerate(names)]
    return int(row[0]), found


class Values:
    """Filled values of a column as a relation (v: the value, t: trimmed, n: rows); `said` leaves null words out.

    `shape` is the SQL of a value's shape in it.
    """

    def __init__(
        self, connection: "DuckDBPyConnection", relation: str, counts: Counts, rows: int, scratch: Path
    ) -> None:
        self._connection = connection
        self.counts = counts
        self.filled = rows - counts.missing - counts.blank
        value = f"CAST({quote(counts.name)} AS VARCHAR)"
        every = f"SELECT {value} AS v, {trimmed(value)} AS t FROM {relation} WHERE {trimmed(value)} <> ''"
        self.held = counts.estimate <= HELD and counts.estimate * counts.mean <= HELD_CHARACTERS
        # The estimate is a few per cent off: what may be a key is counted.
        self.exact = counts.estimate <= EXACT or (self.filled == rows and counts.estimate > 0.8 * rows)
        self._digests = scratch / f"digests-{counts.name}.parquet"
        if self.held:
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE held AS SELECT *, {shape_sql('t')} AS s"
                f" FROM (SELECT v, t, count(*) AS n FROM ({every}) GROUP BY v, t)"
            )
            self._all = "SELECT * FROM held"
        else:
            self._all = f"SELECT v, t, 1 AS n FROM ({every})"
            if self.exact:
                self._write(
                    f"SELECT {digest_sql('t')} AS h, count(*) AS n FROM ({self._all}) GROUP BY h", self._digests
                )
        self.shape = "s" if self.held else shape_sql("t")
        self.said = f"({self._all})"

    @cached_property
    def distinct(self) -> int:
        """Number of different values; an estimate where it is not `exact`."""
        if self.held:
            return self.number("SELECT count(DISTINCT t) FROM held")
        return (
            self.number(f"SELECT count(*) FROM {self._read}") if self.exact else min(self.counts.estimate, self.filled)
        )

    @property
    def _read(self) -> str:
        return f"read_parquet({literal(str(self._digests))})"

    def null_candidates(self, declared: Sequence[str]) -> list[tuple[str, int]]:
        """Give values that may mean none, with their rows; `declared` ones in any case."""
        known = ", ".join(map(literal, sorted(WORDS)))
        given = f" OR v IN ({', '.join(map(literal, declared))})" if declared else ""
        return [
            (str(value), int(rows))
            for value, rows in self.rows(
                f"SELECT v, sum(n) AS r FROM ({self._all})"
                f" WHERE strip_accents(lower(t)) IN ({known}){given}"
                f" OR (length(t) <= 40 AND regexp_matches(t, {literal(CANDIDATE)}))"
                " GROUP BY v ORDER BY r DESC, v LIMIT 1000"
            )
        ]

    def leave_out(self, values: Sequence[str]) -> None:
        """Take these values for none from now on."""
        if values:
            self.said = f"(SELECT * FROM ({self._all}) WHERE v NOT IN ({', '.join(map(literal, values))}))"

    def sample(self) -> list[str]:
        """Give up to `SAMPLE` different values, trimmed: the same whatever the order of the rows."""
        below = ""
        if not self.held and self.counts.estimate > 4 * SAMPLE:
            below = f" WHERE {digest_sql('t')} < {_ALL * 2 * SAMPLE // self.counts.estimate}::UBIGINT"
        query = f"SELECT DISTINCT t, {digest_sql('t')} AS h FROM {self.said}{below} ORDER BY h, t LIMIT {SAMPLE}"
        return [str(value) for value, _ in self.rows(query)]

    def frequent(self, limit: int) -> list[tuple[str, int]]:
        """Give the most frequent values with their rows; none where all are different, or too many to count."""
        if self.held:
            return self.rows(f"SELECT v, n FROM {self.said} ORDER BY n DESC, v LIMIT {limit}")
        if not self.exact or self.distinct == self.filled:
            return []
        top = self.rows(f"SELECT h FROM {self._read} WHERE n > 1 ORDER BY n DESC, h LIMIT {limit}")
        if not top:
            return []
        digests = ", ".join(f"{h}::UBIGINT" for (h,) in top)
        return self.rows(
            f"SELECT min(v), count(*) AS c FROM {self.said} WHERE {digest_sql('t')} IN ({digests})"
            f" GROUP BY t ORDER BY c DESC, t LIMIT {limit}"
        )

    def few(self, limit: int = 1_000) -> dict[str, int] | None:
        """Give all different values, trimmed, with their rows, where they are few."""
        if not self.held or self.counts.estimate > 2 * limit:
            return None
        found = self.rows(f"SELECT t, sum(n) FROM {self.said} GROUP BY t ORDER BY t LIMIT {limit + 1}")
        return {str(value): int(rows) for value, rows in found} if len(found) <= limit else None

    def keep_digests(self, file: Path) -> None:
        """Write the digests of the different values, for finding them in other tables; nothing if they are too many."""
        if self.held:
            self._write(f"SELECT {digest_sql('t')} AS h FROM {self.said} GROUP BY h", file)
        elif self.exact:
            self._digests = self._digests.rename(file)

    def _write(self, query: str, file: Path) -> None:
        self._connection.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet)")

    def rows(self, query: str) -> list[Any]:
        """Run a query."""
        return self._connection.execute(query).fetchall()

    def number(self, query: str) -> int:
        """Run a query that gives one number."""
        return int(_row(self._connection, query)[0] or 0)


def _row(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    return tuple(found) if found else ()
