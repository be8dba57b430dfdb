"""What the checks come to for a whole publication: one result per check, and a score.

    summary = summarize(query, assessor.checks)
    summary.score, summary.results["reference.contract_in_awards"].failed_processes

A result is of counts only; examples and the source rows behind them lie with the failures of the processes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from expectations.checks import datasets, times
from expectations.checks.counts import NO_TALLY, tallies
from expectations.checks.model import (
    WEIGHTS,
    Check,
    DatasetCheck,
    Level,
    Query,
    Setting,
    Severity,
    Texts,
    TimeCheck,
)


@dataclass(frozen=True)
class CheckResult:
    """What one check came to.

    `applied` and `failed` count places, `processes` and `failed_processes` the processes with such a place. Of a check
    of the whole (level `dataset` or `time`) `applied` is what was looked at, and `processes` are 0. `passed` is None
    where it did not apply. A failure `by_design` can't be avoided by the data (`DatasetOutcome`).
    """

    id: str
    version: str
    severity: Severity
    level: Level
    applied: int
    failed: int = 0
    processes: int = 0
    failed_processes: int = 0
    passed: bool | None = None
    figures: Mapping[str, int | float | str | None] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    reason: Texts | None = None
    remark: Texts | None = None
    by_design: bool = False

    @property
    def judges(self) -> bool:
        """Whether the verdict says something of the data: it applied, and does not fail by design."""
        return self.passed is not None and not self.by_design

    @property
    def share(self) -> float | None:
        """Share of the processes it applied to that fail, 0 to 1; of the whole 0 or 1; None where it did not apply."""
        if self.passed is None:
            return None
        return self.failed_processes / self.processes if self.processes else float(not self.passed)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values; those that say nothing are left out."""
        found: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "severity": self.severity,
            "level": self.level,
            "passed": self.passed,
            "applied": self.applied,
            "failed": self.failed,
        }
        if self.level not in ("dataset", "time"):
            found |= {"processes": self.processes, "failed_processes": self.failed_processes}
        if self.figures:
            found["figures"] = dict(self.figures)
        if self.by_design:
            found["by_design"] = True
        if self.examples:
            found["examples"] = list(self.examples)
        for name, text in (("reason", self.reason), ("remark", self.remark)):
            if text is not None:
                found[name] = {"en": text.en, "es": text.es}
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        texts: dict[str, Any] = {name: Texts(**value[name]) for name in ("reason", "remark") if name in value}
        return cls(**{**value, **texts, "examples": tuple(value.get("examples", ()))})


@dataclass(frozen=True)
class QualitySummary:
    """The results of all checks by their id, over so many processes."""

    processes: int
    results: Mapping[str, CheckResult]

    @property
    def score(self) -> float | None:
        """0 to 100: the share of passes of each check, weighted by its severity (`WEIGHTS`); None without any.

        Checks that did not apply don't count, and those that fail by design or are of a change over time neither: they
        are no quality of the data.
        """
        total = weight = 0.0
        for result in self.results.values():
            if result.share is not None and result.judges and result.level != "time" and WEIGHTS[result.severity]:
                total += WEIGHTS[result.severity] * (1 - result.share)
                weight += WEIGHTS[result.severity]
        return round(100 * total / weight, 2) if weight else None

    def of(self, severity: Severity) -> list[CheckResult]:
        """Give the results of a severity, those that fail in most processes first."""
        found = [result for result in self.results.values() if result.severity == severity]
        return sorted(found, key=lambda one: (-(one.share or 0), one.id))

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "processes": self.processes,
            "score": self.score,
            "checks": [result.to_json() for result in self.results.values()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        results = [CheckResult.from_json(one) for one in value["checks"]]
        return cls(value["processes"], {one.id: one for one in results})


def summarize(
    query: Query,
    checks: Iterable[Check],
    *,
    setting: Setting | None = None,
    left_out: Iterable[str] = (),
    over_time: bool = True,
) -> QualitySummary:
    """Judge the publication whose processes are in the table `facts`.

    `checks` are those that were asked of processes (`Assessor.checks`); those of the whole are asked here, but for the
    ones left out, and those over time only where there is a table `previous`.
    """
    query, told = _remembering(query), setting or Setting()
    ((processes,),) = query("SELECT count(*) FROM facts")
    counts = tallies(query, "facts")
    results = []
    for check in checks:
        found = counts.get(check.id, NO_TALLY)
        results.append(
            _result(
                check, found.applied, failed=found.failed, processes=found.processes,
                failed_processes=found.failed_processes, passed=not found.failed if found.applied else None,
            )
        )  # fmt: skip
    without = frozenset(left_out)
    whole: list[DatasetCheck | TimeCheck] = [*datasets.CHECKS, *(times.CHECKS if over_time else ())]
    for check in whole:
        if check.id in without:
            continue
        outcome = check.run(query, told)
        results.append(
            _result(
                check, outcome.applied, failed=int(bool(outcome.applied) and not outcome.passed),
                passed=outcome.passed if outcome.applied else None, figures=outcome.figures,
                examples=tuple(outcome.examples), reason=outcome.reason, remark=outcome.remark,
                by_design=outcome.by_design,
            )
        )  # fmt: skip
    return QualitySummary(processes, {result.id: result for result in results})


def _remembering(query: Query) -> Query:
    """Ask each SELECT without parameters once: several checks count the same codes."""
    known: dict[str, list[tuple[Any, ...]]] = {}

    def ask(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        if parameters is not None:
            return query(sql, parameters)
        if sql not in known:
            known[sql] = query(sql)
        return known[sql]

    return ask


def _result(check: Check, applied: int, **found: Any) -> CheckResult:
    return CheckResult(check.id, check.version, check.severity, check.level, applied, **found)
