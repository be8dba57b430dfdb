"""An amount has a currency, and a currency an amount, wherever a Value stands."""

from expectations.checks.anywhere import steps_to
from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    values = compiled.anywhere.values
    failures: list[Failure] = []
    for place in values:
        amount, currency = place[0].get("amount"), place[0].get("currency")
        if currency in (None, ""):
            failures.append(failure((*steps_to(place), "amount"), amount, "currency"))
        elif amount in (None, ""):
            failures.append(failure((*steps_to(place), "currency"), currency, "amount"))
    return Outcome(len(values), failures) if values else None


CHECK = ProcessCheck(
    id="x.amount_currency",
    version="1",
    severity="warning",
    paths=(
        "planning/budget/amount", "tender/value", "tender/minValue", "tender/items/unit/value", "awards/value",
        "awards/items/unit/value", "contracts/value", "contracts/items/unit/value",
        "contracts/implementation/transactions/value",
    ),
    source="OCDS 1.1, Value",
    title=Texts("Amounts and currencies come in pairs", "Importes y monedas van en pareja"),
    message=Texts('"{value}" stands without its {other}', "«{value}» aparece sin su {other}"),
    cost=Texts(
        "An amount without currency can't be added to any total, and a currency alone says nothing.",
        "Un importe sin moneda no se puede sumar a ningún total, y una moneda sola no dice nada.",
    ),
    run=_run,
)  # fmt: skip
