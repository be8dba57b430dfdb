from typing import Any

import pytest
from made_up_schema import SCHEMA

from transforms.releases import MergeRules, NoStage, difference
from transforms.releases.tags import base_of, first_tags, later_tags, ordered

RULES = MergeRules.from_schema(SCHEMA)
ALL = frozenset({"planning", "tender", "award", "contract", "implementation"})


def tags(before: dict[str, Any], after: dict[str, Any], released: frozenset[str] = ALL) -> list[str]:
    changes = difference(after, before, RULES)
    assert changes is not None
    return later_tags(changes, after, before, released)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"planning": {"rationale": "A"}}, ["planning"]),
        ({"tender": {"id": "1"}, "parties": [{"id": "P"}]}, ["tender"]),
        ({"bids": {"details": [{"id": "1"}]}}, ["tender"]),
        ({"tender": {"id": "1", "status": "cancelled"}}, ["tender"]),
        ({"tender": {"id": "1", "amendments": [{"id": "1"}]}, "awards": [{"id": "1"}]}, ["tender", "award"]),
        (
            {"contracts": [{"id": "1", "awardID": "1", "implementation": {"transactions": [{"id": "1"}]}}]},
            ["contract", "implementation"],
        ),
    ],
)
def test_a_first_release_has_the_plain_tag_of_each_section(state: dict[str, Any], expected: list[str]) -> None:
    assert first_tags("ocds-213czf-1", state) == expected


def test_a_process_without_any_stage_has_no_tag() -> None:
    with pytest.raises(NoStage) as error:
        first_tags("ocds-213czf-1", {"buyer": {"id": "P"}, "title": "Road"})
    assert error.value.ocid == "ocds-213czf-1"


CONTRACT = {"id": "1", "awardID": "1", "status": "active"}
PAID = {"implementation": {"transactions": [{"id": "1", "date": "2024-01-01T00:00:00Z"}]}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"tender": {"id": "1"}}, {"tender": {"id": "1", "title": "A"}}, ["tenderUpdate"]),
        ({"tender": {"id": "1", "title": "A"}}, {"tender": {"id": "1"}}, ["tenderUpdate"]),
        (
            {"tender": {"id": "1", "status": "active"}},
            {"tender": {"id": "1", "status": "cancelled"}},
            ["tenderCancellation"],
        ),
        ({"tender": {"id": "1"}}, {"tender": {"id": "1", "amendments": [{"id": "1"}]}}, ["tenderAmendment"]),
        (
            {"tender": {"id": "1", "amendments": [{"id": "1"}]}},
            {"tender": {"id": "1", "amendments": [{"id": "1", "rationale": "A"}]}},
            ["tenderUpdate"],
        ),
        (
            {"tender": {"id": "1", "status": "active"}},
            {"tender": {"id": "1", "status": "cancelled", "amendments": [{"id": "1"}]}},
            ["tenderAmendment", "tenderCancellation"],
        ),
        ({"tender": {"id": "1"}}, {"tender": {"id": "1"}, "bids": {"details": [{"id": "1"}]}}, ["tenderUpdate"]),
        ({"tender": {"id": "1"}}, {"tender": {"id": "1"}, "awards": [{"id": "1"}]}, ["award"]),
        ({"awards": [{"id": "1"}]}, {"awards": [{"id": "1"}, {"id": "2"}]}, ["award"]),
        (
            {"awards": [{"id": "1", "status": "active"}]},
            {"awards": [{"id": "1", "status": "pending"}, {"id": "2"}]},
            ["award", "awardUpdate"],
        ),
        ({"awards": [{"id": "1"}]}, {"awards": [{"id": "1", "status": "unsuccessful"}]}, ["awardCancellation"]),
        ({"awards": [{"id": "1", "status": "active"}]}, {}, ["awardUpdate"]),
        ({"contracts": [CONTRACT]}, {"contracts": [{**CONTRACT, "status": "terminated"}]}, ["contractTermination"]),
        ({"contracts": [CONTRACT]}, {"contracts": [{**CONTRACT, "amendments": [{"id": "1"}]}]}, ["contractAmendment"]),
        ({"contracts": [CONTRACT]}, {"contracts": [{**CONTRACT, **PAID}]}, ["implementation"]),
        (
            {"contracts": [{**CONTRACT, **PAID}]},
            {"contracts": [{**CONTRACT, "implementation": {"transactions": [{"id": "1"}, {"id": "2"}]}}]},
            ["implementationUpdate"],
        ),
        (
            {"contracts": [{**CONTRACT, **PAID}]},
            {"contracts": [{**CONTRACT, **PAID}, {"id": "2", "awardID": "1", **PAID}]},
            ["contract", "implementation"],
        ),
        ({"planning": {"rationale": "A"}}, {"planning": {"rationale": "B"}}, ["planningUpdate"]),
        ({"tender": {"id": "1"}}, {"tender": {"id": "1"}, "buyer": {"id": "P"}}, []),
    ],
)
def test_a_later_release_says_what_changed(before: dict[str, Any], after: dict[str, Any], expected: list[str]) -> None:
    assert tags(before, after) == expected


@pytest.mark.parametrize(
    ("tag", "base"),
    [
        ("tenderUpdate", "tender"),
        ("tenderAmendment", "tender"),
        ("tenderCancellation", "tender"),
        ("contractTermination", "contract"),
        ("implementationUpdate", "implementation"),
        ("award", "award"),
    ],
)
def test_without_its_base_released_a_tag_becomes_the_base(tag: str, base: str) -> None:
    assert base_of(tag) == base
    assert ordered({tag}, set()) == [base]
    assert ordered({tag}, {base}) == [tag]
