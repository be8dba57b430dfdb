"""Releases are the same rows in whatever shape they were published; what is none is told."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from made_up_ocds import HEAD, package, record, release, releases, shapes
from made_up_sources import image, rejects, run

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import ColumnSpec, SourceConfigurationError, SourceSpec, SourceUnreadableError, TableSpec
from pregon.sources.ocds.shapes import COLUMNS, KEY


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "published"
    path.mkdir()
    return path


def read(lake: Lake, folder: Path, pattern: str = "*.json", **options: Any) -> Manifest:
    columns = {name: ColumnSpec(name) for name in COLUMNS}
    table = TableSpec("releases", KEY, columns, options={"file": pattern, **options})
    return run(lake, SourceSpec("published", "ocds", (table,)), folder)


def rows(lake: Lake, manifest: Manifest) -> list[dict[str, Any]]:
    return [
        {name: row[name] for name in COLUMNS if name not in ("version", "place")}
        | {"document": json.loads(row["document"])}
        for row in image(lake, manifest, "releases")
    ]


def expected() -> list[dict[str, Any]]:
    return [
        {"ocid": one["ocid"], "kind": "release", "id": one["id"], "date": one["date"], "document": one}
        for one in releases()
    ]


BY_LINE = [shape for shape in shapes() if "laid out" not in shape]


@pytest.mark.parametrize(
    ("name", "shape"),
    [*(("all.json", shape) for shape in shapes()), *(("all.jsonl", shape) for shape in BY_LINE)],
)
def test_rows_are_the_same_in_every_shape(lake: Lake, folder: Path, shape: str, name: str) -> None:
    (folder / name).write_text(shapes()[shape], encoding="utf-8")
    manifest = read(lake, folder, name)
    assert rows(lake, manifest) == expected()
    assert manifest.tables["releases"].rejected == {}


def test_a_bare_release_and_a_bare_record_are_read(lake: Lake, folder: Path) -> None:
    one, two, three, four = releases()
    (folder / "a.json").write_text(json.dumps(four))
    (folder / "b.json").write_text(json.dumps(record(one, two, three)))
    assert rows(lake, read(lake, folder)) == expected()


@pytest.mark.parametrize("container", ["gz", "zip"])
def test_packed_files_are_unpacked(lake: Lake, folder: Path, container: str) -> None:
    text = shapes()["release package"]
    if container == "gz":
        (folder / "all.json.gz").write_bytes(gzip.compress(text.encode()))
    else:
        with zipfile.ZipFile(folder / "all.json.zip", "w") as archive:
            archive.writestr("all.json", text)
    assert rows(lake, read(lake, folder, f"all.json.{container}")) == expected()


def test_the_version_of_the_package_is_noted_where_it_is_known(lake: Lake, folder: Path) -> None:
    one, two, three, four = releases()
    (folder / "a.json").write_text(json.dumps({**package(one), "version": "1.0"}))
    (folder / "b.json").write_text(json.dumps({"version": "1.1", "records": [record(two, three)]}))
    (folder / "c.json").write_text(json.dumps(four))
    found = image(lake, read(lake, folder), "releases")
    assert [(row["id"], row["version"], row["place"]) for row in found] == [
        ("r1", "1.0", "000000"),
        ("r2", "1.1", "000000"),
        ("r3", "1.1", "000001"),
        ("r4", None, "000000"),
    ]


def test_compiled_releases_stand_beside_releases_and_links_are_counted_not_followed(lake: Lake, folder: Path) -> None:
    one, two, *_ = releases()
    compiled = {**one, "id": "made at night", "tag": ["compiled"]}
    linked = {"url": "https://hamlet.example/r2.json", "date": two["date"], "tag": two["tag"]}
    (folder / "a.json").write_text(
        json.dumps({**HEAD, "records": [{"ocid": one["ocid"], "releases": [linked, one], "compiledRelease": compiled}]})
    )
    (folder / "b.json").write_text(json.dumps({"ocid": "ocds-213czf-P9", "versionedRelease": {}}))
    manifest = read(lake, folder)
    assert [(row["kind"], row["id"]) for row in rows(lake, manifest)] == [("compiled", "compiled"), ("release", "r1")]
    notes = manifest.tables["releases"].notes
    assert (notes["linked_releases"], notes["versioned_releases"]) == (1, 1)


def test_a_compiled_release_of_its_own_is_one(lake: Lake, folder: Path) -> None:
    for number, tag in enumerate((["compiled"], "compiled")):
        (folder / f"{number}.json").write_text(json.dumps({**release(7, f"P{number}", "", "x"), "tag": tag}))
    assert [row["kind"] for row in rows(lake, read(lake, folder))] == ["compiled", "compiled"]


def test_writing_a_document_otherwise_is_no_change(lake: Lake, folder: Path) -> None:
    one = {**release(1, "P1", "2026-01-01T00:00:00Z", "tender"), "tender": {"id": "1", "value": {"amount": 10.50}}}
    (folder / "a.json").write_text(json.dumps(one))
    read(lake, folder)
    text = json.dumps(dict(reversed(one.items())), indent=4, ensure_ascii=True).replace("10.5", "1.0500E1")
    (folder / "a.json").write_text(text)
    columns = {name: ColumnSpec(name) for name in COLUMNS}
    table = TableSpec("releases", KEY, columns, options={"file": "*.json"})
    assert run(lake, SourceSpec("published", "ocds", (table,)), folder, day=1).tables["releases"].changed == {}


def test_what_is_no_release_is_rejected_with_what_it_is(lake: Lake, folder: Path) -> None:
    one, two, three, four = releases()
    (folder / "a.json").write_text(json.dumps(package(one, "stray", {**two, "ocid": None}, {**three, "id": ""}, four)))  # type: ignore[arg-type]
    (folder / "b.json").write_text('[{"name": "no release"}, 5, {"tag": ["tender"]}]')
    manifest = read(lake, folder)
    assert [row["id"] for row in rows(lake, manifest)] == ["r1", "r4"]
    told = [(row["_reason"], row["_detail"]) for row in rejects(lake, manifest, "releases")]
    assert sorted(told) == [
        ("empty_key", "no value in id"),
        ("empty_key", "no value in ocid"),
        ("empty_key", "no value in ocid, id"),
        ("unreadable_row", "is neither a release nor a record, nor a package of them"),
        ("unreadable_row", "is no object"),
        ("unreadable_row", "is no release, since it is no object"),
    ]


def test_a_release_id_that_comes_again_is_held_back_and_nothing_else(lake: Lake, folder: Path) -> None:
    one, two, *_ = releases()
    (folder / "a.json").write_text(json.dumps([one, {**two, "id": "r1"}, two, two]))
    manifest = read(lake, folder)
    assert manifest.tables["releases"].rejected == {"duplicate_key": 1, "duplicate_row": 1}
    assert len(rows(lake, manifest)) == 2


def test_a_line_that_is_no_json_is_rejected_and_a_document_that_is_none_is_an_error(lake: Lake, folder: Path) -> None:
    one, *_ = releases()
    (folder / "a.jsonl").write_text(f"{json.dumps(one)}\n{{broken\n\n")
    manifest = read(lake, folder, "a.jsonl")
    assert [row["_detail"][:11] for row in rejects(lake, manifest, "releases")] == ["is not JSON"]
    for text in ('{"releases": [', '{"releases": [NaN]}', "<!DOCTYPE html><html>", '{"a" 1}'):
        (folder / "b.json").write_text(text)
        with pytest.raises(SourceUnreadableError):
            read(Lake(folder / "lake"), folder, "b.json")


def test_a_number_that_no_json_can_hold_is_rejected(lake: Lake, folder: Path) -> None:
    one, two, *_ = releases()
    text = json.dumps([{**one, "tender": {"id": "1", "value": {"amount": 7}}}, two]).replace(
        '"amount": 7', '"amount": 1e999'
    )
    (folder / "a.json").write_text(text)
    manifest = read(lake, folder)
    assert [row["id"] for row in rows(lake, manifest)] == ["r2"]


def test_many_small_files_are_read_together(lake: Lake, folder: Path) -> None:
    for number in range(300):
        (folder / f"{number:03d}.json").write_text(json.dumps(release(number, f"P{number}", "2026-01-01", "tender")))
    manifest = read(lake, folder)
    assert manifest.tables["releases"].rows_read == 300
    assert "chunks" not in manifest.tables["releases"].notes


def test_a_table_of_another_format_is_refused(lake: Lake, folder: Path) -> None:
    (folder / "a.csv").write_text("ocid,id\n1,2\n")
    with pytest.raises(SourceConfigurationError, match="OCDS is JSON"):
        read(lake, folder, "a.csv", format="csv")
