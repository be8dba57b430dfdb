"""Tender, award and contract are amended after they were made, and before the release that tells it."""

from expectations.checks.compiled import CompiledRelease, object_of
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order


def _run(compiled: CompiledRelease) -> Outcome | None:
    if not compiled.amendments:
        return None
    order = Order()
    for section, holder, amendments in compiled.amendments:
        if section == "tender":
            made = object_of(holder, "tenderPeriod").get("startDate")
        else:
            made = holder.get("date" if section == "awards" else "dateSigned")
        for steps, amendment in amendments:
            order.add(made, amendment.get("date"), steps, "date")
    order.add_told(compiled, ("amendments",))
    return order.outcome()


CHECK = ProcessCheck(
    id="coherent.amendments_dates",
    version="1",
    severity="warning",
    paths=(
        "tender/tenderPeriod/startDate", "tender/amendments/date", "awards/date", "awards/amendments/date",
        "contracts/dateSigned", "contracts/amendments/date", "date",
    ),
    source="Pelican, coherent.amendments_dates; OCDS 1.1, amendments",
    title=Texts("Amendments follow what they amend", "Las modificaciones son posteriores a lo que modifican"),
    message=Texts(
        "the amendment of {value} and {other} are in the wrong order: what is amended, the amendment, and its release",
        "la modificación del {value} y {other} están en orden inverso: lo modificado, la modificación, y su entrega",
    ),
    cost=Texts(
        "Nobody can tell which terms bidders and suppliers knew at which time.",
        "No se puede saber qué condiciones conocían los oferentes y proveedores en cada momento.",
    ),
    run=_run,
)  # fmt: skip
