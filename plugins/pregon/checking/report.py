"""What a check found: findings of one kind folded into one, so that a million repeats are one line with a count."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3
"""Findings of one kind that are kept, the first that were met."""


@dataclass(frozen=True)
class Finding:
    """One place that is wrong.

    `where` says it to a person: line, ZIP member, JSON Pointer (RFC 6901); `path` is the path in the standard's terms,
    without indexes.
    """

    code: str
    path: str
    where: str
    message: str


@dataclass
class FindingKind:
    """All findings with one code and path: how many, and the first of them."""

    code: str
    path: str
    count: int = 0
    examples: list[Finding] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        examples = [{"where": found.where, "message": found.message} for found in self.examples]
        return {"code": self.code, "path": self.path, "count": self.count, "examples": examples}


@dataclass
class Report:
    """The verdict on one file.

    `counts` has how many documents of each kind the file holds; what a package holds is counted apart, in `entries`.
    `extensions` are those declared in it, `lacks` those that documents outside a package use and nothing declares.
    """

    file: str
    form: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    extensions: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    examples: int = EXAMPLES
    kinds: dict[tuple[str, str], FindingKind] = field(default_factory=dict)

    def add(self, code: str, path: str, where: str, message: str) -> None:
        """Count a finding, and keep it if it is among the first of its kind."""
        kind = self.kinds.get((code, path))
        if kind is None:
            kind = self.kinds[(code, path)] = FindingKind(code, path)
        kind.count += 1
        if len(kind.examples) < self.examples:
            kind.examples.append(Finding(code, path, where, message))

    @property
    def kind(self) -> str:
        """What the file holds, in words: `release package`, `JSON Lines: 12 compiled releases`."""
        if not self.counts:
            return "no OCDS data"
        if self.counts.total() == 1:
            return f"{self.form}: 1 {next(iter(self.counts))}" if self.form else next(iter(self.counts))
        held = ", ".join(f"{count:,} {kind if count == 1 else kind + 's'}" for kind, count in self.counts.items())
        return f"{self.form}: {held}" if self.form else held

    @property
    def documents(self) -> int:
        """How many releases and records were looked at, in packages or on their own."""
        packages = sum(count for kind, count in self.counts.items() if kind.endswith("package"))
        return self.counts.total() - packages + self.entries.total()

    @property
    def total(self) -> int:
        """How many findings there are, those not kept included."""
        return sum(kind.count for kind in self.kinds.values())

    @property
    def most_frequent(self) -> list[FindingKind]:
        """The kinds of finding, the most frequent first."""
        return sorted(self.kinds.values(), key=lambda kind: (-kind.count, kind.code, kind.path))

    @property
    def findings(self) -> list[Finding]:
        """The findings that were kept, those of the most frequent kind first."""
        return [found for kind in self.most_frequent for found in kind.examples]

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON values."""
        return {
            "file": self.file,
            "kind": self.kind,
            "documents": self.documents,
            "counts": dict(self.counts + self.entries),
            "extensions": list(self.extensions),
            "findings": self.total,
            "kinds": [kind.to_json() for kind in self.most_frequent],
        }
