"""A snapshot as a ledger can be restored from: its releases with their places, or a reason why not."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from made_up_publication import COMMITTED, PUBLICATION, MemorySource, process

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.promote import promote
from pregon.publication.restoring import (
    ForeignPublication,
    FullerPublication,
    NoPublication,
    UnrestorablePublication,
    find_restorable,
)

LATER = COMMITTED + timedelta(days=1)


def build(root: Path, source: MemorySource, as_of: datetime = LATER) -> Snapshot:
    return build_snapshot(root, source, PUBLICATION, as_of=as_of, code_version="1", formats=("jsonl",))


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    for number, year, as_of in ((1, "2025", COMMITTED), (2, "2026", COMMITTED), (3, "2025", LATER)):
        source.commit(*process(number, year), as_of)
    return source


@pytest.fixture
def snapshot(tmp_path: Path, source: MemorySource) -> Snapshot:
    made = build(tmp_path / "public", source)
    promote(made.path)
    return made


def test_the_order_of_commit_is_a_file_of_the_snapshot(snapshot: Snapshot, source: MemorySource) -> None:
    lines = gzip.decompress((snapshot.path / "commits.csv.gz").read_bytes()).decode().splitlines()
    assert lines[0] == "as_of,segment,releases"
    assert lines[1:] == [f"{one.as_of:%Y-%m-%dT%H:%M:%SZ},{one.segment},{one.releases}" for one in source.committed()]
    (listed,) = snapshot.manifest.files_of("commits")
    assert (listed.path, listed.rows, listed.segment) == ("commits.csv.gz", 3, "full")


def test_it_is_the_same_each_time_and_linked_where_nothing_changed(
    tmp_path: Path, snapshot: Snapshot, source: MemorySource
) -> None:
    again = build(tmp_path / "again", source)
    assert (again.path / "commits.csv.gz").read_bytes() == (snapshot.path / "commits.csv.gz").read_bytes()
    other = build_snapshot(
        tmp_path / "public", source, PUBLICATION, as_of=LATER, code_version="1", formats=("jsonl", "packages")
    )
    assert (other.path / "commits.csv.gz").samefile(snapshot.path / "commits.csv.gz")


@pytest.mark.parametrize("place", ["root", "snapshot"])
def test_each_release_has_its_place(tmp_path: Path, snapshot: Snapshot, place: str) -> None:
    found = find_restorable(tmp_path / "public" if place == "root" else snapshot.path, "lindenau")
    releases = list(found.releases())
    assert sorted(release.sequence for release in releases) == [1, 2, 3]
    assert {release.run for release in releases} == set(range(1, len(found.runs) + 1))
    assert found.ordered
    assert len(list(found.compiled())) == 3


def test_what_is_no_publication_or_another_city_s_is_refused(tmp_path: Path, snapshot: Snapshot) -> None:
    with pytest.raises(NoPublication):
        find_restorable(tmp_path, "lindenau")
    with pytest.raises(ForeignPublication):
        find_restorable(snapshot.path, "riverbend")


def test_a_fuller_snapshot_is_not_passed_over(tmp_path: Path, snapshot: Snapshot, source: MemorySource) -> None:
    source.commit(*process(4, "2026"), LATER)
    fuller = build(tmp_path / "public", source, LATER + timedelta(days=1))
    with pytest.raises(FullerPublication) as refused:
        find_restorable(tmp_path / "public", "lindenau")
    assert refused.value.fuller.samefile(fuller.path)
    assert len(list(find_restorable(snapshot.path, "lindenau").releases())) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-03-01T05:00:00Z,2025,1\n", "more releases of 2025 than were committed"),
        ("2026-03-01T05:00:00Z,2025,3\n", "releases of 2025 are missing"),
        ("2026-03-01T05:00:00Z,2025,2\n2026-03-01T05:00:00Z,2026,2\n", "where the manifest counts 3"),
    ],
)
def test_files_that_contradict_each_other_restore_nothing(snapshot: Snapshot, text: str, words: str) -> None:
    import hashlib

    data = gzip.compress(f"as_of,segment,releases\n{text}".encode())
    file = snapshot.path / "commits.csv.gz"
    file.unlink()
    file.write_bytes(data)
    manifest = json.loads((snapshot.path / "manifest.json").read_bytes())
    for one in manifest["files"]:
        if one["path"] == "commits.csv.gz":
            one.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    (snapshot.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UnrestorablePublication, match=words):
        list(find_restorable(snapshot.path, "lindenau").releases())


def test_a_moment_has_its_zone(snapshot: Snapshot) -> None:
    assert all(moment.tzinfo == UTC for moment in find_restorable(snapshot.path, "lindenau").runs)
