"""Our schemas accept and reject what the official ones do, at the same places and for the same reasons."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from contract.ocds import official
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.transforms.ocds.documents import CHANGES, Steps, apply, changed, example, positions

from transforms.ocds import record_package_schema, release_package_schema, release_schema, validator

FOLDERS = ("conformance/sample-data", "conformance/standard-examples", "data/ocds_native")

FILES = {
    "release": "release-schema.json",
    "release package": "release-package-schema.json",
    "record package": "record-package-schema.json",
}
OURS = {"release": release_schema, "release package": release_package_schema, "record package": record_package_schema}


@cache
def judges(reference: Path, names: tuple[str, ...], kind: str) -> tuple[Any, Any]:
    theirs = jsonschema_rs.Draft4Validator(official.dereferenced(reference, names, FILES[kind]), validate_formats=True)
    return validator(OURS[kind](names)), theirs


def verdict(judge: Any, document: Any) -> list[tuple[Steps, str]]:
    return sorted(((tuple(error.instance_path), error.kind.name) for error in judge.iter_errors(document)), key=str)


def kind_of(document: Any) -> str:
    if isinstance(document, dict) and "records" in document:
        return "record package"
    return "release package" if isinstance(document, dict) and "releases" in document else "release"


@cache
def documents(reference: Path) -> list[tuple[str, Any]]:
    paths = [path for folder in FOLDERS for path in sorted((reference / folder).rglob("*.json"))]
    return [(str(path.relative_to(reference)), json.loads(path.read_text("utf-8-sig"))) for path in paths]


def test_formats_are_enforced_by_our_validators() -> None:
    judge = validator(release_schema())
    release = {"ocid": "o", "id": "1", "tag": ["tender"], "initiationType": "tender"}
    assert judge.is_valid({**release, "date": "2026-01-01T00:00:00-05:00"})
    for date in ("2026-01-01", "2026-01-01T00:00", "2026-01-01T00:00:00"):
        assert not judge.is_valid({**release, "date": date})


@pytest.mark.parametrize("names", [(), official.LARGEST], ids=["standard", "all extensions"])
def test_published_documents_get_the_official_verdict(reference: Path, names: tuple[str, ...]) -> None:
    seen = dict.fromkeys(FILES, 0)
    valid = 0
    for path, document in documents(reference):
        kind = kind_of(document)
        ours, theirs = judges(reference, names, kind)
        expected = verdict(theirs, document)
        assert verdict(ours, document) == expected, path
        seen[kind] += 1
        valid += not expected
    assert all(seen.values())
    assert 50 < valid < sum(seen.values())


def test_each_change_of_a_release_with_all_fields_gets_the_official_verdict(reference: Path) -> None:
    """A release with a value at each path of the largest set of extensions; each value is deleted and replaced."""
    release = example(official.dereferenced(reference, official.LARGEST))
    ours, theirs = judges(reference, official.LARGEST, "release")
    assert verdict(theirs, release) == []
    rejected = 0
    places = list(positions(release))
    assert len({tuple(step for step in place if isinstance(step, str)) for place in places}) > 1100
    for place in places:
        for change in CHANGES:
            with changed(release, place, change):
                expected = theirs.is_valid(release)
                assert ours.is_valid(release) == expected, (place, change)
                rejected += not expected
    assert rejected > len(places)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_changed_documents_fail_at_the_official_places(reference: Path, data: st.DataObject) -> None:
    names = data.draw(st.sampled_from([(), official.INTRODUCTION]))
    document = copy.deepcopy(data.draw(st.sampled_from(valid_documents(reference, names))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(list(positions(document))))
        apply(document, place, data.draw(st.sampled_from(CHANGES)))
    kind = kind_of(document)
    ours, theirs = judges(reference, names, kind)
    assert verdict(ours, document) == verdict(theirs, document)


@cache
def valid_documents(reference: Path, names: tuple[str, ...]) -> list[Any]:
    valid = [
        document
        for _, document in documents(reference)
        if judges(reference, names, kind_of(document))[1].is_valid(document) and len(json.dumps(document)) < 50_000
    ]
    return [*valid, example(official.dereferenced(reference, names))]
