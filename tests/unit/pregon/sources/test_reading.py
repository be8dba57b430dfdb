"""Chunks and pages, with a source made for it: what is safe is not read again, and nothing is lost or doubled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import AS_OF, CITY, content, image, rejects, table

from pregon.lake import Lake
from pregon.manifest import Manifest, Mark, latest
from pregon.sources.base import SourceMovedError, SourceSpec, TableSpec
from pregon.sources.batches import Batch, Reject
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.extract import Extraction, NotPlanned, extract
from pregon.sources.guards import CountMismatch
from pregon.sources.kinds import KINDS, Kind


class Killed(BaseException):
    """Stands for a kill: nothing but the interpreter's own clean-up runs after it."""


@dataclass
class Books:
    """A source of rows in chunks and pages. `asked` tells each page that was read, `kill_at` the one not to survive."""

    chunks: list[list[tuple[str | None, str]]]
    page: int = 2
    resumable: bool = True
    moving: bool = False
    expected: int | None = None
    late: list[tuple[str, str]] = field(default_factory=list)
    kill_at: int | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    opened: int = 0

    def plan(self, spec: TableSpec, known: Known | None) -> TablePlan:
        del spec, known
        chunks = tuple(Chunk(f"shelf {number}", {"shelf": number}) for number in range(len(self.chunks)))
        return TablePlan(chunks, expected=self.expected, moving=self.moving, notes={"shelves": len(self.chunks)})

    def read(self, spec: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        reading = ChunkRead(iter(()), notes={"pages": 0})
        reading.batches = self._batches(spec, chunk.bounds["shelf"], after["row"] if after else 0, reading)
        return reading

    def _batches(self, spec: TableSpec, shelf: int, start: int, reading: ChunkRead) -> Iterator[Batch]:
        rows = self.late if shelf < 0 else self.chunks[shelf]
        for first in range(start, len(rows), self.page):
            if len(self.asked) == self.kill_at:
                raise Killed
            self.asked.append((shelf, first))
            reading.notes["pages"] += 1
            some = rows[first : first + self.page]
            positions = range(first - start + 1, first - start + len(some) + 1)
            good = [row for row in some if row[1] != "bad"]
            bad = tuple(
                Reject("ragged_row", position, str(row))
                for row, position in zip(some, positions, strict=True) if row[1] == "bad"
            )  # fmt: skip
            names = list(spec.types)
            columns = [pa.array([row[index] for row in good], pa.string()) for index in range(2)]
            numbers = [position for row, position in zip(some, positions, strict=True) if row[1] != "bad"]
            data = pa.RecordBatch.from_arrays(columns, names=names)
            after = {"row": first + len(some)} if self.resumable else None
            yield Batch(data, pa.array(numbers, pa.int64()), bad, after=after)

    def complete(self, spec: TableSpec, plan: TablePlan) -> Completion:
        del spec
        chunks = (Chunk("late", {"shelf": -1}),) if self.late else ()
        return Completion(chunks, plan.expected)


SPEC = SourceSpec("library", "books", (table("things"),))


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    return registered(monkeypatch, Books([[("a", "1"), ("b", "2"), ("c", "3")], [("d", "4"), ("e", "5")]]))


def registered(monkeypatch: pytest.MonkeyPatch, books: Books) -> Books:
    """Let there be a kind of source `books`, and this one of it."""

    @contextmanager
    def open_books(source: SourceSpec, place: Place) -> Iterator[Books]:
        del source, place
        books.opened += 1
        yield books

    class Opened(Kind):
        def open(self, source: SourceSpec, place: Place) -> Any:
            return open_books(source, place)

    monkeypatch.setitem(KINDS, "books", Opened("made:up"))
    return books


def extraction(lake: Lake, day: int = 0, **options: Any) -> Extraction:
    return Extraction(lake, CITY, [SPEC], AS_OF + timedelta(days=day), lake.root, **options)


def titles(lake: Lake, manifest: Manifest) -> dict[str, str]:
    return {row["id"]: row["title"] for row in image(lake, manifest)}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


EVERYTHING = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}


def test_all_chunks_are_read_into_one_image(lake: Lake, books: Books) -> None:
    manifest = extract(extraction(lake))
    assert titles(lake, manifest) == EVERYTHING
    entry = manifest.tables["things"]
    assert (entry.rows_read, entry.notes) == (5, {"shelves": 2, "pages": 3, "chunks": 2})


