"""Versioned releases held to the fixtures of the reference library and to the standard's examples."""

import json
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from ocdsmerge import Merger
from ocdsmerge.exceptions import DuplicateIdValueWarning

from transforms.releases import MergeRules
from transforms.releases.versioned import versioned_release


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def library(rules: MergeRules, releases: list[dict[str, Any]]) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateIdValueWarning)
        versioned: dict[str, Any] = Merger(merge_rules=rules.for_ocdsmerge()).create_versioned_release(releases)
    return versioned


@pytest.mark.parametrize(
    ("folder", "schema", "inputs", "outputs"),
    [
        ("1.0", "release-schema-1__0__3.json", 1, 1),
        ("1.1", "release-schema-1__1__4.json", 17, 17),
        ("schema", "schema.json", 15, 1),
    ],
)
def test_all_fixtures_of_the_library(reference: Path, folder: str, schema: str, inputs: int, outputs: int) -> None:
    fixtures = reference / "conformance/ocds-merge/fixtures"
    rules = MergeRules.from_schema(load(fixtures / schema))
    results = ("-compiled", "-versioned", "-append", "-by-position")
    paths = [path for path in sorted((fixtures / folder).glob("*.json")) if not path.stem.endswith(results)]
    expected = {path.name: path.with_name(f"{path.stem}-versioned.json") for path in paths}
    assert len(paths) == inputs
    assert sum(path.exists() for path in expected.values()) == outputs
    for path in paths:
        made = versioned_release(load(path), rules)
        assert json.dumps(made) == json.dumps(library(rules, load(path))), path.name
        if expected[path.name].exists():
            assert made == load(expected[path.name]), path.name


def test_every_process_in_the_examples_of_the_standard(reference: Path) -> None:
    rules = MergeRules.from_schema(load(reference / "ocds/1.1.5/release-schema.json"))
    processes: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for folder in ("standard-examples", "sample-data"):
        for path in sorted((reference / "conformance" / folder).rglob("*.json")):
            document = load(path)
            packages = [document] if isinstance(document, dict) else []
            packages += [one for package in packages for one in package.get("records", [])]
            for package in packages:
                for release in package.get("releases", []):
                    if {"ocid", "id", "date"} <= release.keys():
                        processes[str(path.parent), release["ocid"]].append(release)
    assert len(processes) > 20
    for releases in processes.values():
        assert json.dumps(versioned_release(releases, rules)) == json.dumps(library(rules, releases))


def test_the_versioned_releases_of_the_standard(reference: Path) -> None:
    rules = MergeRules.from_schema(load(reference / "ocds/1.1.5/release-schema.json"))
    steps = sorted((reference / "conformance/standard-examples/change_history/records").glob("*.json"))
    records = [record for path in steps for record in load(path)["records"] if "versionedRelease" in record]
    assert records
    for record in records:
        assert versioned_release(record["releases"], rules) == record["versionedRelease"]
