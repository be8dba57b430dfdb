import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from made_up_sources import files, image, run, table

from pregon.lake import Lake
from pregon.sources.base import SourceLimitError, SourceUnavailableError, SourceUnreadableError
from pregon.sources.files import containers

DATA = b"id,title\n1,a\n2,b\n"
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def titles(lake: Lake, file: str, **options: object) -> list[str]:
    manifest = run(lake, files(table(file=file, **options)), lake.root.parent)  # type: ignore[arg-type]
    return [row["title"] for row in image(lake, manifest)]


def archive(folder: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "f.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)


@pytest.mark.parametrize("kind", PACK)
def test_compressed_files_are_known_by_their_bytes(lake: Lake, tmp_path: Path, kind: str) -> None:
    (tmp_path / f"f.csv.{kind}").write_bytes(PACK[kind](DATA))
    assert titles(lake, f"f.csv.{kind}") == ["a", "b"]


@pytest.mark.parametrize("kind", PACK)
def test_compressed_files_without_their_ending_are_unpacked_too(lake: Lake, tmp_path: Path, kind: str) -> None:
    (tmp_path / "f.csv").write_bytes(PACK[kind](DATA))
    assert titles(lake, "f.csv") == ["a", "b"]


@pytest.mark.parametrize("kind", PACK)
def test_compressed_files_may_be_put_together(lake: Lake, tmp_path: Path, kind: str) -> None:
    (tmp_path / "f.csv").write_bytes(PACK[kind](DATA) + PACK[kind](b"3,c\n"))
    assert titles(lake, "f.csv") == ["a", "b", "c"]


def test_null_bytes_may_stand_between_and_after_xz_streams(lake: Lake, tmp_path: Path) -> None:
    padding = bytes(containers.CHUNK + 4)
    (tmp_path / "f.csv").write_bytes(lzma.compress(DATA) + padding + lzma.compress(b"3,c\n") + bytes(8))
    assert titles(lake, "f.csv") == ["a", "b", "c"]


@pytest.mark.parametrize("kind", PACK)
def test_large_compressed_files_come_in_pieces(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(containers, "CHUNK", 1_000)
    data = b"id,title\n" + b"".join(b"%06d,%d\n" % (number, number * number) for number in range(2_000))
    (tmp_path / "f.csv").write_bytes(PACK[kind](data))
    file = containers.inspect(tmp_path / "f.csv", "f.csv", "portal", "things", None, workbook=False)
    pieces = list(containers.chunks(file))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 1_000


def test_an_xz_file_that_asks_for_too_much_memory_is_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MAX_XZ_MEMORY", 1 << 20)
    (tmp_path / "f.csv").write_bytes(lzma.compress(DATA))
    with pytest.raises(SourceUnreadableError, match="Memory usage limit"):
        titles(lake, "f.csv")


def test_text_that_begins_like_a_compressed_file_is_text(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"BZh91,title\n1,a\n")
    assert titles(lake, "f.csv", columns={"id": "BZh91", "title": "title"}) == ["a"]


def test_the_only_member_of_a_zip_is_read(lake: Lake, tmp_path: Path) -> None:
    archive(tmp_path, {"folder/things.csv": DATA, "__MACOSX/folder/._things.csv": b"x"})
    assert titles(lake, "f.zip") == ["a", "b"]


def test_of_several_members_one_must_be_named(lake: Lake, tmp_path: Path) -> None:
    archive(tmp_path, {"things.csv": DATA, "readme.txt": b"x"})
    with pytest.raises(SourceUnreadableError, match=r"holds 2 members to read: readme\.txt, things\.csv"):
        titles(lake, "f.zip")
    assert titles(lake, "f.zip", member="*.csv") == ["a", "b"]


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:evil.csv"])
def test_a_member_that_leads_out_of_the_archive_is_refused(lake: Lake, tmp_path: Path, name: str) -> None:
    archive(tmp_path, {name: DATA})
    with pytest.raises(SourceLimitError, match="leads out"):
        titles(lake, "f.zip")


@pytest.mark.parametrize("kind", ["zip", *PACK])
def test_an_archive_that_grows_beyond_reason_is_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(containers, "RATIO_FROM", 100_000)
    data = b"id,title\n" + b"0" * 1_000_000
    if kind == "zip":
        archive(tmp_path, {"f.csv": data})
    else:
        (tmp_path / f"f.{kind}").write_bytes(PACK[kind](data))
    with pytest.raises(SourceLimitError, match="expands"):
        titles(lake, f"f.{kind}", format="csv")


def test_a_zip_that_lies_about_its_size_is_refused(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path, {"f.csv": DATA * 100})
    monkeypatch.setattr(containers, "MAX_BYTES", 500)
    monkeypatch.setattr(containers, "check_members", lambda *_: None)
    with pytest.raises(SourceLimitError, match="more than 500 bytes"):
        titles(lake, "f.zip")


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("cut", [10, 20, -4])
def test_a_cut_off_file_is_refused(lake: Lake, tmp_path: Path, kind: str, cut: int) -> None:
    (tmp_path / "f.csv").write_bytes(PACK[kind](DATA * 50)[:cut])
    with pytest.raises(SourceUnreadableError, match="damaged or cut off"):
        titles(lake, "f.csv")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_damaged_file_is_refused(lake: Lake, tmp_path: Path, kind: str) -> None:
    packed = bytearray(PACK[kind](DATA * 50))
    packed[-6:-2] = b"\xa5\x5a\xa5\x5a"
    (tmp_path / "f.csv").write_bytes(packed)
    with pytest.raises(SourceUnreadableError, match="damaged or cut off"):
        titles(lake, "f.csv")


@pytest.mark.parametrize("cut", [3, 20, -4])
def test_a_cut_off_archive_is_refused(lake: Lake, tmp_path: Path, cut: int) -> None:
    archive(tmp_path, {"f.csv": DATA * 50})
    (tmp_path / "g.zip").write_bytes((tmp_path / "f.zip").read_bytes()[: cut + 4 if cut > 0 else cut])
    with pytest.raises(SourceUnreadableError, match="damaged zip archive"):
        titles(lake, "g.zip")


def test_a_pattern_takes_all_files_in_the_order_of_their_names(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "b 2026.csv").write_bytes(b"id,title\n1,newer\n3,c\n")
    (tmp_path / "a 2025.csv").write_bytes(DATA)
    assert titles(lake, "* 202?.csv") == ["newer", "b", "c"]


def test_a_file_with_brackets_in_its_name_is_found(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "f [1].csv").write_bytes(DATA)
    assert titles(lake, "f [1].csv") == ["a", "b"]


def test_a_missing_file_is_named_with_the_nearest_one(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "Awarded Contracts.csv").write_bytes(DATA)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceUnavailableError) as caught:
        titles(lake, "awarded_contracts.csv")
    assert str(caught.value) == f"portal.things: awarded_contracts.csv: is not in the folder {tmp_path}"
    assert caught.value.hint == "did you mean 'Awarded Contracts.csv'? it holds: 'Awarded Contracts.csv', 'notes.txt'"


def test_a_missing_file_in_a_missing_folder_names_the_folder(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match=f"there is no folder {tmp_path / 'june'}"):
        titles(lake, "june/a.csv")


def test_an_ending_alone_is_no_likeness(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").touch()
    with pytest.raises(SourceUnavailableError) as caught:
        titles(lake, "awards.csv")
    assert "did you mean" not in str(caught.value.hint)


def test_of_a_folder_with_many_files_only_some_are_named(lake: Lake, tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"part-{number}.csv").touch()
    with pytest.raises(SourceUnavailableError) as caught:
        titles(lake, "zzz.csv")
    assert caught.value.hint is not None
    assert caught.value.hint.count("part-") == 5
