"""The index tells where in the pages each entry is, whichever publication they were first made for."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication import api_index
from pregon.publication.api import PageSize, build_api
from pregon.publication.api_index import API_INDEX
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.manifest import verify
from pregon.publication.promote import Retention, promote
from transforms.snapshot import Notice

FIRST = datetime(2026, 3, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.publication.build.build_api", partial(build_api, size=PageSize(4, 30_000)))


def publish(root: Path, source: MemorySource, day: int = 0) -> Snapshot:
    as_of = FIRST + timedelta(days=day)
    made = build_snapshot(root, source, PUBLICATION, as_of=as_of, code_version="1", formats=("api",))
    promote(made.path, retention=Retention(1000))
    verify(made.path)
    return made


def change(source: MemorySource, number: int, day: int) -> None:
    """Release a process once more."""
    first, compiled = process(number)
    date = (FIRST + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tender = {"id": f"S{number:05d}", "title": f"Title {day}"}
    release = {"ocid": first["ocid"], "id": f"{number}-{day}", "date": date, "tag": ["tenderUpdate"], "tender": tender}
    whole = {**compiled, "date": date, "tender": {**compiled["tender"], **tender}}
    source.commit(release, whole, FIRST + timedelta(days=day))


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / API_INDEX)) as connection:
        return connection.execute(query).fetchall()


def cut(folder: Path, path: str, start: int, length: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / path).read_bytes()[start : start + length])
    return found


def assert_tells_of(folder: Path, source: MemorySource) -> None:
    releases = rows(
        folder,
        "SELECT sequence, ocid, id, path, start, length FROM release JOIN page ON number = page ORDER BY sequence",
    )
    assert [(sequence, identifier) for sequence, _, identifier, *_ in releases] == [
        (sequence, identifier) for identifier, sequence in source.sequences.items()
    ]
    for _, ocid, identifier, *place in releases:
        found = cut(folder, *place)
        assert (found["ocid"], found["id"]) == (ocid, identifier)
        assert found in source.releases_of[ocid]
    records = rows(folder, "SELECT ocid, path, start, length FROM record JOIN page ON number = page")
    assert {ocid: cut(folder, *place)["compiledRelease"] for ocid, *place in records} == source.compiled_of
    suppliers = rows(folder, "SELECT ocid, supplier.id FROM supplier JOIN record ON sequence = record ORDER BY 1")
    assert suppliers == sorted(
        (ocid, supplier["id"])
        for ocid, compiled in source.compiled_of.items()
        for award in compiled.get("awards", [])
        for supplier in award["suppliers"]
    )


def test_every_entry_is_found_after_each_publication(tmp_path: Path) -> None:
    source = made_up_source(1)
    assert_tells_of(publish(tmp_path, source).path, source)
    for day in range(1, 7):
        for number in range(day * 3, day * 3 + 3):
            source.commit(*process(number), FIRST + timedelta(days=day))
        change(source, 0, day)
        change(source, day * 2, day)
        assert_tells_of(publish(tmp_path, source, day).path, source)


def test_it_is_the_same_whether_made_at_once_or_bit_by_bit(tmp_path: Path) -> None:
    grown, at_once = made_up_source(9), made_up_source(9)
    publish(tmp_path / "grown", grown)
    for day in range(1, 4):
        for source in (grown, at_once):
            change(source, day, day)
        publish(tmp_path / "grown", grown, day)
    publish(tmp_path / "at once", at_once, 3)
    texts = [(tmp_path / name / "current" / API_INDEX).read_bytes() for name in ("grown", "at once")]
    assert texts[0] == texts[1]


def test_records_that_stayed_the_same_are_not_read_for_words_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made_up_source(9)
    publish(tmp_path, source)
    change(source, 1, 1)
    source.commit(*process(9), FIRST + timedelta(days=1))
    read: list[str] = []
    searched = api_index.searched

    def counting(compiled: dict[str, Any]) -> Any:
        read.append(compiled["ocid"])
        return searched(compiled)

    monkeypatch.setattr(api_index, "searched", counting)
    assert_tells_of(publish(tmp_path, source, 1).path, source)
    assert read == [process(1)[0]["ocid"], process(9)[0]["ocid"]]


@pytest.mark.parametrize("damage", [b"", b"not a database"], ids=["emptied", "overwritten"])
def test_a_damaged_one_is_not_used(tmp_path: Path, damage: bytes) -> None:
    source = made_up_source(9)
    (publish(tmp_path, source).path / API_INDEX).write_bytes(damage)
    change(source, 1, 1)
    assert_tells_of(publish(tmp_path, source, 1).path, source)


def test_nothing_that_was_taken_back_stays_in_it(tmp_path: Path) -> None:
    source = made_up_source(9)
    before = publish(tmp_path, source).path
    assert b"trees for street" in (before / API_INDEX).read_bytes()
    source.notices.append(Notice(1, FIRST + timedelta(days=1), None, "tender/title", "A person's name"))
    for ocid, compiled in source.compiled_of.items():
        del compiled["tender"]["title"]
        source.compiled_of[ocid] = compiled
    after = publish(tmp_path, source, 1).path
    assert b"trees for street" not in (after / API_INDEX).read_bytes()
    assert rows(after, "SELECT DISTINCT committed FROM record") == [("2026-03-02T05:00:00Z",)]
