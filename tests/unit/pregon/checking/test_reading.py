"""Any file can be read as far as it goes, and where it ends is a finding, never a traceback."""

import codecs
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.pregon.checking.made_up import LOTS, compiled, release, release_package, tender, write

from pregon.checking import check_file, files_below, reading
from pregon.checking.containers import Unreadable
from pregon.checking.reading import JsonText

GOOD = json.dumps(release_package())


def lines(*documents: Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "where", "problem"),
    [
        (b"", "", "is empty"),
        (b" \n\t ", "", "nothing but white space"),
        (b"<html>", "line 1, column 1", "is not JSON"),
        (b'{"ocid": "x",}', "line 1, column", "is not JSON"),
        (b'{\n "ocid": "x",\n "id": }', "line 3, column 8", "is not JSON"),
        (b'{"ocid": NULL}', "line 1, column 10", "is not JSON"),
        (GOOD[:-20].encode(), "line 1, column", "the file ends here"),
        (GOOD[: GOOD.index("lamp")].encode(), "line 1, column", "the file ends here"),
        (b"[" + GOOD[:-20].encode(), "line 1, column", "the file ends here"),
        (b"[" + GOOD.encode(), "line 1, column", "too early"),
        (GOOD.replace("Street", "Stra\u00dfe").encode("cp1252"), "line 1, byte", "is not UTF-8"),
        (GOOD.encode("utf-16"), "line 1, byte 0", "UTF-16"),
        (GOOD.encode("utf-16-le"), "line 1, byte 0", "NUL"),
        (b"\x00" * 100, "line 1, byte 0", "NUL"),
        (GOOD.replace("Street", "Str\x00eet").encode(), "line 1, column", "control character"),
        (b"[" * 200_000, "line 1, column", "nested too deeply"),
        (b'{"ocid": ' + b"9" * 5000 + b"}", "line 1, column 1", "digits"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-30], "after", "cut off"),
        (gzip.compress(GOOD.encode(), mtime=0)[:12], "", "cut off"),
        (b"\x1f\x8b" + b"rubbish" * 10, "", "damaged"),
        (b"PK\x03\x04" + b"rubbish" * 10, "", "damaged"),
        (zipped(a=GOOD.encode())[:-30], "", "damaged"),
        (zipped(a=GOOD[:-9].encode()), "line 1, column", "the file ends here"),
        (GOOD.encode() + b"\n\nrubbish", "line 3, column 1", "is not JSON"),
        (json.dumps(release(), indent=1).encode() + b"\nrubbish", "line", "something follows"),
        (codecs.BOM_UTF8 + GOOD.encode(), "line 1", "byte order mark"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_finding(tmp_path: Path, content: bytes, where: str, problem: str) -> None:
    report = check_file(write(tmp_path, content))
    assert [finding.code for finding in report.findings] == ["unreadable"]
    assert report.total == 1
    assert report.findings[0].where.startswith(where)
    assert problem in report.findings[0].message.replace("Invalid c", "c")


def test_an_archive_with_a_password_is_one_finding(tmp_path: Path) -> None:
    content = bytearray(zipped(a=GOOD.encode()))
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        at = content.index(header) + (6 if header == b"PK\x03\x04" else 8)
        content[at] |= 1
    report = check_file(write(tmp_path, bytes(content)))
    assert [finding.code for finding in report.findings] == ["unreadable"]
    assert "password" in report.findings[0].message


def test_a_changed_byte_of_a_compressed_file_is_noticed(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(GOOD.encode(), mtime=0))
    content[-6] ^= 1
    assert [finding.code for finding in check_file(write(tmp_path, bytes(content))).findings] == ["unreadable"]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        json.dumps(release_package(), indent=2).encode(),
        gzip.compress(GOOD.encode(), mtime=0),
        gzip.compress(gzip.compress(GOOD.encode(), mtime=0)),
        zipped(full__json=GOOD.encode()),
        zipped(full__json__gz=gzip.compress(GOOD.encode(), mtime=0)),
        gzip.compress(zipped(full__json=GOOD.encode())),
        b"\n\n" + GOOD.encode() + b"\n\n",
    ],
)
def test_however_it_is_packed_the_package_is_found(tmp_path: Path, content: bytes) -> None:
    report = check_file(write(tmp_path, content, "anything"))
    assert (report.kind, report.documents, report.findings) == ("release package", 1, [])


