"""Bad input gets a message that a person can act on, and what was published before stays byte for byte."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import LATER, MOMENT, Hamlet, copy_hamlet, write_hamlet
from publication_files import differences, json_lines, tree

from pregon.home import Home
from pregon.ledger import Ledger, QuarantineRow

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def published_hamlet(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """A small city that has published once."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_CITIES", str(hamlet.cities))
        done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 0, done.err
    return hamlet


@pytest.fixture
def hamlet(published_hamlet: Hamlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """A copy of it, to be spoilt."""
    copy = copy_hamlet(published_hamlet, tmp_path / "hamlet")
    monkeypatch.setenv("PREGON_CITIES", str(copy.cities))
    return copy


def _refused(hamlet: Hamlet) -> Outcome:
    """Run the city, which must be refused by a message, leaving what is public and what is in the ledger as it was."""
    public, ledger = tree(hamlet.public), tree(hamlet.home / "internal")
    done = pregon(*hamlet.arguments(LATER))
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert "error: " in done.err
    assert differences(public, tree(hamlet.public)) == []
    unchanged = {name: what for name, what in tree(hamlet.home / "internal").items() if name in ledger}
    assert differences(ledger, unchanged) == []
    return done


def _line_of(file: Path, text: str) -> int:
    lines = [number for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    assert len(lines) == 1, f"{text!r} stands on lines {lines}"
    return lines[0]


# Configuration ------------------------------------------------------------------------------------------------------

CONFIGURATION = {
    "a table that is not there": (
        "mapping.yaml",
        ("{from: documents.address}", "{from: document.address}"),
        ("document", "documents"),
    ),
    "a column that is not there": (
        "mapping.yaml",
        ("{from: tenders.estimate}", "{from: tenders.estimated}"),
        ("estimated", "estimate"),
    ),
    "a code list that is not there": ("mapping.yaml", ("codelist: status", "codelist: statuss"), ("statuss", "status")),
    "a path that OCDS does not have": (
        "mapping.yaml",
        ("  tender/title:", "  tender/tittle:"),
        ("tittle", "tender/title"),
    ),
    "an array that OCDS does not have": (
        "mapping.yaml",
        ("array: tender/documents", "array: tender/document"),
        ("tender/document", "tender/documents"),
    ),
    "a parent that is not mapped": (
        "mapping.yaml",
        ("{array: awards, parent: tenders,", "{array: awards, parent: tender,"),
        ("tender", "tenders"),
    ),
    "a key of the mapping that is not known": (
        "mapping.yaml",
        ("process: {table: tenders, key: number,", "process: {tabel: tenders, key: number,"),
        ("tabel", "table"),
    ),
    "a key of the city that is not known": ("city.yaml", ("licence: {", "license: {"), ("license", "licence")),
    "a key of a table that is not known": (
        "city.yaml",
        ("        lookup: true", "        lookupp: true"),
        ("lookupp", "lookup"),
    ),
    "an extension that is not known": (
        "city.yaml",
        ('schedule: "0 5 * * *"', 'schedule: "0 5 * * *"\nextensions: [bidz]'),
        ("bidz", "bids"),
    ),
    "a person rule that is not known": (
        "city.yaml",
        ("disclosure: {persons: {},", "disclosure: {persons: {supplier: withold},"),
        ("supplier", "withhold"),
    ),
    "a role that no party has": (
        "city.yaml",
        ("disclosure: {persons: {},", "disclosure: {persons: {suplier: withhold},"),
        ("suplier", "supplier"),
    ),
    "broken YAML": ("mapping.yaml", ("bindings:\n", "bindings:\n  - [\n"), ("mapping.yaml", "")),
    "a code that OCDS does not know": ("codelists/status.csv", ("O,active", "O,activ"), ("activ", "active")),
    "a constant that OCDS does not know": (
        "mapping.yaml",
        ("awards/status: {value: active}", "awards/status: {value: actve}"),
        ("actve", "active"),
    ),
    "a condition that could never hold": (
        "city.yaml",
        (
            "contact_points: withhold}",
            "contact_points: withhold,\n  conditions: [{path: awards, unless: {tender/status: [activ]}}]}",
        ),
        ("activ", "active"),
    ),
}
"""What is wrong → file, (right, wrong), (what the message names, the nearest right name in it)."""


@pytest.mark.parametrize("fault", CONFIGURATION)
def test_a_fault_in_the_configuration_is_named_with_file_line_and_the_nearest_name(fault: str, hamlet: Hamlet) -> None:
    name, (right, wrong), (named, nearest) = CONFIGURATION[fault]
    file = hamlet.folder / name
    edit(file, right, wrong)
    before = tree(hamlet.home / "lake")
    done = _refused(hamlet)
    # Refused before anything runs.
    assert tree(hamlet.home / "lake") == before
    assert "extract" not in done.err.split("error: ")[0]
    # Syntax is reported where the parser gave up; everything else on the line of its key.
    where = "[0-9]+" if fault == "broken YAML" else str(_line_of(file, wrong.rpartition("\n")[2]))
    assert re.search(rf"cities/hamlet/{re.escape(name)}:{where}: ", done.err), done.err
    assert named in done.err
    assert nearest in done.err


def test_a_source_key_that_is_no_column_is_named_with_its_line(hamlet: Hamlet) -> None:
    file = hamlet.folder / "city.yaml"
    edit(file, "key: [award]", "key: [awards]")
    done = _refused(hamlet)
    assert f"cities/hamlet/city.yaml:{_line_of(file, '        key: [awards]')}: " in done.err
    assert "did you mean 'award'?" in done.err


def test_all_faults_of_a_mapping_are_told_at_once(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "mapping.yaml", "{from: tenders.estimate}", "{from: tenders.estimated}")
    edit(hamlet.folder / "mapping.yaml", "  tender/title:", "  tender/tittle:")
    done = _refused(hamlet)
    assert "estimated" in done.err
    assert "tittle" in done.err


def test_statements_that_cannot_be_bound_are_named_with_their_line(hamlet: Hamlet) -> None:
    (hamlet.folder / "prepare.sql").write_text(
        "-- Cleaned.\nCREATE VIEW tenders AS\nSELECT _row, number, titel AS title, status, estimate, changed\n"
        "FROM source.tenders;\n"
    )
    done = _refused(hamlet)
    assert "cities/hamlet/prepare.sql:3: " in done.err
    assert "titel" in done.err


def test_a_city_that_is_not_there_is_answered_with_the_nearest_one(hamlet: Hamlet) -> None:
    done = pregon("run", "hamlett", "--home", hamlet.home)
    assert done.code == 1
    assert "did you mean hamlet?" in done.err


def test_a_clock_that_goes_backwards_is_refused(hamlet: Hamlet) -> None:
    public = tree(hamlet.public)
    done = pregon(*hamlet.arguments("2026-02-01T12:00:00Z"))
    assert done.code == 1
    assert "later --as-of" in done.err
    assert differences(public, tree(hamlet.public)) == []


# Sources ------------------------------------------------------------------------------------------------------------


def _missing(sources: Path) -> None:
    (sources / "awards.csv").unlink()


def _empty(sources: Path) -> None:
    (sources / "awards.csv").write_bytes(b"")


def _header_only(sources: Path) -> None:
    (sources / "awards.csv").write_text("award,number,firm,amount\n")


def _folder(sources: Path) -> None:
    (sources / "awards.csv").unlink()
    (sources / "awards.csv").mkdir()


def _binary(sources: Path) -> None:
    (sources / "awards.csv").write_bytes(b"PK\x03\x04" + bytes(200))


def _page(sources: Path) -> None:
    (sources / "awards.csv").write_text("<!DOCTYPE html><html><body>Service unavailable</body></html>\n")


def _renamed_column(sources: Path) -> None:
    edit(sources / "awards.csv", "award,number", "award,numbr")


def _empty_keys(sources: Path) -> None:
    (sources / "awards.csv").write_text("award,number,firm,amount\n,T1,F1,1150\n ,T2,F2,20\n")


SOURCE_FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "is missing": (_missing, r"awards\.csv"),
    "is empty": (_empty, r"awards"),
    "has a header only": (_header_only, r"awards.*no rows"),
    "is a folder": (_folder, r"awards"),
    "is no text": (_binary, r"awards"),
    "is a page that says why it is not there": (_page, r"awards"),
    "lost a column": (_renamed_column, r"awards.*number"),
    "has no key": (_empty_keys, r"awards.*award"),
}


@pytest.mark.parametrize("fault", SOURCE_FAULTS)
def test_a_source_that_cannot_be_used_is_named(fault: str, hamlet: Hamlet) -> None:
    spoil, message = SOURCE_FAULTS[fault]
    spoil(hamlet.sources)
    done = _refused(hamlet)
    assert re.search(message, done.err, re.DOTALL), done.err


def test_a_source_of_the_first_run_leaves_nothing_public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    (hamlet.sources / "tenders.csv").unlink()
    done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 1
    assert "tenders.csv" in done.err
    assert not hamlet.public.exists()


def test_a_mended_source_goes_on_where_it_stopped(hamlet: Hamlet) -> None:
    text = (hamlet.sources / "awards.csv").read_text()
    _missing(hamlet.sources)
    _refused(hamlet)
    (hamlet.sources / "awards.csv").write_text(text.replace("1150", "1175"))
    done = pregon(*hamlet.arguments(LATER))
    assert done.code == 0, done.err
    assert "1 new release of 1 process." in done.out


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "riverbend.sqlite").write_bytes(b"")
    done = pregon("run", "riverbend", "--home", tmp_path, "--as-of", MOMENT)
    assert done.code == 1
    assert "error: eprocurement" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "public").exists()


