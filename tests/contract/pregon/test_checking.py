"""`pregon check` finds whatever libcoveocds finds, in every OCDS file of the reference material."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_findings import excused, expected, found

from pregon.checking import check_file
from pregon.checking.documents import kind_of
from transforms.mapping.upgrade import upgraded

FOLDERS = ("conformance/sample-data", "conformance/standard-examples", "data/ocds_native")


def wrapped(document: dict[str, Any], kind: str) -> dict[str, Any]:
    """The judge knows packages only: what stands in none is put into one that is above suspicion."""
    key = "records" if kind == "record" else "releases"
    package = {"uri": "https://data.example/1", "version": "1.1", "publishedDate": "2030-01-01T00:00:00Z"}
    return {**package, "publisher": {"name": "Example"}, key: [document]}


def as_1_1(package: dict[str, Any]) -> dict[str, Any] | None:
    """The judge is told that everything is OCDS 1.1: give it what ocdskit makes of 1.0. None: it is 1.1."""
    copied = copy.deepcopy(package)
    held = [*copied.get("releases", ()), *copied.get("records", ())]
    releases = [release for one in held for release in (*one.get("releases", ()), one.get("compiledRelease") or one)]
    version = package.get("version")
    told = [code for release in releases if isinstance(release, dict) for code, _ in upgraded(release, version)]
    return copied if "upgraded" in told else None


@pytest.fixture(scope="module")
def documents(reference: Path) -> dict[Path, tuple[dict[str, Any], str]]:
    """Every OCDS document, with its kind."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((reference / folder).rglob("*.json")):
            document = json.loads(path.read_text("utf-8"))
            kind = kind_of(document)
            if kind is not None and kind != "versioned release":
                found[path] = (document, kind)
    return found


@pytest.fixture(scope="module")
def verdicts_on(judge: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Judge files that were not judged before; give the findings of each."""
    known: dict[str, Any] = {}

    def verdicts(*files: Path) -> dict[str, Any]:
        if new := [file for file in files if str(file) not in known]:
            known.update(judge(*new))
        return {str(file): known[str(file)] for file in files}

    return verdicts


def test_whatever_the_judge_finds_is_found(
    documents: dict[Path, tuple[dict[str, Any], str]], verdicts_on: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    files, judged = {}, {}
    for number, (path, (document, kind)) in enumerate(documents.items()):
        file, package = path, document
        if not kind.endswith("package"):
            file, package = tmp_path / f"{number}.json", wrapped(document, kind)
            file.write_text(json.dumps(package), encoding="utf-8")
        files[path] = (file, package)
        newer = as_1_1(package)
        judged[path] = tmp_path / f"{number}-1.1.json" if newer else file
        if newer:
            judged[path].write_text(json.dumps(newer), encoding="utf-8")
    verdicts = verdicts_on(*judged.values())
    missed = []
    faulty = 0
    for path, (file, package) in files.items():
        places = set(expected(verdicts[str(judged[path])]))
        report = check_file(file, examples=1_000_000)
        assert any(finding.code == "ocds_1_0" for finding in report.findings) == (judged[path] != file)
        faulty += bool(places)
        missed += [
            (str(path), *place) for place in sorted(places - found(report)) if excused(place, package, report) is None
        ]
    assert missed == []
    assert len(files) > 300
    assert 50 < faulty < len(files)


def test_what_the_judge_passes_breaks_only_rules_it_does_not_know(
    documents: dict[Path, tuple[dict[str, Any], str]], verdicts_on: Callable[..., dict[str, Any]]
) -> None:
    clean = {path: found for path, found in documents.items() if found[1].endswith("package")}
    verdicts = verdicts_on(*clean)
    passed = [path for path in clean if not verdicts[str(path)]]
    codes = {finding.code for path in passed for finding in check_file(path).findings}
    assert len(passed) > 20
    assert codes <= {"order", "published_date", "party_name", "unknown_party", "incomplete_record", "missing_id"}
