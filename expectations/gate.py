"""The gate: what the checks found decides whether a run may be published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from transforms.counting import counted

Outcome = Literal["publish", "flag", "ask", "stop"]


@dataclass(frozen=True)
class Thresholds:
    """Shares of the processes looked at in a run, 0 to 1."""

    quarantine_flag: float
    quarantine_stop: float


@dataclass(frozen=True)
class Verdict:
    """The gate's decision, with a reason for everything but a clean publication."""

    outcome: Outcome
    reasons: tuple[str, ...]


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
            "stop", (f"{reason}; more than quality.quarantine_stop allows ({thresholds.quarantine_stop:.1%})",)
        )
    if share > thresholds.quarantine_flag:
        return Verdict("flag", (reason,))
    return Verdict("publish", (reason,))
