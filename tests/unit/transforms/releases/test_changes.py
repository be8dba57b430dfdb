"""What differs between two states, field by field: matched by id, never by place, and nothing that did not change."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from release_states import State, reordered, states

from transforms.ocds import release_schema
from transforms.releases import Change, MergeRules, changes
from transforms.releases.changes import fields

RULES = MergeRules.from_schema(release_schema([]))
law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(before: State | None, after: State) -> list[tuple[str, str, Any, Any]]:
    return [(change.path, change.kind, change.old, change.new) for change in changes(before, after, RULES)]


def test_fields_that_changed_came_and_went_are_told_with_their_values() -> None:
    before = {"tender": {"id": "1", "title": "A", "status": "active", "value": {"amount": 1, "currency": "USD"}}}
    after = {"tender": {"id": "1", "title": "B", "description": "New", "value": {"amount": 1.0, "currency": "EUR"}}}
    assert told(before, after) == [
        ("tender/title", "changed", "A", "B"),
        ("tender/description", "added", None, "New"),
        ("tender/value/currency", "changed", "USD", "EUR"),
        ("tender/status", "removed", "active", None),
    ]


def test_entries_are_matched_by_id_and_named_in_the_path() -> None:
    before = {"awards": [{"id": "a", "value": {"amount": 1}}, {"id": "b", "status": "active"}]}
    after = {"awards": [{"id": "c", "status": "pending"}, {"id": "a", "value": {"amount": 2}}]}
    assert changes(before, after, RULES) == [
        Change("awards/c/status", "awards/status", "awards/c", "added", None, "pending"),
        Change("awards/a/value/amount", "awards/value/amount", "awards/a", "changed", 1, 2),
        Change("awards/b/status", "awards/status", "awards/b", "removed", "active", None),
    ]


def test_an_entry_with_nothing_but_an_id_is_told_by_it() -> None:
    assert told({}, {"awards": [{"id": "a"}]}) == [("awards/a", "added", None, {"id": "a"})]


def test_an_array_without_ids_is_one_value() -> None:
    before = {"parties": [{"id": "P", "roles": ["buyer"]}]}
    after = {"parties": [{"id": "P", "roles": ["buyer", "payer"]}]}
    assert told(before, after) == [("parties/P/roles", "changed", ["buyer"], ["buyer", "payer"])]


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ("1", 1)])
def test_values_of_another_kind_are_not_the_same(old: Any, new: Any) -> None:
    assert told({"tender": {"x": old}}, {"tender": {"x": new}}) == [("tender/x", "changed", old, new)]


def test_what_a_release_says_about_itself_and_empty_shells_are_no_fields() -> None:
    assert (
        told({"ocid": "o", "id": "1", "date": "d"}, {"ocid": "o", "id": "2", "tag": ["compiled"], "tender": {}}) == []
    )


@law
@given(states())
def test_order_of_keys_and_entries_changes_nothing(state: State) -> None:
    assert changes(state, reordered(state), RULES) == []


@law
@given(states(), states())
def test_back_again_is_the_opposite(first: State, second: State) -> None:
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    there = {(path, kind, repr(old), repr(new)) for path, kind, old, new in told(first, second)}
    back = {(path, opposite[kind], repr(new), repr(old)) for path, kind, old, new in told(second, first)}
    assert there == back


@law
@given(states(), states())
def test_the_changes_lead_from_one_state_to_the_other(first: State, second: State) -> None:
    values = {change.path: change.new for change in fields(first, RULES)}
    for change in changes(first, second, RULES):
        if change.kind == "removed":
            assert values.pop(change.path) == change.old
        else:
            values[change.path] = change.new
    assert values == {change.path: change.new for change in fields(second, RULES)}


@pytest.mark.parametrize(
    ("wanted", "lies"),
    [
        ("awards/A/1/value", True),
        ("awards/A/1/value/amount", True),
        ("awards/value", True),
        ("awards", True),
        ("/awards/", True),
        ("awards/A", True),
        ("awards/val", False),
        ("award", False),
        ("awards/B/value", False),
    ],
)
def test_a_path_is_found_with_and_without_ids(wanted: str, *, lies: bool) -> None:
    change = Change("awards/A/1/value/amount", "awards/value/amount", "awards/A/1", "added", None, 1)
    assert change.lies_in(wanted) is lies


@given(st.lists(st.sampled_from(["x", "y"]), max_size=3))
def test_codes_are_compared_as_a_list(codes: list[str]) -> None:
    found = told({"tender": {"submissionMethod": ["x"]}}, {"tender": {"submissionMethod": codes}})
    assert bool(found) == (codes != ["x"])
