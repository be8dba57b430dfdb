"""The report on the quality of a publication: what the checks came to, in the order in which it matters.

    with asking(facts, failures=failures) as query:
        report = quality_report(summary, query, about=About(…), earlier=read_trend(earlier))

It holds counts over published paths and the texts of the checks, and nothing that a record says.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from expectations.checks.model import SEVERITIES, WEIGHTS, Check, Query, Texts
from expectations.checks.registry import checks_by_id
from expectations.summary import CheckResult, QualitySummary
from transforms.quality import (
    Finding,
    Outcome,
    Place,
    QualityReport,
    ScorePart,
    SeverityCount,
    TrendEntry,
    YearCount,
    extended,
)
from transforms.quoting import literal

MOST_PLACES = 20
"""Paths that a finding names: those with the most processes."""

_LEVELS = ("process", "field", "release", "dataset", "time")


@dataclass(frozen=True)
class About:
    """What a report is about: the city, its name by language, and the snapshot with its times (RFC 3339)."""

    city: str
    name: Mapping[str, str]
    synthetic: bool
    snapshot: str
    as_of: str
    published: str


def quality_report(
    summary: QualitySummary,
    query: Query,
    *,
    about: About,
    earlier: Iterable[TrendEntry] = (),
    checks: Mapping[str, Check] | None = None,
    coverage: Mapping[str, Any] | None = None,
    expectations: Mapping[str, Any] | None = None,
) -> QualityReport:
    """Make the report; `query` asks the tables `facts` and `failures` that the summary was made of.

    `earlier` is the trend so far. `checks` gives the texts by id (default: all there are); results of checks that are
    not among them are left out. `coverage` and `expectations` go into the report as they are.
    """
    known = checks_by_id() if checks is None else checks
    results = {name: result for name, result in summary.results.items() if name in known}
    failing = _failing_processes(query, results)
    years, by_check = _by_year(query, results)
    places = _places(query)
    weight = sum(WEIGHTS[one.severity] for one in results.values() if _counts(one))
    findings = [
        _finding(result, known[name], places.get(name, ()), by_check.get(name, ()), weight)
        for name, result in results.items()
    ]
    severities = tuple(_severity_count(one, results, failing[one]) for one in SEVERITIES)
    score = QualitySummary(summary.processes, results).score
    entry = TrendEntry(
        snapshot=about.snapshot,
        as_of=about.as_of,
        score=score,
        processes=summary.processes,
        failing_checks={one.severity: one.failed for one in severities},
        failing_processes={one.severity: one.processes for one in severities},
        checks=_digest(results),
    )
    return QualityReport(
        city=about.city,
        name=about.name,
        synthetic=about.synthetic,
        snapshot=about.snapshot,
        as_of=about.as_of,
        published=about.published,
        processes=summary.processes,
        score=score,
        parts=_parts(results, weight),
        severities=severities,
        years=years,
        findings=tuple(sorted(findings, key=_order)),
        trend=extended(earlier, entry),
        coverage=coverage,
        expectations=expectations,
    )


def _counts(result: CheckResult) -> bool:
    """Tell whether a result counts in the score (`QualitySummary.score`)."""
    return result.judges and result.level != "time" and WEIGHTS[result.severity] > 0


def _outcome(result: CheckResult) -> Outcome:
    if result.passed is None:
        return "not_applicable"
    if result.by_design:
        return "by_design"
    return "passed" if result.passed else "failed"


def _finding(
    result: CheckResult,
    check: Check,
    places: Iterable[Place],
    years: Iterable[tuple[int | None, int, int]],
    weight: int,
) -> Finding:
    share = result.share
    failed = _outcome(result) == "failed"
    return Finding(
        id=result.id,
        version=result.version,
        severity=result.severity,
        level=result.level,
        outcome=_outcome(result),
        title=_said(check.title),
        cost=_said(check.cost),
        source=check.source,
        paths=check.paths,
        applied=result.applied,
        failed=result.failed,
        processes=result.processes,
        failed_processes=result.failed_processes,
        share=share,
        lost=round(100 * WEIGHTS[result.severity] * share / weight, 2) if share and _counts(result) else 0.0,
        # Texts among the figures are codes, ids or names of records: those are for the internal report.
        figures={
            name: value
            for name, value in result.figures.items()
            if value is None or (not isinstance(value, str | bool) and math.isfinite(value))
        },
        reason=_said(result.reason) if result.reason else None,
        remark=_said(result.remark) if result.remark else None,
        places=tuple(places) if failed else (),
        years=tuple(years) if failed else (),
    )


def _said(text: Texts) -> dict[str, str]:
    return {"en": text.en, "es": text.es}


def _order(finding: Finding) -> tuple[Any, ...]:
    """Failures first, the gravest and the most frequent of them first; a change over time comes before its like."""
    outcomes: tuple[Outcome, ...] = ("failed", "passed", "by_design", "not_applicable")
    return (
        outcomes.index(finding.outcome),
        SEVERITIES.index(finding.severity),
        -(finding.share or 0) if finding.outcome == "failed" else 0,
        -_LEVELS.index(finding.level),
        finding.id,
    )


def _severity_count(severity: str, results: Mapping[str, CheckResult], processes: int) -> SeverityCount:
    outcomes = [_outcome(one) for one in results.values() if one.severity == severity]
    return SeverityCount(
        severity, outcomes.count("failed"), outcomes.count("passed"),
        outcomes.count("not_applicable") + outcomes.count("by_design"), processes,
    )  # fmt: skip


def _parts(results: Mapping[str, CheckResult], weight: int) -> tuple[ScorePart, ...]:
    parts = []
    for severity in SEVERITIES:
        shares = [one.share or 0.0 for one in results.values() if one.severity == severity and _counts(one)]
        if shares:
            passes = 1 - sum(shares) / len(shares)
            lost = 100 * WEIGHTS[severity] * sum(shares) / weight
            parts.append(ScorePart(severity, len(shares), WEIGHTS[severity], round(passes, 6), round(lost, 2)))
    return tuple(parts)


def _digest(results: Mapping[str, CheckResult]) -> str:
    named = "\n".join(sorted(f"{one.id} {one.version}" for one in results.values()))
    return hashlib.sha256(named.encode()).hexdigest()[:12]


def _failing(severity: str, results: Mapping[str, CheckResult]) -> str:
    """Give the condition on a row of `facts` that a check of a severity fails."""
    ids = ", ".join(literal(one.id) for one in results.values() if one.severity == severity)
    return f"len(list_filter(checks, lambda one: one.failed > 0 AND one.check IN ({ids}))) > 0" if ids else "false"


def _failing_processes(query: Query, results: Mapping[str, CheckResult]) -> dict[str, int]:
    counts = ", ".join(f"count_if({_failing(severity, results)})" for severity in SEVERITIES)
    (row,) = query(f"SELECT {counts} FROM facts")
    return dict(zip(SEVERITIES, map(int, row), strict=True))


def _by_year(
    query: Query, results: Mapping[str, CheckResult]
) -> tuple[tuple[YearCount, ...], dict[str, list[tuple[int | None, int, int]]]]:
    counts = ", ".join(f"count_if({_failing(severity, results)})" for severity in SEVERITIES)
    years = tuple(
        YearCount(year, int(processes), dict(zip(SEVERITIES, map(int, failing), strict=True)))
        for year, processes, *failing in query(
            f"SELECT year, count(*), {counts} FROM facts GROUP BY year ORDER BY year NULLS LAST"
        )
    )
    by_check: dict[str, list[tuple[int | None, int, int]]] = {}
    for name, year, processes, failed in query(
        "SELECT one.check, year, count(*), count_if(one.failed > 0)"
        " FROM (SELECT year, unnest(checks) AS one FROM facts) GROUP BY one.check, year"
        " ORDER BY one.check, year NULLS LAST"
    ):
        by_check.setdefault(name, []).append((year, int(processes), int(failed)))
    return years, by_check


def _places(query: Query) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for check, path, processes in query(
        'SELECT "check", path, count(DISTINCT ocid) AS processes FROM failures GROUP BY "check", path'
        f' QUALIFY row_number() OVER (PARTITION BY "check" ORDER BY processes DESC, path) <= {MOST_PLACES}'
        ' ORDER BY "check", processes DESC, path'
    ):
        found.setdefault(check, []).append(Place(path, int(processes)))
    return found
