"""Who follows the links gets everything, and a page once left behind stays as it was."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from followed_pages import entries, follow
from hypothesis import given
from hypothesis import strategies as st
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.api import PageSize, build_api
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.manifest import verify
from pregon.publication.paging import groups, page_path
from pregon.publication.promote import Retention, promote
from pregon.publication.source import Placed, Series
from transforms.ocds import release_schema
from transforms.records import RecordForm
from transforms.releases import MergeRules
from transforms.snapshot import Notice

FIRST = datetime(2026, 3, 1, 5, tzinfo=UTC)
BASE = PUBLICATION.base_url
SERIES: tuple[Series, ...] = ("releases", "records")
SMALL = PageSize(entries=4)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.publication.build.build_api", partial(build_api, size=SMALL))


def publish(root: Path, source: MemorySource, day: int = 0, **options: Any) -> Snapshot:
    options = {"formats": ("api",), **options}
    made = build_snapshot(root, source, PUBLICATION, as_of=FIRST + timedelta(days=day), code_version="1", **options)
    promote(made.path, retention=Retention(1000))
    verify(made.path)
    return made


def change(source: MemorySource, number: int, day: int, words: str = "New title") -> None:
    """Release a process once more."""
    ocid = process(number)[0]["ocid"]
    as_of = FIRST + timedelta(days=day)
    date = as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    tender = {"id": f"S{number:05d}", "title": words}
    release = {"ocid": ocid, "id": f"{ocid}-{day}", "date": date, "tag": ["tenderUpdate"], "tender": tender}
    known = source.compiled_of[ocid]
    source.commit(release, {**known, "date": date, "tender": {**known["tender"], **tender}}, as_of)


def pages(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((folder / "api").rglob("*.json"))
    }


def test_the_links_lead_to_every_release_in_the_order_of_commit(tmp_path: Path) -> None:
    source = made_up_source(11)
    change(source, 3, 1)
    folder = publish(tmp_path, source, 2).path
    found = entries(folder, "releases", BASE)
    assert [one["id"] for one in found] == list(source.sequences)
    assert found[-1] == source.releases_of["ocds-213czf-S00003"][-1]


@pytest.mark.parametrize(
    "form",
    [RecordForm(), RecordForm("linked"), RecordForm(versioned=True)],
    ids=["embedded", "linked", "versioned"],
)
def test_the_links_lead_to_every_record_once_in_the_form_of_the_bulk_files(tmp_path: Path, form: RecordForm) -> None:
    source = made_up_source(11)
    change(source, 3, 1)
    rules = MergeRules.from_schema(release_schema(PUBLICATION.extensions))
    formats = ("jsonl", "packages", "api")
    folder = publish(tmp_path, source, records=form, formats=formats, rules=rules).path
    found = entries(folder, "records", BASE)
    assert len(found) == 11
    bulk = gzip.decompress((folder / "bulk/records/full.jsonl.gz").read_bytes()).splitlines()
    assert {one["ocid"]: one for one in found} == {one["ocid"]: one for one in map(json.loads, bulk)}
    assert {one["ocid"]: one["compiledRelease"] for one in found} == source.compiled_of


@pytest.mark.parametrize("series", SERIES)
def test_pages_are_linked_both_ways(tmp_path: Path, series: Series) -> None:
    folder = publish(tmp_path, made_up_source(11)).path
    followed = [page for _, page in follow(folder, series, BASE)]
    assert [len(page[series]) for page in followed] == [1, 3, 4, 3]
    assert [page["uri"] for page in followed] == [f"{BASE}/api/{series}/{name}.json" for name in (
        "first", "000001", "000002", "000003",
    )]  # fmt: skip
    assert [page["links"].get("prev") for page in followed] == [None, *(page["uri"] for page in followed[:-1])]
    assert "next" not in followed[-1]["links"]
    pagination = "ocds_pagination_extension"
    assert all(sum(pagination in one for one in page["extensions"]) == 1 for page in followed)


@pytest.mark.parametrize("series", SERIES)
def test_a_single_entry_stands_on_two_pages_because_a_first_page_needs_a_next_one(
    tmp_path: Path, series: Series
) -> None:
    folder = publish(tmp_path, made_up_source(1)).path
    followed = [page for _, page in follow(folder, series, BASE)]
    assert len(followed) == 2
    assert followed[0][series] == followed[1][series]


def test_the_second_release_takes_the_place_of_the_repeated_one(tmp_path: Path) -> None:
    source = made_up_source(1)
    first = publish(tmp_path, source).path
    source.commit(*process(1))
    second = publish(tmp_path, source, 1).path
    assert [len(page["releases"]) for _, page in follow(second, "releases", BASE)] == [1, 1]
    assert len({one["id"] for one in entries(second, "releases", BASE)}) == 2
    assert pages(first)["api/releases/first.json"] == pages(second)["api/releases/first.json"]


def test_an_index_says_where_to_begin_and_where_to_go_on(tmp_path: Path) -> None:
    folder = publish(tmp_path, made_up_source(11)).path
    index = json.loads((folder / "api/index.json").read_bytes())
    for series in SERIES:
        assert index[series] == {
            "first": f"{BASE}/api/{series}/first.json", "last": f"{BASE}/api/{series}/000003.json", "pages": 4,
        }  # fmt: skip


@given(days=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=5))
def test_a_page_of_releases_with_a_next_one_never_changes(days: list[tuple[int, int]]) -> None:
    with TemporaryDirectory() as name:
        root, source, sealed, known = Path(name), MemorySource(), {}, 0
        held: list[str] = []
        last = "api/releases/first.json"
        for day, (new, changed) in enumerate(days, start=1):
            for number in range(known, known + new):
                source.commit(*process(number), FIRST + timedelta(days=day))
            known += new
            for number in range(min(changed, known)):
                change(source, number, day)
            if not known:
                continue
            folder = publish(root, source, day).path
            found = pages(folder)
            assert sealed.items() <= found.items()
            for path, page in follow(folder, "releases", BASE):
                if "next" in page["links"]:
                    sealed[path] = found[path]
            # Whoever had followed to the end goes on at the last page, and misses nothing.
            address: str | None = last
            while address:
                page = json.loads((folder / address).read_bytes())
                held += [one["id"] for one in page["releases"] if one["id"] not in held]
                last, address = address, page["links"].get("next", "").removeprefix(f"{BASE}/") or None
            assert held == list(source.sequences)


def test_a_small_change_touches_few_pages_and_the_others_are_linked(tmp_path: Path) -> None:
    source = made_up_source(40)
    before = publish(tmp_path, source).path
    change(source, 2, 1)
    source.reads.clear()
    after = publish(tmp_path, source, 1).path
    found, known = pages(after), pages(before)
    assert {name for name in found if found[name] != known.get(name)} == {
        "api/index.json", "api/records/000001.json", "api/releases/000010.json", "api/releases/000011.json",
    }  # fmt: skip
    same = [name for name in found if found[name] == known.get(name) and name != "api/index.json"]
    assert same
    assert all((after / name).stat().st_ino == (before / name).stat().st_ino for name in same)
    assert len(source.reads) == 3


def test_pages_made_one_publication_after_the_other_are_those_made_at_once(tmp_path: Path) -> None:
    source, at_once = made_up_source(9), made_up_source(9)
    publish(tmp_path / "grown", source)
    for day in range(1, 5):
        change(source, day, day)
        change(at_once, day, day)
        publish(tmp_path / "grown", source, day)
    assert pages(tmp_path / "grown/current") == pages(publish(tmp_path / "whole", at_once, 4).path)


def test_a_redaction_makes_every_page_anew(tmp_path: Path) -> None:
    source = made_up_source(9)
    before = publish(tmp_path, source).path
    source.notices.append(Notice(1, FIRST + timedelta(days=1), None, "tender/title", "A person's name"))
    for group in source.releases_of.values():
        for release in group:
            release["tender"] = {name: value for name, value in release["tender"].items() if name != "title"}
    for ocid, compiled in source.compiled_of.items():
        source.compiled_of[ocid] = {**compiled, "tender": source.releases_of[ocid][0]["tender"]}
    after = publish(tmp_path, source, 1).path
    assert not [name for name, digest in pages(after).items() if digest == pages(before)[name] and "0" in name]
    assert all("title" not in one["tender"] for one in entries(after, "releases", BASE))
    published = {page["publishedDate"] for series in SERIES for _, page in follow(after, series, BASE)}
    assert published == {"2026-03-02T05:00:00Z"}


def test_entries_too_large_for_a_page_go_on_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.publication.build.build_api", partial(build_api, size=PageSize(6, 9_000)))
    source = made_up_source(8)
    long = "x" * 20_000
    change(source, 2, 1, long)
    folder = publish(tmp_path, source, 2).path
    followed = list(follow(folder, "records", BASE))
    assert [path for path, _ in followed][:3] == [page_path("records", name, part) for name, part in (
        ("first", 1), ("000001", 1), ("000001", 2),
    )]  # fmt: skip
    assert {one["ocid"] for _, page in followed for one in page["records"]} == source.compiled_of.keys()
    for path, page in followed:
        assert len(page["records"]) == 1 or (folder / path).stat().st_size < 10_500
    assert [page["links"].get("prev") for _, page in followed] == [None, *(page["uri"] for _, page in followed[:-1])]
    # The next publication takes over pages in parts as well.
    before = pages(folder)
    change(source, 7, 3)
    after = pages(publish(tmp_path, source, 3).path)
    assert before["api/records/000001-2.json"] == after["api/records/000001-2.json"]


def test_what_was_taken_back_leaves_its_place_among_releases_empty() -> None:
    committed = [Placed(number, f"o{number}", "", FIRST) for number in range(1, 13)]
    whole = {group.name: group.entries for group in groups("releases", committed, 4)}
    kept = [one for one in committed if one.sequence not in (1, 3, 5, 6, 7, 8)]
    left = {group.name: group.entries for group in groups("releases", kept, 4)}
    assert list(left) == ["first", "000001", "000003"]
    assert left["first"] == (committed[1],)
    assert left["000001"] == (committed[3],)
    assert left["000003"] == whole["000003"]


def test_an_empty_series_has_no_pages() -> None:
    assert list(groups("records", [])) == []


def test_a_city_may_do_without_the_api(tmp_path: Path) -> None:
    folder = publish(tmp_path, made_up_source(3), formats=("jsonl",)).path
    assert not (folder / "api").exists()
    assert "api/index.json" not in (folder / "index.html").read_text()


def test_the_home_page_links_to_the_index(tmp_path: Path) -> None:
    folder = publish(tmp_path, made_up_source(3)).path
    for page in ("index.html", "index.es.html"):
        assert 'href="api/index.json"' in (folder / page).read_text()
