"""What `pregon check` says of OCDS files that others published is under review, by its counts."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewed_reports import REPORTS, reports

AGAIN = "look at what changed; if it is meant: .venv/bin/python tests/reviewed_reports.py {}"


@pytest.fixture(scope="module")
def found(reference: Path) -> dict[str, Any]:
    return reports(reference)


@pytest.mark.parametrize("name", ["structure", "quality"])
def test_the_reports_are_those_that_were_reviewed(found: dict[str, Any], name: str) -> None:
    reviewed = json.loads((REPORTS / f"{name}.json").read_text("utf-8"))
    assert found[name].keys() == reviewed.keys()
    for folder, report in reviewed.items():
        assert found[name][folder] == report, f"{folder}: {AGAIN.format(name)}"


def test_the_files_are_looked_at_for_what_they_are(found: dict[str, Any]) -> None:
    held = {folder: report["held"] for folder, report in found["structure"].items()}
    assert held["data/ocds_native/uk_english"]["release"] == 201
    assert held["data/ocds_native/jalisco/records"]["record"] == 10
    assert held["data/ocds_native/jalisco/releases"]["release"] == 10
    assert found["quality"]["data/ocds_native/jalisco/records"]["processes"] == 10
    assert found["quality"]["data/ocds_native/portland"]["processes"] == 1
