"""Records made of a file are those of the library, commits write the rows that bare inserts do, verdicts follow."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import history_commit
import orjson
import pytest
from history_commit import bare, commit, export, reset
from history_records import compare, compile_releases, version_releases
from history_report import groups, markdown, targets
from made_up_publication import process
from ocdsmerge import Merger
from unit.bench.conftest import cost, measured

from pregon.ledger import Entry, Ledger, Run
from transforms.ocds import release_schema
from transforms.releases import MergeRules


@pytest.fixture
def schema(tmp_path: Path) -> str:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(release_schema(["bids", "lots"])))
    return str(file)


@pytest.fixture
def releases() -> list[dict[str, Any]]:
    """Newest first: a process with two releases, and one with one."""
    first, second = process(1)[0], process(2)[0]
    head = {"ocid": first["ocid"], "id": "later", "date": "2026-01-01T00:00:00Z", "tag": ["tenderUpdate"]}
    return [{**head, "tender": {"id": "S00001", "title": None}}, second, first]


@pytest.mark.parametrize("made", ["compiled.jsonl", "records.json"])
def test_files_hold_what_the_library_makes_of_the_releases(
    tmp_path: Path, schema: str, releases: list[dict[str, Any]], made: str
) -> None:
    lines, ours, theirs = tmp_path / "releases.jsonl", tmp_path / f"ours-{made}", tmp_path / f"theirs-{made}"
    lines.write_bytes(b"".join(orjson.dumps(release) + b"\n" for release in releases))
    rules = MergeRules.from_schema(json.loads(Path(schema).read_bytes()))
    merger = Merger(merge_rules=rules.for_ocdsmerge())
    found = []
    for ocid in sorted({release["ocid"] for release in releases}):
        history = [release for release in reversed(releases) if release["ocid"] == ocid]
        compiled, versioned = merger.create_compiled_release(history), merger.create_versioned_release(history)
        record = {"ocid": ocid, "releases": history, "compiledRelease": compiled, "versionedRelease": versioned}
        found.append(compiled if made == "compiled.jsonl" else record)
    if made == "compiled.jsonl":
        theirs.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in found))
        assert compile_releases(str(lines), schema, str(ours)) == {"processes": 2}
    else:
        theirs.write_bytes(orjson.dumps({"records": found}))
        assert version_releases(str(lines), schema, str(ours)) == {"processes": 2}
    assert compare(str(ours), str(theirs)) == {"ours": 2, "theirs": 2, "equal": 2}
    theirs.write_bytes(theirs.read_bytes().replace(b"Trees for street 2", b"Trees"))
    assert compare(str(ours), str(theirs))["equal"] == 1


def test_a_line_of_another_form_is_refused(tmp_path: Path, schema: str) -> None:
    lines = tmp_path / "releases.jsonl"
    lines.write_text('{"id": "1"}\n')
    with pytest.raises(ValueError, match="byte 0"):
        compile_releases(str(lines), schema, str(tmp_path / "out"))


def test_a_commit_and_a_bare_insert_write_the_same_rows(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", "riverbend")
    entries = [
        Entry(release["ocid"], "hash", release=release, compiled=compiled, provenance=[["", "calls:1"]])
        for release, compiled in (process(number) for number in range(5))
    ]
    ledger.commit(Run("run", datetime(2026, 1, 1, tzinfo=UTC), 1, "f"), entries)
    folder = str(tmp_path / "rows")
    assert export(str(tmp_path / "ledger.sqlite"), folder, "3") == {"releases": 3}
    assert commit("sqlite", folder) == {"releases": 3}
    written = rows(tmp_path / "rows/target.sqlite")
    reset("sqlite", folder)
    assert bare("sqlite", folder) == {"releases": 3}
    assert rows(tmp_path / "rows/target.sqlite") == written


def rows(file: Path) -> list[Any]:
    connection = sqlite3.connect(file)
    found = [
        connection.execute(f"SELECT * FROM {table.name} ORDER BY sequence").fetchall()
        for table in history_commit.WRITTEN
    ]
    connection.close()
    return found


def results() -> dict[str, Any]:
    """Results of a run in which every target is met."""
    same = {"ours": 9, "theirs": 9, "equal": 9}
    pairs = [
        {"name": name, "pregon": measured("Pregón", 1.0), "ocdskit": measured("ocdskit", cpu), "same": same}
        for name, cpu in (("compile", 11.0), ("versioned", 21.0))
    ]
    steps = {"bare": measured("bare", 10.0, unit="releases"), "commit": measured("commit", 29.0, unit="releases")}
    stages = [measured("commit", 100.0)]
    costs = {"extract to commit": cost(100.0), "changed, extract to commit": cost(14.0)}
    return {
        "measured": "2026-11-22",
        "command": "python bench/history.py",
        "machine": {"cores": 2, "processor": "made up", "memory_gib": 8.0, "system": "Linux", "python": "3.11"},
        "versions": {"pregon": "0.1.0"},
        "load": {"before": 0.1},
        "rounds": 6,
        "records": {"processes": 9, "releases": 12, "pairs": pairs},
        "day": {"processes": 900, "changed_processes": 9, "stages": stages, "changed": stages, "costs": costs},
        "commit": [{"releases": size, "sqlite": steps, "postgresql": steps} for size in (100, 1_000)],
    }


def test_a_good_run_meets_every_target_and_is_shown() -> None:
    found = results()
    found["targets"] = [vars(target) for target in targets(found)]
    assert [target["met"] for target in found["targets"]] == [True] * 7
    text = markdown(found, chart="history.svg")
    assert "11.0 × (1.0 s of CPU against 11.0 s" in text
    assert [bar.target for group in groups(found) for bar in group.bars if bar.kind == "sum"] == pytest.approx(
        [10_000 / 11, 20_000 / 21, 100 / 3, 100 / 3]
    )


def test_other_results_and_longer_times_miss() -> None:
    found = results()
    found["records"]["pairs"][0]["same"] = {"ours": 9, "theirs": 9, "equal": 8}
    found["records"]["pairs"][1]["ocdskit"]["cost"]["cpu"] = 19.0
    found["day"]["costs"]["changed, extract to commit"]["wall"] = 15.1
    found["commit"][1]["sqlite"] = {
        "bare": measured("bare", 10.0),
        "commit": measured("commit", 31.0, memory=120_000_000),
    }
    assert [target.met for target in targets(found)] == [False, False, False, False, False, True, True]
