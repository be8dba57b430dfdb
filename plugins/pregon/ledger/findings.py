"""What a verification of the ledger finds: every kind counted, a bounded number of each named."""

from dataclasses import dataclass, field
from typing import NamedTuple

MOST = 100
"""Findings of a kind that are named; all are counted."""


class Finding(NamedTuple):
    """One thing that is not as it should be. `ocid` and `release_id` are empty where it is about another table."""

    kind: str
    message: str
    ocid: str = ""
    release_id: str = ""


@dataclass
class Verification:
    """What was read, and what is wrong with it. `redacted` processes were rewritten by rule: their ids stay."""

    releases: int = 0
    processes: int = 0
    runs: int = 0
    publications: int = 0
    redacted: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def add(self, kind: str, message: str, ocid: str = "", release_id: str = "") -> None:
        """Take a finding."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MOST:
            self.findings.append(Finding(kind, message, ocid, release_id))
