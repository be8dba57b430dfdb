"""Pieces compressed apart make one ordinary gzip member and ZIP entry."""

import gzip
import io
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pregon.publication.crc import combine_crc, cut_crc, split_crc
from pregon.publication.deflate import (
    WINDOW,
    Compressor,
    Entry,
    Piece,
    Stream,
    deflate,
    write_gzip,
    write_zip,
)

MOMENT = datetime(2026, 3, 1, 5, 0, 2, tzinfo=UTC)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_combine(first: bytes, second: bytes) -> None:
    combined = combine_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert combined == zlib.crc32(first + second)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_come_apart_again(first: bytes, second: bytes) -> None:
    joined = zlib.crc32(first + second)
    assert split_crc(joined, zlib.crc32(first), len(second)) == zlib.crc32(second)
    assert cut_crc(joined, zlib.crc32(second), len(second)) == zlib.crc32(first)


def stream_of(folder: Path, *texts: bytes) -> Stream:
    stream = Stream(folder / "stream")
    for text in texts:
        stream.add(deflate(text))
    stream.close()
    return stream


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), st.binary(min_size=1, max_size=300))
def test_a_piece_may_refer_to_the_text_before_it(texts: list[bytes], last: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        stream = Stream(Path(name) / "again")
        for text in (b"before", *texts):
            start = stream.stored
            stream.add(deflate(text))
        separator, piece = deflate(b","), deflate(last, (text + b",")[-WINDOW:])
        assert not piece.alone
        assert stream.unpacked(start, separator, piece) == last
        stream.add(separator)
        stream.add(piece)
        stream.close()
        target = io.BytesIO()
        write_gzip(target, stream, MOMENT)
        assert gzip.decompress(target.getvalue()) == b"before" + b"".join(texts) + b"," + last


def test_a_piece_that_repeats_the_text_before_it_is_small() -> None:
    text = bytes(range(256)) * 4
    assert deflate(text, text).stored < deflate(text).stored / 4


def test_a_gzip_file_has_one_member(tmp_path: Path) -> None:
    target = io.BytesIO()
    write_gzip(target, stream_of(tmp_path, b"a" * 100_000, b"", b"b\n"), MOMENT)
    decompressor = zlib.decompressobj(wbits=31)
    # A reader that stops after the first member, as browsers do, gets everything.
    assert decompressor.decompress(target.getvalue()) == b"a" * 100_000 + b"b\n"
    assert decompressor.eof
    assert decompressor.unused_data == b""
    assert int.from_bytes(target.getvalue()[4:8], "little") == int(MOMENT.timestamp())


def test_an_empty_stream_is_a_valid_file(tmp_path: Path) -> None:
    target = io.BytesIO()
    stream = stream_of(tmp_path)
    write_gzip(target, stream, MOMENT)
    assert gzip.decompress(target.getvalue()) == b""
    archive = io.BytesIO()
    write_zip(archive, [Entry("empty.csv", [stream])], MOMENT)
    assert zipfile.ZipFile(archive).read("empty.csv") == b""


def test_an_archive_reads_with_the_standard_library(tmp_path: Path) -> None:
    archive = io.BytesIO()
    stream = stream_of(tmp_path, b"1,2\r\n", b"3,4\r\n")
    entries = [Entry("a.csv", [deflate(b"x,y\r\n"), stream]), Entry("año.csv", [deflate(b"z")])]
    write_zip(archive, entries, MOMENT)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["a.csv", "año.csv"]
        assert opened.read("a.csv") == b"x,y\r\n1,2\r\n3,4\r\n"
        assert opened.infolist()[0].date_time == (2026, 3, 1, 5, 0, 2)


class _Huge(Stream):
    """A stream that says it is larger than ZIP's old limits, without being so."""

    def copy_to(self, target: object) -> None:
        del target


def test_entries_above_four_gigabytes_get_wide_fields(tmp_path: Path) -> None:
    huge = _Huge(tmp_path / "huge")
    huge.size, huge.stored = 6 << 30, 0
    archive = io.BytesIO()
    write_zip(archive, [Entry("huge.csv", [huge]), Entry("b.csv", [deflate(b"b")])], MOMENT)
    with zipfile.ZipFile(archive) as opened:
        assert opened.getinfo("huge.csv").file_size == 6 << 30
        assert opened.read("b.csv") == b"b"


class _Collector:
    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.rows = 0

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:
        del awards
        self.pieces.append(piece)
        self.rows += rows


def test_the_number_of_threads_changes_nothing() -> None:
    found = []
    for threads in (1, 4):
        collector = _Collector()
        with Compressor(threads) as compressor:
            for number in range(50):
                compressor.submit(bytes([number]) * 10_000, [collector], rows=1)
            compressor.drain()
        found.append(collector)
    assert found[0].pieces == found[1].pieces
    assert found[0].rows == 50
