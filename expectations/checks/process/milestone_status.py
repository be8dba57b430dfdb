"""A milestone that is not met has no date on which it was."""

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure
from expectations.checks.process.milestones_dates import MILESTONES

_UNMET = frozenset({"scheduled", "notMet"})


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for steps, milestone in compiled.milestones:
        status = milestone.get("status")
        if not isinstance(status, str) or status not in _UNMET:
            continue
        applied += 1
        if met := milestone.get("dateMet"):
            failures.append(failure((*steps, "dateMet"), met, status))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="coherent.milestone_status",
    version="1",
    severity="info",
    paths=tuple(f"{path}/{key}" for path in MILESTONES for key in ("status", "dateMet")),
    source="Pelican, coherent.milestone_status; OCDS 1.1, codelist milestoneStatus",
    title=Texts(
        "Milestones that are not met have no date of it", "Los hitos no cumplidos no tienen fecha de cumplimiento"
    ),
    message=Texts(
        "the milestone was met on {value}, but its status is {other}",
        "el hito se cumplió el {value}, pero su estado es {other}",
    ),
    cost=Texts(
        "Whether work was delivered depends on which of the two fields one reads.",
        "Si el trabajo se entregó depende de cuál de los dos campos se lea.",
    ),
    run=_run,
)
