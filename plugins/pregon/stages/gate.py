"""The gate over a whole run: everything that speaks against it is weighed, and the gravest decides.

A run that is stopped, or about which a person is asked, leaves work files and its summary, and changes neither ledger
nor publication. The same run gives the same verdict, however often it is repeated, also after its commit.
"""

import shlex
from collections import Counter
from collections.abc import Sequence

from expectations.gate import (
    ProcessThresholds,
    Thresholds,
    decide,
    decide_ledger,
    decide_processes,
    join,
)
from expectations.gate import Verdict as Decision
from expectations.weighing import Weighed, weigh_checks
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.run import Checked, Prepared, Run, Verdict
from pregon.stages.accounting import summarize, verdict_key
from pregon.stages.again import names_again
from pregon.stages.context import CityContext
from pregon.stages.gate_screen import Block, Screen, examples_of
from pregon.stages.problems import problem_lines, problems_found
from pregon.stages.publish import releases_without_ledger
from pregon.stages.quality import judge, published_summary
from pregon.stages.renamed import find_moved
from pregon.stages.vanished import known_key
from transforms.counting import counted

ASKED = 3
"""Exit code of a run about which a person is asked."""


class GateStopped(PregonError):
    """The gate refused the run; nothing was committed or published. `reasons` say why, the gravest first."""

    says = "the gate stopped this run, and what was published before stays"

    def __init__(self, slug: str, reasons: Sequence[str], screen: Screen) -> None:
        super().__init__(f"{slug}: {self.says}:\n{screen.body()}", hint=screen.advice())
        self.slug = slug
        self.reasons = tuple(reasons)


class GateAsks(GateStopped):
    """A person has to decide whether the run goes on; nothing was committed or published.

    `asked` names what has to be accepted for that.
    """

    says = "the gate asks a person about this run; nothing was committed, and what was published before stays"
    exit_code = ASKED

    def __init__(self, slug: str, reasons: Sequence[str], screen: Screen, asked: Sequence[str]) -> None:
        super().__init__(slug, reasons, screen)
        self.asked = tuple(asked)


class Unaccepted(PregonError):
    """A verdict that stops the run, or asks a person, was to be committed."""

    exit_code = ASKED

    def __init__(self, slug: str, outcome: str, reasons: Sequence[str]) -> None:
        super().__init__(f"{slug}: the gate says {outcome}, so nothing is committed: {'; '.join(reasons)}")
        self.slug = slug
        self.outcome = outcome


def decide_run(
    run: Run, context: CityContext, prepared: Prepared, checked: Sequence[Checked], *, may_ask: bool = False
) -> Verdict:
    """Decide on a run. Raises GateStopped, and GateAsks unless it `may_ask`."""
    key = verdict_key(run)
    if context.ledger.committed(run.run_id) and run.lake.exists(key):
        # Seen from a ledger that has taken this run nothing would be worse, renamed or gone: what was said then stands.
        return Verdict.from_json(run.lake.read_json(key)["verdict"])
    quarantined = sum(part.quarantined for part in checked)
    summary = judge(run, context, prepared.buckets)
    weighed = weigh_checks(
        summary, run.city.quality.thresholds, before=published_summary(run.lake, context), accepted=run.accept
    )
    blocks = [*_processes(run, context, prepared, checked, quarantined), *_quality(run, weighed)]
    decision = join(block.decision for block in blocks)
    asked = tuple(one.id for one in weighed if one.outcome == "ask")
    verdict = Verdict(
        outcome=decision.outcome,
        reasons=decision.reasons,
        processes=prepared.processes,
        passed=sum(part.passed for part in checked),
        quarantined=quarantined,
        asked=asked if decision.outcome == "ask" else (),
        accepted=run.accept,
        accepted_by=run.by,
    )
    quality = {
        "score": summary.score,
        "processes": summary.processes,
        "weighed": [one.to_json() for one in weighed],
    }
    run.lake.put_json(key, {"verdict": verdict.to_json(), "quality": quality})
    if decision.outcome == "stop" or (decision.outcome == "ask" and not may_ask):
        summarize(run, context, outcome=decision.outcome, reasons=decision.reasons)
        screen = Screen(
            blocks,
            changes=_changes(run, prepared, checked),
            advice=_advice(run, decision, asked),
            report=run.place.internal(run.slug) / "runs" / run.run_id / "summary.json",
        )
        if decision.outcome == "ask":
            raise GateAsks(run.slug, decision.reasons, screen, asked)
        raise GateStopped(run.slug, decision.reasons, screen)
    return verdict


