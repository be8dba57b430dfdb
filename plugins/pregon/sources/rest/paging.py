"""From page to page of an API, however it parts its rows, without losing any that move meanwhile.

Pages by number and by offset are windows on a list: what is deleted before a window pulls unread rows into pages that
were read already. So each page is laid against the end of the one before it. By offset that costs one row, since a page
begins with the last row of the page before; by number it costs a request, which is made where the API's count has
changed. Where they don't fit, the walk steps back to the last row that it knows. Rows that come twice are no harm: the
stage keeps one per key.

A token or a next address leads to the rows after those read, whatever happens before them: there is nothing to check
but that it leads on.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

TAIL = 50
"""Rows of the last page by which the next one is laid against it."""
MAX_REPAIRS = 100
"""Times that a walk steps back before it gives up."""
MAX_TRIES = 5
"""Times in a row that a page is asked for again, because what came may be of another time than the page before it."""
EMPTY_PAGES = 3
"""Empty pages in a row after which a next token is not followed: some APIs give one for ever."""

At = int | str | None
"""Number of a page, offset of a row, token or address; None: the first page of a chain."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its records, the API's count of all of them (None without one), and what leads to the next page."""

    records: Sequence[Any]
    total: int | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a walk stands after a page. `record` counts the records given, `read` those since the last start.

    `total` is the API's last count, `lowest` its lowest. `tail` identifies the last rows, `page` the last page; `size`
    is the largest page, `pages` counts different ones. `done`: nothing follows.
    """

    at: At
    record: int = 0
    read: int = 0
    total: int | None = None
    lowest: int | None = None
    tail: tuple[str, ...] = ()
    page: str = ""
    size: int = 0
    pages: int = 0
    done: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {**asdict(self), "tail": list(self.tail)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**value, "tail": tuple(value["tail"])})

    def past(self, records: Sequence[Any], page: Page, at: At) -> "Mark":
        """Give where a walk stands when these records of a page were given, and the page at `at` is next."""
        tail = tuple(map(digest, page.records[-TAIL:]))
        whole = page_digest(page.records)
        return Mark(
            at,
            self.record + len(records),
            self.read + len(records),
            page.total,
            min((total for total in (self.lowest, page.total) if total is not None), default=None),
            (*self.tail, *tail)[-TAIL:],
            whole,
            max(self.size, len(page.records)),
            self.pages + (whole != self.page),
        )


Step = tuple[Sequence[Any], Mark]
"""Records that are new, and where the walk stands after them."""


class Ask(Protocol):
    """Asks the API for a page; None where the API says that it is past the end."""

    def __call__(self, at: Any) -> Page | None:
        """Give the page at a number, an offset, a token or an address."""
        ...


@dataclass(slots=True)
class Walk:
    """One walk over the pages.

    `moved` and `looping` make the errors to raise, `expired` are those that `ask` raises where a token is unknown.
    `repairs` counts the steps back, `restarts` the tokens of an earlier attempt that were not accepted any more.
    """

    ask: Ask
    moved: Callable[[int], Exception]
    looping: Callable[[int], Exception]
    expired: tuple[type[Exception], ...] = ()
    repairs: int = 0
    restarts: int = 0

    def offsets(self, mark: Mark, *, seam: bool) -> Iterator[Step]:
        """Go on by offset until a page holds nothing new; with `seam` each page begins with the row before it."""
        repeats = 0
        while True:
            # A page of one row would hold nothing but the row before it.
            overlap = 1 if seam and mark.tail and mark.size > 1 else 0
            begin = _whole(mark.at) - overlap
            page = self._asked(begin, mark)
            # New rows may have pushed the last page on by one; but not again and again.
            repeats = repeats + 1 if _same(page, mark) else 0
            if repeats > MAX_TRIES:
                self._end(page, mark)
                return
            if repeats and not overlap:
                mark = replace(mark, at=begin + len(page.records))
                continue
            if overlap and (not page.records or digest(page.records[0]) != mark.tail[-1]):
                begin, page, fresh, mark = self._step_back(mark, begin, page, step=mark.size, first=0)
                if not page.records:
                    return
            else:
                fresh = page.records[overlap:]
                if not fresh:
                    return
            mark = mark.past(fresh, page, begin + len(page.records))
            if fresh:
                yield fresh, mark

    def numbers(self, mark: Mark, *, first: int) -> Iterator[Step]:
        """Go on by number until a page is empty, or the API says that there is none."""
        doubted = bool(mark.tail)  # after an interruption anything may have happened
        tries = 0
        while True:
            number = _whole(mark.at)
            page = self._asked(number, mark)
            checked = bool(mark.tail) and (doubted or page.total != mark.total)
            if checked:
                doubted = False
                at, before, fresh, mark = self._step_back(mark, number, Page(()), step=1, first=first, counted=False)
                mark = replace(mark, total=before.total)
                if fresh:
                    mark = mark.past(fresh, before, at + 1)
                    yield fresh, mark
                    continue
                if at + 1 != number or before.total != page.total:
                    # What was seen of the two pages is not of one time.
                    tries += 1
                    if tries > MAX_TRIES:
                        raise self.moved(self.repairs)
                    mark = replace(mark, at=at + 1)
                    continue
            tries = 0
            if not page.records:
                return
            # As many new rows as a page holds push the last page on by one, which the check has shown.
            if _same(page, mark) and not checked:
                self._end(page, mark)
                return
            mark = mark.past(page.records, page, number + 1)
            yield page.records, mark

    def chain(self, mark: Mark) -> Iterator[Step]:
        """Follow tokens or addresses until there is none, or none that leads on."""
        resumed = mark.at is not None
        seen = {mark.at}
        empty = 0
        while not mark.done:
            try:
                page = self._asked(mark.at, mark)
            except self.expired:
                if not resumed:
                    raise
                self.restarts += 1
                mark, seen, resumed = Mark(None, record=mark.record), {None}, False
                continue
            resumed = False
            if _same(page, mark):
                self._end(page, mark)
                return
            empty = 0 if page.records else empty + 1
            back = page.next is not None and page.next in seen
            following = mark.past(page.records, page, page.next)
            stays = back and (page.next == mark.at or page.total is not None)
            ended = page.next is None or empty > EMPTY_PAGES or (stays and self._ended(page, following))
            mark = replace(following, done=ended)
            if page.records:
                yield page.records, mark
            if back and not ended:
                raise self.looping(mark.pages)
            seen.add(page.next)

    def _asked(self, at: At, mark: Mark) -> Page:
        page = self.ask(at) or Page(())
        # Past the end some APIs count nothing any more.
        return replace(page, total=mark.total) if page.total is None else page

    def _end(self, page: Page, mark: Mark) -> None:
        """Accept that a page that comes again is the end, as of APIs that know no page after the last, or raise."""
        if not self._ended(page, mark):
            raise self.looping(mark.pages)

    def _ended(self, page: Page, mark: Mark) -> bool:
        """Whether rows were read to their end, going by what is known when a page leads nowhere.

        A first page that comes again may only mean that the parameter is ignored, unless it is short or all there is.
        """
        if page.total is not None:
            return mark.read >= page.total
        return mark.pages > 1 or len(page.records) < mark.size

    def _step_back(
        self, mark: Mark, at: int, page: Page, *, step: int, first: int, counted: bool = True
    ) -> tuple[int, Page, Sequence[Any], Mark]:
        """Give the last page that holds a row known from the mark: where it is, itself, and its records after that row.

        Where none is found, that is the first page, all its records, and a mark that begins anew.
        """
        found = _after(page.records, mark.tail)
        missed = -1
        while found is None and at > first:
            at = max(first, at - max(step, 1))
            page = self._asked(at, mark)
            found = _after(page.records, mark.tail)
            missed += 1
        if counted or found or found is None or missed:
            self.repairs += 1
        if self.repairs > MAX_REPAIRS:
            raise self.moved(self.repairs)
        if found is None:
            return at, page, page.records, replace(mark, read=0)
        return at, page, found, mark


def digest(record: Any) -> str:
    """Identify a record by its content."""
    return hashlib.blake2b(repr(record).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _same(page: Page, mark: Mark) -> bool:
    return bool(page.records) and page_digest(page.records) == mark.page


def page_digest(records: Sequence[Any]) -> str:
    """Identify a page by its content, empty for one without records."""
    return digest(list(records)) if records else ""


def _after(records: Sequence[Any], tail: Sequence[str]) -> Sequence[Any] | None:
    """Give the records that follow the last one known, None where none is known."""
    known = set(tail)
    for index in range(len(records) - 1, -1, -1):
        if digest(records[index]) in known:
            return records[index + 1 :]
    return None


def _whole(at: At) -> int:
    if not isinstance(at, int):
        raise TypeError(f"a number was expected, not {at!r}")
    return at
