"""What is checked of a source, and how it came out."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from pregon.sources.base import SourceError, TableSpec

Subject = Literal["connection", "table", "permission", "columns", "types", "count", "key"]
Outcome = Literal["ok", "warning", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of a source. `unknown`: the source can't tell; `hint` is what to do about it."""

    source: str
    table: str | None
    subject: Subject
    outcome: Outcome
    message: str
    hint: str | None = None

    @property
    def place(self) -> str:
        """`source` or `source.table`."""
        return f"{self.source}.{self.table}" if self.table else self.source


@dataclass(frozen=True, slots=True)
class Permissions:
    """What an account may do with a table; None where the source does not tell.

    `unreadable` are declared columns (the source's names) that it may not read.
    """

    read: bool | None
    write: bool | None = None
    unreadable: tuple[str, ...] = ()


@runtime_checkable
class TellsMore(Protocol):
    """A connector whose source knows permissions and keys."""

    def permissions(self, table: TableSpec) -> Permissions:
        """Tell what the account may do. Raises SourceError where there is no such table."""
        ...

    def unique_keys(self, table: TableSpec) -> tuple[tuple[str, ...], ...]:
        """Give the combinations of columns, by the source's names, that the source itself keeps unique."""
        ...


def failed(source: str, table: str | None, subject: Subject, error: SourceError) -> Check:
    """Make a check of an error."""
    problem = f"{error.file}: {error.problem}" if error.file else error.problem
    return Check(source, table, subject, "failed", problem, error.hint)
