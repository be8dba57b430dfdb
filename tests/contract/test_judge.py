"""The external judge judges: a package without fault passes, a faulty one does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RELEASE = {
    "ocid": "ocds-213czf-judge-1",
    "id": "1",
    "date": "2026-01-05T00:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "tender": {"id": "T1", "title": "Street lamps", "status": "active"},
}


def _package(folder: Path, name: str, tender: dict[str, Any]) -> Path:
    package = {
        "uri": "https://city.example/releases.json",
        "version": "1.1",
        "publishedDate": "2026-01-06T00:00:00Z",
        "publisher": {"name": "City"},
        "releases": [{**RELEASE, "tender": {**RELEASE["tender"], **tender}}],  # type: ignore[dict-item]
    }
    file = folder / name
    file.write_text(json.dumps(package), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("tender", "finding"),
    [
        ({"status": "sold"}, "additional_closed_codelist_values"),
        ({"colour": "blue"}, "all_additional_fields"),
        ({"title": 3}, "validation_errors"),
    ],
)
def test_the_judge_sees_faults(judge: Callable[..., Any], tmp_path: Path, tender: dict[str, Any], finding: str) -> None:
    good, bad = _package(tmp_path, "good.json", {}), _package(tmp_path, "bad.json", tender)
    findings = judge(good, bad)
    assert findings[str(good)] == {}
    assert finding in findings[str(bad)]
