"""What a tool wrote is compared with Pregón's compiled releases, process by process."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from content import compare, count, tables
from floor import files, floor
from tools import counted, unlike

COMPILED = [{"ocid": "x-1", "id": "x-1-2026", "tender": {"id": "1"}}, {"ocid": "x-2", "id": "x-2-2026"}]


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    file = tmp_path / "full.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in COMPILED).encode()))
    return file


def written(folder: Path, name: str, content: Any) -> str:
    file = folder / name
    lines = [json.dumps(one) for one in content] if name.endswith(".jsonl") else [json.dumps(content)]
    file.write_text("\n".join(lines))
    return str(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("compiled.jsonl", COMPILED),
        ("records.json", {"records": [{"ocid": one["ocid"], "compiledRelease": one} for one in COMPILED]}),
        ("releases.json", {"releases": COMPILED}),
    ],
)
def test_an_output_with_every_process_passes(tmp_path: Path, compiled: Path, name: str, content: Any) -> None:
    found = compare(str(compiled), written(tmp_path, name, content))
    assert found == {"entries": 2, "ocids": 2, "missing": 0, "extra": 0, "equal": 2}
    assert unlike(found) == ""


def test_what_an_output_lacks_or_has_too_much_is_said(tmp_path: Path, compiled: Path) -> None:
    content = [COMPILED[0], {"ocid": "x-3"}, {"ocid": "x-3"}]
    found = compare(str(compiled), written(tmp_path, "compiled.jsonl", content))
    assert unlike(found) == ("1 processes are missing; 1 processes are not among Pregón's; 3 entries for 2 processes")


def test_ids_may_differ_values_may_not(tmp_path: Path, compiled: Path) -> None:
    content = [{**COMPILED[0], "id": "other"}, {**COMPILED[1], "language": "en"}]
    assert compare(str(compiled), written(tmp_path, "compiled.jsonl", content))["equal"] == 1


def test_values_and_paths_of_packages_are_counted(tmp_path: Path) -> None:
    releases = [{"ocid": "x-1", "awards": [{"id": "1"}, {"id": "2", "title": None}]}]
    found = count(written(tmp_path, "package.json", {"releases": releases}))
    assert found == {"releases": 1, "values": 3, "paths": ["/awards/id", "/ocid"]}


def test_rows_of_tables_are_counted_with_line_breaks_in_cells(tmp_path: Path) -> None:
    (tmp_path / "releases.csv").write_text('ocid,title\nx-1,"two\nlines"\nx-2,one\n')
    assert tables(str(tmp_path)) == {"rows": {"releases": 2}}


def test_findings_are_counted_by_kind() -> None:
    findings = {"validation_errors": [1, 2], "additional_checks": {"empty_field": [1, 2, 3]}, "json_deref_error": "x"}
    found = counted(findings)
    assert found == {"validation_errors": 2, "additional_checks: empty_field": 3, "json_deref_error": 1}


def test_the_floor_counts_what_it_wrote(compiled: Path) -> None:
    found = floor(compiled)
    assert (found["entries"], found["bytes"]) == (
        2,
        sum(len(json.dumps(one, separators=(",", ":"))) + 1 for one in COMPILED),
    )
    assert 0 < found["compressed"] < found["bytes"]


def test_the_floor_file_by_file_takes_lines_and_packages(tmp_path: Path) -> None:
    for name in (
        "releases/full.jsonl.gz",
        "releases/full-001.json.zip",
        "releases/2026.jsonl.gz",
        "compiled/full.jsonl.gz",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [file.relative_to(tmp_path).as_posix() for file in files(tmp_path)] == [
        "releases/2026.jsonl.gz",
        "releases/full.jsonl.gz",
        "releases/full.jsonl.gz",
        "compiled/full.jsonl.gz",
    ]
