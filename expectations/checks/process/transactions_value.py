"""What was paid for a contract is not more than the contract.

Amounts are compared if all of them are in one currency: there are no exchange rates to compare others by, so such a
contract is not counted.
"""

from expectations.checks.compiled import CompiledRelease, money_of, standing, sum_of, written
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for (steps, contract), entries in zip(compiled.contracts, compiled.transactions, strict=True):
        transactions = standing(entries)
        contracted = money_of(contract.get("value")) if transactions else None
        if contracted is None:
            continue
        paid = sum_of((money_of(transaction.get("value")) for _, transaction in transactions), contracted[1])
        if paid is None:
            continue
        applied += 1
        if paid > contracted[0]:
            place = (*steps, "implementation", "transactions")
            failures.append(failure(place, written((paid, contracted[1])), written(contracted)))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="consistent.contracts_implementation_transactions_value",
    version="1",
    severity="warning",
    paths=("contracts/value", "contracts/implementation/transactions/value"),
    source="Pelican, consistent.contracts_implementation_transactions_value",
    title=Texts("No more is paid than was contracted", "No se paga más de lo contratado"),
    message=Texts("{value} were paid on a contract of {other}", "se pagaron {value} por un contrato de {other}"),
    cost=Texts(
        "Either payments are counted twice, or the contract grew and nobody published the amendment.",
        "O hay pagos contados dos veces, o el contrato creció y nadie publicó la modificación.",
    ),
    run=_run,
)
