"""Versioned releases of any history, judged by the reference merge library."""

import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_up_schema import SCHEMA
from ocdsmerge import Merger
from ocdsmerge.exceptions import DuplicateIdValueWarning, InconsistentTypeError
from release_states import State, histories

from transforms.ocds import release_schema
from transforms.releases import MergeRules, NoStage, Previous, UnmergeableState, make_release
from transforms.releases.versioned import add_release, versioned_release

RULES = MergeRules.from_schema(SCHEMA)
LIBRARY = Merger(merge_rules=RULES.for_ocdsmerge())
STANDARD = MergeRules.from_schema(release_schema())
START = datetime(2025, 1, 1, tzinfo=UTC)

law = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def releases_of(history: list[State]) -> list[dict[str, Any]]:
    """The releases that a history of states leads to, one run a day."""
    previous: Previous | None = None
    made: list[dict[str, Any]] = []
    for day, state in enumerate(history):
        try:
            release = make_release("o-1", state, None, previous, START + timedelta(days=day), STANDARD, "en")
        except NoStage:  # quarantine, in a run
            continue
        if release:
            tags = frozenset(release.release["tag"]) | (previous.tags if previous else frozenset())
            compiled = orjson.dumps(release.compiled)
            previous = Previous(release.release["id"], release.release["date"], release.state_hash, tags, compiled)
            made.append(release.release)
    return made


def release(number: int, **sections: Any) -> dict[str, Any]:
    date = f"2025-01-{number:02}T00:00:00Z"
    return {"ocid": "o-1", "id": f"r{number}", "date": date, "tag": ["planning"], **sections}


def values(history: list[dict[str, Any]]) -> list[Any]:
    return [version["value"] for version in history]


@law
@given(histories())
def test_a_history_has_the_versions_of_the_library_in_its_order(history: list[State]) -> None:
    releases = releases_of(history)
    before = json.dumps(releases)
    expected = Merger(merge_rules=STANDARD.for_ocdsmerge()).create_versioned_release(releases)
    assert json.dumps(versioned_release(reversed(releases), STANDARD)) == json.dumps(expected)
    assert json.dumps(releases) == before, "the releases are not changed"


LITERALS = st.sampled_from([None, "A", "B", 1, 1.0, 2.5, True, [], ["a"], ["a", None], [[]]])
KEYS = st.sampled_from(["title", "value", "items", "parties", "criteria", "submissionMethod", "other"])


def objects(members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(KEYS, members, max_size=3)


def arrays(members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Arrays of objects: with ids, some of them twice, and without."""
    identified = st.tuples(st.sampled_from(["1", "2", 3]), objects(members)).map(lambda one: {"id": one[0], **one[1]})
    return st.lists(st.one_of(identified, objects(members)), max_size=3)


ANYTHING = st.recursive(LITERALS, lambda members: st.one_of(objects(members), arrays(members)), max_leaves=8)
SECTIONS = st.dictionaries(st.sampled_from(["parties", "tender", "planning", "awards", "title"]), ANYTHING, max_size=4)


@settings(law, max_examples=500)
@given(st.lists(SECTIONS, min_size=1, max_size=4))
@example(
    [{"parties": [{"id": "1", "title": "A"}, {"id": "1", "title": "B"}]}, {"parties": [{"id": "1", "title": "B"}]}]
)
@example([{"tender": {"value": None}}, {"tender": {"value": {"other": {}}}}])
def test_whatever_releases_say_is_versioned_as_by_the_library_or_refused_as_there(sections: list[Any]) -> None:
    releases = [release(number, **said) for number, said in enumerate(sections, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateIdValueWarning)
        try:
            expected = LIBRARY.create_versioned_release(releases)
        except InconsistentTypeError:
            with pytest.raises(UnmergeableState):
                versioned_release(releases, RULES)
            return
    if mixed(expected):
        with pytest.raises(UnmergeableState):
            versioned_release(releases, RULES)
    else:
        assert json.dumps(versioned_release(releases, RULES)) == json.dumps(expected)


def mixed(value: Any) -> bool:
    """Whether the library put entries of an array among the versions of a literal."""
    if isinstance(value, dict):
        return any(mixed(member) for key, member in value.items() if key != "value" or "releaseTag" not in value)
    if isinstance(value, list):
        versions = [isinstance(member, dict) and "releaseTag" in member for member in value]
        return any(versions) != all(versions) or any(mixed(member) for member in value)
    return False


def test_one_release_more_is_taken_in_without_the_earlier_ones() -> None:
    versioned: dict[str, Any] = {}
    add_release(versioned, release(1, title="A", parties=[{"id": "1", "name": "X"}]), RULES)
    add_release(versioned, release(2, title="A", parties=[{"id": "1", "name": None}]), RULES)
    assert values(versioned["title"]) == ["A"], "nothing new"
    [party] = versioned["parties"]
    assert (party["id"], values(party["name"])) == ("1", ["X", None])
    assert party["name"][1] == {
        "releaseID": "r2",
        "releaseDate": "2025-01-02T00:00:00Z",
        "releaseTag": ["planning"],
        "value": None,
    }


def test_a_value_that_comes_back_is_a_version_of_its_own() -> None:
    releases = [release(number, title=title) for number, title in enumerate(["A", None, "A"], 1)]
    assert values(versioned_release(releases, RULES)["title"]) == ["A", None, "A"]


def test_the_error_names_the_path() -> None:
    releases = [release(1, tender={"value": 5}), release(2, tender={"value": {"amount": 5}})]
    with pytest.raises(UnmergeableState, match="tender/value"):
        versioned_release(releases, RULES)
