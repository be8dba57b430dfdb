"""Coverage of OCDS files, whatever they hold."""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon

from expectations.coverage import Coverage
from pregon.coverage.files import NoSuchFile, files_coverage


def release(ocid: str, day: int, tag: str = "tender", **fields: Any) -> dict[str, Any]:
    date = f"2026-01-{day:02}T00:00:00Z"
    return {"ocid": ocid, "id": f"{ocid}-{day}", "date": date, "tag": [tag], "initiationType": "tender", **fields}


def covered(tmp_path: Path, document: Any, name: str = "file.json") -> Coverage:
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    return files_coverage([tmp_path / name]).coverage


def test_releases_of_a_process_are_merged_in_the_order_of_their_dates(tmp_path: Path) -> None:
    package = {
        "uri": "u",
        "releases": [
            release("ocds-1", 2, "tenderUpdate", tender={"id": "1", "title": "New", "description": None}),
            release("ocds-2", 1, tender={"id": "2"}),
            release("ocds-1", 1, tender={"id": "1", "title": "Old", "description": "Text", "status": "active"}),
        ],
    }

    coverage = covered(tmp_path, package)

    assert coverage.documents == 2
    assert coverage.field("tender/title") == (2, 1, 1, 0)
    assert coverage.field("tender/status") == (2, 1, 1, 0)
    assert coverage.field("tender/description").present == 0


def test_of_a_record_the_compiled_release_counts(tmp_path: Path) -> None:
    record = {
        "ocid": "ocds-1",
        "releases": [release("ocds-1", 1)],
        "compiledRelease": release("ocds-1", 1, "compiled", language="en"),
    }

    coverage = covered(tmp_path, {"uri": "u", "records": [record, {**record, "compiledRelease": None}]})

    assert coverage.documents == 2
    assert coverage.field("language") == (2, 1, 1, 0)


def test_fields_of_extensions_are_counted_whether_declared_or_not(tmp_path: Path) -> None:
    bids = {"details": [{"id": "1", "status": "valid"}]}

    assert covered(tmp_path, release("ocds-1", 1, bids=bids)).field("bids/details/status") == (1, 1, 1, 0)


def test_lines_that_are_broken_are_told_and_the_others_counted(tmp_path: Path) -> None:
    good = json.dumps(release("ocds-1", 1, "compiled"))
    other = good.replace("ocds-1", "ocds-2")
    (tmp_path / "file.jsonl.gz").write_bytes(gzip.compress(f"{good}\n{{oops\n{other}\n".encode()))

    found = files_coverage([tmp_path])

    assert found.coverage.documents == 2
    assert len(found.problems) == 1
    assert "line 2" in found.problems[0]


def test_what_can_not_be_counted_is_told(tmp_path: Path) -> None:
    record = {"ocid": "ocds-1", "releases": [{"url": "https://example.org/1", "date": "2026-01-01T00:00:00Z"}]}
    (tmp_path / "a.json").write_text(json.dumps({"uri": "u", "records": [record, 5]}), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"no": "OCDS"}), encoding="utf-8")

    found = files_coverage([tmp_path])

    assert found.coverage.documents == 0
    assert [problem.partition(": ")[2] for problem in found.problems] == [
        "ocds-1: links its releases, and has no compiled one",
        "an entry is no object",
        "holds a document that is no OCDS, which can't be counted",
    ]


def test_releases_that_contradict_each_other_are_told_and_the_last_counts(tmp_path: Path) -> None:
    package = {
        "uri": "u",
        "releases": [release("ocds-1", 1, tender=[{"id": "1"}]), release("ocds-1", 2, tender={"id": "1"})],
    }
    (tmp_path / "a.json").write_text(json.dumps(package), encoding="utf-8")

    found = files_coverage([tmp_path / "a.json"])

    assert found.coverage.field("tender/id") == (1, 1, 1, 0)
    assert "can't be merged" in found.problems[0]


def test_values_that_other_readers_choke_on_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"ocid": "1", "id": "1", "date": "x", "tag": ["compiled"], "tender": {"title": "\\ud800"}}\n'
        '{"ocid": "2", "id": "1", "date": "x", "tag": ["compiled"], "tender": {"numberOfTenderers": '
        + "9" * 30
        + "}}\n"
    )

    coverage = files_coverage([tmp_path / "a.json"]).coverage

    assert coverage.documents + coverage.unreadable == 2
    assert coverage.field("tender/numberOfTenderers").filled == 1


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile):
        files_coverage([tmp_path / "none.json"])
    with pytest.raises(NoSuchFile):
        files_coverage([tmp_path])


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(release("ocds-1", 1, "compiled")).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    done = pregon("coverage", "-", "--json")

    assert done.code == 0, done.err
    assert json.loads(done.out)["coverage"]["documents"] == 1


def test_the_command_tells_what_was_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "a.json").write_text("{oops", encoding="utf-8")

    done = pregon("coverage", tmp_path / "a.json")

    assert "0 processes" in done.out
    assert "not counted: " in done.out


def test_of_problems_without_end_some_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"uri": "u", "releases": [1] * 30}), encoding="utf-8")

    problems = files_coverage([tmp_path / "a.json"]).problems

    assert len(problems) == 21
    assert problems[-1] == "and 10 more"
