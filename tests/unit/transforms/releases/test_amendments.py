"""Links of amendments are written after a release got its id, and taken away again to recognize it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from release_states import State, histories

from transforms.ocds import release_schema
from transforms.releases import MergeRules, NoStage, Previous, expected_id, make_release
from transforms.releases.amendments import link_amendments, without_links

from .test_history import OCID, START, after, timedelta

RULES = MergeRules.from_schema(release_schema([]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_every_release_is_recognized_by_its_id_and_no_changed_one(history: list[State]) -> None:
    previous: Previous | None = None
    for day, state in enumerate(history):
        try:
            made = make_release(OCID, state, None, previous, START + timedelta(days=day), RULES, "en")
        except NoStage:
            continue
        if made is None:
            continue
        assert expected_id(made.release, made.previous_id) == made.release["id"]
        assert expected_id({**made.release, "date": "2000-01-01T00:00:00Z"}, made.previous_id) == made.release["id"]
        assert expected_id(made.release, "another") != made.release["id"]
        assert expected_id({**made.release, "title": "changed"}, made.previous_id) != made.release["id"]
        previous = after(made, previous)


@pytest.mark.parametrize("section", ["tender", "awards", "contracts"])
def test_links_are_taken_away_again(section: str) -> None:
    entry: dict[str, Any] = {"id": "1", "amendments": [{"id": "m"}, {"id": "n", "rationale": "r"}]}
    body = {section: entry if section == "tender" else [entry]}
    before: Any = {"id": "1"}
    linked = link_amendments(body, {section: before if section == "tender" else [before]}, "new", "old")
    assert linked != body
    assert without_links({**linked, "id": "new"}, "old") == {**body, "id": "new"}


def test_links_of_the_source_and_of_earlier_amendments_stay() -> None:
    given = {"id": "m", "releaseID": "theirs", "amendsReleaseID": "before"}
    release = {"id": "new", "tender": {"id": "1", "amendments": [given]}}
    assert without_links(release, "old") == release


def test_a_first_release_has_no_links_to_take_away() -> None:
    release = {"id": "new", "tender": {"id": "1", "amendments": [{"id": "m", "releaseID": "new"}]}}
    assert without_links(release, None) == release
