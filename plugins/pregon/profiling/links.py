"""Columns whose values occur in another table: suspected references, told by values and names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transforms.profile.kinds import IDENTIFIER_WORDS
from transforms.profile.model import ColumnProfile, Link
from transforms.profile.words import singular, words
from transforms.quoting import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOKED_AT = 2_000
"""Different values of a column that are looked for in the others; which ones is decided by their digests."""
ENOUGH = 0.9
SOME = 0.1
"""Share of the values that suffices where the names are the same."""
_FEWEST = 3
_COMMON = frozenset(
    {"name", "city", "state", "zip", "status", "type", "title", "description", "address", "street", "category",
     "ciudad", "estado", "tipo", "departamento", "reason", "unit", "country", "quarter"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Linked:
    """A column that may refer, or be referred to."""

    source: str
    table: str
    column: ColumnProfile
    digests: Path

    @property
    def place(self) -> str:
        """`source.table.column`."""
        return f"{self.source}.{self.table}.{self.column.name}"


def find_links(connection: "DuckDBPyConnection", columns: Sequence[Linked]) -> tuple[Link, ...]:
    """Find columns most of whose values occur in a column of another table."""
    if len(columns) < 2:
        return ()
    connection.execute("CREATE OR REPLACE TEMP TABLE looked_for (c INTEGER, h UBIGINT)")
    for number, one in enumerate(columns):
        file = literal(str(one.digests))
        connection.execute(
            f"INSERT INTO looked_for SELECT {number}, h FROM read_parquet({file}) ORDER BY h LIMIT {LOOKED_AT}"
        )
    looked_for = dict(connection.execute("SELECT c, count(*) FROM looked_for GROUP BY c").fetchall())
    found: dict[frozenset[str], Link] = {}
    for number, other in enumerate(columns):
        file = literal(str(other.digests))
        shared = connection.execute(
            f"SELECT c, count(*) FROM looked_for JOIN read_parquet({file}) AS o USING (h)"
            f" WHERE c <> {number} GROUP BY c"
        ).fetchall()
        for index, count in sorted(shared):
            one = columns[index]
            link = Link(
                column=one.place,
                other=other.place,
                values=looked_for[index],
                found=count,
                share=round(count / looked_for[index], 4),
                key=_is_key(other),
            )
            if _tells(one, other, link):
                pair = frozenset((one.place, other.place))
                if pair not in found or _better(link, found[pair]):
                    found[pair] = link
    return tuple(sorted(_nearest(found.values(), columns), key=lambda link: (link.column, link.other)))


def _nearest(links: Iterable[Link], columns: Sequence[Linked]) -> Iterable[Link]:
    """Give the best link of each column: what refers to a table has its values in all others that refer to it, too."""
    sizes = {one.place: one.column.distinct.count for one in columns}
    best: dict[str, Link] = {}
    for link in sorted(links, key=lambda one: (not one.key, -one.share, -sizes[one.other], one.other)):
        best.setdefault(link.column, link)
    return best.values()


def _tells(one: Linked, other: Linked, link: Link) -> bool:
    if (one.source, one.table) == (other.source, other.table):
        return False
    alike = _alike(one, other)
    codes = one.column.kind == "code" or other.column.kind == "code"
    if not link.key:
        # The same key in two tables, unique in neither: documents with several awards.
        identifiers = {"identifier"} == {one.column.kind, other.column.kind}
        return alike == 1 and identifiers and link.found > _FEWEST
    if alike == 1:
        return link.share >= (ENOUGH if codes else SOME) and link.found > 1
    if one.column.kind == "integer" or link.values < _FEWEST:
        return alike > 0 and link.share >= ENOUGH
    looks = one.column.looks
    numbers = looks.get("token", 0) >= 0.8 * sum(looks.values())
    naming = other.column.kind == "identifier" and (one.column.kind == "identifier" or numbers)
    return link.share >= ENOUGH and (alike > 0 or naming)


def _is_key(other: Linked) -> bool:
    distinct = other.column.distinct
    return distinct.exact and distinct.count == other.column.filled > 1


def _alike(one: Linked, other: Linked) -> float:
    """Tell how alike two names are: 1 the same, 0.5 one has a word of the other's column or table."""
    first, second = (set(map(singular, words(each.column.source_name))) for each in (one, other))
    said = first - IDENTIFIER_WORDS
    if first == second and said - _COMMON and said:
        return 1
    beside = (second | set(map(singular, words(other.table)))) - IDENTIFIER_WORDS - _COMMON
    return 0.5 if said & beside else 0


def _better(link: Link, known: Link) -> bool:
    return (link.key, link.share, -link.values) > (known.key, known.share, -known.values)
