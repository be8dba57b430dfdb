"""`pregon quarantine`: what is held back is listed, shown, exported, and looked at again after a correction."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import LATER, MOMENT, Hamlet, copy_hamlet, write_hamlet
from publication_files import tree

from pregon.home import Home
from pregon.ledger import Ledger
from pregon.manifest import latest

DOCUMENTS = (
    "number,document,address\nT1,D1,https://hamlet.example/d1\nT2,D2,hamlet.example d2\nT9,D3,=cmd\nT3,D4,hamlet d4\n"
)
PREPARE = """\
CREATE OR REPLACE VIEW documents AS
SELECT * REPLACE (replace('https://' || replace(address, 'https://', ''), ' ', '/') AS address) FROM source.documents;
"""
HELD = {"ocds-213czf-T2", "ocds-213czf-T3"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """The made-up city after a run that held two processes and a row back."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    (hamlet.sources / "documents.csv").write_text(DOCUMENTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_CITIES", str(hamlet.cities))
        done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 0, done.err
    return hamlet


@pytest.fixture
def hamlet(original: Hamlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """A copy of it, to be changed."""
    copy = copy_hamlet(original, tmp_path / "copy")
    monkeypatch.setenv("PREGON_CITIES", str(copy.cities))
    monkeypatch.setenv("PREGON_HOME", str(copy.home))
    return copy


def quarantine(command: str, *arguments: object, code: int = 0) -> Outcome:
    done = pregon("quarantine", command, "hamlet", *arguments)
    assert done.code == code, done.err
    return done


def ledger(hamlet: Hamlet) -> Ledger:
    return Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet")


def held_processes(hamlet: Hamlet) -> set[str]:
    return {found.row.ocid for found in ledger(hamlet).quarantined() if found.row.ocid is not None}


def summary(hamlet: Hamlet, run: str) -> dict[str, Any]:
    path = hamlet.home / "internal" / "hamlet" / "runs" / run / "summary.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_what_is_held_back_is_listed_in_groups(hamlet: Hamlet) -> None:
    found = json.loads(quarantine("list", "--json").out)
    assert (found["city"], found["findings"], found["processes"]) == ("hamlet", 4, 2)
    assert found["groups"][0] == {
        "reason": "structure", "table": "documents", "path": "tender/documents/url", "rows": 2, "since": "2026-03-01",
        "examples": ["T2|D2", "T3|D4"],
    }  # fmt: skip
    assert {group["reason"] for group in found["groups"]} == {"structure", "orphan", "unreferenced"}
    printed = quarantine("list").out
    assert "orphan: the row that it hangs on is not there." in printed
    assert "4 findings, in 2 processes held back as a whole" in printed
    assert json.loads(quarantine("list", "--json", "--reason", "orphan", "--table", "documents").out)["findings"] == 1
    assert "hamlet holds nothing back." in quarantine("list", "--reason", "nothing").out


def test_every_finding_can_be_listed_and_exported(hamlet: Hamlet, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in quarantine("list", "--json", "--details").out.splitlines()]
    assert [line["key"] for line in lines] == ["T2|D2", "T3|D4", "T9|D3", "F2"]
    assert "documents:T9|D3: no row of tenders" in quarantine("list", "--details").out
    file, book = tmp_path / "held.csv", tmp_path / "held.xlsx"
    done = quarantine("list", "--table", "documents", "--csv", file, "--xlsx", book)
    assert "3 findings" in done.err
    assert done.out == ""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        assert [row["key"] for row in csv.DictReader(rows)] == ["T2|D2", "T3|D4", "T9|D3"]
    assert book.stat().st_size > 0


def test_a_process_is_shown_with_row_mapping_and_the_release_that_was_held_back(hamlet: Hamlet) -> None:
    printed = quarantine("show", "T2").out
    assert printed.startswith("ocds-213czf-T2: held back; it was never published")
    assert "structure: a value of the release breaks the schema" in printed
    assert "cities/hamlet/mapping.yaml:8: bindings.tender/documents/url: from: documents.address" in printed
    assert "address: hamlet.example d2" in printed
    assert '"url": "hamlet.example d2"' in printed
    assert "pregon quarantine retry hamlet ocds-213czf-T2" in printed
    found = json.loads(quarantine("show", "ocds-213czf-T2", "--json").out)
    assert found["rows"]["documents:T2|D2"]["document"] == "D2"
    assert found["release"]["tender"]["title"] == "Lamps"
    assert found["held"][0]["value"] == "hamlet.example d2"


def test_a_row_is_shown_by_its_key(hamlet: Hamlet) -> None:
    printed = quarantine("show", "documents:T9|D3").out
    assert "no row of tenders has this row's number" in printed
    assert "tables.documents: array: tender/documents, on: number = tenders.number" in printed
    assert "address: =cmd" in printed


def test_what_is_not_held_back_is_refused_with_the_nearest_name(hamlet: Hamlet) -> None:
    assert "did you mean documents:T9|D3" in quarantine("show", "documents:T9|D", code=1).err
    assert "holds nothing back that is called 'T1'" in quarantine("retry", "T1", code=1).err


def test_a_retry_without_a_change_says_that_nothing_would_be_different(hamlet: Hamlet) -> None:
    head = ledger(hamlet).head()
    done = quarantine("retry", "--all")
    assert "the same would be held back for the same reasons" in done.out
    assert ledger(hamlet).head() == head
    assert quarantine("retry", code=2).err
    assert quarantine("retry", "T2", "--all", code=2).err


def test_a_correction_of_the_preparation_lets_held_processes_pass_without_the_sources(hamlet: Hamlet) -> None:
    for file in hamlet.sources.iterdir():
        file.unlink()
    (hamlet.folder / "prepare.sql").write_text(PREPARE, encoding="utf-8")
    dry = quarantine("retry", "--all", "--dry-run", "--as-of", "2026-03-01T13:00:00Z").out
    assert "Dry run: 2 releases would be committed, 0 quarantined; the gate says publish" in dry
    assert held_processes(hamlet) == HELD
    done = quarantine("retry", "T2", "documents:T9|D3", "--as-of", LATER)
    assert "every process is looked at" in done.out
    assert "Of 2 rows and processes held back before, 1 passed and 1 stays." in done.out
    assert "1 × orphan: the row that it hangs on is not there" in done.out
    # A change of the city's folder concerns them all.
    assert held_processes(hamlet) == set()
    assert sum(entry["released"] for entry in summary(hamlet, "20260302T120000Z")["tables"].values()) == 8
    listed = json.loads(quarantine("list", "--json").out)
    assert {group["reason"]: group["since"] for group in listed["groups"]} == {
        "orphan": "2026-03-01", "unreferenced": "2026-03-01"
    }  # fmt: skip


def test_a_repeated_retry_changes_nothing_and_a_later_run_goes_on_from_it(hamlet: Hamlet) -> None:
    (hamlet.folder / "prepare.sql").write_text(PREPARE, encoding="utf-8")
    quarantine("retry", "T2", "--as-of", LATER)
    before = tree(hamlet.public), ledger(hamlet).head()
    # Nothing of this name is held back any more; under --all the orphan is, and nothing has changed since.
    assert quarantine("retry", "T2", "--as-of", LATER, code=1).err
    quarantine("retry", "--all", "--anyway", "--as-of", LATER)
    assert (tree(hamlet.public), ledger(hamlet).head()) == before
    edit(hamlet.sources / "tenders.csv", "Lamps", "Lanterns")
    done = pregon(*hamlet.arguments("2026-03-03T12:00:00Z"))
    assert done.code == 0, done.err
    assert "1 new release of 1 process." in done.out


def test_a_retry_in_spite_of_no_change_looks_at_what_was_named_only(hamlet: Hamlet) -> None:
    done = quarantine("retry", "T2", "--anyway", "--as-of", LATER)
    assert "Of 1 row or process held back before, 0 passed and 1 stays." in done.out
    assert summary(hamlet, "20260302T120000Z")["processes"] == 1
    assert held_processes(hamlet) == HELD
    assert {found.run_id for found in ledger(hamlet).quarantined()} == {"20260301T120000Z"}


def test_a_retry_goes_through_the_gate(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "city.yaml", "quarantine_stop: 1", "quarantine_stop: 0.1")
    before = tree(hamlet.public), ledger(hamlet).head()
    stopped = quarantine("retry", "--all", "--as-of", LATER, code=1)
    assert "2 of 3 processes (66.7%) break the schema" in stopped.err
    assert (tree(hamlet.public), ledger(hamlet).head()) == before


def test_a_retry_takes_along_what_a_stopped_run_had_read(hamlet: Hamlet) -> None:
    edit(hamlet.sources / "tenders.csv", "Benches", "Chairs")
    assert pregon(*hamlet.arguments("2026-03-01T18:00:00Z"), "--dry-run").code == 0
    (hamlet.folder / "prepare.sql").write_text(PREPARE, encoding="utf-8")
    quarantine("retry", "--all", "--as-of", LATER)
    compiled = {process.ocid: json.loads(process.compiled) for process in ledger(hamlet).processes()}
    assert compiled["ocds-213czf-T1"]["tender"]["title"] == "Chairs"
    assert compiled.keys() == {"ocds-213czf-T1", *HELD}


def test_a_retry_is_refused_where_the_sources_are_declared_otherwise(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "city.yaml", "columns: [firm, name]", "columns: [firm]")
    edit(hamlet.folder / "mapping.yaml", "bindings: {name: {from: firms.name}}", "bindings: {}")
    assert "`sources:` of city.yaml was changed" in quarantine("retry", "--all", "--as-of", LATER, code=1).err


def test_a_retry_with_an_earlier_clock_or_before_any_run_is_refused(hamlet: Hamlet, tmp_path: Path) -> None:
    (hamlet.folder / "prepare.sql").write_text(PREPARE, encoding="utf-8")
    assert "give a later --as-of" in quarantine("retry", "--all", "--as-of", "2026-02-01T12:00:00Z", code=1).err
    assert "has committed nothing yet" in quarantine("retry", "--all", "--home", tmp_path / "new", code=1).err


def test_the_manifest_of_a_retry_says_that_nothing_changed(hamlet: Hamlet) -> None:
    lake = Home(hamlet.home).lake
    before = latest(lake, "hamlet")
    quarantine("retry", "T2", "--anyway", "--as-of", LATER)
    after = latest(lake, "hamlet")
    assert before is not None
    assert after is not None
    assert (after.number, after.previous, after.config) == (before.number + 1, before.number, before.config)
    for name, table in after.tables.items():
        assert replace(table, mode="full", changed={}) == replace(before.tables[name], mode="full", changed={})
