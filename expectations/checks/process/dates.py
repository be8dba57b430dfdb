"""A process goes forward: bids are due before the award, that is before the signature, and that before payment.

Nothing of it can be later than the release that tells it. Several awards of one id are no two decisions to compare a
signature with: the latest of them counts, once.
"""

from expectations.checks.compiled import CompiledRelease, object_of, text_of
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order


def _run(compiled: CompiledRelease) -> Outcome | None:
    order = Order()
    tender = compiled.tender
    due = object_of(tender, "tenderPeriod").get("endDate")
    if due is not None:
        order.add(due, object_of(tender, "contractPeriod").get("startDate"), ("tender", "contractPeriod"), "startDate")
        for steps, award in compiled.awards:
            order.add(due, award.get("date"), steps, "date")
    for (steps, contract), transactions in zip(compiled.contracts, compiled.transactions, strict=True):
        signed = contract.get("dateSigned")
        if signed is None:
            continue
        order.add(due, signed, steps, "dateSigned")
        order.add(_awarded(compiled, contract.get("awardID")), signed, steps, "dateSigned")
        for place, transaction in transactions:
            order.add(signed, transaction.get("date"), place, "date")
    order.add_told(compiled, ("awards", "signatures", "transactions"))
    return order.outcome()


def _awarded(compiled: CompiledRelease, identifier: object) -> object:
    """Give the date of the award, of the latest if there are several."""
    text = text_of(identifier)
    return compiled.award_dates.get(text) if text is not None else None


CHECK = ProcessCheck(
    id="coherent.dates",
    version="1",
    severity="warning",
    paths=(
        "tender/tenderPeriod/endDate", "tender/contractPeriod/startDate", "awards/date", "contracts/dateSigned",
        "contracts/implementation/transactions/date", "date",
    ),
    source="Pelican, coherent.dates",
    title=Texts("A process goes forward in time", "El proceso avanza en el tiempo"),
    message=Texts(
        "{value} and {other} are in the wrong order: bids are due, award, signature, payment, and the release of it",
        "{value} y {other} están en orden inverso: cierre de ofertas, adjudicación, firma, pago, y la entrega de ello",
    ),
    cost=Texts(
        "How long each step takes can't be measured, and an honest purchase looks as if it was arranged.",
        "No se puede medir cuánto tarda cada paso, y una compra honesta parece arreglada.",
    ),
    run=_run,
)  # fmt: skip