def test_the_members_of_an_archive_are_told_apart(tmp_path: Path) -> None:
    bad = json.dumps(release_package(tender(colour="blue") | {"id": "2"})).encode()
    report = check_file(write(tmp_path, zipped(good__json=GOOD.encode(), bad__json=bad, worse__json=b"?")))
    assert [finding.where for finding in report.findings] == [
        "bad.json: /releases/0/tender/colour",
        "worse.json: line 1, column 1",
    ]
    assert report.kind == "2 release packages"


def test_a_release_id_is_used_once_in_all_members_of_an_archive(tmp_path: Path) -> None:
    report = check_file(write(tmp_path, zipped(a=GOOD.encode(), b=GOOD.encode())))
    assert [(finding.code, finding.where) for finding in report.findings] == [
        ("duplicate_release", "b: /releases/0/id")
    ]


def test_findings_in_json_lines_name_their_line(tmp_path: Path) -> None:
    content = lines(tender(colour="blue"), release(id="2"), tender(colour="red") | {"id": "3"})
    report = check_file(write(tmp_path, content, "releases.jsonl"))
    assert report.kind == "JSON Lines: 3 releases"
    assert [finding.where for finding in report.findings] == ["line 1: /tender/colour", "line 3: /tender/colour"]


def test_after_a_broken_line_the_next_is_checked(tmp_path: Path) -> None:
    content = lines(release()) + b'{"ocid": "cut off\n' + b"\n" + lines(tender(colour="blue") | {"id": "2"})
    report = check_file(write(tmp_path, content))
    assert sorted((finding.code, finding.where) for finding in report.findings) == [
        ("undeclared_field", "line 4: /tender/colour"),
        ("unreadable", "line 2, column 18"),
    ]


def test_a_file_that_is_no_json_lines_is_left_at_its_first_error(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, "not JSON\n" * 1000)).total == 1


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    content = lines(release(), release(id="2")).replace(b"\n", b"\r\n")
    report = check_file(write(tmp_path, content))
    assert (report.kind, report.findings) == ("JSON Lines: 2 releases", [])


def test_a_key_that_stands_twice_is_found_where_it_stands(tmp_path: Path) -> None:
    text = GOOD.replace('"status": "active"', '"status": "active", "status": "cancelled"')
    report = check_file(write(tmp_path, text))
    assert [(finding.code, finding.where) for finding in report.findings] == [
        ("repeated_key", "/releases/0/tender/status")
    ]


def test_half_a_surrogate_and_nul_are_found_where_they_stand(tmp_path: Path) -> None:
    package = release_package(tender(title="\ud83d lamp", description="a\x00b"))
    report = check_file(write(tmp_path, json.dumps(package)))
    assert sorted((finding.code, finding.where) for finding in report.findings) == [
        ("unsafe_text", "/releases/0/tender/description"),
        ("unsafe_text", "/releases/0/tender/title"),
    ]


def test_signs_beyond_the_first_65536_may_be_escaped(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, json.dumps(release_package(tender(title="lamp \U0001f4a1"))))).findings == []


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_no_double_holds_is_found(tmp_path: Path, number: str) -> None:
    report = check_file(write(tmp_path, GOOD.replace("1200.5", number)))
    assert ("unsafe_number", "/releases/0/tender/value/amount") in [(f.code, f.where) for f in report.findings]


