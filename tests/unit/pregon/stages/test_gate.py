"""The command that lets a run go on of which the gate asked: exactly this run, with what was accepted before."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pregon.run import Run, UnknownGuard, Verdict
from pregon.stages.again import write_again
from pregon.stages.gate import go_on

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _run(home: Path, **options: Any) -> Run:
    return Run.start("hamlet", home=home, as_of=AS_OF, **options)


def test_it_has_the_clock_so_that_no_source_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_HOME", str(tmp_path))
    assert go_on(_run(tmp_path), ["time.ocid"]) == ("pregon run hamlet --as-of 2026-03-01T12:00:00Z --accept time.ocid")


def test_it_repeats_what_the_run_was_started_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREGON_HOME", raising=False)
    folder = tmp_path / "some files"
    run = _run(tmp_path, from_dir=folder, full=True, accept=("shrink", "quality"))
    assert shlex.split(go_on(run, ["time.ocid", "x.ocid_case"])) == [
        "pregon", "run", "hamlet", "--from", str(folder), "--home", str(tmp_path), "--full",
        "--as-of", "2026-03-01T12:00:00Z", "--accept", "shrink", "--accept", "quality",
    ]  # fmt: skip


@pytest.mark.parametrize(("names", "chosen"), [((), ["--all"]), (("documents:T2|D2",), ["documents:T2|D2"])])
def test_a_retry_of_quarantine_goes_on_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], chosen: list[str]
) -> None:
    monkeypatch.setenv("PREGON_HOME", str(tmp_path))
    run = _run(tmp_path)
    write_again(run, names, {"documents:T2|D2"})
    assert shlex.split(go_on(run, ["time.ocid"]))[:5] == ["pregon", "quarantine", "retry", "hamlet", *chosen]


def test_a_run_accepts_guards_and_checks_and_nothing_else(tmp_path: Path) -> None:
    accepted = ("shrink", "vanished", "quality", "expectations", "time.ocid")
    assert _run(tmp_path, accept=accepted, by="R. Alvarado").accept == accepted
    with pytest.raises(UnknownGuard, match=r"no guard or check 'time\.ocids'; did you mean 'time\.ocid'\?"):
        _run(tmp_path, accept=("time.ocids",))


def test_an_approved_verdict_is_flagged_and_says_by_whom() -> None:
    asks = Verdict("ask", ("a reason",), 3, 2, 0, asked=("time.ocid",), accepted=("shrink",))
    approved = asks.approved("R. Alvarado")
    assert (approved.outcome, approved.asked, approved.reasons) == ("flag", (), ("a reason",))
    assert (approved.accepted, approved.accepted_by) == (("shrink", "time.ocid"), "R. Alvarado")
    assert Verdict.from_json(approved.to_json()) == approved


@pytest.mark.parametrize("outcome", ["publish", "flag", "stop"])
def test_nobody_approves_what_does_not_ask(outcome: str) -> None:
    verdict = Verdict(outcome, (), 3, 2, 0)
    assert verdict.approved("R. Alvarado") == verdict
