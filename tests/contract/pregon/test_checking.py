"""`pregon check` finds whatever libcoveocds finds, in every OCDS file of the reference material."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pregon.checking import Report, check_file
from pregon.checking.documents import kind_of

FOLDERS = ("conformance/sample-data", "conformance/standard-examples", "data/ocds_native")

Place = tuple[str, str]
"""Code of a finding, and the place: a JSON Pointer, or where the judge gives none, a path without indexes."""


def wrapped(document: dict[str, Any], kind: str) -> dict[str, Any]:
    """The judge knows packages only: what stands in none is put into one that is above suspicion."""
    key = "records" if kind == "record" else "releases"
    package = {"uri": "https://data.example/1", "version": "1.1", "publishedDate": "2030-01-01T00:00:00Z"}
    return {**package, "publisher": {"name": "Example"}, key: [document]}


def expected(findings: dict[str, Any]) -> Iterator[Place]:
    """What the judge found, in our codes."""
    for error in findings.get("validation_errors", ()):
        pointer = "/" + error["path"] if error["path"] else ""
        if error["type"] == "required":
            name = re.match(r"'(\w+)' is missing", error["description"])
            assert name is not None, error
            yield "required", f"{pointer}/{name[1]}"
        else:
            yield {"date-time": "format", "uri": "format"}.get(error["type"], error["type"]), pointer
    for value in findings.get("additional_closed_codelist_values", {}).values():
        yield "unknown_code", f"{value['path']}/{value['field']}"
    for field in findings.get("all_additional_fields", ()):
        if field["root_additional_field"]:
            yield "undeclared_field", f"{field['path']}/{field['field_name']}".lstrip("/")
    for field in findings.get("deprecated_fields", ()):
        for path in field["paths"]:
            yield "deprecated_field", f"/{path}/{field['field']}"
    for path in findings.get("structure_warnings", {}).get("missing_ids", ()):
        yield "missing_id", "/" + path.removesuffix("/id")
    for place in findings.get("additional_checks", {}).get("empty_field", ()):
        yield "empty_field", "/" + place["json_location"]
    for errors in findings.get("conformance_errors", {}).get("ocds_prefixes_bad_format", ()):
        yield "ocid_prefix", "/" + errors[1]
    for url, _ in findings.get("invalid_extensions", ()):
        yield "unknown_extension", url
    known = {
        *("validation_errors", "additional_closed_codelist_values", "all_additional_fields", "deprecated_fields"),
        *("structure_warnings", "additional_checks", "conformance_errors", "invalid_extensions"),
    }
    assert not findings.keys() - known


def found(report: Report) -> set[Place]:
    """What we found: each place as a pointer, as a path, and as the first word of its message (a URL)."""
    places = set()
    for finding in report.findings:
        pointer = finding.where
        generic = "/".join(part for part in pointer.split("/") if part and not part.isdigit())
        places |= {(finding.code, place) for place in (pointer, generic, finding.message.split(" ", 1)[0])}
        # The judge names the array in which an id stands twice, and all its names for a wrong type.
        if finding.code in ("duplicate_id", "duplicate_release", "duplicate_record"):
            places.add(("uniqueItems", pointer.rsplit("/", 2)[0]))
        if finding.code == "type":
            places |= {(name, pointer) for name in ("array", "object", "string", "number", "integer", "boolean")}
    return places


def excused(place: Place, document: dict[str, Any], report: Report) -> str | None:
    """Why we do not report what the judge does; each reason is a rule, not a file."""
    code, path = place
    if "versionedRelease" in path and code in ("missing_id", "deprecated_field", "empty_field"):
        return "a versioned release repeats what was said of the releases it is made of; its schema is checked"
    if code == "empty_field" and "compiledRelease" in path and at(document, path) == {}:
        return "merging leaves an empty object where everything inside was removed (OCDS 1.1, merging)"
    if code == "unknown_extension":
        repository = path.split("/")[-3]
        if any(finding.code == code and repository in path and "checked as that" in finding.message
               for finding in report.findings):  # fmt: skip
            return "an extension at another ref: reported by its id, and checked at the ref known here"
    if code == "undeclared_field" and any("checked as that" in finding.message for finding in report.findings):
        return "a field of an extension at another ref, which the judge has not got"
    if code == "undeclared_field" and any(
        finding.code == code and f"/{path}".startswith(f"{finding.where}/") for finding in report.findings
    ):
        return "a field inside one that is reported as undeclared"
    return None


def at(document: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


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


def test_whatever_the_judge_finds_is_found(
    documents: dict[Path, tuple[dict[str, Any], str]], judge: Callable[..., Any], tmp_path: Path
) -> None:
    files = {}
    for number, (path, (document, kind)) in enumerate(documents.items()):
        file = tmp_path / f"{number}.json"
        package = document if kind.endswith("package") else wrapped(document, kind)
        file.write_text(json.dumps(package), encoding="utf-8")
        files[path] = (file, package)
    verdicts = judge(*(file for file, _ in files.values()))
    missed = []
    faulty = 0
    for path, (file, package) in files.items():
        places = set(expected(verdicts[str(file)]))
        report = check_file(file, examples=1_000_000)
        faulty += bool(places)
        missed += [
            (str(path), *place) for place in sorted(places - found(report)) if excused(place, package, report) is None
        ]
    assert missed == []
    assert len(files) > 300
    assert 50 < faulty < len(files)


def test_what_the_judge_passes_breaks_only_rules_it_does_not_know(
    documents: dict[Path, tuple[dict[str, Any], str]], judge: Callable[..., Any], tmp_path: Path
) -> None:
    clean = {path: found for path, found in documents.items() if found[1].endswith("package")}
    verdicts = judge(*clean)
    passed = [path for path in clean if not verdicts[str(path)]]
    codes = {finding.code for path in passed for finding in check_file(path).findings}
    assert len(passed) > 20
    assert codes <= {"order", "published_date", "party_name", "unknown_party", "incomplete_record", "missing_id"}
