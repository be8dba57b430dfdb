"""The files of all years are put together from those of the years, and are the same as if they were made anew."""

import hashlib
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from openpyxl import load_workbook

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.promote import promote
from pregon.publication.tables import TableOptions
from pregon.publication.tables.building import FORMATS
from pregon.publication.tables.workbook import WorkbookFormat
from transforms.snapshot import TABLE_FORMATS

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LATER = AS_OF + timedelta(days=1)


def build(root: Path, source: MemorySource, as_of: datetime = AS_OF, **options: Any) -> Snapshot:
    given = {"formats": TABLE_FORMATS, **options}
    return build_snapshot(root, source, PUBLICATION, as_of=as_of, code_version="1", **given)


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_only_the_year_that_changed_is_read_again(tmp_path: Path) -> None:
    source = made_up_source()
    promote(build(tmp_path, source).path)
    source.commit(*process(96, "2026", awarded=False), as_of=AS_OF)
    source.reads.clear()
    second = build(tmp_path, source, LATER)
    assert source.reads == [("compiled", "2026")]
    fresh = build(tmp_path / "fresh", source, LATER)
    assert contents(second.path) == contents(fresh.path)
    assert second.manifest.tables == fresh.manifest.tables
    for format_ in ("csv.zip", "xlsx", "sqlite", "parquet/processes.parquet"):
        assert (second.path / f"bulk/tables/2024.{format_}").stat().st_nlink == 2


