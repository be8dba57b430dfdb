"""How releases and records are divided into pages that portals follow by their links.

Three rules, each for those who follow:

- A page has a number for ever, and its entries with it. Releases are numbered by the order of commit, those that were
  taken back included; records by that of their first releases. So what is new comes at the end, and a page of releases
  that has a next one is never changed again.
- The first page holds the oldest entry alone, so that there always is a next one: collectors take a first page without
  link for a failure. A single entry is repeated on the page that follows, because a package without entries is not
  valid; whoever gathers by ocid and id does not notice.
- A number stands for at most `PAGE_ENTRIES` entries. Where these are too large for one page, they go on in parts
  (`000002.json`, `000002-2.json` …): a long record moves nothing beyond its own number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from pregon.publication.source import Placed, Series

FOLDER = "api"
FIRST = "first"
PAGE_ENTRIES = 500
PAGE_BYTES = 10_000_000
"""Most bytes of the entries on a page, unless a single one has more."""


@dataclass(frozen=True)
class Group:
    """The entries of one number, or of the first page; in the order of commit."""

    name: str
    entries: tuple[Placed, ...]


def groups(series: Series, placed: Iterable[Placed], size: int = PAGE_ENTRIES) -> Iterator[Group]:
    """Divide a series, given in the order of commit."""
    rest = iter(placed)
    first = next(rest, None)
    if first is None:
        return
    yield Group(FIRST, (first,))
    numbered = (((one.sequence if series == "releases" else rank) - 1, one) for rank, one in enumerate(rest, start=2))
    name = ""
    for number, group in groupby(((place // size + 1, one) for place, one in numbered), key=itemgetter(0)):
        name = f"{number:06d}"
        yield Group(name, tuple(one for _, one in group))
    if not name:
        place = first.sequence - 1 if series == "releases" else 0
        yield Group(f"{place // size + 1:06d}", (first,))


def page_path(series: Series, name: str, part: int = 1) -> str:
    """Name the file of a page within the publication; parts count from 1."""
    return f"{FOLDER}/{series}/{name}{'' if part == 1 else f'-{part}'}.json"
