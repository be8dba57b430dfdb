"""The stages after extract as the commands run them, with a bar or a line for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pregon.commands.push import push_and_announce
from pregon.printing import line, print_outcome, print_summary
from pregon.run import Built, Committed, Extracted, Prepared, Promoted, Run, Verdict
from transforms.counting import counted

MOST_NOTED = 10
"""Reasons of the gate that are printed; all of them are in the summary of the run."""


@dataclass(frozen=True)
class Carried:
    """What the stages gave; nothing was committed in a dry run."""

    prepared: Prepared
    verdict: Verdict
    committed: Committed | None = None
    built: Built | None = None
    promoted: Promoted | None = None


def carry_out(stage: Callable[..., Any], run: Run, extracted: Extracted, *, dry_run: bool = False) -> Carried:
    """Run the stages from prepare to push, or in a dry run to the gate. Raises GateStopped, GateAsks."""
    from pregon import pipeline

    prepared = stage("prepare", lambda tell: pipeline.prepare(run, extracted, tell))
    checked = []
    for number, bucket in enumerate(prepared.buckets, start=1):
        part = f" {number}/{len(prepared.buckets)}" if len(prepared.buckets) > 1 else ""
        mapped = stage(f"map{part}", lambda tell, b=bucket: pipeline.map_states(run, prepared, b, tell))
        released = stage(f"release{part}", lambda tell, m=mapped: pipeline.release(run, m, tell))
        checked.append(stage(f"check{part}", lambda tell, r=released: pipeline.check(run, r, tell)))
    stage("expectations", lambda tell: pipeline.judge_expectations(run, prepared, checked, tell))
    verdict = stage("gate", lambda _: pipeline.decide(run, prepared, checked, may_ask=dry_run))
    if dry_run:
        return Carried(prepared, verdict)
    committed = stage("commit", lambda tell: pipeline.commit(run, prepared, verdict, checked, tell))
    built = stage("build", lambda tell: pipeline.build(run, tell))
    promoted = stage("promote", lambda tell: pipeline.promote(run, built, tell))
    push_and_announce(stage, run, promoted, run.city.targets)
    return Carried(prepared, verdict, committed, built, promoted)


def print_carried(run: Run, carried: Carried) -> None:
    """Print where every row ended, what the gate noted, and what is new."""
    from pregon import pipeline

    if carried.committed is None:
        passed = counted(carried.verdict.passed, "release")
        line(
            f"Dry run: {passed} would be committed, {carried.verdict.quarantined:,} quarantined;"
            f" the gate says {carried.verdict.outcome}."
        )
        _print_noted(carried.verdict)
        return
    print_summary(pipeline.summary(run))
    _print_noted(carried.verdict)
    print_outcome(carried.committed, carried.built, carried.promoted)


def _print_noted(verdict: Verdict) -> None:
    for reason in verdict.reasons[:MOST_NOTED]:
        line(f"The gate noted: {reason}")
    if len(verdict.reasons) > MOST_NOTED:
        line(f"… and {len(verdict.reasons) - MOST_NOTED:,} more, in the summary of the run")
