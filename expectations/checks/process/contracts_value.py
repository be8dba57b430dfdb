"""What the contracts of an award come to is within half of the award.

Amounts are compared if all of them are in one currency: there are no exchange rates to compare others by, so such an
award is not counted.
"""

from decimal import Decimal

from expectations.checks.compiled import CompiledRelease, Entry, Money, money_of, text_of, written
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    if not compiled.contracts:
        return None
    for steps, award in compiled.awards:
        identifier = text_of(award.get("id"))
        if identifier is None or len(compiled.awards_by_id[identifier]) != 1:
            continue
        contracts, awarded = compiled.contracts_by_award.get(identifier), money_of(award.get("value"))
        if not contracts or awarded is None or not awarded[0]:
            continue
        contracted = _contracted(contracts, awarded)
        if contracted is None:
            continue
        applied += 1
        if 2 * abs(awarded[0] - contracted) > abs(awarded[0]):
            place = (*steps, "value", "amount")
            failures.append(failure(place, written(awarded), written((contracted, awarded[1]))))
    return Outcome(applied, failures) if applied else None


def _contracted(contracts: list[Entry], awarded: Money) -> Decimal | None:
    """Add up the contracts; None unless all are in the currency of the award, not zero, and of its sign."""
    total = Decimal(0)
    for _, contract in contracts:
        money = money_of(contract.get("value"))
        if money is None or money[1] != awarded[1] or not money[0] or (money[0] > 0) != (awarded[0] > 0):
            return None
        total += money[0]
    return total


CHECK = ProcessCheck(
    id="consistent.contracts_value",
    version="1",
    severity="warning",
    paths=("awards/value", "contracts/value"),
    source="Pelican, consistent.contracts_value",
    title=Texts("An award and its contracts are of one size", "Una adjudicación y sus contratos son del mismo orden"),
    message=Texts(
        "{value} were awarded, and its contracts come to {other}: more than half of the award apart",
        "se adjudicaron {value}, y sus contratos suman {other}: difieren en más de la mitad de lo adjudicado",
    ),
    cost=Texts(
        "What was decided and what was signed differ: totals of awards and of contracts will not agree.",
        "Lo decidido y lo firmado no cuentan lo mismo: los totales de adjudicaciones y de contratos no coincidirán.",
    ),
    run=_run,
)
