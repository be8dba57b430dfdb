from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregon.sources.base import SourceConfigurationError, SourceEncodingError
from pregon.sources.files import containers
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.text import Encoding, TextReport, decoded, find_encoding, lines


def file_of(folder: Path, data: bytes) -> SourceFile:
    path = folder / "f.csv"
    path.write_bytes(data)
    return SourceFile(path, "f.csv", "portal", "things")


@pytest.mark.parametrize(
    ("data", "name", "origin"),
    [
        (b"a,b\n1,2\n", "utf-8", "detected"),
        ("añb\n".encode(), "utf-8", "detected"),
        ("\ufeffañb\n".encode(), "utf-8", "mark"),
        ("añb\n".encode("utf-16"), "utf-16", "mark"),
        ("añb\n".encode("utf-32"), "utf-32", "mark"),
        ("añb – “x”\n".encode("cp1252"), "windows-1252", "detected"),
        (b"caf\xc3", "windows-1252", "detected"),
    ],
)
def test_the_encoding_is_found_out(tmp_path: Path, data: bytes, name: str, origin: str) -> None:
    file = file_of(tmp_path, data)
    assert find_encoding(file, None) == Encoding(name, origin)
    text = "".join(decoded(file, Encoding(name, origin), TextReport()))
    assert not text.startswith("\ufeff")


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf\n", b"\xff\xfe"])
def test_white_space_is_nothing(tmp_path: Path, data: bytes) -> None:
    assert find_encoding(file_of(tmp_path, data), None) is None
    assert find_encoding(file_of(tmp_path, data), "utf-8") is None


def test_what_is_configured_must_fit_and_the_byte_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "CHUNK", 4)
    file = file_of(tmp_path, b"ab\ncd\nef\x96g\n")
    with pytest.raises(SourceEncodingError, match="0x96 at offset 8, line 3, is not utf-8") as caught:
        list(decoded(file, Encoding("utf-8", "configured"), TextReport()))
    assert (caught.value.offset, caught.value.line) == (8, 3)
    assert "portal.things: f.csv" in str(caught.value)


def test_bytes_that_windows_1252_leaves_open_are_wrong_where_it_is_configured(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"a\x81b")
    with pytest.raises(SourceEncodingError):
        list(decoded(file, Encoding("windows-1252", "configured"), TextReport()))
    assert "".join(decoded(file, Encoding("windows-1252", "detected"), TextReport())) == "a\x81b"


@pytest.mark.parametrize("name", ["no-such", "base64", "rot13"])
def test_an_unknown_encoding_is_a_mistake_of_the_configuration(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceConfigurationError, match=name):
        find_encoding(file_of(tmp_path, b"a"), name)


def test_characters_are_repaired_and_counted_never_dropped(tmp_path: Path) -> None:
    report = TextReport()
    file = file_of(tmp_path, "a\x00b\x96c\ufffd".encode())
    assert "".join(decoded(file, Encoding("utf-8", "detected"), report)) == "ab–c\ufffd"
    assert report.counts == {"nul_removed": 1, "control_characters_mapped": 1, "replacement_characters": 1}


def _pieces(text: str, cuts: Sequence[int]) -> list[str]:
    places = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    return [text[first:last] for first, last in pairwise(places)]


@settings(deadline=None)
@given(
    parts=st.lists(st.tuples(st.text("ab\x0b\u2028,", max_size=3), st.sampled_from(["\n", "\r", "\r\n"])), max_size=8),
    last=st.text("ab", max_size=3),
    cuts=st.lists(st.integers(0, 40)),
)
def test_any_line_end_ends_a_line_wherever_the_pieces_end(
    parts: list[tuple[str, str]], last: str, cuts: list[int]
) -> None:
    text = "".join(body + end for body, end in parts) + last
    found = list(lines(_pieces(text, cuts), SourceFile(Path("f"), "f", "s", "t")))
    assert "".join(found).removesuffix("\n") == text.removesuffix("\n")
    expected: list[str] = []
    rest = text
    while rest:
        end = min((at for at in (rest.find("\n"), rest.find("\r")) if at >= 0), default=len(rest))
        step = 2 if rest[end : end + 2] == "\r\n" else 1
        expected.append(rest[:end])
        rest = rest[end + step :]
    assert [line.rstrip("\r\n") for line in found] == expected
