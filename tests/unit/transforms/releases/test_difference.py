from typing import Any

import pytest
from made_up_schema import SCHEMA

from transforms.releases import MergeRules, UnmergeableState, difference
from transforms.releases.difference import check_identifiers, with_parties

RULES = MergeRules.from_schema(SCHEMA)


def body(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    changes = difference(after, before, RULES)
    return changes and changes.body


def test_nothing_changed_gives_nothing() -> None:
    state = {"tender": {"id": "1", "items": [{"id": "1"}, {"id": "2"}]}, "title": "A"}
    other = {"title": "A", "tender": {"items": [{"id": "2"}, {"id": "1"}], "id": "1"}}
    assert body({"ocid": "o", "id": "x", "date": "d", "tag": ["compiled"], "language": "en", **state}, other) is None


def test_only_changed_sections_are_said() -> None:
    before = {"planning": {"rationale": "A"}, "tender": {"id": "1", "title": "A"}}
    assert body(before, {**before, "tender": {"id": "1", "title": "B"}}) == {"tender": {"id": "1", "title": "B"}}


def test_of_entries_with_ids_only_the_changed_ones_are_said_each_complete() -> None:
    items = [{"id": str(number), "description": "A", "unit": {"name": "t"}} for number in range(3)]
    after = [items[0], {**items[1], "description": "B"}, items[2], {"id": "9"}]
    assert body({"tender": {"id": "1", "items": items}}, {"tender": {"id": "1", "items": after}}) == {
        "tender": {"id": "1", "items": [{"id": "1", "description": "B", "unit": {"name": "t"}}, {"id": "9"}]}
    }


def test_references_are_repeated_with_their_entry() -> None:
    award = {"id": "1", "status": "pending", "suppliers": [{"id": "P", "name": "A"}]}
    assert body({"awards": [award]}, {"awards": [{**award, "status": "active"}]}) == {
        "awards": [{**award, "status": "active"}]
    }


def test_a_removed_value_is_nulled() -> None:
    assert body({"tender": {"id": "1", "title": "A"}}, {"tender": {"id": "1"}}) == {
        "tender": {"id": "1", "title": None}
    }
    assert body({"tender": {"id": "1", "submissionMethod": ["x"]}}, {"tender": {"id": "1"}}) == {
        "tender": {"id": "1", "submissionMethod": None}
    }


def test_a_removed_object_is_nulled_leaf_by_leaf() -> None:
    assert body({"tender": {"id": "1", "value": {"amount": 1}}}, {"tender": {"id": "1"}}) == {
        "tender": {"id": "1", "value": {"amount": None}}
    }


def test_a_removed_entry_is_nulled_but_for_what_must_stay() -> None:
    contract = {"id": "1", "awardID": "2", "status": "active", "amendments": [{"id": "7", "rationale": "A"}]}
    assert body({"contracts": [contract]}, {}) == {
        "contracts": [{"id": "1", "awardID": "2", "status": None, "amendments": [{"id": "7", "rationale": None}]}]
    }
    assert body({"contracts": [{"id": "1", "awardID": "2", "amendments": [{"id": "7"}]}]}, {}) is None, (
        "nothing is left"
    )


def test_a_list_without_null_is_emptied_and_said_once() -> None:
    party = {"id": "P", "name": "A", "additionalIdentifiers": [{"id": "1"}]}
    assert body({"parties": [party]}, {"parties": [{"id": "P", "name": "A"}]}) == {
        "parties": [{"id": "P", "name": "A", "additionalIdentifiers": []}]
    }
    assert body({"parties": [{"id": "P", "additionalIdentifiers": []}]}, {"parties": [{"id": "P"}]}) is None


def test_a_list_that_may_not_be_empty_stays_and_is_reported_with_other_changes() -> None:
    before = {"tender": {"id": "1", "title": "A", "criteria": [{"type": "x"}]}}
    assert body(before, {"tender": {"id": "1", "title": "A"}}) is None
    changes = difference({"tender": {"id": "1", "title": "B"}}, before, RULES)
    assert changes is not None
    assert changes.body == {"tender": {"id": "1", "title": "B"}}
    assert changes.unremovable == ("tender/criteria",)


def test_what_was_removed_before_is_not_removed_again() -> None:
    tombs = {"tender": {"id": "1", "value": {}, "items": [{"id": "1", "unit": {}}]}, "awards": [{"id": "1"}]}
    assert body(tombs, {}) is None
    assert body(tombs, {"tender": {"id": "1", "title": "A"}}) == {"tender": {"id": "1", "title": "A"}}


def test_a_returning_entry_is_said_again() -> None:
    assert body({"awards": [{"id": "1"}]}, {"awards": [{"id": "1", "status": "active"}]}) == {
        "awards": [{"id": "1", "status": "active"}]
    }


def test_true_is_not_one() -> None:
    assert body({"tender": {"id": "1", "x": True}}, {"tender": {"id": "1", "x": 1}}) is not None
    assert body({"tender": {"id": "1", "x": [1]}}, {"tender": {"id": "1", "x": [True]}}) is not None


def test_the_changed_fields_are_named() -> None:
    changes = difference(
        {"tender": {"id": "1", "title": "B"}, "awards": [{"id": "2"}, {"id": "1", "status": "x"}]},
        {"tender": {"id": "1", "status": "y"}, "awards": [{"id": "1"}, {"id": "3", "status": "x"}]},
        RULES,
    )
    assert changes is not None
    assert changes.changed == {"tender": {"title", "status"}, "awards": {"1": {"status"}, "2": {"id"}, "3": {"status"}}}


@pytest.mark.parametrize(
    ("state", "path"),
    [
        ({"tender": {"id": "1", "items": [{"description": "A"}]}}, "tender/items"),
        ({"tender": {"id": "1", "items": [{"id": "1"}, {"id": "1"}]}}, "tender/items/1"),
        (
            {"contracts": [{"id": "4", "awardID": "1", "implementation": {"transactions": [{"date": "x"}]}}]},
            "contracts/4/implementation/transactions",
        ),
        ({"parties": [{"id": "1"}, {"id": 1}]}, "parties/1"),
    ],
)
def test_entries_that_a_merge_would_confuse_are_refused(state: dict[str, Any], path: str) -> None:
    with pytest.raises(UnmergeableState) as error:
        check_identifiers(state, RULES)
    assert error.value.path == path
    for before in ({}, {"tender": {"id": "1", "items": [{"id": "0"}]}, "contracts": [{"id": "4", "awardID": "1"}]}):
        with pytest.raises(UnmergeableState):
            difference(state, before, RULES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"tender": {"x": {"a": 1}}}, {"tender": {"x": "text"}}),
        ({"tender": {"x": "text"}}, {"tender": {"x": {"a": 1}}}),
        ({"tender": {"x": [{"id": "1"}]}}, {"tender": {"x": ["text"]}}),
        ({"tender": {"x": ["text"]}}, {"tender": {"x": [{"id": "1"}]}}),
    ],
)
def test_an_object_does_not_become_a_text_or_the_other_way(before: dict[str, Any], after: dict[str, Any]) -> None:
    with pytest.raises(UnmergeableState, match="tender/x"):
        difference(after, before, RULES)


def test_parties_referred_to_are_there_in_the_order_they_had() -> None:
    parties = [{"id": "C", "name": "C"}, {"id": "A", "name": "A"}, {"id": "B", "name": "B"}]
    state = {"parties": [*parties, {"id": "D", "name": "D"}]}
    section = {"awards": [{"id": "1", "suppliers": [{"id": "D"}, {"id": "B"}, {"id": "gone"}]}], "buyer": {"id": "C"}}
    compiled = {"parties": [{"id": "B", "name": "B"}, {"id": "gone"}, {"id": "C"}]}
    assert [party["id"] for party in with_parties(section, state, compiled, RULES)["parties"]] == [
        "B",
        "gone",
        "C",
        "D",
    ]
