"""Rows whose parent is not there: of a source that was read while it changed, or that loses the rows of its parents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pregon.duck import session
from pregon.images import live_image_sql
from pregon.lake import Lake
from pregon.manifest import TableManifest
from pregon.sources.base import TableSpec
from transforms.quoting import quote

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Orphans:
    """How many rows lack their parent, and the first few keys of parents that are missing."""

    rows: int
    parents: tuple[str, ...]


def find_orphans(
    lake: Lake, table: TableSpec, entry: TableManifest, parent: TableManifest, on: Mapping[str, str], scratch: Path
) -> Orphans:
    """Compare the images of a table and its parent; a row that names no parent is none's orphan.

    Keys of both sides may be of different types, padded with zeros, or in another case: that is no difference.
    """
    ours = [f"c.{quote(name)}" for name in on]
    theirs = [f"p.{quote(name)}" for name in on.values()]
    same = " AND ".join(f"{_normal(own)} = {_normal(other)}" for own, other in zip(ours, theirs, strict=True))
    named = " AND ".join(f"{own} IS NOT NULL" for own in ours)
    key = f"concat_ws('|', {', '.join(f'{own}::VARCHAR' for own in ours)})"
    lost = (
        f"SELECT {key} AS parent FROM ({live_image_sql(lake, entry)}) AS c"
        f" ANTI JOIN ({live_image_sql(lake, parent)}) AS p ON {same} WHERE {named}"
    )
    with session(scratch, about=f"{entry.source}.{table.name}") as connection:
        found = connection.execute(f"SELECT parent, count(*) FROM ({lost}) GROUP BY parent ORDER BY parent").fetchall()
    return Orphans(sum(count for _, count in found), tuple(str(parent) for parent, _ in found[:EXAMPLES]))


def _normal(column: str) -> str:
    text = f"trim({column}::VARCHAR)"
    return f"CASE WHEN regexp_full_match({text}, '0*[0-9]+') THEN ltrim({text}, '0') ELSE lower({text}) END"
