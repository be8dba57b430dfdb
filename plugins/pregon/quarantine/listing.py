"""What the ledger holds back, grouped for people and row by row for files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pregon.ledger import Ledger, Quarantined

EXAMPLES = 3
"""Keys named of each group."""

COLUMNS = ("reason", "table", "key", "ocid", "path", "value", "message", "since")
"""Columns of an export, one row a finding."""


@dataclass
class Group:
    """What is held back for one reason, of one table, at one path: so many rows, since a run, such as these."""

    reason: str
    table: str
    path: str | None
    rows: int = 0
    since: str = ""
    examples: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "reason": self.reason,
            "table": self.table,
            "path": self.path,
            "rows": self.rows,
            "since": self.since,
            "examples": self.examples,
        }


@dataclass(frozen=True)
class Listing:
    """All groups, the largest first; `processes` are held back as a whole."""

    groups: list[Group]
    rows: int
    processes: int


def held(ledger: Ledger, *, reason: str | None = None, table: str | None = None) -> Iterator[Quarantined]:
    """Stream what is held back now, by table and row; restricted to a reason, or to a source table."""
    for found in ledger.quarantined(table=table):
        if reason is None or found.row.reason == reason:
            yield found


def grouped(found: Iterable[Quarantined]) -> Listing:
    """Group by reason, table and path. Memory grows with the groups and the processes, not with the rows."""
    groups: dict[tuple[str, str, str], Group] = {}
    processes: set[str] = set()
    rows = 0
    for one in found:
        row = one.row
        rows += 1
        group = groups.setdefault((row.reason, row.table, row.path or ""), Group(row.reason, row.table, row.path))
        group.rows += 1
        day = day_of(one.run_id)
        group.since = min(group.since or day, day)
        if len(group.examples) < EXAMPLES:
            group.examples.append(row.row or row.ocid or "")
        if row.ocid is not None:
            processes.add(row.ocid)
    ordered = sorted(groups.items(), key=lambda item: (-item[1].rows, item[0]))
    return Listing([group for _, group in ordered], rows, len(processes))


def day_of(run_id: str) -> str:
    """Give the day of a run, in UTC: `20260302T120000Z` is of 2026-03-02."""
    return f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"


def exported(found: Iterable[Quarantined]) -> Iterator[tuple[str, ...]]:
    """Give the rows of an export, as in `COLUMNS`; nothing is an empty text."""
    for one in found:
        row = one.row
        yield (
            row.reason, row.table, row.row, row.ocid or "", row.path or "", row.value or "", row.message,
            day_of(one.run_id),
        )  # fmt: skip
