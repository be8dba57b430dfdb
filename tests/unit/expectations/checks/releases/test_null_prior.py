from typing import Any

import pytest

from expectations.checks.earlier import UNKNOWN, Earlier, nothing_before
from expectations.checks.model import Outcome
from expectations.checks.releases.null_prior import CHECK

BEFORE = Earlier(
    compiled={
        "tender": {"id": "T", "title": "Salt", "value": {"amount": 1}, "submissionMethod": ["written"]},
        "awards": [{"id": "A1", "title": "One"}, {"id": "A2"}],
    }
)


def failed(release: dict[str, Any], before: Earlier = BEFORE) -> list[str]:
    found = CHECK.run(release, before)
    assert found is not None
    return [one.pointer for one in found.failures]


def test_without_nulls_it_does_not_apply() -> None:
    assert CHECK.run({"tender": {"title": "the word :null in a text"}}, BEFORE) is None


def test_where_nobody_knows_what_there_was_it_does_not_apply() -> None:
    assert CHECK.run({"tender": {"title": None}}, UNKNOWN) is None
    assert CHECK.run({"tender": {"title": None}}, Earlier()) is None


def test_a_null_that_takes_back_a_value_passes() -> None:
    release = {
        "tender": {"title": None, "value": {"amount": None}, "submissionMethod": None},
        "awards": [{"id": "A1", "title": None}],
    }
    assert CHECK.run(release, BEFORE) == Outcome(4, [])


def test_a_null_where_nothing_was_fails() -> None:
    assert failed({"tender": {"description": None}, "awards": [{"id": "A2", "title": None}]}) == [
        "/tender/description",
        "/awards/0/title",
    ]
    assert failed({"tender": {"title": None}}, nothing_before()) == ["/tender/title"]


@pytest.mark.parametrize("key", ["id", "value"])
def test_ids_and_objects_can_not_be_taken_back(key: str) -> None:
    assert failed({"tender": {key: None}}) == [f"/tender/{key}"]


def test_an_entry_is_found_by_its_id() -> None:
    assert failed({"awards": [{"id": "A2"}, {"id": "A1", "title": None}]}) == []
    assert failed({"awards": [{"id": "A3", "title": None}]}) == ["/awards/0/title"]


def test_what_stands_in_a_list_replaced_as_a_whole_takes_nothing_back() -> None:
    assert CHECK.run({"parties": [{"id": "P", "additionalIdentifiers": [{"scheme": None}]}]}, BEFORE) is None


def test_a_release_that_can_not_be_written_is_looked_at_too() -> None:
    assert failed({"tender": {"value": {"amount": 10**40}, "description": None}}) == ["/tender/description"]
