"""A snapshot holds the ledger, whole; the same ledger gives the same bytes, and unchanged files are not made again."""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import COMMITTED, PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.build import ALL_FORMATS, Format, LedgerMoved, Snapshot, build_snapshot
from pregon.publication.bulk import PackageFiles
from pregon.publication.deflate import Compressor
from pregon.publication.feeding import Feed
from pregon.publication.grouping import Group
from pregon.publication.manifest import verify
from pregon.publication.promote import promote
from pregon.publication.source import StoredRecord
from transforms.publication import Publication

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LATER = AS_OF + timedelta(days=1)


def build(
    root: Path,
    source: MemorySource,
    as_of: datetime = AS_OF,
    *,
    publication: Publication = PUBLICATION,
    **options: Any,
) -> Snapshot:
    return build_snapshot(root, source, publication, as_of=as_of, code_version="1", **options)


def package(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [file.name.removesuffix(".zip")]
        found: dict[str, Any] = json.loads(archive.read(archive.namelist()[0]))
        return found


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def tables(file: Path) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(file) as archive:
        return {
            name: list(csv.reader(io.StringIO(archive.read(name).decode(), newline=""))) for name in archive.namelist()
        }


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def without_changes(folder: Path) -> dict[str, str]:
    """What a snapshot holds whichever one was before it."""
    return {
        name: digest
        for name, digest in contents(folder).items()
        if name.split("/")[0] not in {"changes", "feeds", "manifest.json"}
    }


def test_every_release_and_record_is_published_in_each_form(tmp_path: Path) -> None:
    source = made_up_source()
    bulk = build(tmp_path, source).path / "bulk"
    released = [release for group in source.releases_of.values() for release in group]
    by_id = {release["id"]: release for release in released}
    assert {one["id"]: one for one in lines(bulk / "releases/full.jsonl.gz")} == by_id
    assert {one["id"]: one for one in package(bulk / "releases/full.json.zip")["releases"]} == by_id
    records = lines(bulk / "records/full.jsonl.gz")
    assert {one["ocid"]: one["compiledRelease"] for one in records} == source.compiled_of
    assert {one["ocid"]: one["releases"] for one in records} == source.releases_of
    by_ocid = sorted(package(bulk / "records/full.json.zip")["records"], key=lambda one: one["ocid"])
    assert by_ocid == sorted(records, key=lambda one: one["ocid"])
    assert {one["ocid"]: one for one in lines(bulk / "compiled/full.jsonl.gz")} == source.compiled_of
    processes = tables(bulk / "tables/full.csv.zip")["processes.csv"]
    assert {row[0] for row in processes[1:]} == set(source.compiled_of)


def test_years_together_are_the_full_file(tmp_path: Path) -> None:
    source = made_up_source()
    source.commit(*process(99, "0001"))
    bulk = build(tmp_path, source).path / "bulk"
    for content in ("releases", "records", "compiled"):
        parts = [lines(bulk / content / f"{year}.jsonl.gz") for year in ("2024", "2025", "2026", "undated")]
        assert list(chain.from_iterable(parts)) == lines(bulk / content / "full.jsonl.gz")
    assert [one["ocid"] for one in lines(bulk / "records/undated.jsonl.gz")] == ["ocds-213czf-S00099"]


def test_months_together_are_their_year(tmp_path: Path) -> None:
    source = made_up_source()
    for number, month in ((40, "01"), (41, "04"), (42, "11")):
        release, compiled = process(number, "2025")
        source.commit({**release, "date": f"2025-{month}-07T12:00:00Z"}, compiled)
    snapshot = build(tmp_path, source)
    assert snapshot.manifest.months_of("releases") == ["2026-04", "2025-11", "2025-04", "2025-01", "2024-04"]
    folder = snapshot.path / "bulk/releases"
    for year in ("2024", "2025", "2026"):
        months = [name for name in snapshot.manifest.months_of("releases") if name.startswith(year)]
        whole = lines(folder / f"{year}.jsonl.gz")
        parts = {name: lines(folder / f"{name}.jsonl.gz") for name in months}
        assert {name: [one for one in whole if one["date"].startswith(name)] for name in months} == parts
        assert sum(map(len, parts.values())) == len(whole)
        for name in months:
            assert package(folder / f"{name}.json.zip")["releases"] == parts[name]


def test_only_the_months_that_changed_are_built_again(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source)
    promote(first.path)
    source.reads.clear()
    release, compiled = process(40, "2025")
    source.commit({**release, "date": "2025-11-07T12:00:00Z"}, compiled, LATER)
    second = build(tmp_path, source, LATER)
    assert [name for kind, name in source.reads if kind == "releases" and "-" in name] == ["2025-11"]
    for name in ("2024-04.jsonl.gz", "2025-04.json.zip"):
        before, after = (one.path / "bulk/releases" / name for one in (first, second))
        assert before.stat().st_ino == after.stat().st_ino


def test_records_stay_in_the_year_of_their_first_release(tmp_path: Path) -> None:
    source = made_up_source()
    release, compiled = process(0, "2026")
    source.commit({**release, "id": "later"}, compiled)
    bulk = build(tmp_path, source).path / "bulk"
    assert "ocds-213czf-S00000" in {one["ocid"] for one in lines(bulk / "records/2024.jsonl.gz")}
    assert "later" in {one["id"] for one in lines(bulk / "releases/2026.jsonl.gz")}


def test_a_package_says_where_it_is_and_when_it_last_changed(tmp_path: Path) -> None:
    source = made_up_source()
    source.commit(*process(98, "2026"), as_of=COMMITTED + timedelta(days=1))
    bulk = build(tmp_path, source).path / "bulk"
    found = package(bulk / "releases/2025.json.zip")
    assert found["uri"] == "https://data.lindenau.example/contracting/bulk/releases/2025.json.zip"
    assert found["publishedDate"] == "2026-03-01T05:00:00Z"
    assert package(bulk / "releases/full.json.zip")["publishedDate"] == "2026-03-02T05:00:00Z"
    assert (bulk / "releases/2025.json.zip").stat().st_mtime == COMMITTED.timestamp()


def test_every_segment_has_the_same_tables_and_columns(tmp_path: Path) -> None:
    source = made_up_source(11)
    source.commit(*process(97, "2023", awarded=False))
    bulk = build(tmp_path, source).path / "bulk/tables"
    headers = [{name: rows[0] for name, rows in tables(file).items()} for file in sorted(bulk.glob("*.csv.zip"))]
    assert len(headers) == 5
    assert all(one == headers[0] for one in headers)
    assert tables(bulk / "2023.csv.zip")["contracts.csv"] == [headers[0]["contracts.csv"]]


def test_the_manifest_proves_every_file(tmp_path: Path) -> None:
    snapshot = build(tmp_path, made_up_source())
    assert verify(snapshot.path) == snapshot.manifest
    assert snapshot.manifest.counts == {"releases": 12, "records": 12}
    row = next(table for table in snapshot.manifest.tables if table.name == "tender_items")
    assert row.rows == 36
    assert row.segments == {"2024": 12, "2025": 12, "2026": 12}
    full = next(one for one in snapshot.manifest.files if one.path == "bulk/compiled/full.jsonl.gz")
    assert (full.rows, full.unpacked) == (
        12,
        len(gzip.decompress((snapshot.path / "bulk/compiled/full.jsonl.gz").read_bytes())),
    )


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first = build(tmp_path / "a", made_up_source(), threads=1)
    second = build(tmp_path / "b", made_up_source(), threads=3)
    assert first.manifest.snapshot == second.manifest.snapshot
    assert contents(first.path) == contents(second.path)


def test_a_killed_build_leaves_nothing_behind_and_can_be_repeated(tmp_path: Path) -> None:
    source = made_up_source()

    class Killed(BaseException):
        pass

    def stops(segment: str) -> Any:
        raise Killed(segment)

    undisturbed = build(tmp_path / "a", made_up_source())
    broken = made_up_source()
    broken.compiled = stops
    with pytest.raises(Killed):
        build(tmp_path / "b", broken)
    assert not [one for one in (tmp_path / "b/snapshots").iterdir() if not one.name.startswith(".")]
    again = build(tmp_path / "b", source)
    assert [one.name for one in (tmp_path / "b/snapshots").iterdir()] == [again.path.name]
    assert contents(again.path) == contents(undisturbed.path)
    assert build(tmp_path / "b", source) == again


def test_a_commit_during_the_build_is_in_every_file_or_in_none(tmp_path: Path) -> None:
    class Busy(MemorySource):
        commits_to_come = 1

        def records_of(self, ocids: Iterable[str]) -> Iterator[StoredRecord]:
            if self.commits_to_come:
                self.commits_to_come -= 1
                self.commit(*process(300 + self.commits_to_come))
            return super().records_of(ocids)

    quiet = made_up_source()
    busy = Busy(quiet.releases_of, quiet.compiled_of, quiet.commits, sequences=quiet.sequences)
    snapshot = build(tmp_path, busy)
    assert snapshot.manifest.counts == {"releases": 13, "records": 13}
    bulk = snapshot.path / "bulk"
    assert len(lines(bulk / "releases/full.jsonl.gz")) == len(lines(bulk / "records/full.jsonl.gz")) == 13
    busy.commits_to_come = 100
    busy.commit(*process(400))
    with pytest.raises(LedgerMoved):
        build(tmp_path, busy, LATER)
    assert [one.name for one in (tmp_path / "snapshots").iterdir()] == [snapshot.path.name]


def test_nothing_new_makes_no_snapshot(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source)
    promote(first.path)
    source.reads.clear()
    second = build(tmp_path, source, LATER)
    assert (second.path, second.created, source.reads) == (first.path, False, [])


def test_the_same_call_again_gives_the_same_as_long_as_nobody_reads_it(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source)
    source.reads.clear()
    assert build(tmp_path, source) == first
    assert first.created
    assert source.reads == []
    promote(first.path)
    assert not build(tmp_path, source).created


def test_unchanged_files_are_linked_and_their_releases_not_read(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source, formats=("jsonl", "packages", "csv"))
    promote(first.path)
    source.commit(*process(96, "2026", awarded=False), as_of=AS_OF)
    second = build(tmp_path, source, LATER)
    assert second.created
    for name in ("releases/2024.json.zip", "records/2025.jsonl.gz", "compiled/2024.jsonl.gz", "tables/2025.csv.zip"):
        assert (second.path / "bulk" / name).samefile(first.path / "bulk" / name)
    assert not (second.path / "bulk/releases/2026.json.zip").samefile(first.path / "bulk/releases/2026.json.zip")
    fresh = build(tmp_path / "fresh", source, LATER)
    assert without_changes(second.path) == without_changes(fresh.path)


def test_a_changed_licence_is_in_every_package_but_changes_no_lines(tmp_path: Path) -> None:
    source = made_up_source()
    first = build(tmp_path, source)
    promote(first.path)
    relicensed = replace(PUBLICATION, licence_uri="https://creativecommons.org/licenses/by/4.0/")
    second = build(tmp_path, source, LATER, publication=relicensed)
    assert package(second.path / "bulk/records/2024.json.zip")["license"] == relicensed.licence_uri
    assert (second.path / "bulk/records/2024.jsonl.gz").samefile(first.path / "bulk/records/2024.jsonl.gz")


def test_a_column_once_published_stays(tmp_path: Path) -> None:
    source = made_up_source(3)
    promote(build(tmp_path, source).path)
    for compiled in source.compiled_of.values():
        compiled["tender"].pop("procurementMethod")
    source.commit(*process(3, awarded=False))
    second = build(tmp_path, source, LATER)
    assert "tender/procurementMethod" in tables(second.path / "bulk/tables/full.csv.zip")["processes.csv"][0]


def test_values_that_the_mapping_does_not_foresee_get_columns(tmp_path: Path) -> None:
    paths = ["ocid", "tender/id", "planning/rationale"]
    found = tables(build(tmp_path, made_up_source(), paths=paths).path / "bulk/tables/2025.csv.zip")
    assert {"tender/id", "planning/rationale", "buyer/name"} <= set(found["processes.csv"][0])
    assert "awards.csv" in found


def test_an_empty_ledger_is_a_page_without_files(tmp_path: Path) -> None:
    snapshot = build(tmp_path, MemorySource())
    assert sorted(contents(snapshot.path)) == [
        "catalog.jsonld", "catalog.ttl", "data.json", "data.v3.json", "index.es.html", "index.html", "manifest.json",
        "policy.es.html", "policy.html",
    ]  # fmt: skip
    assert "Nothing has been published yet" in (snapshot.path / "index.html").read_text()


@pytest.mark.parametrize("formats", [(one,) for one in ALL_FORMATS])
def test_formats_can_be_left_out(tmp_path: Path, formats: tuple[Format, ...]) -> None:
    snapshot = build(tmp_path, made_up_source(), formats=formats)
    expected = {"jsonl": {"JSON Lines"}, "packages": {"JSON"}, "csv": {"CSV"}, "xlsx": {"XLSX"}}
    expected |= {"parquet": {"Parquet"}, "sqlite": {"SQLite"}, "api": {"JSON", "SQLite"}}
    found = {one.format for one in snapshot.manifest.files if one.path.startswith(("bulk/", "api/"))}
    assert found == expected[formats[0]]
    verify(snapshot.path)


@pytest.mark.parametrize(
    "limits", [{"maximum_zipped_bytes": 4_000}, {"maximum_bytes": 20_000}, {"maximum_awards": 20}], ids=str
)
def test_packages_are_split_at_each_limit(
    tmp_path: Path, limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pregon.publication.feeding.PIECE", 4_000)
    files = PackageFiles(tmp_path, "releases", "full", PUBLICATION, published=COMMITTED, fingerprint="x", **limits)
    source = made_up_source(60)
    with Compressor() as compressor:
        feed = Feed(compressor, "releases", packaged=True)
        for year in ("2024", "2025", "2026"):
            feed.begin(Group(year, []), files, None)
            for release in source.releases(year):
                feed.add(release.body, 2)
            feed.flush()
        compressor.drain()
    made = files.finish()
    assert len(made) > 1
    assert made[0].path == "bulk/releases/full-001.json.zip"
    found = [package(tmp_path / one.path) for one in made]
    assert [one["uri"].rpartition("/")[2] for one in found][:2] == ["full-001.json.zip", "full-002.json.zip"]
    assert len({release["id"] for one in found for release in one["releases"]}) == 60
    assert [len(one["releases"]) for one in found] == [one.rows for one in made]
    for one in made:
        assert one.bytes <= limits.get("maximum_zipped_bytes", 10_000_000)
        assert (one.unpacked or 0) <= limits.get("maximum_bytes", 10_000_000)
        assert 2 * (one.rows or 0) <= limits.get("maximum_awards", 250_000)
    assert not list(tmp_path.rglob("*.part"))