def test_killed_at_any_page_the_reading_goes_on_there_and_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[("a", "1"), ("b", "bad"), ("c", "3"), ("a", "0")], [("d", "4"), (None, "5"), ("c", "3")]]
    undisturbed = Lake(tmp_path / "undisturbed")
    whole = registered(monkeypatch, Books(rows))
    wanted = extract(extraction(undisturbed))
    pages = list(whole.asked)
    assert len(pages) == 4
    for moment in range(len(pages)):
        lake = Lake(tmp_path / f"killed-{moment}")
        books = registered(monkeypatch, Books(rows, kill_at=moment))
        with pytest.raises(Killed):
            extract(extraction(lake))
        books.kill_at = None
        assert {**extract(extraction(lake)).to_json(), "tables": {}} == {**wanted.to_json(), "tables": {}}
        assert books.asked == pages
        notes = {"pages": 4, "shelves": 2, "chunks": 2}
        assert titles(lake, wanted) == {"a": "0", "c": "3", "d": "4"}
        assert wanted.tables["things"].notes == notes
        raw = {key: data for key, data in content(lake.root).items() if "manifests" not in key}
        assert raw == {key: data for key, data in content(undisturbed.root).items() if "manifests" not in key}


def test_a_chunk_that_can_not_go_on_in_the_middle_begins_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    books = registered(monkeypatch, Books([[("a", "1"), ("b", "2"), ("c", "3")], [("d", "4")]], resumable=False))
    books.kill_at = 1
    with pytest.raises(Killed):
        extract(extraction(lake))
    books.kill_at = None
    manifest = extract(extraction(lake))
    assert books.asked == [(0, 0), (0, 0), (0, 2), (1, 0)]
    assert titles(lake, manifest) == {"a": "1", "b": "2", "c": "3", "d": "4"}


def test_rejected_rows_are_told_with_chunk_and_record(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, Books([[("a", "1"), ("b", "2"), ("c", "bad")], [("d", "4"), ("a", "5")]]))
    manifest = extract(extraction(lake))
    found = [(row["_row"], row["_reason"], row["_file"], row["_position"]) for row in rejects(lake, manifest)]
    assert found == [(None, "ragged_row", "shelf 0", 3), ("a", "duplicate_key", "shelf 0", 1)]
    assert titles(lake, manifest)["a"] == "5"


def test_a_row_that_moved_while_it_was_read_is_no_contradiction(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[tuple[str | None, str]]] = [[("a", "1"), ("b", "2")], [("a", "3")]]
    registered(monkeypatch, Books(rows, moving=True, late=[("b", "4"), ("c", "5")]))
    manifest = extract(extraction(lake))
    entry = manifest.tables["things"]
    assert titles(lake, manifest) == {"a": "3", "b": "4", "c": "5"}
    assert (entry.rows_read, entry.rejected, entry.notes["read_again"]) == (3, {}, 2)


def test_rows_that_the_source_counts_and_does_not_give_stop_the_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = registered(monkeypatch, Books([[("a", "1"), ("b", "2")]], expected=3))
    with pytest.raises(CountMismatch, match="gave 2 rows, but says that it has 3"):
        extract(extraction(lake))
    assert latest(lake, CITY) is None
    books.expected = 2
    assert titles(lake, extract(extraction(lake, day=1))) == {"a": "1", "b": "2"}


def test_tasks_in_any_order_give_the_same(tmp_path: Path, books: Books) -> None:
    """As Airflow runs them: each stage a process of its own, mapped tasks in any order."""
    one, other = Lake(tmp_path / "one"), Lake(tmp_path / "other")
    for lake, order in ((one, (0, 1)), (other, (1, 0))):
        assert len(extraction(lake).plan("library").portions) == 2
        for number in order:
            extraction(lake).read("library", number)
        extraction(lake).finish()
        extraction(lake).forget()
    assert content(one.root) == content(other.root)


def test_a_cleared_task_that_had_ended_reads_afresh(lake: Lake, books: Books) -> None:
    extraction(lake).plan("library")
    for number in (0, 1):
        extraction(lake).read("library", number, afresh=True)
    assert titles(lake, extraction(lake).finish()) == EVERYTHING
    books.chunks[1] = [("d", "changed"), ("e", "5")]
    assert extraction(lake).finish().number == 1
    read = extraction(lake).read("library", 1, afresh=True)
    assert (read.rows, read.portion.label) == (2, "things: shelf 1")
    assert titles(lake, extraction(lake).finish())["d"] == "changed"


def test_what_the_ledger_has_used_is_never_taken_back(lake: Lake, books: Books) -> None:
    extraction(lake).plan("library")
    for number in (0, 1):
        extraction(lake).read("library", number)
    made = extraction(lake).finish()
    used = Mark(made.number, made.as_of)
    books.chunks[1] = [("d", "changed")]
    extraction(lake, used=used).read("library", 1, afresh=True)
    assert extraction(lake, used=used).finish() == made
    assert titles(lake, made) == EVERYTHING


def test_a_task_without_plan_is_told_to_begin_at_the_first(lake: Lake, books: Books) -> None:
    with pytest.raises(NotPlanned, match="there is no plan of the source library"):
        extraction(lake).read("library", 0)
    with pytest.raises(NotPlanned):
        extraction(lake).finish()


