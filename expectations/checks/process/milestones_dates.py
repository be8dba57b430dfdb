"""A milestone is met, and modified, before the release that tells it."""

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order

MILESTONES = (
    "planning/milestones", "tender/milestones", "contracts/milestones", "contracts/implementation/milestones",
)  # fmt: skip


def _run(compiled: CompiledRelease) -> Outcome | None:
    if not compiled.milestones:
        return None
    order = Order()
    order.add_told(compiled, ("milestones",))
    return order.outcome()


CHECK = ProcessCheck(
    id="coherent.milestones_dates",
    version="1",
    severity="info",
    paths=(*(f"{path}/{key}" for path in MILESTONES for key in ("dateModified", "dateMet")), "date"),
    source="Pelican, coherent.milestones_dates",
    title=Texts("No milestone is met in the future", "Ningún hito se cumple en el futuro"),
    message=Texts(
        "the milestone is said to be met or modified on {value}, after the release of {other}",
        "se dice que el hito se cumplió o modificó el {value}, después de la entrega del {other}",
    ),
    cost=Texts(
        "Planned dates pass for facts: work looks done that is not.",
        "Fechas previstas pasan por hechos: parece hecho lo que no lo está.",
    ),
    run=_run,
)