def _processes(
    run: Run, context: CityContext, prepared: Prepared, checked: Sequence[Checked], quarantined: int
) -> list[Block]:
    """Weigh what concerns processes as a whole: a lost ledger, those that are gone or renamed, and quarantine."""
    quality = run.city.quality
    problems: Counter[str] = Counter()
    for part in checked:
        problems.update(run.lake.read_json(part.key)["problems"])
    structure = decide(
        processes=prepared.processes,
        quarantined=quarantined,
        problems=problems,
        thresholds=Thresholds(quality.quarantine_flag, quality.quarantine_stop),
    )
    moved = find_moved(run, context, prepared)
    processes = decide_processes(
        published=moved.published,
        vanished=moved.vanished,
        examples=moved.examples,
        renamed=[(pair.old, pair.new) for pair in moved.renamed],
        doubled=[(pair.old, pair.new) for pair in moved.doubled],
        thresholds=ProcessThresholds(quality.vanished_stop, quality.renamed),
        accepted=run.accept,
    )
    found = problem_lines(problems_found(run.lake, (part.key for part in checked)))
    lost = decide_ledger(releases=releases_without_ledger(context), accepted=run.accept)
    return [
        Block(lost),
        Block(processes, details=tuple(moved.lines())),
        Block(structure, details=tuple(found)),
    ]


def _quality(run: Run, weighed: Sequence[Weighed]) -> list[Block]:
    """Give the blocks of checks; those that hold the run up with a few places and their source rows."""
    grave = [one.id for one in weighed if one.outcome in ("ask", "stop")]
    examples = examples_of(run, grave)
    return [Block(one.verdict, one, examples.get(one.id, ())) for one in weighed]


def _changes(run: Run, prepared: Prepared, checked: Sequence[Checked]) -> str:
    """Say what the run would have done."""
    known = sum(run.lake.read_json(known_key(run, bucket)) for bucket in prepared.buckets)
    releases = counted(sum(part.passed for part in checked), "release")
    processes = counted(prepared.processes, "process", "processes")
    new = prepared.processes - known
    return f"This run would add {releases}; it looked at {processes}, {new:,} of them never published before."


def _advice(run: Run, decision: Decision, asked: Sequence[str]) -> list[str]:
    """Say what to do, with the command that goes on where the run asks."""
    advice = list(decision.hints)
    if decision.outcome == "ask":
        names = " and ".join(asked[:3]) + (" …" if len(asked) > 3 else "")
        advice = [
            f"look at these rows ({names}); correct them at the source, or mapping and prepare.sql, and run again",
            f"or publish them as they are, this once: {go_on(run, asked)}",
            f"in Airflow: start {run.slug}_collect with accept: {', '.join(_names(asked))}",
        ]
    return advice


def go_on(run: Run, asked: Sequence[str]) -> str:
    """Give the command that repeats exactly this run, and accepts what was asked.

    With the same clock: what a person has looked at is what goes on, and the source is not read again.
    """
    again = names_again(run)
    words = ["pregon", "run", run.slug]
    if again is not None:
        words = ["pregon", "quarantine", "retry", run.slug, *(again or ["--all"])]
    if run.from_dir:
        words += ["--from", run.from_dir]
    if run.home != str(default_home()):
        words += ["--home", run.home]
    if run.full:
        words.append("--full")
    words += ["--as-of", run.as_of]
    # What was accepted before must be accepted again.
    for name in dict.fromkeys((*run.accept, *_names(asked))):
        words += ["--accept", name]
    return shlex.join(words)


def _names(asked: Sequence[str]) -> list[str]:
    return list(asked) if len(asked) == 1 else ["quality"]
