from typing import Any

from expectations.checks.earlier import UNKNOWN, Earlier, in_order, nothing_before
from expectations.checks.model import Outcome
from expectations.checks.releases.no_op import CHECK

FIRST: dict[str, Any] = {
    "ocid": "ocds-213czf-1",
    "id": "1",
    "date": "2026-01-01T00:00:00Z",
    "tag": ["tender"],
    "tender": {"id": "T", "title": "Salt", "items": [{"id": "1", "description": "Salt"}]},
}


def second(**changes: Any) -> list[Outcome | None]:
    later = FIRST | {"id": "2", "date": "2026-02-01T00:00:00Z", "tag": ["tenderUpdate"]} | changes
    return [CHECK.run(release, earlier) for release, earlier in in_order([FIRST, later])]


def test_it_does_not_apply_to_the_first_release_nor_to_one_without_a_known_history() -> None:
    assert CHECK.run(FIRST, nothing_before()) is None
    assert CHECK.run(FIRST, UNKNOWN) is None
    assert CHECK.run(FIRST, Earlier(compiled=None)) is None


def test_a_change_passes() -> None:
    assert second(tender={"id": "T", "title": "Road salt"}) == [None, Outcome(1)]
    assert second(tender={"id": "T", "title": None}) == [None, Outcome(1)]
    assert second(awards=[{"id": "A"}]) == [None, Outcome(1)]
    assert second(tender={"id": "T", "items": [{"id": "2"}]}) == [None, Outcome(1)]


def test_saying_the_same_again_fails() -> None:
    for _, found in (second(), second(tender={"id": "T", "title": "Salt", "description": None, "value": {}})):
        assert found is not None
        assert [one.value for one in found.failures] == ["2"]


def test_where_no_merge_is_possible_it_does_not_apply() -> None:
    assert second(tender={"id": "T", "items": {"id": "1"}}) == [None, None]
    assert second(date=None) == [None, None]