# Rows ---------------------------------------------------------------------------------------------------------------

SPOILT_ROWS = {
    "a row without key": ("awards.csv", ",T1,F1,5\n", "empty_key"),
    "the same row twice": ("awards.csv", "A1,T1,F1,1150\n", "duplicate_row"),
    "a key twice": ("awards.csv", "A1,T1,F1,1200\n", "duplicate_key"),
    "a row of too many cells": ("awards.csv", "A9,T1,F1,5,6,7\n", ""),
    "a row of another process": ("awards.csv", "A9,T9,F1,5\n", "orphan"),
}
"""What is wrong → file, the row that is added, reason in quarantine (empty: any)."""


@pytest.mark.parametrize("fault", SPOILT_ROWS)
def test_a_row_that_cannot_be_used_is_in_quarantine_and_the_others_are_published(fault: str, hamlet: Hamlet) -> None:
    name, row, reason = SPOILT_ROWS[fault]
    with (hamlet.sources / name).open("a") as file:
        file.write(row)
    done = pregon(*hamlet.arguments(LATER))
    assert done.code == 0, done.err
    found = [held for held in _quarantine(hamlet) if held.table == "awards"]
    assert len(found) == 1, found
    assert found[0].reason == reason or not reason
    assert found[0].message
    assert found[0].row


