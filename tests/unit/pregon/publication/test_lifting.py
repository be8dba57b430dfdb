"""What was written between the first and the last piece of a member comes out of the archive as it went in."""

import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.publication.deflate import Entry, deflate, write_zip
from pregon.publication.lifting import UnlikeArchive, lift

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
texts = st.binary(max_size=200)


def written(path: Path, *entries: Entry) -> Path:
    with path.open("wb") as file:
        write_zip(file, entries, MOMENT)
    return path


@given(texts, st.lists(texts, max_size=3), st.none() | texts, texts)
def test_a_stretch_is_used_again(before: bytes, middle: list[bytes], after: bytes | None, other: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        last = [] if after is None else [deflate(after)]
        first = written(
            folder / "a.zip",
            Entry("año.csv", [deflate(b"another")]),
            Entry("a.csv", [deflate(before), *map(deflate, middle), *last]),
        )
        [found] = lift(first, [("a.csv", deflate(before), last[0] if last else None)])
        inside = b"".join(middle)
        assert (found.size, found.crc) == (len(inside), zlib.crc32(inside))
        again = written(folder / "b.zip", Entry("b.csv", [deflate(other), found, found]))
        with zipfile.ZipFile(again) as archive:
            assert archive.testzip() is None
            assert archive.read("b.csv") == other + inside + inside


def test_a_member_with_another_beginning_or_end_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", Entry("a.csv", [deflate(b"x,y\r\n"), deflate(b"1,2\r\n"), deflate(b"end")]))
    for before, after in ((b"x,z\r\n", b"end"), (b"x,y\r\n", b"and"), (b"x" * 500, None)):
        with pytest.raises(UnlikeArchive) as error:
            lift(path, [("a.csv", deflate(before), deflate(after) if after else None)])
        assert (error.value.archive, error.value.member) == (path, "a.csv")
