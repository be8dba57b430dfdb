import pytest

from expectations.checks.earlier import UNKNOWN, Earlier, nothing_before
from expectations.checks.model import Outcome
from expectations.checks.releases.tag_precondition import CHECK


def test_plain_tags_need_nothing_before() -> None:
    assert CHECK.run({"tag": ["tender", "award"]}, nothing_before()) is None


def test_where_nobody_knows_what_there_was_it_does_not_apply() -> None:
    assert CHECK.run({"tag": ["tenderUpdate"]}, UNKNOWN) is None


def test_an_update_of_what_was_told_passes() -> None:
    before = Earlier(frozenset({"tender", "award"}))

    assert CHECK.run({"tag": ["tenderAmendment", "awardCancellation", "contract"]}, before) == Outcome(2, [])


@pytest.mark.parametrize(
    ("tag", "base"),
    [
        ("planningUpdate", "planning"),
        ("tenderUpdate", "tender"),
        ("tenderCancellation", "tender"),
        ("contractTermination", "contract"),
        ("implementationUpdate", "implementation"),
    ],
)
def test_an_update_of_nothing_fails(tag: str, base: str) -> None:
    found = CHECK.run({"tag": [tag]}, nothing_before())

    assert found is not None
    assert [(one.pointer, one.value, one.other) for one in found.failures] == [("/tag/0", tag, base)]


def test_a_planned_tender_can_be_cancelled() -> None:
    before = Earlier(frozenset({"planning"}), compiled={"tender": {"id": "1", "status": "planned"}})

    assert CHECK.run({"tag": ["tenderCancellation"]}, before) == Outcome(1, [])
