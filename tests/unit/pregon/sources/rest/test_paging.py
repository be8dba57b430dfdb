"""Walks over pages lose no row, whatever moves between two pages, and come to an end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregon.sources.rest.paging import MAX_REPAIRS, Mark, Page, Step, Walk

Change = Callable[[list[Any]], object]


class Moved(Exception):
    pass


class Looping(Exception):
    pass


class Expired(Exception):
    pass


@dataclass
class List:
    """A list behind an API that changes before the given requests (from 1)."""

    rows: list[Any]
    size: int
    changes: dict[int, Change] = field(default_factory=dict)
    counts: bool = True
    asked: list[Any] = field(default_factory=list)

    def _page(self, begin: int, at: Any) -> Page:
        self.asked.append(at)
        if change := self.changes.get(len(self.asked)):
            change(self.rows)
        rows = self.rows[begin : begin + self.size]
        return Page(rows, len(self.rows) if self.counts else None, str(begin + self.size))

    def number(self, at: Any) -> Page:
        return self._page((at - 1) * self.size, at)

    def offset(self, at: Any) -> Page:
        assert at >= 0
        return self._page(at, at)

    def token(self, at: Any) -> Page:
        """Pages after a value: nothing moves between them."""
        self.asked.append(at)
        if change := self.changes.get(len(self.asked)):
            change(self.rows)
        rows = sorted(row for row in self.rows if at is None or row > int(at))
        following = str(rows[self.size - 1]) if len(rows) > self.size else None
        return Page(rows[: self.size], len(self.rows) if self.counts else None, following)

    def steps(self, style: str, mark: Mark | None = None) -> Iterator[Step]:
        if style == "page":
            return walk(self.number).numbers(mark or Mark(1), first=1)
        if style == "cursor":
            return walk(self.token).chain(mark or Mark(None))
        return walk(self.offset).offsets(mark or Mark(0), seam=style == "seam")


def walk(ask: Any) -> Walk:
    return Walk(ask, moved=Moved, looping=Looping, expired=(Expired,))


def all_of(steps: Iterator[Step]) -> list[Any]:
    return [record for records, _ in steps for record in records]


STYLES = ("page", "offset", "seam", "cursor")


@pytest.mark.parametrize("style", STYLES)
@given(count=st.integers(0, 30), size=st.integers(1, 12), counts=st.booleans())
def test_every_row_is_read_once_in_order_whatever_the_size(style: str, count: int, size: int, counts: bool) -> None:
    assert all_of(List(list(range(count)), size, counts=counts).steps(style)) == list(range(count))


@pytest.mark.parametrize("style", STYLES)
@given(count=st.integers(1, 30), size=st.integers(1, 12), stop=st.integers(1, 30))
def test_a_walk_goes_on_after_any_page(style: str, count: int, size: int, stop: int) -> None:
    rows = List(list(range(count)), size)
    read: list[Any] = []
    mark = None
    for number, (records, after) in enumerate(rows.steps(style), 1):
        read += records
        mark = Mark.from_json(after.to_json())
        if number == stop:
            break
    assert mark is not None
    assert read + all_of(rows.steps(style, mark)) == list(range(count))
    assert mark.record == len(read)


CHANGES = st.dictionaries(
    st.integers(1, 12),
    st.lists(
        st.one_of(
            st.tuples(st.just("delete"), st.integers(0, 40)),
            st.tuples(st.just("insert"), st.integers(0, 40)),
            st.tuples(st.just("append"), st.just(0)),
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=4,
)


def changing(edits: list[tuple[str, int]], fresh: Iterator[int]) -> Change:
    def change(rows: list[Any]) -> None:
        for what, place in edits:
            if what == "delete" and rows:
                rows.pop(place % len(rows))
            elif what == "insert":
                rows.insert(place % (len(rows) + 1), next(fresh))
            elif what == "append":
                rows.append(next(fresh))

    return change


@settings(max_examples=300)
@given(count=st.integers(0, 40), size=st.integers(2, 9), edits=CHANGES, counts=st.booleans())
def test_by_offset_no_row_that_stays_is_lost_whatever_comes_and_goes(
    count: int, size: int, edits: dict[int, list[tuple[str, int]]], counts: bool
) -> None:
    fresh = iter(range(1000, 2000))
    rows = List(list(range(count)), size, {n: changing(some, fresh) for n, some in edits.items()}, counts=counts)
    read = all_of(rows.steps("seam"))
    assert {row for row in rows.rows if row < 1000} <= set(read)


@given(
    count=st.integers(0, 40),
    size=st.integers(1, 9),
    what=st.sampled_from(["delete", "insert", "append"]),
    places=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    at=st.integers(1, 12),
)
def test_by_number_no_row_that_stays_is_lost_where_a_count_tells_of_changes(
    count: int, size: int, what: str, places: list[int], at: int
) -> None:
    fresh = iter(range(1000, 2000))
    rows = List(list(range(count)), size, {at: changing([(what, place) for place in places], fresh)})
    read = all_of(rows.steps("page"))
    assert {row for row in rows.rows if row < 1000} <= set(read)


@pytest.mark.parametrize("style", ["page", "seam"])
def test_rows_that_moved_while_a_walk_was_interrupted_are_found(style: str) -> None:
    rows = List(list(range(30)), 5, counts=False)
    steps = rows.steps(style)
    read = list(next(steps)[0])
    records, mark = next(steps)
    read += records
    del rows.rows[:7]
    read += all_of(rows.steps(style, mark))
    assert set(range(30)) <= set(read)


def test_a_source_that_never_rests_is_given_up() -> None:
    rows = List(list(range(10_000)), 10, {n: lambda rows: rows.pop(0) for n in range(1, 20_000)})
    with pytest.raises(Moved):
        all_of(rows.steps("seam"))
    assert len(rows.asked) < 10 * MAX_REPAIRS


def test_a_parameter_that_is_ignored_is_a_loop_not_an_end() -> None:
    page = Page([1, 2, 3])
    for steps in (
        walk(lambda _: page).numbers(Mark(1), first=1),
        walk(lambda _: page).offsets(Mark(0), seam=True),
        walk(lambda _: page).offsets(Mark(0), seam=False),
        walk(lambda _: Page([1, 2, 3], None, "same")).chain(Mark(None)),
    ):
        with pytest.raises(Looping):
            all_of(steps)


def test_a_last_page_that_is_given_for_ever_is_the_end() -> None:
    pages = {1: Page([1, 2]), 2: Page([3, 4])}
    assert all_of(walk(lambda at: pages[min(at, 2)]).numbers(Mark(1), first=1)) == [1, 2, 3, 4]
    single = walk(lambda _: Page([1, 2], 2)).numbers(Mark(1), first=1)
    assert all_of(single) == [1, 2]


def test_tokens_that_lead_back_are_a_loop() -> None:
    pages = {None: Page([1], None, "a"), "a": Page([2], None, "b"), "b": Page([3], None, "a")}
    with pytest.raises(Looping):
        all_of(walk(pages.__getitem__).chain(Mark(None)))


def test_a_token_that_stays_the_same_ends_the_walk() -> None:
    pages = {None: Page([1, 2], None, "a"), "a": Page([3], None, "a")}
    assert all_of(walk(pages.__getitem__).chain(Mark(None))) == [1, 2, 3]


def test_empty_pages_with_a_token_are_passed_over_but_not_for_ever() -> None:
    pages = {None: Page([1], None, "1"), "1": Page([], None, "2"), "2": Page([2], None, "3")}
    asked = []

    def ask(at: Any) -> Page:
        asked.append(at)
        return pages.get(at, Page([], None, str(int(at or 0) + 1)))

    assert all_of(walk(ask).chain(Mark(None))) == [1, 2]
    assert len(asked) < 10


def test_a_token_that_has_expired_since_begins_anew_and_one_that_expires_meanwhile_does_not() -> None:
    def ask(at: Any) -> Page:
        if at == "old":
            raise Expired
        return Page([1, 2], 2, None)

    going = walk(ask)
    steps = list(going.chain(Mark("old", record=7, read=7, total=9, lowest=1)))
    assert [list(records) for records, _ in steps] == [[1, 2]]
    assert (steps[-1][1].record, steps[-1][1].read, steps[-1][1].lowest, going.restarts) == (9, 2, 2, 1)
    with pytest.raises(Expired):
        all_of(walk(lambda at: ask(at) if at else Page([0], 3, "old")).chain(Mark(None)))


def test_the_lowest_count_is_what_must_be_there() -> None:
    rows = List(list(range(20)), 5, {2: lambda rows: rows.pop(), 4: lambda rows: rows.append(99)})
    *_, (_, mark) = rows.steps("seam")
    assert mark.lowest == 19


def test_nothing_is_read_after_the_last_page_of_a_chain() -> None:
    rows = List([1, 2, 3], 5)
    [(_, mark)] = rows.steps("cursor")
    assert all_of(rows.steps("cursor", Mark.from_json(mark.to_json()))) == []
