"""Any history of states: the releases made of it, judged by the reference merge library."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from ocdsmerge import Merger
from release_states import State, histories, reordered

from transforms.releases import (
    MergeRules,
    NoStage,
    Previous,
    Release,
    difference,
    equal_but_for_tombstones,
    make_release,
    merge_releases,
    with_tombstones,
)
from transforms.releases.difference import referenced
from transforms.releases.identity import canonical_state
from transforms.releases.merging import sections
from transforms.releases.tags import base_of

START = datetime(2025, 1, 1, tzinfo=UTC)
OCID = "ocds-213czf-1"


@pytest.fixture(scope="module")
def schema(reference: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((reference / "ocds/1.1.5/release-schema.json").read_bytes())
    return loaded


@pytest.fixture(scope="module")
def rules(schema: dict[str, Any]) -> MergeRules:
    return MergeRules.from_schema(schema)


@pytest.fixture(scope="module")
def merger(rules: MergeRules) -> Merger:
    return Merger(merge_rules=rules.for_ocdsmerge())


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(schema)


def play(history: list[State], rules: MergeRules) -> list[tuple[State, Release | None]]:
    """Each state with the release it leads to, one run a day; those that no release can tell of are left out."""
    previous: Previous | None = None
    made = []
    for day, state in enumerate(history):
        try:
            release = make_release(OCID, state, None, previous, START + timedelta(days=day), rules, "en")
        except NoStage:  # quarantine, in a run
            continue
        made.append((state, release))
        if release:
            previous = after(release, previous)
    return made


def after(made: Release, previous: Previous | None) -> Previous:
    tags = frozenset(made.release["tag"]) | (previous.tags if previous else frozenset())
    return Previous(made.release["id"], made.release["date"], made.state_hash, tags, orjson.dumps(made.compiled))


law = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@law
@given(histories())
def test_merging_all_releases_gives_the_state_but_for_tombstones(
    rules: MergeRules, merger: Merger, history: list[State]
) -> None:
    releases: list[dict[str, Any]] = []
    compiled: dict[str, Any] | None = None
    for state, made in play(history, rules):
        if made:
            releases.append(made.release)
            expected = with_tombstones(canonical_state(state)[0], compiled, rules)
            compiled = made.compiled
            assert merger.create_compiled_release(releases) == compiled
            assert merge_releases(reversed(releases), rules) == compiled
            assert without_links(sections(compiled)) == without_links(expected)
        assert compiled is not None
        assert equal_but_for_tombstones(canonical_state(state)[0], compiled, rules)


@law
@given(histories())
def test_entries_keep_the_order_of_the_last_compiled_release(rules: MergeRules, history: list[State]) -> None:
    compiled: dict[str, Any] = {}
    for _, made in play(history, rules):
        if made:
            before = [entry["id"] for entry in compiled.get("parties", [])]
            compiled = made.compiled
            assert [entry["id"] for entry in compiled.get("parties", [])][: len(before)] == before


@law
@given(histories())
def test_the_same_content_in_another_form_says_nothing_new(rules: MergeRules, history: list[State]) -> None:
    previous: Previous | None = None
    for day, state in enumerate(state for state, _ in play(history, rules)):
        made = make_release(OCID, state, None, previous, START + timedelta(days=day), rules, "en")
        other = make_release(OCID, reordered(state), None, previous, START + timedelta(days=day, hours=3), rules, "en")
        assert (made is None) == (other is None)
        if made and other:
            assert made.release["id"] == other.release["id"]
            previous = after(made, previous)
            assert difference(canonical_state(state)[0], made.compiled, rules) is None
            assert make_release(OCID, reordered(state), None, previous, START, rules, "en") is None


@law
@given(histories())
@example([{"planning": {"rationale": "A"}}, {}, {"parties": [{"id": "4", "name": "A"}]}])
@example(
    [{"planning": {"documents": [{"id": "d"}]}}, {"planning": {"documents": [{"id": "d"}]}, "buyer": {"name": "A"}}]
)
def test_releases_are_valid_distinct_dated_upwards_and_tagged_after_their_base(
    rules: MergeRules, validator: jsonschema_rs.Draft4Validator, history: list[State]
) -> None:
    releases = [made.release for _, made in play(history, rules) if made]
    assert len({release["id"] for release in releases}) == len(releases)
    dates = [release["date"] for release in releases]
    assert dates == sorted(set(dates))
    tags: set[str] = set()
    for release in releases:
        assert validator.is_valid(release), [str(error) for error in validator.iter_errors(release)][:2]
        assert release["tag"]
        assert {base_of(tag) for tag in release["tag"]} <= tags | set(release["tag"])
        assert all(base_of(tag) in tags for tag in release["tag"] if base_of(tag) != tag)
        tags |= set(release["tag"])
        for tag in release["tag"]:
            section = {"planning": "planning", "tender": "tender", "award": "awards"}.get(base_of(tag), "contracts")
            assert section in release
        parties = {party["id"] for party in release.get("parties", [])}
        assert referenced(release, rules) <= parties


@law
@given(histories())
def test_states_and_compiled_releases_are_not_changed_by_what_is_made_of_them(
    rules: MergeRules, history: list[State]
) -> None:
    before = orjson.dumps(history)
    made = [release for _, release in play(history, rules) if release]
    compiled = [orjson.dumps(release.compiled) for release in made]
    assert orjson.dumps(history) == before
    again = [release for _, release in play(history, rules) if release]
    assert [orjson.dumps(release.compiled) for release in again] == compiled


def without_links(document: Any) -> Any:
    """Without what the release stage itself writes into amendments."""
    if isinstance(document, dict):
        return {
            key: without_links(value) for key, value in document.items() if key not in {"releaseID", "amendsReleaseID"}
        }
    if isinstance(document, list):
        return [without_links(value) for value in document]
    return document
