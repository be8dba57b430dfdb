"""The gate: what was found decides whether a run may be published.

Here is what concerns processes and the ledger as a whole; what the checks weigh is in `expectations.weighing`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from expectations.thresholds import GRAVITY, Outcome
from transforms.counting import counted

GateGuard = Literal["vanished", "renamed", "empty_ledger", "quality", "expectations"]
"""What a person may accept once of all that the gate looks at; single checks are accepted by their ids."""
GATE_GUARDS: tuple[GateGuard, ...] = get_args(GateGuard)

FEW = 10
"""So many processes may always vanish or get worse: shares of less are chance. Not if all there were vanish."""


@dataclass(frozen=True)
class Thresholds:
    """Shares of the processes looked at in a run, 0 to 1."""

    quarantine_flag: float
    quarantine_stop: float


@dataclass(frozen=True)
class Verdict:
    """The gate's decision, with a reason for everything but a clean publication, and what to do about it."""

    outcome: Outcome
    reasons: tuple[str, ...]
    hints: tuple[str, ...] = ()

    def __and__(self, other: "Verdict") -> "Verdict":
        """Join two verdicts on one run: the graver counts."""
        outcome = max(self.outcome, other.outcome, key=GRAVITY.index)
        hints = tuple(dict.fromkeys((*self.hints, *other.hints)))
        return Verdict(outcome, self.reasons + other.reasons, hints)


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Join verdicts on one run: the gravest counts, and its reasons come first."""
    joined = Verdict("publish", ())
    for verdict in sorted(verdicts, key=lambda one: -GRAVITY.index(one.outcome)):
        joined &= verdict
    return joined


@dataclass(frozen=True)
class ProcessThresholds:
    """What may happen to published processes: the share that may vanish in a run, and what a changed key does."""

    vanished_stop: float
    renamed: Literal["flag", "stop"]


def decide_processes(
    *,
    published: int,
    vanished: int,
    examples: Sequence[str],
    renamed: Sequence[tuple[str, str]],
    doubled: Sequence[tuple[str, str]],
    thresholds: ProcessThresholds,
    accepted: Collection[str],
) -> Verdict:
    """Decide on what a run would do to `published` processes.

    Many that vanish at once speak for another ocid template or a source that was cut off. `renamed` are (vanished, new)
    ocids that seem to be one process; `doubled` (published, new) ocids that differ in letter case only, which OCDS does
    not allow and nobody can accept.
    """
    verdict = Verdict("publish", ())
    if doubled:
        verdict &= Verdict("stop", (
            f"{counted(len(doubled), 'new ocid')} would differ from a published one in letter case only:"
            f" {_pairs(doubled)}",
        ), ("write the key as it was published: in prepare.sql, or at the source",))  # fmt: skip
    if renamed:
        reason = (
            f"{counted(len(renamed), 'process seems', 'processes seem')} to have another key now: {_pairs(renamed)}"
        )
        stops = thresholds.renamed == "stop" and "renamed" not in accepted
        hint = (
            "an ocid never changes: let prepare.sql give these processes the key they were published with; if they are"
            " other processes, run with --accept renamed, and the old ones stay as they were published"
        )
        verdict &= Verdict("stop", (reason,), (hint,)) if stops else Verdict("flag", (reason,))
    if vanished > thresholds.vanished_stop * published and (vanished > FEW or vanished == published):
        named = ", ".join(examples) + (" …" if vanished > len(examples) else "")
        reason = (
            f"{vanished:,} of {counted(published, 'published process', 'published processes')}"
            f" ({vanished / published:.1%}) are not in the source any more ({named})"
        )
        hint = (
            "if `ocid:` or the process key of the mapping changed, take that back: other ocids are other processes; if"
            " they are gone, run with --accept vanished: what was published of them stays"
        )
        accepts = "vanished" in accepted
        limit = f"; more than quality.vanished_stop allows ({thresholds.vanished_stop:.1%})"
        verdict &= Verdict("flag", (reason,)) if accepts else Verdict("stop", (reason + limit,), (hint,))
    return verdict


def decide_ledger(*, releases: int, accepted: Collection[str]) -> Verdict:
    """Decide on a run whose ledger is empty, though a publication with so many `releases` is there.

    The ledger is lost, or another one was meant: every process would be released again, under other ids.
    """
    if not releases or "empty_ledger" in accepted:
        return Verdict("publish", ())
    return Verdict(
        "stop",
        (f"the ledger is empty, but {counted(releases, 'release')} are published: all would get other ids and dates",),
        (
            "restore it with `pregon ledger rebuild CITY --from-publication current`, or set PREGON_LEDGER to where it"
            " is; to begin anew all the same, run with --accept empty_ledger",
        ),
    )


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    shown = ", ".join(f"{old} → {new}" for old, new in pairs[:3])
    return shown + (" …" if len(pairs) > 3 else "")


def decide(*, processes: int, quarantined: int, problems: Mapping[str, int], thresholds: Thresholds) -> Verdict:
    """Decide on a run from how many of its processes were quarantined; `problems` counts the reasons by path."""
    if not quarantined:
        return Verdict("publish", ())
    share = quarantined / processes
    most = sorted(problems.items(), key=lambda item: (-item[1], item[0]))[:3]
    listed = "; ".join(f"{path}: {count:,}" for path, count in most)
    verb = "breaks" if quarantined == 1 else "break"
    reason = f"{quarantined:,} of {counted(processes, 'process', 'processes')} ({share:.1%}) {verb} the schema" + (
        f" ({listed})" if listed else ""
    )
    if share > thresholds.quarantine_stop:
        return Verdict(
            "stop",
            (f"{reason}; more than quality.quarantine_stop allows ({thresholds.quarantine_stop:.1%})",),
            (
                "correct these rows at the source, or prepare.sql, code lists and mapping, and run again; if so many "
                "have to be held back, raise quality.quarantine_stop",
            ),
        )
    if share > thresholds.quarantine_flag:
        return Verdict("flag", (reason,))
    return Verdict("publish", (reason,))