class TestLargePackages:
    """What is larger than the limit is checked entry by entry, with the same result."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "WHOLE", 3_000)
        monkeypatch.setattr(reading, "CHUNK", 1_000)

    def package(self, **changes: Any) -> dict[str, Any]:
        return release_package(*(release(id=str(number)) for number in range(20)), **changes)

    def test_entries_are_taken_one_by_one(self) -> None:
        stream = io.BytesIO(json.dumps(self.package()).encode())
        document = next(JsonText(stream).documents())
        assert document.entries is not None
        assert next(document.entries)["id"] == "0"
        assert stream.tell() < len(stream.getbuffer())

    @pytest.mark.parametrize("indent", [None, 2])
    def test_the_findings_are_those_of_a_small_one(self, tmp_path: Path, indent: int | None) -> None:
        package = self.package(licence="CC0")
        package["releases"][17]["tender"]["colour"] = "blue"
        package["releases"][18]["id"] = "3"
        report = check_file(write(tmp_path, json.dumps(package, indent=indent)))
        assert sorted((finding.code, finding.where) for finding in report.findings) == [
            ("duplicate_release", "/releases/18/id"),
            ("undeclared_field", "/licence"),
            ("undeclared_field", "/releases/17/tender/colour"),
        ]
        assert report.documents == 20

    @pytest.mark.parametrize("first", [True, False])
    def test_extensions_count_wherever_they_are_declared(self, tmp_path: Path, first: bool) -> None:
        package = self.package()
        package["releases"][5]["tender"]["lots"] = [{"id": "1"}]
        package = {"extensions": [LOTS], **package} if first else {**package, "extensions": [LOTS]}
        assert check_file(write(tmp_path, gzip.compress(json.dumps(package).encode()))).findings == []

    def test_one_that_is_cut_off_is_checked_as_far_as_it_goes(self, tmp_path: Path) -> None:
        package = self.package()
        package["releases"][2]["tender"]["colour"] = "blue"
        report = check_file(write(tmp_path, json.dumps(package)[:-100]))
        assert sorted(finding.code for finding in report.findings) == ["undeclared_field", "unreadable"]

    def test_an_error_in_the_middle_is_told_with_its_line(self, tmp_path: Path) -> None:
        text = json.dumps(self.package(), indent=1).splitlines()
        wrong = max(number for number, line in enumerate(text) if "title" in line) - 100
        text[wrong] += "'"
        finding = check_file(write(tmp_path, "\n".join(text))).findings[0]
        # The sign may be seen as what it is only where the next line should have gone on.
        assert finding.code == "unreadable"
        assert finding.where.split(",")[0] in (f"line {wrong + 1}", f"line {wrong + 2}")

    def test_a_record_larger_than_the_limit_is_still_a_record(self, tmp_path: Path) -> None:
        releases = [release(id=str(number), date=f"2026-01-{number + 1:02}T00:00:00Z") for number in range(20)]
        made = {"ocid": release()["ocid"], "releases": releases}
        made["compiledRelease"] = compiled(date=releases[-1]["date"])
        report = check_file(write(tmp_path, made))
        assert (report.kind, report.findings) == ("record", [])

    def test_keys_that_stand_twice_at_the_top_are_found(self, tmp_path: Path) -> None:
        text = json.dumps(self.package())[:-1] + ', "version": "1.1"}'
        report = check_file(write(tmp_path, text))
        assert [(finding.code, finding.where) for finding in report.findings] == [("repeated_key", "/version")]


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(size=st.integers(1, 60), documents=st.lists(st.text(max_size=30) | st.integers() | st.none(), max_size=6))
def test_what_is_read_does_not_depend_on_where_the_chunks_end(
    monkeypatch: pytest.MonkeyPatch, size: int, documents: list[Any]
) -> None:
    monkeypatch.setattr(reading, "CHUNK", size)
    text = json.dumps(documents, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream = io.BytesIO(b"[" + text + b"]")
    if b"\xed" in text:  # a lone surrogate can't be encoded in UTF-8 at all
        return
    assert [document.head for document in JsonText(stream).documents()] == [documents]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=200)
    | st.integers(0, len(GOOD)).map(lambda end: gzip.compress(GOOD.encode(), mtime=0)[:end])
)
def test_no_bytes_raise_anything_but_unreadable(tmp_path: Path, content: bytes) -> None:
    assert check_file(write(tmp_path, content)).total >= (content != gzip.compress(GOOD.encode(), mtime=0))


def test_unreadable_tells_place_and_problem() -> None:
    error = Unreadable("line 3", "is not JSON")
    assert (str(error), error.where, error.problem) == ("line 3: is not JSON", "line 3", "is not JSON")


def test_files_below_a_folder_are_those_that_say_json(tmp_path: Path) -> None:
    for name in ("b.json", "a.jsonl.gz", "c.json.zip", "d.csv.zip", "e.html", "sub.json/f.ndjson"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert [path.name for path in files_below(tmp_path)] == ["a.jsonl.gz", "b.json", "c.json.zip", "f.ndjson"]
