"""A year of which a few processes changed takes the rows of the others out of its files of the day before."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.deflate import Compressor
from pregon.publication.draft import Draft
from pregon.publication.tables import KeptPlaces, TableOptions, build_tables
from pregon.publication.tables import places as places_module
from pregon.publication.tables.building import FORMATS
from pregon.publication.tables.workbook import WorkbookFormat
from transforms.packages import rfc3339
from transforms.snapshot import TABLE_FORMATS, Manifest, Notice, TableFormat

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
OPTIONS = TableOptions()


@dataclass(frozen=True)
class Tables:
    """The tables of a snapshot."""

    path: Path
    manifest: Manifest


@pytest.fixture
def city(tmp_path: Path) -> "City":
    return City(tmp_path, made_up_source(24))


class City:
    """A city's tables and what their builds keep, day after day."""

    def __init__(self, place: Path, source: MemorySource) -> None:
        self.place, self.source, self.day = place, source, AS_OF
        self.promoted: Tables | None = None
        self.killed = False

    def build(self, formats: Sequence[TableFormat] = TABLE_FORMATS, options: TableOptions = OPTIONS) -> "Tables":
        folder = self.place / f"{self.day:%j%H}"
        return self._build(folder, self.promoted, KeptPlaces(self.place / "work"), formats, options)

    def publish(self, formats: Sequence[TableFormat] = TABLE_FORMATS) -> "Tables":
        """Build and promote, and let a day pass."""
        self.promoted = self.build(formats)
        self.day += timedelta(days=1)
        return self.promoted

    def anew(self, formats: Sequence[TableFormat] = TABLE_FORMATS, options: TableOptions = OPTIONS) -> "Tables":
        """Build the same where nothing was built before."""
        shutil.rmtree(self.place / "anew", ignore_errors=True)
        return self._build(self.place / "anew", None, None, formats, options)

    def _build(
        self,
        folder: Path,
        previous: "Tables | None",
        kept: KeptPlaces | None,
        formats: Sequence[TableFormat],
        options: TableOptions,
    ) -> "Tables":
        before = (previous.path, previous.manifest) if previous else None
        shutil.rmtree(folder, ignore_errors=True)  # of a build that was killed
        folder.mkdir()
        draft = Draft(folder, PUBLICATION, "1", before)
        with Compressor() as compressor:
            segments = self.source.segments("records")
            tables = build_tables(draft, self.source, segments, compressor, (), formats, options, kept)
        if kept and not self.killed:
            kept.settle(segment.name for segment in segments)
        manifest = Manifest(
            snapshot=folder.name, city="lindenau", name={}, as_of=rfc3339(self.day), published=rfc3339(self.day),
            code_version="1", fingerprint="", counts={}, files=tuple(draft.files), tables=tables,
        )  # fmt: skip
        return Tables(folder, manifest)

    def change(self, number: int, year: str = "2025", **changes: Any) -> None:
        """Commit another release of a process."""
        release, compiled = process(number, year)
        for one in (release, compiled):
            one["tender"].update(changes)
        release["id"] = f"{release['id']}-{len(self.source.sequences)}"
        self.source.commit(release, compiled, as_of=self.day)


