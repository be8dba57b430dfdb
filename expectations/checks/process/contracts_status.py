"""Nothing is paid on a contract that is not signed."""

from expectations.checks.compiled import CompiledRelease, standing
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_UNSIGNED = frozenset({"pending", "cancelled"})


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for (steps, contract), transactions in zip(compiled.contracts, compiled.transactions, strict=True):
        status = contract.get("status")
        if not isinstance(status, str) or status not in _UNSIGNED:
            continue
        applied += 1
        if transactions and (paid := standing(transactions)):
            failures.append(failure((*steps, "status"), status, len(paid)))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="coherent.contracts_status",
    version="1",
    severity="warning",
    paths=("contracts/status", "contracts/implementation/transactions"),
    source="Pelican, coherent.contracts_status; OCDS 1.1, codelist contractStatus",
    title=Texts("Only signed contracts are paid", "Solo se pagan contratos firmados"),
    message=Texts(
        "the status of the contract is {value}, but it has transactions: {other}",
        "el estado del contrato es {value}, pero tiene transacciones: {other}",
    ),
    cost=Texts(
        "It looks as if the city paid without a contract; probably the status was not updated.",
        "Parece que la ciudad pagó sin contrato; probablemente no se actualizó el estado.",
    ),
    run=_run,
)
