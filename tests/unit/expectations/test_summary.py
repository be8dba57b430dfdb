from typing import Any

import pytest
from asked_facts import asking_facts

from expectations.checks.process.contract_in_awards import CHECK
from expectations.summary import QualitySummary, summarize


def fact(ocid: str, applied: int = 0, failed: int = 0) -> dict[str, Any]:
    checks = [{"check": CHECK.id, "applied": applied, "failed": failed}] if applied else []
    return {"ocid": ocid, "checks": checks}


def test_a_result_counts_places_and_processes() -> None:
    summary = summarize(asking_facts([fact("1", 3, 1), fact("2", 2), fact("3")]), [CHECK])
    result = summary.results[CHECK.id]

    assert summary.processes == 3
    assert (result.applied, result.failed, result.processes, result.failed_processes) == (5, 1, 2, 1)
    assert result.passed is False
    assert result.share == 0.5


def test_a_check_that_applied_nowhere_is_neither_passed_nor_failed() -> None:
    result = summarize(asking_facts([fact("1")]), [CHECK]).results[CHECK.id]

    assert result.passed is None
    assert result.share is None


def test_the_score_is_the_weighted_share_of_passes() -> None:
    everything = summarize(asking_facts([fact("1", 1), fact("2", 1)]), [CHECK], left_out=["x.ocid_case"])
    half = summarize(asking_facts([fact("1", 1, 1), fact("2", 1)]), [CHECK], left_out=["x.ocid_case"])

    assert everything.score == 100
    assert half.score is not None
    assert half.score == pytest.approx(50)


def test_an_empty_publication_has_no_score() -> None:
    assert summarize(asking_facts([]), [CHECK]).score is None


def test_a_summary_survives_json() -> None:
    summary = summarize(asking_facts([fact("1", 1, 1), fact("2", 1)]), [CHECK])

    assert QualitySummary.from_json(summary.to_json()) == summary