def test_a_year_of_which_a_byte_has_changed_is_not_used_again(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source)
    promote(first.path)
    for file in (first.path / "bulk/tables").glob("2024.*"):
        if file.is_file():
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
    source.commit(*process(96, "2026", awarded=False), as_of=AS_OF)
    fresh = contents(build(tmp_path / "fresh", source, LATER).path)
    second = contents(build(tmp_path, source, LATER).path)
    assert second == fresh


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_what_another_version_of_a_library_compressed_is_made_anew(
    tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made_up_source()
    promote(build(tmp_path, source, formats=(format_,)).path)
    source.commit(*process(96, "2026", awarded=False), as_of=AS_OF)
    monkeypatch.setattr("pregon.publication.deflate.LEVEL", 1)
    fresh = build(tmp_path / "fresh", source, LATER, formats=(format_,))
    assert contents(build(tmp_path, source, LATER, formats=(format_,)).path) == contents(fresh.path)


def rows_of(workbook: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(load_workbook(workbook, read_only=True)) as opened:
        return {sheet.title: list(sheet.iter_rows(min_row=2, values_only=True)) for sheet in opened.worksheets[2:]}


def test_workbooks_are_split_between_processes_where_a_sheet_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made_up_source(24)
    source.commit(*process(300, "2025"))
    whole = rows_of(build(tmp_path / "whole", source, formats=("xlsx",)).path / "bulk/tables/full.xlsx")
    monkeypatch.setattr("pregon.publication.tables.batches.WAITING", 1)  # a process at a time
    monkeypatch.setitem(FORMATS, "xlsx", lambda: WorkbookFormat(34))
    made = build(tmp_path / "split", source, formats=("xlsx",))
    folder = made.path / "bulk/tables"
    names = sorted(file.name for file in folder.iterdir())
    # Four parties each: the 8 processes of a year need 32 rows, 9 need 36, of the 33 beside the header.
    assert names == [
        "2024.xlsx", "2025-001.xlsx", "2025-002.xlsx", "2026.xlsx", "full-001.xlsx", "full-002.xlsx", "full-003.xlsx",
        "full-004.xlsx",
    ]  # fmt: skip
    parts = [rows_of(folder / name) for name in names if name.startswith("full-")]
    for sheet, rows in whole.items():
        assert [row for part in parts for row in part[sheet]] == rows
        assert all(len(part[sheet]) <= 33 for part in parts)
    for part in parts:
        assert {row[0] for rows in part.values() for row in rows} == {row[0] for row in part["processes"]}
    files = [file for file in made.manifest.files if file.segment == "full"]
    assert sum(file.rows or 0 for file in files) == 25


def test_a_process_with_more_entries_than_a_sheet_has_rows_is_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MemorySource()
    release, compiled = process(1, "2025")
    items = [{"id": str(number), "description": f"item {number}"} for number in range(60)]
    for one in (release, compiled):
        one["tender"]["items"] = items
    source.commit(release, compiled)
    monkeypatch.setitem(FORMATS, "xlsx", lambda: WorkbookFormat(26))
    folder = build(tmp_path, source, formats=("xlsx",)).path / "bulk/tables"
    names = [f"2025-{number:03d}.xlsx" for number in (1, 2, 3)]
    assert [len(rows_of(folder / name)["tender_items"]) for name in names] == [25, 25, 10]
    assert [len(rows_of(folder / name)["processes"]) for name in names] == [1, 0, 0]


def test_the_bytes_do_not_depend_on_threads_or_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = contents(build(tmp_path / "a", made_up_source(), threads=1).path)
    assert contents(build(tmp_path / "b", made_up_source(), threads=4).path) == first
    monkeypatch.setattr("pregon.publication.tables.batches.WAITING", 7)
    again = contents(build(tmp_path / "c", made_up_source()).path)
    assert {name for name in first if first[name] != again[name]} == set()


def test_an_amount_that_parquet_can_t_hold_keeps_nothing_else_from_being_published(tmp_path: Path) -> None:
    release, compiled = process(7)
    compiled["tender"]["value"]["amount"] = 1e40
    source = made_up_source(3)
    source.commit(release, compiled)
    folder = build(tmp_path, source).path / "bulk/tables"
    amounts = pq.read_table(folder / "full.parquet/processes.parquet").column("tender/value/amount").to_pylist()
    assert (len(amounts), amounts.count(None)) == (4, 1)
    with closing(sqlite3.connect(folder / "full.sqlite")) as connection:
        assert connection.execute('SELECT max("tender/value/amount") FROM processes').fetchone() == (1e40,)


def test_times_as_other_systems_write_them_are_instants_too(tmp_path: Path) -> None:
    source = made_up_source(3)
    times = {
        "2025-04-01T00:00:00.1234567Z": "2025-04-01 00:00:00.123456+00:00",
        "2025-04-01t00:00:00z": "2025-04-01 00:00:00+00:00",
        "2025-12-31T23:59:60Z": "2025-12-31 23:59:59.999999+00:00",
        "2025-04-01T00:00:00.000000000+02:00": "2025-03-31 22:00:00+00:00",
    }
    for number, text in enumerate(times):
        release, compiled = process(20 + number)
        compiled["tender"]["tenderPeriod"] = {"endDate": text}
        source.commit(release, compiled)
    folder = build(tmp_path, source).path / "bulk/tables"
    column = pq.read_table(folder / "full.parquet/processes.parquet").column("tender/tenderPeriod/endDate")
    assert {str(one) for one in column.to_pylist() if one} == set(times.values())


def test_strange_names_of_local_fields_stand_beside_each_other(tmp_path: Path) -> None:
    release, compiled = process(7)
    compiled |= {
        "publication": [{"id": "1"}], "sqlite_x": [{"id": "2"}], "history": [{"id": "3"}], "view_bids": [{"id": "4"}],
        "a": {"id": "5"}, "A": {"id": "6"}, "=1+1": "7", "bell\x07": "8", "parent": "9",
    }  # fmt: skip
    source = made_up_source(3)
    source.commit(release, compiled)
    folder = build(tmp_path, source).path / "bulk/tables"
    with closing(sqlite3.connect(folder / "full.sqlite")) as connection:
        assert connection.execute('SELECT "a/id", "A/id_2" FROM processes WHERE "a/id" IS NOT NULL').fetchone() in {
            ("5", "6"), ("6", "5"),
        }  # fmt: skip
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"publication", "_publication", "_sqlite_x", "_history", "_view_bids"} <= names
    with zipfile.ZipFile(folder / "full.csv.zip") as archive:
        header = archive.read("processes.csv").decode().splitlines()[0].split(",")
    assert "'=1+1" in header
    assert {"_history", "_publication"} <= rows_of(folder / "full.xlsx").keys()


def test_whole_numbers_beyond_64_bits_and_long_fractions_are_numbers_everywhere(tmp_path: Path) -> None:
    release, compiled = process(7)
    compiled["tender"]["value"]["amount"] = 2**63
    compiled["tender"]["items"][0]["quantity"] = 0.12345678901
    source = made_up_source(3)
    source.commit(release, compiled)
    folder = build(tmp_path, source).path / "bulk/tables"
    with closing(sqlite3.connect(folder / "full.sqlite")) as connection:
        found = connection.execute('SELECT "tender/value/amount" FROM processes ORDER BY 1 DESC').fetchone()
    assert found == (float(2**63),)
    amounts = pq.read_table(folder / "full.parquet/processes.parquet").column("tender/value/amount").to_pylist()
    assert 2**63 in amounts
    quantities = pq.read_table(folder / "full.parquet/tender_items.parquet").column("tender/items/quantity").to_pylist()
    assert "0.123456789" in {str(one) for one in quantities}


def test_csv_begins_with_a_byte_order_mark_if_the_city_wants_it(tmp_path: Path) -> None:
    made = build(tmp_path, made_up_source(3), formats=("csv",), tables=TableOptions(byte_order_mark=True))
    with zipfile.ZipFile(made.path / "bulk/tables/full.csv.zip") as archive:
        assert all(archive.read(name).startswith("\ufeffocid".encode()) for name in archive.namelist())
        assert all(archive.read(name).count(b"\xef\xbb\xbf") == 1 for name in archive.namelist())
