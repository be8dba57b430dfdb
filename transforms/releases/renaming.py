"""A process that goes while another comes may be the same under another key: what speaks for it.

An ocid never changes (OCDS 1.1 "Identifiers"); a source that renames a process, or a mapping with another template for
ocids, would split its history in two. What two processes have in common is looked at without ids: source rows that
moved from one to the other, else the published values.

>>> gone = Known("ocds-213czf-A", "A", {"tender": {"title": "Lamps"}}, frozenset({"bids:7"}))
>>> come = Known("ocds-213czf-B", "B", {"tender": {"title": "Lamps"}}, frozenset({"bids:7"}))
>>> list(Renamings([gone], rules).of([come]))
[Renaming(old='ocds-213czf-A', new='ocds-213czf-B', evidence='rows', rows=('bids:7',), alike=1.0)]
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from transforms.releases.changes import fields
from transforms.releases.identity import canonical
from transforms.releases.rules import MergeRules

ALIKE = 0.8
"""Share of the values of two processes that must be the same in both, where no source row says it."""
_ENOUGH = 4
"""Equal values that are needed: two processes of which nothing is known are alike by chance."""
_RARE = 3
"""A value that more of the vanished processes have says nothing of one of them."""
_ROWS = 5

Evidence = Literal["letter_case", "rows", "content"]


class Known(NamedTuple):
    """A process: `key` is its ocid without the prefix, `state` release-shaped, `rows` the source rows it alone uses."""

    ocid: str
    key: str
    state: Mapping[str, Any]
    rows: frozenset[str]


class Renaming(NamedTuple):
    """Two ocids that seem to be one process. `rows` moved (some of them); `alike` is the share of equal values."""

    old: str
    new: str
    evidence: Evidence
    rows: tuple[str, ...] = ()
    alike: float = 0.0


class Renamings:
    """Finds the vanished process that a new one was; holds what is to be compared of the vanished ones."""

    def __init__(self, vanished: Iterable[Known], rules: MergeRules) -> None:
        self._rules = rules
        self._values: dict[str, frozenset[bytes]] = {}
        self._by_row: dict[str, str | None] = {}
        self._by_value: dict[bytes, list[str]] = {}
        self._by_case: dict[str, str] = {}
        for process in vanished:
            self._values[process.ocid] = values = self._values_of(process)
            self._by_case[process.ocid.casefold()] = process.ocid
            for row in process.rows:
                # A row of two vanished processes names neither.
                self._by_row[row] = None if row in self._by_row else process.ocid
            for value in values:
                self._by_value.setdefault(value, []).append(process.ocid)

    def of(self, new: Iterable[Known]) -> Iterator[Renaming]:
        """Give for each new process the vanished one it seems to be, if any."""
        for process in new:
            values = self._values_of(process)
            if (old := self._by_case.get(process.ocid.casefold())) is not None:
                yield Renaming(old, process.ocid, "letter_case", alike=self._alike(old, values))
            elif (found := self._by_rows(process)) is not None:
                old, rows = found
                yield Renaming(old, process.ocid, "rows", rows, self._alike(old, values))
            elif (old := self._by_values(values)) is not None:
                yield Renaming(old, process.ocid, "content", alike=self._alike(old, values))

    def _by_rows(self, process: Known) -> tuple[str, tuple[str, ...]] | None:
        moved: dict[str, list[str]] = {}
        for row in sorted(process.rows):
            if (old := self._by_row.get(row)) is not None:
                moved.setdefault(old, []).append(row)
        if not moved:
            return None
        old = max(sorted(moved), key=lambda one: len(moved[one]))
        return old, tuple(moved[old][:_ROWS])

    def _by_values(self, values: frozenset[bytes]) -> str | None:
        shared: Counter[str] = Counter()
        for value in values:
            holders = self._by_value.get(value, ())
            if len(holders) <= _RARE:
                shared.update(holders)
        for old, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_ROWS]:
            if len(self._values[old] & values) >= _ENOUGH and self._alike(old, values) >= ALIKE:
                return old
        return None

    def _alike(self, old: str, values: frozenset[bytes]) -> float:
        both = self._values[old] | values
        return round(len(self._values[old] & values) / len(both), 2) if both else 0.0

    def _values_of(self, process: Known) -> frozenset[bytes]:
        """Return what a process says, without ids, organizations (which many share) and mentions of its key."""
        found = set()
        for change in fields(process.state, self._rules):
            name = change.field.rpartition("/")[2]
            if name == "id" or name.endswith(("ID", "Id")) or change.field.startswith(("parties/", "buyer/")):
                continue
            value = change.new
            if isinstance(value, str):
                value = value.replace(process.key, "")
            found.add(f"{change.field}\n".encode() + canonical(value))
        return frozenset(found)
