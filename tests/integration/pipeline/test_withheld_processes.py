"""Rows of a process that is held back count as held back, run after run, until it passes or is gone."""

import json
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import Hamlet, write_hamlet

from pregon.home import Home
from pregon.ledger import Ledger

pytestmark = pytest.mark.integration

BAD, GOOD = "see the notice board", "https://hamlet.example/d2"


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city, whose process keys are a part of its ocids only, before its first run."""
    hamlet = write_hamlet(tmp_path)
    edit(hamlet.folder / "mapping.yaml", 'ocid: "{number}"', 'ocid: "works-{number}"')
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    return hamlet


def _run(hamlet: Hamlet, day: int) -> dict[str, Any]:
    """Run the city; give the tables of the summary, having checked that each row is in one place."""
    done = pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z"))
    assert done.code == 0, done.err
    path = hamlet.home / "internal" / "hamlet" / "runs" / f"202603{day:02d}T120000Z" / "summary.json"
    tables: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["tables"]
    for name, entry in tables.items():
        assert entry["released"] + entry["quarantined"] == entry["rows"], name
        assert sum(entry["reasons"].values()) == entry["quarantined"], name
    return tables


def _withheld(tables: dict[str, Any]) -> dict[str, int]:
    found = {name: entry["reasons"].get("process_quarantined", 0) for name, entry in tables.items()}
    return {name: count for name, count in found.items() if count}


def _ledger(hamlet: Hamlet) -> Ledger:
    return Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet")


def test_a_process_that_was_never_released_counts_in_later_runs_too(hamlet: Hamlet) -> None:
    edit(hamlet.sources / "documents.csv", GOOD, BAD)
    assert _withheld(_run(hamlet, 1)) == {"tenders": 1, "documents": 1}
    edit(hamlet.sources / "tenders.csv", "Benches", "Chairs")
    second = _run(hamlet, 2)
    assert _withheld(second) == {"tenders": 1, "documents": 1}
    assert second["tenders"]["released"] == 2
    edit(hamlet.sources / "documents.csv", BAD, GOOD)
    assert _withheld(_run(hamlet, 3)) == {}


def test_the_rows_of_a_process_that_was_released_before_count_as_held_back(hamlet: Hamlet) -> None:
    assert _withheld(_run(hamlet, 1)) == {}
    assert _ledger(hamlet).accounting().published == {"awards": 1, "documents": 2, "firms": 1, "tenders": 3}
    edit(hamlet.sources / "documents.csv", GOOD, BAD)
    for day in (2, 3):
        edit(hamlet.sources / "tenders.csv", *(("Paint", "Paints") if day == 2 else ("Paints", "Paint")))
        assert _withheld(_run(hamlet, day)) == {"tenders": 1, "documents": 1}
        assert _ledger(hamlet).accounting().published == {"awards": 1, "documents": 1, "firms": 1, "tenders": 2}
    edit(hamlet.sources / "documents.csv", BAD, GOOD)
    assert _withheld(_run(hamlet, 4)) == {}
    assert _ledger(hamlet).accounting().published == {"awards": 1, "documents": 2, "firms": 1, "tenders": 3}


def test_a_held_process_leaves_with_its_rows(hamlet: Hamlet) -> None:
    for name in ("[number]\n        columns: [number, title", "[number, document]\n        columns"):
        edit(hamlet.folder / "city.yaml", f"key: {name}", f"deletions: mark\n        key: {name}")
    edit(hamlet.sources / "documents.csv", GOOD, BAD)
    _run(hamlet, 1)
    assert [found.row.ocid for found in _ledger(hamlet).quarantined() if found.row.ocid] == ["ocds-213czf-works-T2"]
    edit(hamlet.sources / "tenders.csv", "T2,Lamps,O,800,2026-02-01 10:30:00\n", "")
    edit(hamlet.sources / "documents.csv", f"T2,D2,{BAD}\n", "")
    assert _withheld(_run(hamlet, 2)) == {}
    assert [found.row.ocid for found in _ledger(hamlet).quarantined() if found.row.ocid] == []


def test_a_row_of_a_held_process_that_another_one_uses_is_released(hamlet: Hamlet) -> None:
    edit(hamlet.sources / "awards.csv", "A1,T1,F1,1150\n", "A1,T1,F1,1150\nA2,T2,F1,700\nA3,T2,F2,50\n")
    edit(hamlet.sources / "documents.csv", GOOD, BAD)
    assert _withheld(_run(hamlet, 1)) == {"awards": 2, "documents": 1, "firms": 1, "tenders": 1}
