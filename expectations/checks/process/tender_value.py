"""The budget is within half of the value of the tender.

Amounts are compared if both are in one currency: there are no exchange rates to compare others by, so those are not
counted.
"""

from expectations.checks.compiled import CompiledRelease, money_of, object_of, written
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    budget = money_of(object_of(compiled.planning, "budget").get("amount"))
    tender = money_of(compiled.tender.get("value"))
    if budget is None or tender is None or budget[1] != tender[1]:
        return None
    # Zero stands for "unknown" at least as often as for nothing; neither has a ratio, nor have different signs.
    if not budget[0] or not tender[0] or (budget[0] > 0) != (tender[0] > 0):
        return None
    if 2 * abs(tender[0] - budget[0]) <= abs(tender[0]):
        return Outcome(1)
    return Outcome(1, [failure(("tender", "value", "amount"), written(tender), written(budget))])


CHECK = ProcessCheck(
    id="consistent.tender_value",
    version="1",
    severity="warning",
    paths=("planning/budget/amount", "tender/value"),
    source="Pelican, consistent.tender_value",
    title=Texts(
        "The budget and the value of the tender are of one size",
        "El presupuesto y el valor de la licitación son del mismo orden",
    ),
    message=Texts(
        "the tender is worth {value}, and {other} were budgeted: more than half of the tender apart",
        "la licitación vale {value}, y se presupuestaron {other}: difieren en más de la mitad de la licitación",
    ),
    cost=Texts(
        "One of both is probably wrong, so planned and actual spending can't be compared.",
        "Probablemente uno de los dos está mal, así que no se puede comparar lo planeado con lo gastado.",
    ),
    run=_run,
)
