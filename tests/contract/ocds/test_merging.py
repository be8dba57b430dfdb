"""Merging with our rules gives what merging with the official schema gives, and what the fixtures expect."""

import json
import warnings
from pathlib import Path

import pytest
from contract.ocds import official
from ocdsmerge import Merger
from ocdsmerge.exceptions import DuplicateIdValueWarning
from ocdsmerge.rules import get_merge_rules

from transforms.ocds import merge_rules


@pytest.mark.parametrize("names", official.SETS, ids=lambda names: "+".join(names[:3]) or "standard")
def test_rules_are_those_of_the_official_schema(reference: Path, names: tuple[str, ...]) -> None:
    assert merge_rules(names) == get_merge_rules(official.dereferenced(reference, names))


def test_merge_fixtures_come_out_as_expected_and_as_with_the_official_schema(reference: Path) -> None:
    ours = Merger(merge_rules=merge_rules())
    theirs = Merger(schema=official.dereferenced(reference, ()))
    folder = reference / "conformance/ocds-merge/fixtures/1.1"
    compared = 0
    for path in sorted(folder.glob("*.json")):
        kind = path.stem.rpartition("-")[2]
        if kind not in {"compiled", "versioned"}:
            continue
        releases = json.loads(path.with_name(f"{path.stem.removesuffix('-' + kind)}.json").read_text("utf-8"))
        expected = json.loads(path.read_text("utf-8"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DuplicateIdValueWarning)
            if kind == "compiled":
                assert ours.create_compiled_release(releases) == expected == theirs.create_compiled_release(releases)
            else:
                assert ours.create_versioned_release(releases) == expected == theirs.create_versioned_release(releases)
        compared += 1
    assert compared >= 30
