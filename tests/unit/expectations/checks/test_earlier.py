from typing import Any

from expectations.checks.earlier import UNKNOWN, Earlier, in_order, nothing_before

ONE: dict[str, Any] = {
    "ocid": "o",
    "id": "1",
    "date": "2026-01-01T00:00:00Z",
    "tag": ["tender"],
    "tender": {"id": "T", "title": "Salt"},
}
TWO = ONE | {"id": "2", "date": "2026-01-02T00:00:00Z", "tag": ["award"], "awards": [{"id": "A"}]}


def test_each_release_comes_with_what_was_before_it() -> None:
    (_, first), (_, second), (_, third) = in_order([ONE, TWO, ONE])

    assert first.compiled == {}
    assert (first.tags, first.ids, first.date) == (frozenset(), frozenset(), "")
    assert second.compiled is not None
    assert second.compiled["tender"] == {"id": "T", "title": "Salt"}
    assert (third.tags, third.ids, third.date) == ({"tender", "award"}, {"1", "2"}, "2026-01-02T00:00:00Z")
    assert third.compiled is not None
    assert third.compiled["awards"] == [{"id": "A"}]


def test_a_release_is_merged_once() -> None:
    earlier = nothing_before()

    assert earlier.merged(ONE) is earlier.merged(ONE)
    assert earlier.merged(ONE) is not earlier.merged(TWO)


def test_after_an_unknown_past_it_stays_unknown() -> None:
    later = UNKNOWN.after(ONE)

    assert not later.known
    assert later.compiled is None


def test_releases_without_what_makes_one_change_nothing() -> None:
    later = Earlier(compiled={}).after({"tag": "tender", "id": 3, "date": None})

    assert (later.tags, later.ids, later.date, later.compiled) == (frozenset(), frozenset(), "", None)
