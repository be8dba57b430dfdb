"""Rules and merging held to the fixtures of the reference library and to the worked examples of the standard."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from ocdsmerge.rules import get_merge_rules

from transforms.ocds import merge_rules, release_schema, supported_extensions
from transforms.ocds.extensions import extensions
from transforms.releases import (
    MergeRules,
    Previous,
    Release,
    equal_but_for_tombstones,
    make_release,
    merge_releases,
)
from transforms.releases.identity import canonical_state
from transforms.releases.merging import sections

START = datetime(2025, 1, 1, tzinfo=UTC)


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture(scope="module")
def rules(reference: Path) -> MergeRules:
    return MergeRules.from_schema(load(reference / "ocds/1.1.5/release-schema.json"))


@pytest.mark.parametrize(
    ("folder", "schema", "pairs"),
    [
        ("1.0", "release-schema-1__0__3.json", 1),
        ("1.1", "release-schema-1__1__4.json", 17),
        ("schema", "schema.json", 13),
    ],
)
def test_all_fixtures_of_the_library_merge_to_the_same(reference: Path, folder: str, schema: str, pairs: int) -> None:
    fixtures = reference / "conformance/ocds-merge/fixtures"
    official = load(fixtures / schema)
    rules = MergeRules.from_schema(official)
    assert rules.for_ocdsmerge() == get_merge_rules(official)
    expected = sorted((fixtures / folder).glob("*-compiled.json"))
    assert len(expected) == pairs
    for path in expected:
        releases = load(path.with_name(path.name.replace("-compiled", "")))
        assert merge_releases(releases, rules) == load(path), path.name


def test_a_dereferenced_schema_gives_the_same_rules(reference: Path, rules: MergeRules) -> None:
    assert MergeRules.from_schema(load(reference / "ocds/1.1.5/dereferenced-release-schema.json")) == rules


def test_the_schema_of_the_field_table_gives_the_rules_of_the_official_one(rules: MergeRules) -> None:
    assert MergeRules.from_schema(release_schema()) == rules


@pytest.mark.parametrize("extension", supported_extensions())
def test_the_rules_agree_with_those_the_field_table_gives_the_library(extension: str) -> None:
    chosen = [extension, *extensions()[extension].needs]
    assert MergeRules.from_schema(release_schema(chosen)).for_ocdsmerge() == merge_rules(chosen)


def play(states: list[dict[str, Any]], rules: MergeRules) -> list[Release]:
    previous: Previous | None = None
    made: list[Release] = []
    for day, state in enumerate(states):
        release = make_release("ocds-213czf-1", state, None, previous, START + timedelta(days=day), rules, "en")
        assert release is not None
        tags = frozenset(release.release["tag"]) | (previous.tags if previous else frozenset())
        previous = Previous(
            release.release["id"], release.release["date"], release.state_hash, tags, orjson.dumps(release.compiled)
        )
        assert equal_but_for_tombstones(canonical_state(state)[0], release.compiled, rules)
        made.append(release)
    return made


STEPS = ("tender", "tenderUpdate", "award", "contract", "implementation", "contractAmendment")


def test_the_history_of_the_standard_is_told_again_from_its_states(reference: Path, rules: MergeRules) -> None:
    """The states after each step, taken as if a source had them, lead to releases that say the same."""
    folder = reference / "conformance/standard-examples/change_history/records"
    records = [load(folder / f"{step}.json")["records"][0] for step in STEPS]
    for record in records:
        assert merge_releases(record["releases"], rules) == record["compiledRelease"]
    made = play([sections(record["compiledRelease"]) for record in records], rules)
    assert [release.release["tag"] for release in made] == [
        ["tender"],
        ["tenderAmendment"],  # the example calls it an update, but it brings an entry in `amendments`
        ["tenderUpdate", "award"],  # the tender became complete
        ["awardUpdate", "contract"],  # the award got its documents
        ["implementation"],
        ["awardUpdate", "contractAmendment"],  # the example changes the date of the award
    ]


@pytest.mark.parametrize(
    ("name", "first", "second", "tags"),
    [
        ("field", "tender", "tenderUpdate", ["tenderUpdate"]),
        ("object", "tender", "tenderAmendment", ["tenderAmendment"]),
        ("array", "award", "awardAmendment", ["awardUpdate"]),  # the codelist has no awardAmendment
    ],
)
def test_deletions_of_the_standard_are_nulled_in_the_same_places(
    reference: Path, rules: MergeRules, name: str, first: str, second: str, tags: list[str]
) -> None:
    folder = reference / "conformance/standard-examples/merging/deletions"
    before = load(folder / f"{name}_{first}.json")["releases"][0]
    theirs = load(folder / f"{name}_{second}.json")["releases"][0]
    compiled = load(folder / f"{name}_record.json")["records"][0]["compiledRelease"]
    ours = play([sections(before), sections(compiled)], rules)[1].release
    assert ours["tag"] == tags
    assert nulls(sections(ours)) == nulls(sections(theirs))


def nulls(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {found for key, member in value.items() for found in nulls(member, f"{path}/{key}")}
    if isinstance(value, list):
        return {
            found
            for member in value
            for found in nulls(member, f"{path}/{member['id'] if isinstance(member, dict) else ''}")
        }
    return {path} if value is None else set()
