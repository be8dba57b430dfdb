"""What the checks of quality found, in lines: the gravest first, with counts, figures and places."""

from collections import Counter
from typing import Any

from expectations.checks import datasets
from expectations.checks.datasets.tender_id import CHECK as TENDER_ID
from expectations.checks.fields.date_time import CHECK as DATE_TIME
from expectations.checks.model import Texts, failure
from expectations.checks.process.contract_in_awards import CHECK as CONTRACT
from expectations.summary import CheckResult, QualitySummary
from pregon.checking.quality import FailedPlace, QualityReport
from pregon.checking.telling import quality_lines

REMARK = Texts("by design", "por diseño")


def result(check: Any, **found: Any) -> CheckResult:
    return CheckResult(check.id, check.version, check.severity, check.level, **{"applied": 10, "passed": True, **found})


def report(*results: CheckResult, examples: dict[str, Any] | None = None, **left_out: int) -> QualityReport:
    summary = QualitySummary(2_000, {one.id: one for one in results})
    checks = {check.id: check for check in (CONTRACT, DATE_TIME, *datasets.CHECKS)}
    return QualityReport(summary, checks, examples or {}, Counter(left_out))


FAILED = report(
    result(DATE_TIME, passed=False, failed=1, processes=2_000, failed_processes=1),
    result(CONTRACT, passed=False, failed=1_500, processes=1_700, failed_processes=1_200),
    result(TENDER_ID, passed=False, failed=1, figures={"ids": 1_999, "share": 0.125}, remark=REMARK, examples=("T1",)),
    examples={
        CONTRACT.id: [
            FailedPlace("a.json", "ocds-1", "/releases/0/contracts/0", failure(("contracts", 0), "A9", "{other}"))
        ]
    },
    unmergeable=3,
)


def test_the_gravest_come_first_with_counts_places_and_how_many_more() -> None:
    lines = list(quality_lines(FAILED))
    assert lines[0].startswith("Quality of 2,000 processes: score ")
    assert lines[1] == "  not looked at: 3 processes whose releases can't be merged"
    assert lines[2].strip().startswith("critical")
    assert lines[3].strip() == f"1,200 of 1,700 × {CONTRACT.title.en} ({CONTRACT.id})"
    assert lines[4].strip() == CONTRACT.cost.en
    assert lines[5].strip().startswith("/releases/0/contracts/0: ")
    assert lines[6].strip() == "… and 1,499 more"
    assert next(line for line in lines if DATE_TIME.id in line) in lines[lines.index(lines[6]) :]


def test_a_check_of_the_whole_has_figures_remark_and_examples() -> None:
    lines = [line.strip() for line in quality_lines(FAILED)]
    first = next(number for number, line in enumerate(lines) if TENDER_ID.id in line)
    assert lines[first].startswith("the whole")
    assert lines[first + 2 : first + 5] == ["ids: 1,999, share: 0.125", "by design", "T1"]


def test_spanish_says_all_of_it() -> None:
    text = "\n".join(quality_lines(FAILED, "es"))
    assert "Calidad de 2,000 procesos de contratación: puntuación " in text
    for words in ("crítico", "1,200 de 1,700", CONTRACT.title.es, CONTRACT.cost.es, "por diseño", "y 1,499 más"):
        assert words in text
    for words in ("checks", " of ", "more", "score"):
        assert words not in text


def test_without_processes_or_applicable_checks_that_is_said() -> None:
    nothing = QualityReport(QualitySummary(0, {}), {}, {})
    assert next(iter(quality_lines(nothing))) == "Quality: no contracting process"
    assert next(iter(quality_lines(report(result(CONTRACT, applied=0, passed=None))))).endswith("no score")


def test_json_has_texts_in_the_language_and_places() -> None:
    (check,) = [one for one in FAILED.to_json("es")["checks"] if one["id"] == CONTRACT.id]
    assert check["title"] == CONTRACT.title.es
    assert check["places"][0]["where"] == "/releases/0/contracts/0"
    (whole,) = [one for one in FAILED.to_json()["checks"] if one["id"] == TENDER_ID.id]
    assert (whole["remark"], whole["figures"]["ids"]) == ("by design", 1_999)
