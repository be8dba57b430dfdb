"""Records embed or link their releases, never some of both; versioned releases are made for what changed only."""

import gzip
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from ocdsmerge import Merger

from pregon.publication import records as writing
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.bulk import PackageFiles
from pregon.publication.manifest import verify
from pregon.publication.promote import promote
from transforms.ocds import release_schema
from transforms.records import RecordForm
from transforms.releases import MergeRules, merge_releases
from transforms.snapshot import PublishedFile

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
RULES = MergeRules.from_schema(release_schema(PUBLICATION.extensions))
LINKED = RecordForm("linked")
VERSIONED = RecordForm(versioned=True)
FORMS = [RecordForm(), VERSIONED, LINKED, RecordForm("linked", versioned=True)]


def build(root: Path, source: MemorySource, form: RecordForm, day: int = 0, **options: Any) -> Snapshot:
    as_of = AS_OF + timedelta(days=day)
    formats = options.pop("formats", ("jsonl", "packages"))
    return build_snapshot(
        root, source, PUBLICATION, as_of=as_of, code_version="1", formats=formats, records=form, rules=RULES, **options
    )


def change(source: MemorySource, number: int, first_year: str, year: str, title: str) -> None:
    """Release a process once more."""
    ocid = process(number, first_year)[0]["ocid"]
    date = f"{year}-06-01T00:00:00Z"
    release = {"ocid": ocid, "id": f"later-{title}-{number}", "date": date, "tag": ["tenderUpdate"]}
    release |= {"tender": {"id": f"S{number:05d}", "title": title}}
    source.commit(release, merge_releases([*source.releases_of[ocid], release], RULES))