def contents(made: Tables) -> dict[str, str]:
    """Give the files by their bytes; the files are those of the manifest."""
    found = {
        file.relative_to(made.path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(made.path.rglob("*"))
        if file.is_file()
    }
    assert found == {file.path: file.sha256 for file in made.manifest.files}
    return found


def test_only_processes_that_changed_are_read(city: City) -> None:
    city.publish()
    city.change(4, "2025", title='Lindens; and "oaks"\r\nocds-213czf-S00007,')
    city.source.reads.clear()
    second = city.build()
    assert city.source.reads == [("records of", "ocds-213czf-S00004")]
    assert contents(second) == contents(city.anew())


def test_a_day_after_a_day_is_the_same_too(city: City) -> None:
    city.publish()
    for number in (4, 7, 4):
        city.change(number, "2025", description="á" * number, items=[])
        city.source.reads.clear()
        second = city.publish()
        assert [what for what, _ in city.source.reads] == ["records of"]
        assert contents(second) == contents(city.anew())


Change = tuple[str, int, int]
changes = st.lists(
    st.tuples(st.sampled_from(["change", "new", "withdraw"]), st.integers(0, 40), st.integers(0, 12)), max_size=4
)


@settings(max_examples=50, deadline=None)
@given(
    days=st.lists(changes, min_size=1, max_size=2),
    batch=st.sampled_from([1, 7, 40, 16_384]),
    formats=st.sampled_from([TABLE_FORMATS, *((one,) for one in TABLE_FORMATS)]),
)
def test_whatever_a_day_brings_the_files_are_those_that_are_made_anew(
    days: list[list[Change]], batch: int, formats: tuple[TableFormat, ...]
) -> None:
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pregon.publication.tables.batches.WAITING", batch)
        patch.setattr("pregon.publication.tables.members.WAITING", 400 * batch)
        patch.setattr("pregon.publication.tables.parquet.MOST_GROUP_ROWS", 5)
        city = City(Path(place), made_up_source(12))
        city.publish(formats)
        for number, day in enumerate(days):
            for what, one, entries in day:
                _apply(city, what, one, entries)
            made = city.publish(formats)
            anew = city.anew(formats)
            assert contents(made) == contents(anew), number
            assert made.manifest.tables == anew.manifest.tables


def _apply(city: City, what: str, one: int, entries: int) -> None:
    known = sorted(city.source.releases_of)
    ocid = known[one % len(known)]
    if what == "withdraw" and len(known) > 3:
        del city.source.releases_of[ocid], city.source.compiled_of[ocid]
        city.source.notices.append(Notice(len(city.source.notices) + 1, city.day, ocid, None, "asked"))
        return
    number, year = (one + 100, f"20{25 + one % 2}") if what == "new" else (int(ocid[-5:]), "2025")
    items = [{"id": str(item), "description": f"=item {item}"} for item in range(entries)]
    city.change(number, year, items=items, title=f"{'x' * entries}")


@pytest.fixture(params=["missing", "damaged", "of another layout"])
def useless(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        files = sorted(folder.iterdir())
        assert files
        for file in files:
            if request.param == "missing":
                file.unlink()
            elif request.param == "damaged":
                file.write_bytes(file.read_bytes()[:-7])
        if request.param == "of another layout":
            monkeypatch.setattr(places_module, "_SHAPE", 99)

    return spoil


def test_without_what_was_kept_all_is_made_anew(city: City, useless: Callable[[Path], None]) -> None:
    city.publish()
    useless(city.place / "work")
    city.change(4)
    city.source.reads.clear()
    second = city.build()
    assert ("compiled", "2025") in city.source.reads
    assert contents(second) == contents(city.anew())


def test_rows_are_not_taken_out_of_a_file_of_which_a_byte_has_changed(city: City) -> None:
    first = city.publish()
    file = first.path / "bulk/tables/2025.sqlite"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    city.change(4)
    assert contents(city.build()) == contents(city.anew())


def test_what_was_kept_of_a_snapshot_that_was_not_promoted_is_not_used(city: City) -> None:
    city.publish()
    city.change(4, title="Never published")
    city.build()
    city.day += timedelta(hours=1)
    city.change(4, title="Published")
    assert contents(city.build()) == contents(city.anew())


def test_a_build_that_was_killed_costs_the_next_one_nothing(city: City) -> None:
    city.publish()
    city.change(4)
    city.killed = True
    city.build()
    city.killed = False
    city.source.reads.clear()
    again = city.build()
    assert [what for what, _ in city.source.reads] == ["records of"]
    assert contents(again) == contents(city.anew())


def test_a_segment_that_is_gone_is_kept_no_more(city: City) -> None:
    city.publish()
    for ocid in [ocid for ocid, (first, *_) in city.source.releases_of.items() if first["date"] < "2025"]:
        del city.source.releases_of[ocid], city.source.compiled_of[ocid]
    city.publish()
    assert sorted(file.name for file in (city.place / "work").iterdir()) == ["2025.parquet", "2026.parquet"]


def test_another_choice_makes_all_rows_anew(city: City) -> None:
    city.publish()
    city.change(4)
    options = TableOptions(byte_order_mark=True, workbook_language="es")
    assert contents(city.build(options=options)) == contents(city.anew(options=options))


def test_a_format_that_comes_later_is_continued_with_the_others_from_then_on(city: City) -> None:
    city.publish(formats=("csv", "sqlite"))
    city.publish(formats=TABLE_FORMATS)
    city.change(4)
    city.source.reads.clear()
    second = city.build()
    assert [what for what, _ in city.source.reads] == ["records of"]
    assert contents(second) == contents(city.anew())


def test_a_workbook_that_becomes_two_is_made_anew(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "xlsx", lambda: WorkbookFormat(34))
    monkeypatch.setattr("pregon.publication.tables.batches.WAITING", 1)
    city.publish()
    for number in (200, 201, 202):
        city.change(number, "2025")
    made = city.publish()
    assert (made.path / "bulk/tables/2025-002.xlsx").is_file()
    assert contents(made) == contents(city.anew())
    city.change(200, "2025", title="And it stays two")
    assert contents(city.build()) == contents(city.anew())
