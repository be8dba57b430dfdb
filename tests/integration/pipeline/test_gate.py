"""The gate over whole runs: what it stops or asks about changes nothing, and what a person accepts goes on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import Hamlet, write_hamlet
from publication_files import tree

from pregon import pipeline
from pregon.home import Home
from pregon.ledger import Ledger

CHECK = "reference.contract_in_awards"
PROCESSES = 20

SOURCE = """\
      contracts:
        file: contracts.csv
        key: [contract]
        columns: [contract, award, number]
      awards:
"""


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The made-up city with twenty processes, each with an award and its contract, before its first run."""
    hamlet = write_hamlet(tmp_path)
    edit(hamlet.folder / "city.yaml", "      awards:\n", SOURCE)
    edit(
        hamlet.folder / "mapping.yaml",
        "  awards/status:",
        "  contracts/awardID: {from: contracts.award}\n  contracts/status: {value: active}\n  awards/status:",
    )
    edit(
        hamlet.folder / "mapping.yaml",
        "tables:\n",
        "tables:\n  contracts: {array: contracts, parent: tenders, on: number, id: contract}\n",
    )
    numbers = range(1, PROCESSES + 1)
    _write(
        hamlet,
        "tenders",
        "number,title,status,estimate,changed",
        [f"T{n},Work,C,10,2026-01-05 09:00:00" for n in numbers],
    )
    _write(hamlet, "documents", "number,document,address", ["T1,D1,https://hamlet.example/d1"])
    _write(hamlet, "awards", "award,number,firm,amount", [f"A{n},T{n},F1,10" for n in numbers])
    _contracts(hamlet, failing=0)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setenv("PREGON_HOME", str(hamlet.home))
    return hamlet


def _write(hamlet: Hamlet, table: str, header: str, rows: list[str]) -> None:
    (hamlet.sources / f"{table}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def _contracts(hamlet: Hamlet, failing: int) -> None:
    """Let the contracts of the first so many processes name an award that is not there."""
    rows = [f"C{n},{'X' if n <= failing else 'A'}{n},T{n}" for n in range(1, PROCESSES + 1)]
    _write(hamlet, "contracts", "contract,award,number", rows)


def _quality(hamlet: Hamlet, text: str) -> None:
    file = hamlet.folder / "city.yaml"
    kept = [line for line in file.read_text().splitlines() if not line.startswith("quality:")]
    file.write_text("\n".join([*kept, f"quality: {text}", ""]), encoding="utf-8")


def _run(hamlet: Hamlet, day: int, *options: object) -> Outcome:
    source = ("run", "hamlet", "--from", hamlet.sources, "--as-of", f"2026-03-{day:02d}T12:00:00Z")
    return pregon(*source, *options)


def _summary(hamlet: Hamlet, day: int) -> dict[str, Any]:
    path = hamlet.home / "internal" / "hamlet" / "runs" / f"202603{day:02d}T120000Z" / "summary.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _recorded(hamlet: Hamlet) -> tuple[Any, ...]:
    """All that readers see, and all that is on record."""
    ledger = Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet")
    public = tree(hamlet.public) if hamlet.public.is_dir() else {}
    return (
        public,
        ledger.head(),
        ledger.accounting(),
        [release.json for release in ledger.releases()],
        ledger.publications(),
    )


def _screen(done: Outcome) -> list[str]:
    """The screen that the gate shows: what stands on standard error after the stages."""
    lines = done.err.splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith("error: ")) :]


def test_a_messy_city_is_published_and_flagged_by_default(hamlet: Hamlet) -> None:
    _contracts(hamlet, failing=PROCESSES)
    done = _run(hamlet, 1)
    assert done.code == 0, done.err
    assert f"The gate noted: Contracts belong to an award: not so in 20 of 20 processes (100.0%; {CHECK})" in done.out
    summary = _summary(hamlet, 1)
    assert (summary["outcome"], summary["accepted"]) == ("flag", [])
    (weighed,) = (one for one in summary["quality"]["weighed"] if one["id"] == CHECK)
    assert (weighed["outcome"], weighed["failed"], weighed["processes"]) == ("flag", 20, 20)
    assert set(weighed["text"]) == {"en", "es"}
    assert any(CHECK in reason for reason in summary["reasons"])


@pytest.mark.parametrize("published", [False, True])
def test_a_run_that_stops_changes_nothing_and_says_why_in_one_screen(hamlet: Hamlet, *, published: bool) -> None:
    _quality(hamlet, f"{{checks: {{{CHECK}: {{stop: 0.1}}}}}}")
    if published:
        assert _run(hamlet, 1).code == 0
    _contracts(hamlet, failing=5)
    before = _recorded(hamlet)
    done = _run(hamlet, 2)
    assert done.code == 1
    assert _recorded(hamlet) == before
    screen = _screen(done)
    assert len(screen) <= 24
    assert screen[0] == "error: hamlet: the gate stopped this run, and what was published before stays:"
    assert screen[1] == f"STOP  Contracts belong to an award: not so in 5 of 20 processes (25.0%; {CHECK})"
    assert f"critical; more than quality.checks.{CHECK}.stop allows (10%)" in screen[2]
    examples = [line for line in screen if "contracts:C" in line]
    assert len(examples) == 3
    assert "contracts:C1 (ocds-213czf-T1) contracts/awardID: awardID X1 is not the id of" in examples[0]
    changes = (
        "add 5 releases; it looked at 5 processes, 0" if published else "add 20 releases; it looked at 20 processes, 20"
    )
    assert any(f"This run would {changes} of them never published" in line for line in screen)
    assert any(line.startswith("hint: correct what") for line in screen)
    assert str(hamlet.home / "internal" / "hamlet" / "runs" / "20260302T120000Z" / "summary.json") in screen[-1]
    assert _summary(hamlet, 2)["outcome"] == "stop"
    assert _run(hamlet, 2, "--accept", "quality", "--accept", CHECK).code == 1
    assert _recorded(hamlet) == before
    _contracts(hamlet, failing=0)
    assert _run(hamlet, 3).code == 0


