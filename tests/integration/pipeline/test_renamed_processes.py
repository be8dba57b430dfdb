"""A process that comes back under another key: the run stops before anything is committed, and says which it was."""

import json
from pathlib import Path

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import Hamlet, write_hamlet

from pregon.home import Home
from pregon.ledger import Ledger

pytestmark = pytest.mark.integration


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city after its first run; tenders that are gone from the source are marked."""
    hamlet = write_hamlet(tmp_path)
    edit(hamlet.folder / "city.yaml", "        key: [number]\n", "        key: [number]\n        deletions: mark\n")
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    assert _run(hamlet, 1).code == 0
    return hamlet


def _run(hamlet: Hamlet, day: int, *options: object) -> Outcome:
    return pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z"), *options)


def _ocids(hamlet: Hamlet) -> list[str]:
    return [ocid[12:] for ocid in Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet").ocids()]


def _pairs(hamlet: Hamlet, day: int) -> list[tuple[str, str, str]]:
    summary = json.loads((hamlet.home / f"internal/hamlet/runs/202603{day:02d}T120000Z/summary.json").read_bytes())
    return [(one["old"][12:], one["new"][12:], one["evidence"]) for one in summary["moved"]["pairs"]]


def _rename(hamlet: Hamlet, old: str, new: str, *files: str) -> None:
    for name in files:
        file = hamlet.sources / name
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("deletions", ["mark", "ignore"])
def test_a_renamed_process_is_known_by_the_rows_that_moved(hamlet: Hamlet, deletions: str) -> None:
    if deletions == "ignore":
        edit(hamlet.folder / "city.yaml", "deletions: mark", "deletions: ignore")
        assert _run(hamlet, 2).code == 0
    _rename(hamlet, "T1,", "X1,", "tenders.csv", "awards.csv")
    done = _run(hamlet, 3)
    assert done.code == 1
    assert "ocds-213czf-T1 → ocds-213czf-X1: the same source rows (awards:A1)" in done.err
    assert "an ocid never changes" in done.err
    assert _pairs(hamlet, 3) == [("T1", "X1", "rows")]
    assert _ocids(hamlet) == ["T1", "T2", "T3"], "nothing was committed"


def test_a_renamed_process_without_rows_of_its_own_is_known_by_what_it_says(hamlet: Hamlet) -> None:
    _rename(hamlet, "T2,", "X2,", "tenders.csv", "documents.csv")
    done = _run(hamlet, 3)
    assert done.code == 1
    assert _pairs(hamlet, 3) == [("T2", "X2", "content")]
    assert "of the values of both are the same" in done.err


def test_somebody_who_has_looked_may_let_it_pass(hamlet: Hamlet) -> None:
    _rename(hamlet, "T1,", "X1,", "tenders.csv", "awards.csv")
    assert _run(hamlet, 3).code == 1
    done = _run(hamlet, 4, "--accept", "renamed")
    assert done.code == 0, done.err
    assert "The gate noted: 1 process seems to have another key now" in done.out
    assert _pairs(hamlet, 4) == [("T1", "X1", "rows")], "what was accepted is in the summary of its run"
    assert _ocids(hamlet) == ["T1", "T2", "T3", "X1"]
    assert "0 new releases" in _run(hamlet, 5).out


def test_a_city_may_want_only_to_be_told(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "city.yaml", "quarantine_stop: 1}", "quarantine_stop: 1, renamed: flag}")
    _rename(hamlet, "T1,", "X1,", "tenders.csv", "awards.csv")
    done = _run(hamlet, 3)
    assert done.code == 0, done.err
    assert "seems to have another key now" in done.out


def test_another_template_for_ocids_is_noticed_before_anything_is_committed(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "mapping.yaml", 'ocid: "{number}"', 'ocid: "hamlet-{number}"')
    done = _run(hamlet, 3)
    assert done.code == 1
    assert "3 of 3 published processes (100.0%) are not in the source any more" in done.err
    assert "if `ocid:` or the process key of the mapping changed" in done.err
    assert {(old, new) for old, new, _ in _pairs(hamlet, 3)} == {(f"T{n}", f"hamlet-T{n}") for n in (1, 2, 3)}
    assert _run(hamlet, 4, "--accept", "renamed").code == 1, "that so many vanish has to be accepted, too"
    assert _ocids(hamlet) == ["T1", "T2", "T3"]
    edit(hamlet.folder / "mapping.yaml", "hamlet-{number}", "{number}")
    assert "0 new releases" in _run(hamlet, 5).out


def test_it_is_noticed_without_the_lake_too(hamlet: Hamlet) -> None:
    import shutil

    shutil.rmtree(hamlet.home / "lake")
    _rename(hamlet, "T1,", "X1,", "tenders.csv", "awards.csv")
    assert _run(hamlet, 3).code == 1
    assert _pairs(hamlet, 3) == [("T1", "X1", "rows")]


@pytest.mark.parametrize("gone", [True, False], ids=["the old one is gone", "both are there"])
def test_ocids_that_differ_in_letter_case_can_not_be_accepted(hamlet: Hamlet, *, gone: bool) -> None:
    line = "t1,Benches,C,1200.50,2026-01-05 09:00:00\n"
    if gone:
        _rename(hamlet, "T1,", "t1,", "tenders.csv")
    else:
        file = hamlet.sources / "tenders.csv"
        file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")
    done = _run(hamlet, 3, "--accept", "renamed", "--accept", "vanished")
    if gone:
        assert done.code == 1
        assert "in letter case only: ocds-213czf-T1 → ocds-213czf-t1" in done.err
    else:
        assert done.code == 0, done.err
        assert "duplicate_process" in done.out
    assert _ocids(hamlet) == ["T1", "T2", "T3"]


def test_a_process_that_is_gone_and_another_that_comes_are_not_the_same(hamlet: Hamlet) -> None:
    tenders = hamlet.sources / "tenders.csv"
    edit(tenders, "T3,Paint,O,,2026-02-02 11:00:00\n", "T9,Chairs for the library,C,70,2026-03-01 08:00:00\n")
    done = _run(hamlet, 3)
    assert done.code == 0, done.err
    assert _ocids(hamlet) == ["T1", "T2", "T3", "T9"]


def test_an_award_that_moves_to_a_new_process_is_a_correction_where_the_old_one_keeps_the_rest(hamlet: Hamlet) -> None:
    edit(hamlet.sources / "awards.csv", "A1,T1,F1,1150\n", "A1,T1,F1,1150\nA2,T1,F2,10\nA3,T1,F2,20\n")
    assert _run(hamlet, 2).code == 0
    edit(hamlet.sources / "awards.csv", "A3,T1", "A3,T4")
    edit(hamlet.sources / "tenders.csv", "T3,Paint", "T4,Chairs,O,1,2026-03-01 08:00:00\nT3,Paint")
    done = _run(hamlet, 3)
    assert done.code == 0, done.err


def test_the_same_run_may_be_repeated_after_its_commit(hamlet: Hamlet) -> None:
    _rename(hamlet, "T1,", "X1,", "tenders.csv", "awards.csv")
    assert _run(hamlet, 3, "--accept", "renamed").code == 0
    assert _run(hamlet, 3).code == 0
