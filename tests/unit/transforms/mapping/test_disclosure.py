"""What a city does not publish never reaches a state."""

import copy
from typing import Any

import pytest

from transforms.mapping.disclosure import Condition, DisclosureRules


def rules(*conditions: Condition, key: bytes = b"key", language: str = "en", **persons: Any) -> DisclosureRules:
    return DisclosureRules(persons=persons, conditions=conditions, pseudonym_key=key, language=language)


def condition(path: str, test: str, *values: str, when: bool) -> Condition:
    return Condition(tuple(path.split("/")), tuple(test.split("/")), frozenset(values), when=when)


UNLESS_ACTIVE = condition("bids/details/value", "tender/status", "active", when=False)
WHEN_COMPLETE = condition("bids/details/value", "tender/status", "complete", when=True)


def state(status: str | None) -> dict[str, Any]:
    tender = {"id": "T"} if status is None else {"id": "T", "status": status}
    bids = [{"id": "1", "value": {"amount": 5}, "date": "2026-01-01T00:00:00Z"}, {"id": "2", "value": {"amount": 6}}]
    return {"tender": tender, "bids": {"details": bids}}


def amounts(document: dict[str, Any]) -> list[Any]:
    return [bid.get("value") for bid in document["bids"]["details"]]


@pytest.mark.parametrize(
    ("rule", "status", "published"),
    [
        (UNLESS_ACTIVE, "active", False),
        (UNLESS_ACTIVE, "complete", True),
        (UNLESS_ACTIVE, None, True),
        (WHEN_COMPLETE, "active", False),
        (WHEN_COMPLETE, "complete", True),
        (WHEN_COMPLETE, None, False),
    ],
)
def test_a_condition_withholds_a_path_from_every_entry(rule: Condition, status: str | None, published: bool) -> None:
    document = state(status)
    rules(rule).apply(document)
    assert amounts(document) == ([{"amount": 5}, {"amount": 6}] if published else [None, None])
    assert [bid["id"] for bid in document["bids"]["details"]] == ["1", "2"]


def test_a_condition_may_withhold_a_whole_section() -> None:
    document = state("active")
    rules(condition("bids", "tender/status", "active", when=False)).apply(document)
    assert document == {"tender": {"id": "T", "status": "active"}}


def test_an_object_that_is_left_empty_goes_too() -> None:
    document = {"tender": {"status": "active", "lotDetails": {"awardCriteriaDetails": "price"}}}
    rules(condition("tender/lotDetails/awardCriteriaDetails", "tender/status", "active", when=False)).apply(document)
    assert document == {"tender": {"status": "active"}}


def test_conditions_are_judged_on_the_whole_state_not_on_what_others_left() -> None:
    first = condition("tender/status", "tender/status", "active", when=False)
    document = state("active")
    rules(first, UNLESS_ACTIVE).apply(document)
    assert "status" not in document["tender"]
    assert amounts(document) == [None, None]


@pytest.mark.parametrize("document", [{}, {"bids": {"details": []}}, {"tender": {"status": "active"}}])
def test_what_is_not_there_is_not_missed(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    rules(UNLESS_ACTIVE, WHEN_COMPLETE).apply(document)
    assert document == before


def test_a_role_that_is_not_named_is_withheld() -> None:
    assert rules(supplier="publish").person("supplier") == "publish"
    assert rules(supplier="publish").person("tenderer") == "withhold"


def test_a_pseudonym_is_the_same_each_time_and_says_nothing_of_the_person() -> None:
    made = rules().pseudonym("V-4711")
    assert made == rules().pseudonym("V-4711")
    assert made["id"].startswith("PERSON-")
    assert "4711" not in made["id"]
    assert made["name"] == "Individual (name withheld)"


def test_pseudonyms_differ_by_person_and_by_key() -> None:
    made = {rules(key=key).pseudonym(person)["id"] for key in (b"one", b"two") for person in ("V-1", "V-2")}
    assert len(made) == 4


def test_the_name_under_a_pseudonym_is_in_the_language_of_the_source() -> None:
    assert rules(language="es").pseudonym("V-1")["name"] == "Persona natural (nombre reservado)"
    assert rules(language="fr").pseudonym("V-1")["name"] == "Individual (name withheld)"