def records(snapshot: Snapshot, segment: str = "full") -> list[dict[str, Any]]:
    text = gzip.decompress((snapshot.path / f"bulk/records/{segment}.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


def bulk(snapshot: Snapshot) -> list[PublishedFile]:
    """The bulk files; what changed depends on the publication before."""
    return [file for file in verify(snapshot.path).files if file.path.startswith("bulk/")]


def package(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        found: dict[str, Any] = json.loads(archive.read(archive.namelist()[0]))
        return found


def followed(snapshot: Snapshot, link: dict[str, Any], ocid: str) -> dict[str, Any]:
    """The release that a link leads to, as a reader of the built files finds it."""
    address, _, identifier = link["url"].partition("#")
    assert address.startswith(PUBLICATION.base_url)
    found = package(snapshot.path / address.removeprefix(PUBLICATION.base_url + "/"))
    assert found["uri"] == address
    [release] = [one for one in found["releases"] if (one["ocid"], one["id"]) == (ocid, identifier)]
    assert (release["date"], release["tag"]) == (link["date"], link["tag"])
    return dict(release)


def assert_every_link_leads_to_its_release(snapshot: Snapshot, source: MemorySource) -> None:
    packages = sorted((snapshot.path / "bulk/records").glob("*.json.zip"))
    found = records(snapshot) + [one for file in packages for one in package(file)["records"]]
    assert found
    for record in found:
        releases = [followed(snapshot, link, record["ocid"]) for link in record["releases"]]
        assert releases == source.releases_of[record["ocid"]]


def split_packages(monkeypatch: pytest.MonkeyPatch, zipped: int) -> None:
    monkeypatch.setattr("pregon.publication.feeding.PIECE", 4_000)
    monkeypatch.setitem(PackageFiles.__init__.__kwdefaults__, "maximum_zipped_bytes", zipped)


@pytest.fixture
def source() -> MemorySource:
    made = made_up_source()
    made.commit(*process(99, "0001"))
    change(made, 0, "2024", "2026", "Later")
    return made


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_record_of_a_publication_has_the_form_that_was_chosen(
    tmp_path: Path, source: MemorySource, form: RecordForm
) -> None:
    snapshot = build(tmp_path, source, form)
    verify(snapshot.path)
    library = Merger(merge_rules=RULES.for_ocdsmerge())
    found = records(snapshot)
    assert len(found) == 13
    for record in found:
        releases = source.releases_of[record["ocid"]]
        assert record["compiledRelease"] == source.compiled_of[record["ocid"]]
        assert ("versionedRelease" in record) == form.versioned
        if form.versioned:
            assert json.dumps(record["versionedRelease"]) == json.dumps(library.create_versioned_release(releases))
        if form.releases == "embedded":
            assert record["releases"] == releases
    if form.releases == "linked":
        assert_every_link_leads_to_its_release(snapshot, source)
    years = [one for segment in ("2024", "2025", "2026", "undated") for one in records(snapshot, segment)]
    assert years == found
    assert package(snapshot.path / "bulk/records/full.json.zip")["records"] == found


def test_a_release_is_linked_in_the_package_of_its_own_year(tmp_path: Path, source: MemorySource) -> None:
    first, later = records(build(tmp_path, source, LINKED), "2024")[0]["releases"]
    base = f"{PUBLICATION.base_url}/bulk/releases"
    assert first["url"].startswith(f"{base}/2024.json.zip#")
    assert later == {
        "url": f"{base}/2026.json.zip#later-Later-0",
        "date": "2026-06-01T00:00:00Z",
        "tag": ["tenderUpdate"],
    }


def test_links_lead_to_the_part_that_holds_the_release(
    tmp_path: Path, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_packages(monkeypatch, 2_500)
    snapshot = build(tmp_path, source, LINKED)
    names = {link["url"].partition("#")[0].rpartition("/")[2] for one in records(snapshot) for link in one["releases"]}
    assert {"2024-001.json.zip", "2024-002.json.zip", "undated.json.zip"} <= names
    assert_every_link_leads_to_its_release(snapshot, source)


def test_links_stay_true_when_a_package_is_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of 2024 has a release in 2026, the year whose package gets a second part and so another name."""
    source = made_up_source(3)
    change(source, 0, "2024", "2026", "Later")
    split_packages(monkeypatch, 4_000)
    first = build(tmp_path, source, LINKED)
    assert (first.path / "bulk/releases/2026.json.zip").is_file()
    promote(first.path)
    for number in range(200, 212):
        source.commit(*process(number, "2026"))
    second = build(tmp_path, source, LINKED, day=1)
    assert (second.path / "bulk/releases/2026-002.json.zip").is_file()
    assert_every_link_leads_to_its_release(second, source)


def test_another_form_makes_new_records_and_nothing_else(tmp_path: Path, source: MemorySource) -> None:
    places: dict[str, dict[str, int]] = {}
    for day, form in enumerate(FORMS):
        snapshot = build(tmp_path, source, form, day, formats=("jsonl", "packages", "tables"))
        assert snapshot.created
        promote(snapshot.path)
        bulk = snapshot.path / "bulk"
        places[str(form)] = {path.relative_to(bulk).as_posix(): path.stat().st_ino for path in bulk.rglob("*.*")}
    first, *others = places.values()
    for other in others:
        same = {name for name, place in other.items() if first[name] == place}
        assert other.keys() - same == {name for name in other if name.startswith("records/")}


def test_links_need_packages(tmp_path: Path, source: MemorySource) -> None:
    with pytest.raises(ValueError, match="packages"):
        build(tmp_path, source, LINKED, formats=("jsonl",))


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ocids of processes whose releases are merged to a versioned release."""
    made: list[str] = []
    versioned_json = writing.versioned_json

    def counting(releases: Any, rules: MergeRules) -> bytes:
        made.append(orjson.loads(releases[0])["ocid"])
        return versioned_json(releases, rules)

    monkeypatch.setattr(writing, "versioned_json", counting)
    return made


def test_only_processes_that_changed_are_merged_again(tmp_path: Path, source: MemorySource, merged: list[str]) -> None:
    promote(build(tmp_path / "public", source, VERSIONED).path)
    assert sorted(merged) == sorted(source.releases_of)
    merged.clear()
    change(source, 3, "2024", "2026", "Changed")
    source.commit(*process(50, "2024"))
    source.commit(*process(51, "2026"))
    second = build(tmp_path / "public", source, VERSIONED, day=1)
    assert list(dict.fromkeys(merged)) == [process(number)[0]["ocid"] for number in (3, 50, 51)]
    anew = build(tmp_path / "anew", source, VERSIONED, day=1)
    assert bulk(second) == bulk(anew)


def test_what_a_release_no_longer_says_is_in_no_versioned_release(
    tmp_path: Path, source: MemorySource, merged: list[str]
) -> None:
    """A redaction changes the text of releases, and neither their ids nor their order."""
    promote(build(tmp_path, source, VERSIONED).path)
    ocid = process(0)[0]["ocid"]
    source.releases_of[ocid][1]["tender"]["title"] = "Redacted"
    change(source, 3, "2024", "2026", "Changed")
    merged.clear()
    snapshot = build(tmp_path, source, VERSIONED, day=1)
    assert list(dict.fromkeys(merged)) == [ocid, process(3)[0]["ocid"]]
    titles = records(snapshot)[0]["versionedRelease"]["tender"]["title"]
    assert [version["value"] for version in titles] == ["=Trees for street 0", "Redacted"]


def test_a_damaged_file_is_no_source_of_records(tmp_path: Path, source: MemorySource, merged: list[str]) -> None:
    first = build(tmp_path, source, VERSIONED)
    promote(first.path)
    lines = first.path / "bulk/records/2024.jsonl.gz"
    lines.write_bytes(lines.read_bytes()[:-20] + bytes(20))
    change(source, 3, "2024", "2026", "Changed")
    merged.clear()
    build(tmp_path, source, VERSIONED, day=1)
    assert list(dict.fromkeys(merged)) == [process(number)[0]["ocid"] for number in (0, 3, 6, 9)]


def test_other_extensions_may_merge_otherwise_so_everything_is_merged(
    tmp_path: Path, source: MemorySource, merged: list[str]
) -> None:
    promote(build(tmp_path, source, VERSIONED).path)
    merged.clear()
    wider = replace(PUBLICATION, extensions=(*PUBLICATION.extensions, "location"))
    later = AS_OF + timedelta(days=1)
    build_snapshot(
        tmp_path, source, wider, as_of=later, code_version="1", formats=("jsonl", "packages"), records=VERSIONED,
        rules=RULES,
    )  # fmt: skip
    assert len(merged) == 13
