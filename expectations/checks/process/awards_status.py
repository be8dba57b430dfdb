"""No contract carries out an award that is pending, cancelled or unsuccessful."""

from expectations.checks.compiled import CompiledRelease, text_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_INACTIVE = frozenset({"pending", "cancelled", "unsuccessful"})


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for steps, award in compiled.awards:
        status, identifier = award.get("status"), text_of(award.get("id"))
        if identifier is None or not isinstance(status, str) or status not in _INACTIVE:
            continue
        applied += 1
        if contracts := compiled.contracts_by_award.get(identifier):
            failures.append(failure((*steps, "status"), status, contracts[0][1].get("id", "")))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="coherent.awards_status",
    version="1",
    severity="warning",
    paths=("awards/status", "contracts/awardID"),
    source="Pelican, coherent.awards_status; OCDS 1.1, codelist awardStatus",
    title=Texts("Only active awards have contracts", "Solo las adjudicaciones activas tienen contratos"),
    message=Texts(
        "the status of the award is {value}, but contract {other} carries it out",
        "el estado de la adjudicación es {value}, pero el contrato {other} la ejecuta",
    ),
    cost=Texts(
        "Spending is counted on a decision that, by its status, was not made.",
        "Se cuenta gasto sobre una decisión que, según su estado, no se tomó.",
    ),
    run=_run,
)