def test_pages_of_earlier_runs_are_removed_when_one_has_ended(lake: Lake, books: Books) -> None:
    extraction(lake).plan("library")
    extraction(lake).read("library", 0)
    extract(extraction(lake, day=1))
    assert lake.list(f"{CITY}/runs") == []


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["1", "2", "bad"])), max_size=9), max_size=4
    ),
    pages=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_rows_do_not_depend_on_the_size_of_pages(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple[str | None, str]]], pages: tuple[int, int]
) -> None:
    found = []
    for page in pages:
        lake = Lake(tmp_path_factory.mktemp("lake"))
        with pytest.MonkeyPatch.context() as patch:
            registered(patch, Books([*rows, [("z", "1")]], page=page))
            manifest = extract(extraction(lake))
        entry = manifest.tables["things"]
        told = sorted((row["_file"], row["_position"], row["_reason"]) for row in rejects(lake, manifest))
        found.append((titles(lake, manifest), entry.rows_read, entry.rejected, told))
    assert found[0] == found[1]


# A table that moved -------------------------------------------------------------------------------------------------


@dataclass
class Moving(Books):
    """Books that somebody moves when so many pages have been asked for: what was read is of no one state."""

    moves: dict[int, list[list[tuple[str | None, str]]]] = field(default_factory=dict)
    told_at_the_end: bool = False
    moved: bool = False

    def plan(self, spec: TableSpec, known: Known | None) -> TablePlan:
        self.moved = False
        return super().plan(spec, known)

    def _batches(self, spec: TableSpec, shelf: int, start: int, reading: ChunkRead) -> Iterator[Batch]:
        if shelf >= len(self.chunks):
            return
        for batch in super()._batches(spec, shelf, start, reading):
            yield batch
            if moved := self.moves.pop(len(self.asked), None):
                self.chunks, self.moved = moved, True
            if self.moved and not self.told_at_the_end:
                raise self._error()

    def complete(self, spec: TableSpec, plan: TablePlan) -> Completion:
        if self.moved:
            raise self._error()
        return super().complete(spec, plan)

    def _error(self) -> SourceMovedError:
        return SourceMovedError("somebody moved them", source="library", table="things", hint="run again")


@pytest.mark.parametrize("at", range(1, 4))
@pytest.mark.parametrize("told_at_the_end", [False, True])
def test_a_table_that_moved_is_planned_and_read_afresh(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at: int, told_at_the_end: bool
) -> None:
    before: list[list[tuple[str | None, str]]] = [[("a", "1"), ("b", "2"), ("c", "3")], [("d", "4"), ("e", "5")]]
    after: list[list[tuple[str | None, str]]] = [[("b", "2"), ("x", "9")]]
    registered(monkeypatch, Moving(before, moves={at: after}, told_at_the_end=told_at_the_end))

    manifest = extract(extraction(lake))

    assert titles(lake, manifest) == {"b": "2", "x": "9"}
    assert manifest.tables["things"].rows_read == 2


def test_a_table_that_never_rests_is_given_up_and_read_afresh_by_the_next_try(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelves: list[list[tuple[str | None, str]]] = [[("a", "1"), ("b", "2"), ("c", "3")]]
    books = registered(monkeypatch, Moving(shelves, moves=dict.fromkeys(range(1, 4), shelves)))

    with pytest.raises(SourceMovedError, match="somebody moved them") as told:
        extract(extraction(lake))
    assert (told.value.retryable, len(books.asked)) == (True, 3)

    assert titles(lake, extract(extraction(lake))) == {"a": "1", "b": "2", "c": "3"}


@pytest.mark.parametrize("at", range(5))
def test_a_kill_while_a_table_is_read_afresh_ends_in_the_same_state(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    after: list[list[tuple[str | None, str]]] = [[("b", "2"), ("x", "9"), ("y", "8")]]
    before: list[list[tuple[str | None, str]]] = [[("a", "1"), ("b", "2"), ("c", "3")], [("d", "4"), ("e", "5")]]
    books = registered(monkeypatch, Moving(before, moves={2: after}, kill_at=at))
    with suppress(Killed):
        extract(extraction(lake))
    books.kill_at = None

    assert titles(lake, extract(extraction(lake))) == {"b": "2", "x": "9", "y": "8"}


def test_rows_that_are_not_as_many_as_counted_are_read_afresh_by_the_next_try(lake: Lake, books: Books) -> None:
    books.expected = 6
    with pytest.raises(CountMismatch):
        extract(extraction(lake))
    books.chunks[1].append(("f", "6"))

    assert titles(lake, extract(extraction(lake))) == {**EVERYTHING, "f": "6"}
