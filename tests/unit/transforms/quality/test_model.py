"""The JSON of a report is whole, and says nothing but numbers and the texts of checks."""

import json

from made_up_quality import PROCESSES, report

from transforms.quality.model import VERSION


def test_the_json_has_its_version_and_every_check() -> None:
    made = report()
    found = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert found["version"] == VERSION
    assert found["processes"] == PROCESSES
    assert [one["id"] for one in found["checks"]] == [one.id for one in made.findings]
    assert found["score_parts"][0] == {
        "severity": "critical",
        "checks": 26,
        "weight": 5,
        "passes": 0.9996,
        "lost": 0.03,
    }
    assert found["years"][-1] == {"year": None, "processes": 3, "failing": {"critical": 2, "warning": 0, "info": 0}}
    assert len(found["trend"]) == 20


def test_a_check_tells_where_it_fails_and_when() -> None:
    found = report().to_json()["checks"][0]
    assert found["places"] == [{"path": "contracts/awardID", "processes": 12}]
    assert found["years"][0] == {"year": 2021, "processes": 298, "failed_processes": 3}
    assert (found["failed_processes"], found["processes"], found["outcome"]) == (12, 1_255, "failed")


def test_a_check_of_the_whole_has_figures_and_no_processes() -> None:
    found = next(one for one in report().to_json()["checks"] if one["id"] == "time.ocid")
    assert found["figures"] == {"before": 1_990, "lost": 5}
    assert "processes" not in found


def test_coverage_and_expectations_are_there_where_they_were_made() -> None:
    assert "coverage" not in report().to_json()
    assert report(coverage={"fields": 3}).to_json()["coverage"] == {"fields": 3}
    assert report(expectations={"suites": 1}).to_json()["expectations"] == {"suites": 1}
