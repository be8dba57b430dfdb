"""Keys: whether the declared one holds, and which columns could be one."""

from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, Literal

from pregon.profiling.sql import digest_sql
from transforms.profile.kinds import NAMING
from transforms.profile.model import ColumnProfile, KeyCandidate, KeyProfile
from transforms.quoting import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WIDEST = 3
"""Columns that are combined at most."""
_TRIED = 10
_SHOWN = 5
_BUCKET = 50_000
"""Rows in which combinations are refuted, before one that is left is tried on all rows."""
_LONG = 60


def profile_key(
    connection: "DuckDBPyConnection",
    relation: str,
    declared: Sequence[str],
    columns: Sequence[ColumnProfile],
    rows: int,
    *,
    made: Literal["number", "content"] | None = None,
) -> KeyProfile:
    """Check the declared key, and look for others: single columns, or the smallest combination where none is left.

    Rows with the same value of a column have the same digest of it: a bucket of digests holds all of them, so that
    what repeats there repeats, whatever the order of the rows. A key that is `made` of the content repeats where whole
    rows do.
    """
    if made == "content":
        empty, repeated = 0, _repeats(connection, relation, [one.name for one in columns])
    else:
        empty = _number(connection, f"SELECT count(*) FROM {relation} WHERE {_lacking(declared)}")
        repeated = _repeats(connection, f"{relation} WHERE NOT ({_lacking(declared)})", declared)
    holds = not repeated and not empty
    usable = [one for one in columns if one.filled == one.rows and one.kind not in ("empty", "boolean")]
    usable = [one for one in usable if not one.lengths or one.lengths.mean <= _LONG]
    found: list[tuple[str, ...]] = [(one.name,) for one in usable if one.unique and one.kind in NAMING]
    found = found or [(one.name,) for one in usable if one.unique]
    if not found and rows > 1 and (made or not holds):
        found = _combined(connection, relation, usable, rows)
    return KeyProfile(
        declared=tuple(declared),
        holds=holds,
        repeated=repeated,
        empty=empty,
        made=made,
        candidates=tuple(KeyCandidate(columns=one) for one in found[:_SHOWN]),
    )


def _combined(
    connection: "DuckDBPyConnection", relation: str, usable: Sequence[ColumnProfile], rows: int
) -> list[tuple[str, ...]]:
    tried = sorted(usable, key=lambda one: -one.distinct.count)[:_TRIED]
    for width in range(2, WIDEST + 1):
        found = []
        for group in combinations(tried, width):
            if prod(one.distinct.count for one in group) < rows:
                continue
            # The first has the most different values, so that its buckets are even.
            names = [one.name for one in group]
            bucket = f"{relation} WHERE {digest_sql(quote(names[0]))} % {rows // _BUCKET + 1} = 0"
            if not _repeats(connection, bucket, names) and not _repeats(connection, relation, names):
                found.append(tuple(names))
        if found:
            return found
    return []


def _repeats(connection: "DuckDBPyConnection", relation: str, names: Sequence[str]) -> int:
    digest = digest_sql(*map(quote, names))
    return _number(
        connection,
        f"SELECT sum(c - 1) FROM (SELECT count(*) AS c FROM (SELECT {digest} AS h FROM {relation}) GROUP BY h)",
    )


def _lacking(names: Sequence[str]) -> str:
    return " OR ".join(f"coalesce(trim(CAST({quote(name)} AS VARCHAR)), '') = ''" for name in names)


def _number(connection: "DuckDBPyConnection", query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0] or 0) if found else 0
