"""A report on the quality of a publication: counts over what is published, and no value of a record.

    report.to_json()          # what `reports/quality.json` holds
    report.failed("critical") # the findings that matter first

It is made by `expectations.report`, and shown by `transforms.site.quality`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from transforms.quality.trend import TrendEntry

VERSION = "1"
"""Version of the JSON's shape: it rises when a key changes its meaning or goes."""

SEVERITIES = ("critical", "warning", "info")
"""The gravest first."""

Outcome = Literal["failed", "passed", "by_design", "not_applicable"]
"""`by_design`: it fails in a way that the data can't avoid, which the finding's `remark` explains."""

Said = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True)
class Place:
    """An OCDS path (without indexes) at which a check fails, and in how many processes."""

    path: str
    processes: int


@dataclass(frozen=True)
class YearCount:
    """The processes of a year (None: of none that is known), and those failing a check of each severity."""

    year: int | None
    processes: int
    failing: Mapping[str, int]


@dataclass(frozen=True)
class SeverityCount:
    """How many checks of a severity had which outcome, and how many processes fail at least one of them.

    Those that fail by design count as not applicable.
    """

    severity: str
    failed: int
    passed: int
    not_applicable: int
    processes: int


@dataclass(frozen=True)
class ScorePart:
    """What the checks of a severity do to the score: their number, their weight, and the points they cost together.

    `passes` is the mean share of passes, 0 to 1.
    """

    severity: str
    checks: int
    weight: int
    passes: float
    lost: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check came to.

    `failed` of `applied` places and `failed_processes` of `processes` fail; `share` is that of processes, 0 to 1, and
    of a check of the whole 0 or 1. `lost` are the points that it costs the score. `years` has (year, processes,
    failing), `places` where it fails most. `figures` are numbers only.
    """

    id: str
    version: str
    severity: str
    level: str
    outcome: Outcome
    title: Said
    cost: Said
    source: str
    paths: tuple[str, ...] = ()
    applied: int = 0
    failed: int = 0
    processes: int = 0
    failed_processes: int = 0
    share: float | None = None
    lost: float = 0.0
    figures: Mapping[str, int | float | None] | None = None
    reason: Said | None = None
    remark: Said | None = None
    places: tuple[Place, ...] = ()
    years: tuple[tuple[int | None, int, int], ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it judges the publication as a whole, so that no process fails it."""
        return self.level in {"dataset", "time"}

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values; those that say nothing are left out."""
        found: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "severity": self.severity,
            "level": self.level,
            "outcome": self.outcome,
            "title": dict(self.title),
            "cost": dict(self.cost),
            "source": self.source,
            "paths": list(self.paths),
            "applied": self.applied,
        }
        if not self.whole:
            found |= {"failed": self.failed, "processes": self.processes, "failed_processes": self.failed_processes}
        if self.share is not None:
            found |= {"share": self.share, "lost": self.lost}
        for name, said in (("figures", self.figures), ("reason", self.reason), ("remark", self.remark)):
            if said:
                found[name] = dict(said)
        if self.places:
            found["places"] = [vars_of(place) for place in self.places]
        if self.years:
            found["years"] = [
                {"year": year, "processes": processes, "failed_processes": failed}
                for year, processes, failed in self.years
            ]
        return found


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """What a report says. `as_of` is that of the snapshot, `published` that of the newest commit in it (RFC 3339).

    `coverage` and `expectations` are taken over as they are, where a run has made them.
    """

    city: str
    name: Said
    synthetic: bool
    snapshot: str
    as_of: str
    published: str
    processes: int
    score: float | None
    parts: tuple[ScorePart, ...]
    severities: tuple[SeverityCount, ...]
    years: tuple[YearCount, ...]
    findings: tuple[Finding, ...]
    trend: tuple[TrendEntry, ...]
    coverage: Mapping[str, Any] | None = None
    expectations: Mapping[str, Any] | None = None

    def failed(self, severity: str) -> list[Finding]:
        """Give the checks of a severity that fail, in the order of the report: the largest share first."""
        return [one for one in self.findings if one.severity == severity and one.outcome == "failed"]

    def of(self, outcome: Outcome) -> list[Finding]:
        """Give the checks with an outcome."""
        return [one for one in self.findings if one.outcome == outcome]

    def count(self, severity: str) -> SeverityCount:
        """Give the counts of a severity."""
        return next(one for one in self.severities if one.severity == severity)

    def to_json(self) -> dict[str, Any]:
        """Give what `reports/quality.json` holds (docs/reference/quality-report.md)."""
        found: dict[str, Any] = {
            "version": VERSION,
            "city": self.city,
            "name": dict(self.name),
            "synthetic": self.synthetic,
            "snapshot": self.snapshot,
            "as_of": self.as_of,
            "published": self.published,
            "processes": self.processes,
            "score": self.score,
            "score_parts": [vars_of(one) for one in self.parts],
            "severities": [vars_of(one) for one in self.severities],
            "years": [{**vars_of(one), "failing": dict(one.failing)} for one in self.years],
            "checks": [one.to_json() for one in self.findings],
            "trend": [one.to_json() for one in self.trend],
        }
        for name, more in (("coverage", self.coverage), ("expectations", self.expectations)):
            if more is not None:
                found[name] = dict(more)
        return found


def vars_of(value: object) -> dict[str, Any]:
    """Give the fields of a small dataclass."""
    return dict(vars(value))
