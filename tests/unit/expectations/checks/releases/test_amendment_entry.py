from typing import Any

import pytest

from expectations.checks.earlier import UNKNOWN, Earlier
from expectations.checks.model import Outcome
from expectations.checks.releases.amendment_entry import CHECK

OLD = {"id": "1", "date": "2026-01-01T00:00:00Z", "rationale": "More time"}
NEW = {"id": "2", "date": "2026-02-01T00:00:00Z", "rationale": "More work", "releaseID": "r2", "amendsReleaseID": "r1"}

BEFORE = Earlier(
    frozenset({"contract"}),
    frozenset({"r1"}),
    "2026-01-05T00:00:00Z",
    {"tender": {"id": "T"}, "contracts": [{"id": "C1", "amendments": [OLD]}]},
)


def outcome(*amendments: dict[str, Any], tag: str = "contractAmendment") -> Outcome | None:
    release = {"id": "r2", "tag": [tag], "contracts": [{"id": "C1", "amendments": list(amendments)}]}
    return CHECK.run(release, BEFORE)


def test_other_tags_need_no_amendment() -> None:
    assert outcome(NEW, tag="contractUpdate") is None


def test_where_nobody_knows_which_are_new_it_does_not_apply() -> None:
    assert CHECK.run({"tag": ["contractAmendment"], "contracts": []}, UNKNOWN) is None


def test_a_new_amendment_that_says_what_and_why_passes() -> None:
    assert outcome(OLD, NEW) == Outcome(1, [])


def test_the_release_that_was_amended_may_be_unknown() -> None:
    assert outcome({key: value for key, value in NEW.items() if key != "amendsReleaseID"}) == Outcome(1, [])


def test_without_a_new_amendment_the_tag_fails() -> None:
    found = outcome(OLD)

    assert found is not None
    assert [(one.pointer, one.other) for one in found.failures] == [("/tag/0", "contracts.amendments")]


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({"rationale": ""}, "rationale"),
        ({"date": None}, "date"),
        ({"id": None}, "id"),
        ({"releaseID": "elsewhere"}, "releaseID"),
        ({"amendsReleaseID": "r9"}, "amendsReleaseID"),
        ({"amendsReleaseID": ["r1"]}, "amendsReleaseID"),
    ],
)
def test_an_amendment_that_explains_nothing_fails(change: dict[str, Any], other: str) -> None:
    found = outcome(OLD, NEW | change)

    assert found is not None
    assert [(one.pointer, one.other) for one in found.failures] == [("/contracts/0/amendments/1", other)]


def test_the_amendments_of_a_tender_are_its_own() -> None:
    release = {"id": "r2", "tag": ["tenderAmendment"], "tender": {"id": "T", "amendments": [NEW]}}

    assert CHECK.run(release, BEFORE) == Outcome(1, [])
