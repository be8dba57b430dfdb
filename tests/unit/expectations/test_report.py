"""The report orders what the checks came to, counts it by severity, year and place, and quotes nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from expectations.checks.model import Check, Level, Query, Severity, Texts
from expectations.facts import facts_schema
from expectations.report import MOST_PLACES, About, quality_report
from expectations.summary import CheckResult, QualitySummary
from transforms.quality import QualityReport, TrendEntry

ABOUT = About(
    "lindenau", {"en": "Lindenau", "es": "Lindenau"}, True, "s1", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"
)


def check(name: str, severity: Severity, level: Level = "process") -> Check:
    text = Texts(f"{name} holds", f"{name} se cumple")
    return Check(
        id=name, version="1", severity=severity, level=level, title=text, message=text, cost=text, source="made up",
        paths=("tender/title",),
    )  # fmt: skip


CHECKS = {
    one.id: one
    for one in (
        check("few", "critical"), check("many", "critical"), check("warned", "warning"), check("noted", "info"),
        check("whole", "warning", "dataset"), check("moved", "critical", "time"), check("absent", "info"),
        check("good", "critical"),
    )
}  # fmt: skip

Asking = Callable[[Sequence[dict[str, Any]], Sequence[tuple[str, str, str]]], Query]


@pytest.fixture
def asking() -> Iterator[Asking]:
    """Give a query over facts and failures (ocid, check, path)."""
    connection = duckdb.connect()

    def opened(facts: Sequence[dict[str, Any]], failures: Sequence[tuple[str, str, str]]) -> Query:
        connection.register("facts_rows", pa.Table.from_pylist(list(facts), schema=facts_schema()))
        connection.execute("CREATE TABLE facts AS FROM facts_rows")
        connection.execute('CREATE TABLE failures (ocid VARCHAR, "check" VARCHAR, path VARCHAR)')
        for failure in failures:
            connection.execute("INSERT INTO failures VALUES (?, ?, ?)", failure)
        return lambda sql, parameters=None: connection.execute(sql, parameters).fetchall()

    yield opened
    connection.close()


def fact(ocid: str, year: int | None, **failed: int) -> dict[str, Any]:
    asked = {"few": 0, "many": 0, "warned": 0, "noted": 0, "good": 0, **failed}
    checks = [{"check": name, "applied": 2, "failed": count} for name, count in asked.items()]
    return {"ocid": ocid, "year": year, "checks": checks}


FACTS = [
    fact("1", 2025, many=1, few=2), fact("2", 2025, many=1), fact("3", 2026, warned=1), fact("4", None, noted=1),
]  # fmt: skip
FAILURES = [
    ("1", "many", "contracts"), ("2", "many", "contracts"), ("1", "many", "awards"), ("1", "few", "tender"),
    ("1", "few", "tender"), ("3", "warned", "tender"), ("4", "noted", ""),
]  # fmt: skip


def result(name: str, failing: int = 0, **given: Any) -> CheckResult:
    one = CHECKS[name]
    whole = one.level in ("dataset", "time")
    values: dict[str, Any] = {
        "applied": 8, "failed": failing, "processes": 0 if whole else 4, "failed_processes": 0 if whole else failing,
        "passed": not failing, **given,
    }  # fmt: skip
    return CheckResult(one.id, one.version, one.severity, one.level, **values)


SUMMARY = QualitySummary(
    4,
    {
        one.id: one
        for one in (
            result("good"), result("noted", 1), result("warned", 1), result("few", 1), result("many", 2),
            result("whole", 1, figures={"share": 0.5, "top": "Mr. Quill", "odd": float("nan"), "none": None,
                                       "yes": True},
                   examples=("Mr. Quill",), remark=Texts("by design", "por diseño")),
            result("moved", 1), result("absent", passed=None, reason=Texts("too few", "muy pocos")),
        )
    },
)  # fmt: skip


def made(asking: Asking, summary: QualitySummary = SUMMARY, **given: Any) -> QualityReport:
    return quality_report(summary, asking(FACTS, FAILURES), about=ABOUT, **{"checks": CHECKS, **given})


def test_failures_come_first_the_gravest_and_most_frequent_of_them_before(asking: Asking) -> None:
    ids = [one.id for one in made(asking).findings]
    assert ids == ["moved", "many", "few", "whole", "warned", "noted", "good", "absent"]


def test_processes_are_counted_once_for_a_severity(asking: Asking) -> None:
    counts = {one.severity: one for one in made(asking).severities}
    assert (counts["critical"].failed, counts["critical"].passed, counts["critical"].processes) == (3, 1, 2)
    assert (counts["warning"].failed, counts["warning"].processes) == (2, 1)
    assert (counts["info"].failed, counts["info"].not_applicable, counts["info"].processes) == (1, 1, 1)


def test_years_are_counted_and_the_unknown_comes_last(asking: Asking) -> None:
    years = [(one.year, one.processes, dict(one.failing)) for one in made(asking).years]
    assert years == [
        (2025, 2, {"critical": 2, "warning": 0, "info": 0}),
        (2026, 1, {"critical": 0, "warning": 1, "info": 0}),
        (None, 1, {"critical": 0, "warning": 0, "info": 1}),
    ]


def test_a_finding_has_its_places_and_years(asking: Asking) -> None:
    many = next(one for one in made(asking).findings if one.id == "many")
    assert [(place.path, place.processes) for place in many.places] == [("contracts", 2), ("awards", 1)]
    assert many.years == ((2025, 2, 2), (2026, 1, 0), (None, 1, 0))
    assert (many.failed_processes, many.processes, many.share) == (2, 4, 0.5)


def test_a_check_that_passes_needs_no_places_or_years(asking: Asking) -> None:
    good = next(one for one in made(asking).findings if one.id == "good")
    assert (good.places, good.years) == ((), ())


def test_of_many_places_the_most_frequent_are_named(asking: Asking) -> None:
    failures = [(str(number), "many", f"p{place:03d}") for place in range(50) for number in range(50 - place)]
    report = quality_report(SUMMARY, asking(FACTS, failures), about=ABOUT, checks=CHECKS)
    many = next(one for one in report.findings if one.id == "many")
    assert [place.path for place in many.places] == [f"p{place:03d}" for place in range(MOST_PLACES)]


def test_lost_points_add_up_to_what_the_score_lacks(asking: Asking) -> None:
    report = made(asking)
    assert report.score == SUMMARY.score
    assert sum(part.lost for part in report.parts) == pytest.approx(100 - (report.score or 0), abs=0.02)
    assert sum(one.lost for one in report.findings) == pytest.approx(100 - (report.score or 0), abs=0.05)
    assert [part.severity for part in report.parts] == ["critical", "warning"]
    assert next(one for one in report.findings if one.id == "moved").lost == 0


def test_nothing_that_a_record_says_is_in_it(asking: Asking) -> None:
    report = made(asking)
    whole = next(one for one in report.findings if one.id == "whole")
    assert whole.figures == {"share": 0.5, "none": None}
    assert whole.remark == {"en": "by design", "es": "por diseño"}
    assert "Quill" not in str(report.to_json())


def test_the_trend_goes_on(asking: Asking) -> None:
    before = TrendEntry("s0", "2026-01-01T00:00:00Z", 90.0, 3, {"critical": 1}, {"critical": 1}, "other")
    trend = made(asking, earlier=[before]).trend
    assert trend[0] == before
    assert trend[1].snapshot == "s1"
    assert trend[1].failing_processes == {"critical": 2, "warning": 1, "info": 1}
    assert trend[1].checks != "other"


def test_the_same_checks_are_known_as_the_same(asking: Asking) -> None:
    turned = QualitySummary(4, dict(reversed(list(SUMMARY.results.items()))))
    one = made(asking).trend[-1].checks
    connection_free = quality_report(turned, lambda sql, _=None: [(0, 0, 0)] if "GROUP" not in sql else [], about=ABOUT,
                                     checks=CHECKS)  # fmt: skip
    assert connection_free.trend[-1].checks == one


def test_a_result_of_a_check_that_is_no_more_is_left_out(asking: Asking) -> None:
    report = made(asking, checks={name: one for name, one in CHECKS.items() if name != "many"})
    assert "many" not in {one.id for one in report.findings}


def test_what_fails_by_design_costs_nothing(asking: Asking) -> None:
    results = dict(SUMMARY.results)
    results["whole"] = result("whole", 1, by_design=True, remark=Texts("by design", "por diseño"))
    report = made(asking, QualitySummary(4, results))
    whole = next(one for one in report.findings if one.id == "whole")
    assert (whole.outcome, whole.lost) == ("by_design", 0)
    assert report.score == QualitySummary(4, results).score
    counts = next(one for one in report.severities if one.severity == "warning")
    assert (counts.failed, counts.not_applicable) == (1, 1)
