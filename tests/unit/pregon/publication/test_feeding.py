"""What did not change is lifted out of the promoted snapshot, and nobody can tell: the files are the same bytes."""

import gzip
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication import deflate
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.bulk import PackageFiles
from pregon.publication.manifest import verify
from pregon.publication.promote import promote
from transforms.ocds import release_schema
from transforms.records import RecordForm
from transforms.releases import MergeRules, merge_releases
from transforms.snapshot import Notice

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
RULES = MergeRules.from_schema(release_schema(PUBLICATION.extensions))
FORMATS = ("jsonl", "packages")
FORMS = [RecordForm(), RecordForm(versioned=True), RecordForm("linked")]


def build(root: Path, source: MemorySource, day: int = 0, **options: Any) -> Snapshot:
    """Build into `root/public`, with what is kept in `root/work`."""
    as_of = AS_OF + timedelta(days=day)
    options = {"formats": FORMATS, "code_version": "1", "rules": RULES, "work": root / "work"} | options
    publication = options.pop("publication", PUBLICATION)
    return build_snapshot(root / "public", source, publication, as_of=as_of, **options)


def build_afresh(source: MemorySource, day: int, **options: Any) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        return bulk(build(Path(name), source, day, work=None, **options))


def bulk(snapshot: Snapshot) -> dict[str, bytes]:
    """The bulk files; what changed depends on the publication before."""
    folder = snapshot.path / "bulk"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def change(source: MemorySource, ocid: str, day: int, year: int = 2026) -> None:
    """Release a process once more."""
    date = f"{year}-06-01T00:00:00Z"
    release = {"ocid": ocid, "id": f"{day} {ocid}", "date": date, "tag": ["tenderUpdate"]}
    release |= {"tender": {"id": ocid[-5:], "title": f"As of day {day}"}}
    history = [*source.releases_of[ocid], release]
    source.commit(release, merge_releases(history, RULES), AS_OF + timedelta(days=day))


def redact(source: MemorySource, ocid: str, day: int) -> None:
    """Take a title back from all that was said of a process."""
    for release in [*source.releases_of[ocid], source.compiled_of[ocid]]:
        release["tender"]["title"] = "Redacted"
    source.notices.append(Notice(len(source.notices) + 1, AS_OF + timedelta(days=day), ocid, "tender/title", "wrong"))


def withdraw(source: MemorySource, ocid: str, day: int) -> None:
    """Take a process back."""
    del source.releases_of[ocid], source.compiled_of[ocid]
    source.notices.append(Notice(len(source.notices) + 1, AS_OF + timedelta(days=day), ocid, None, "wrong"))