def test_what_is_asked_goes_on_with_the_command_on_the_screen(hamlet: Hamlet) -> None:
    _quality(hamlet, f"{{checks: {{{CHECK}: {{ask: 0.1}}}}}}")
    assert _run(hamlet, 1).code == 0
    _contracts(hamlet, failing=5)
    before = _recorded(hamlet)
    asked = _run(hamlet, 2)
    assert asked.code == 3
    assert _recorded(hamlet) == before
    screen = _screen(asked)
    assert "the gate asks a person about this run; nothing was committed" in screen[0]
    assert screen[1].startswith("ASK   Contracts belong to an award")
    (command,) = (line.partition("this once: ")[2] for line in screen if "this once: " in line)
    # Whatever the source says meanwhile: what was asked about is what goes on.
    _contracts(hamlet, failing=20)
    accepted = pregon(*command.split()[1:], "--by", "R. Alvarado")
    assert accepted.code == 0, accepted.err
    assert "5 new releases of 5 processes" in accepted.out
    summary = _summary(hamlet, 2)
    assert summary["outcome"] == "flag"
    assert summary["accepted"] == [{"name": CHECK, "by": "R. Alvarado"}]
    # Accepted once is not accepted for ever.
    assert _run(hamlet, 3).code == 3


def test_an_accepted_run_is_the_same_when_it_is_repeated(hamlet: Hamlet) -> None:
    _quality(hamlet, f"{{checks: {{{CHECK}: {{ask: 0.1}}}}}}")
    _contracts(hamlet, failing=5)
    assert _run(hamlet, 1, "--accept", "quality", "--by", "A").code == 0
    before = _recorded(hamlet), _summary(hamlet, 1)
    repeated = _run(hamlet, 1)
    assert repeated.code == 0, repeated.err
    assert (_recorded(hamlet), _summary(hamlet, 1)) == before


def test_what_gets_much_worse_than_the_publication_is_asked_about_once(hamlet: Hamlet) -> None:
    _contracts(hamlet, failing=1)
    assert _run(hamlet, 1).code == 0
    _contracts(hamlet, failing=13)
    asked = _run(hamlet, 2)
    assert asked.code == 3
    assert "65.0%" in asked.err
    assert "5.0% in the last publication" in asked.err
    assert "worse by more than quality.severities.critical.worse.ask allows (5%)" in asked.err
    assert _run(hamlet, 3, "--accept", CHECK).code == 0
    # It is in the publication now, so nothing is worse any more.
    edit(hamlet.sources / "tenders.csv", "T1,Work", "T1,Works")
    after = _run(hamlet, 4)
    assert after.code == 0, after.err
    assert _summary(hamlet, 4)["outcome"] == "flag"


def test_a_dry_run_tells_what_the_gate_would_ask(hamlet: Hamlet) -> None:
    _quality(hamlet, f"{{checks: {{{CHECK}: ask}}}}")
    _contracts(hamlet, failing=5)
    done = _run(hamlet, 1, "--dry-run")
    assert done.code == 0, done.err
    assert "Dry run: 20 releases would be committed, 0 quarantined; the gate says ask." in done.out
    assert CHECK in done.out


def test_a_check_that_is_left_out_is_not_asked(hamlet: Hamlet) -> None:
    _quality(hamlet, f"{{checks: {{unique.tender_id: stop}}, left_out: [{CHECK}]}}")
    _contracts(hamlet, failing=20)
    assert _run(hamlet, 1).code == 0
    assert not any(one["id"] == CHECK for one in _summary(hamlet, 1)["quality"]["weighed"])


def test_a_verdict_that_asks_can_be_put_to_a_person_and_is_not_committed_before(hamlet: Hamlet) -> None:
    _quality(hamlet, f"{{checks: {{{CHECK}: ask}}}}")
    _contracts(hamlet, failing=5)
    run = pipeline.Run.start(
        "hamlet", home=hamlet.home, as_of=datetime(2026, 3, 1, 12, tzinfo=UTC), from_dir=hamlet.sources
    )  # fmt: skip
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    verdict = pipeline.decide(run, prepared, checked, may_ask=True)
    assert (verdict.outcome, verdict.asked) == ("ask", (CHECK,))
    assert pipeline.decide(run, prepared, checked, may_ask=True) == verdict
    with pytest.raises(pipeline.Unaccepted, match="the gate says ask"):
        pipeline.commit(run, prepared, verdict, checked)
    with pytest.raises(pipeline.GateAsks) as asks:
        pipeline.decide(run, prepared, checked)
    assert asks.value.asked == (CHECK,)
    assert pipeline.Verdict.from_json(verdict.to_json()) == verdict
    approved = verdict.approved("R. Alvarado")
    pipeline.commit(run, prepared, approved, checked)
    assert _summary(hamlet, 1)["outcome"] == "flag"
    assert _summary(hamlet, 1)["accepted"] == [{"name": CHECK, "by": "R. Alvarado"}]


def test_a_name_that_is_no_guard_and_no_check_is_refused_with_the_nearest(hamlet: Hamlet) -> None:
    done = _run(hamlet, 1, "--accept", "reference.contract_in_award")
    assert done.code == 1
    assert f"did you mean '{CHECK}'?" in done.err