# Releases -----------------------------------------------------------------------------------------------------------


def _quarantine(hamlet: Hamlet) -> list[QuarantineRow]:
    ledger = Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet")
    return [found.row for found in ledger.quarantined()]


def test_a_release_that_breaks_the_schema_is_held_with_path_value_and_source_row(hamlet: Hamlet) -> None:
    edit(hamlet.sources / "documents.csv", "https://hamlet.example/d2", "see the notice board")
    done = pregon(*hamlet.arguments(LATER))
    assert done.code == 0, done.err
    held = [row for row in _quarantine(hamlet) if row.ocid == "ocds-213czf-T2"]
    assert len(held) == 1
    assert held[0].path == "tender/documents/url"
    assert held[0].value == "see the notice board"
    assert (held[0].table, held[0].row) == ("documents", "T2|D2")
    assert held[0].reason == "structure"
    # The process stays as it was published before.
    compiled = {one["ocid"]: one for one in json_lines(hamlet.public / "hamlet" / "current", "compiled/full")}
    assert compiled["ocds-213czf-T2"]["tender"]["documents"][0]["url"] == "https://hamlet.example/d2"
    assert "The gate noted" in done.out
    assert "1 × tender/documents/url" in done.out

    edit(hamlet.sources / "documents.csv", "see the notice board", "https://hamlet.example/d2b")
    assert pregon(*hamlet.arguments(LATER.replace("-02T", "-03T"))).code == 0
    assert [row for row in _quarantine(hamlet) if row.ocid] == []
    compiled = {one["ocid"]: one for one in json_lines(hamlet.public / "hamlet" / "current", "compiled/full")}
    assert compiled["ocds-213czf-T2"]["tender"]["documents"][0]["url"] == "https://hamlet.example/d2b"


def test_too_many_bad_releases_stop_the_run(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "city.yaml", "quarantine_stop: 1}", "quarantine_stop: 0.3}")
    edit(hamlet.sources / "documents.csv", "https://hamlet.example/d2", "see the notice board")
    done = _refused(hamlet)
    assert "gate stopped" in done.err
    line = next(line for line in done.err.splitlines() if "× tender/documents/url" in line)
    assert "see the notice board" in line
    assert "(documents:T2|D2)" in line
    report = next(Path(word) for word in done.err.split() if word.endswith("summary.json"))
    (problem,) = json.loads(report.read_text())["problems"]
    assert (problem["path"], problem["count"]) == ("tender/documents/url", 1)
    (example,) = problem["examples"]
    assert (example["row"], example["value"]) == ("documents:T2|D2", "see the notice board")


def test_the_summary_counts_the_rows_of_a_quarantined_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    edit(hamlet.sources / "documents.csv", "https://hamlet.example/d1", "see the notice board")
    done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 0, done.err
    path = hamlet.home / "internal" / "hamlet" / "runs" / "20260301T120000Z" / "summary.json"
    tables = json.loads(path.read_text())["tables"]
    quarantined = {name: entry["reasons"].get("process_quarantined", 0) for name, entry in tables.items()}
    assert quarantined == {"tenders": 1, "documents": 1, "awards": 1, "firms": 1}
    for name, entry in tables.items():
        assert entry["released"] + entry["quarantined"] == entry["rows"], name