@pytest.fixture
def source() -> MemorySource:
    return made_up_source(40)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few entries make many groups, some of several pieces."""
    monkeypatch.setattr("pregon.publication.grouping.RELEASES", 3)
    monkeypatch.setattr("pregon.publication.grouping.NEIGHBOURS", 1)
    monkeypatch.setattr("pregon.publication.feeding.PIECE", 12_000)


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that packages have parts."""
    monkeypatch.setitem(PackageFiles.__init__.__kwdefaults__, "maximum_zipped_bytes", 3_000)


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is compressed and holds entries."""
    sizes: list[int] = []
    plain = deflate.deflate

    def counting(data: bytes, window: bytes = b"") -> deflate.Piece:
        sizes.append(len(data))
        return plain(data, window)

    monkeypatch.setattr(deflate, "deflate", counting)
    return sizes


DAYS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["new", "old", "change", "change", "redact", "withdraw"]), st.integers(0, 10_000)),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=4,
)


def live(source: MemorySource, day: int, events: Sequence[tuple[str, int]]) -> None:
    """Let things happen to a ledger."""
    for event, number in events:
        ocids = sorted(source.releases_of)
        if event in {"new", "old"}:
            new = process(10_000 * day + number, "2026" if event == "new" else "2024", awarded=bool(number % 2))
            if new[0]["ocid"] not in source.releases_of and new[0]["id"] not in source.sequences:
                source.commit(*new, AS_OF + timedelta(days=day))
        elif event == "change":
            ocid = ocids[number % len(ocids)]
            if f"{day} {ocid}" not in source.sequences:
                change(source, ocid, day, 2024 + number % 3)
        elif len(ocids) > 5:
            (redact if event == "redact" else withdraw)(source, ocids[number % len(ocids)], day)


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("form", FORMS, ids=str)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(days=DAYS)
def test_files_are_the_same_bytes_day_after_day_as_made_at_once(form: RecordForm, days: list[Any]) -> None:
    source = made_up_source(24)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        promote(build(root, source, records=form).path)
        for day, events in enumerate(days, start=1):
            live(source, day, events)
            snapshot = build(root, source, day, records=form)
            assert bulk(snapshot) == build_afresh(source, day, records=form)
            promote(snapshot.path)


def entries(snapshot: Snapshot, content: str, segment: str) -> tuple[list[Any], list[Any]]:
    """What the lines and what the packages of a segment hold, as any reader finds it."""
    folder = snapshot.path / "bulk" / content
    lines = gzip.decompress((folder / f"{segment}.jsonl.gz").read_bytes()).splitlines()
    packaged: list[Any] = []
    parts = [*folder.glob(f"{segment}-???.json.zip"), *folder.glob(f"{segment}.json.zip")]
    for part in sorted(parts):
        with zipfile.ZipFile(part) as archive:
            assert archive.testzip() is None
            packaged += json.loads(archive.read(archive.namelist()[0]))[content]
    return [json.loads(line) for line in lines], packaged


@pytest.mark.usefixtures("split")
def test_lifted_entries_are_read_in_every_form(tmp_path: Path, source: MemorySource) -> None:
    promote(build(tmp_path, source).path)
    change(source, "ocds-213czf-S00003", 1)
    snapshot = build(tmp_path, source, 1)
    verify(snapshot.path)
    assert len(list((snapshot.path / "bulk/records").glob("2024-*.json.zip"))) > 1
    for segment in ("2024", "2025", "2026", "full"):
        lines, packaged = entries(snapshot, "records", segment)
        assert lines == packaged
        assert all(one["releases"] == source.releases_of[one["ocid"]] for one in lines)
        lines, packaged = entries(snapshot, "releases", segment)
        assert lines == packaged
        assert all(one in source.releases_of[one["ocid"]] for one in lines)
    assert len(entries(snapshot, "records", "full")[0]) == 40


def test_only_groups_that_changed_are_read_and_compressed(
    tmp_path: Path, source: MemorySource, compressed: list[int]
) -> None:
    promote(build(tmp_path, source).path)
    everything = sum(compressed)
    compressed.clear()
    source.reads.clear()
    change(source, "ocds-213czf-S00003", 1)
    build(tmp_path, source, 1)
    assert sum(compressed) < everything / 4
    [read] = [what for kind, what in source.reads if kind == "records of"]
    assert 1 <= len(read.split()) <= 12
    assert "ocds-213czf-S00003" in read.split()
    assert [what for kind, what in source.reads if kind == "releases"] == ["2026", "2026-06"]


def test_what_is_kept_and_no_longer_right_is_not_used(
    tmp_path: Path, source: MemorySource, compressed: list[int]
) -> None:
    promote(build(tmp_path, source).path)
    everything = sum(compressed)
    kept = sorted((tmp_path / "work/pieces").iterdir())
    assert len(kept) == 15
    assert {file.name for file in kept} > {"compiled-2024-lines.json.gz", "records-2026-packages.json.gz"}
    good = {file: file.read_bytes() for file in kept}
    change(source, "ocds-213czf-S00003", 1)
    expected = build_afresh(source, 1)
    bad = {
        "damaged": lambda data: data[: len(data) // 2] + b"\0" + data[len(data) // 2 + 1 :],
        "cut off": lambda data: data[:-9],
        "of another kind": lambda _: gzip.compress(b"[]"),
        "of another layout": lambda data: gzip.compress(gzip.decompress(data).replace(b'"layout":', b'"layout":9')),
        "of other rows": lambda data: gzip.compress(gzip.decompress(data).replace(b",true]", b"]")),
        "no JSON": lambda _: gzip.compress(b"rubbish"),
        "gone": None,
    }
    for how, spoil in bad.items():
        for file, data in good.items():
            if spoil is None:
                file.unlink(missing_ok=True)
            else:
                file.write_bytes(spoil(data))
        compressed.clear()
        snapshot = build(tmp_path, source, 1)
        assert bulk(snapshot) == expected, how
        assert sum(compressed) >= everything * 0.75, how  # months are taken over
        for path in (tmp_path / "public/snapshots").iterdir():
            if path.name == snapshot.path.name:
                path.rename(tmp_path / how)  # as if it had not been built


def test_a_file_that_is_damaged_is_not_lifted_from(tmp_path: Path, source: MemorySource) -> None:
    first = build(tmp_path, source)
    promote(first.path)
    for name in ("records/2024.jsonl.gz", "compiled/2025.jsonl.gz", "records/2024.json.zip"):
        path = first.path / "bulk" / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
    for ocid in ("ocds-213czf-S00003", "ocds-213czf-S00004"):
        change(source, ocid, 1)
    assert bulk(build(tmp_path, source, 1)) == build_afresh(source, 1)


def test_other_code_compresses_everything_anew(tmp_path: Path, source: MemorySource, compressed: list[int]) -> None:
    promote(build(tmp_path, source).path)
    everything = sum(compressed)
    compressed.clear()
    build(tmp_path, source, 1, code_version="2")
    assert sum(compressed) >= everything


def test_another_licence_makes_packages_of_the_same_pieces(
    tmp_path: Path, source: MemorySource, compressed: list[int]
) -> None:
    promote(build(tmp_path, source).path)
    everything = sum(compressed)
    compressed.clear()
    relicensed = replace(PUBLICATION, licence_uri="https://creativecommons.org/licenses/by/4.0/")
    snapshot = build(tmp_path, source, 1, publication=relicensed)
    assert sum(compressed) < everything / 2
    assert bulk(snapshot) == build_afresh(source, 1, publication=relicensed)


def test_a_snapshot_that_is_never_promoted_costs_the_next_one_nothing(
    tmp_path: Path, source: MemorySource, compressed: list[int]
) -> None:
    promote(build(tmp_path, source).path)
    everything = sum(compressed)
    change(source, "ocds-213czf-S00003", 1)
    build(tmp_path, source, 1)
    compressed.clear()
    change(source, "ocds-213czf-S00004", 2)
    snapshot = build(tmp_path, source, 2)
    assert sum(compressed) < everything / 3
    assert bulk(snapshot) == build_afresh(source, 2)


def test_years_that_stayed_the_same_are_linked_and_lifted(tmp_path: Path, source: MemorySource) -> None:
    first = build(tmp_path, source)
    promote(first.path)
    change(source, "ocds-213czf-S00003", 1)
    promote(build(tmp_path, source, 1).path)
    change(source, "ocds-213czf-S00003", 2)
    source.reads.clear()
    third = build(tmp_path, source, 2)
    for name in ("records/2025.jsonl.gz", "compiled/2026.jsonl.gz", "releases/2025.jsonl.gz"):
        assert (third.path / "bulk" / name).samefile(first.path / "bulk" / name)
    assert ("releases", "2025") not in source.reads
