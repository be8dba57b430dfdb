"""A period does not end before it starts."""

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order

_PERIODS = (
    "tender/tenderPeriod", "tender/enquiryPeriod", "tender/awardPeriod", "tender/contractPeriod",
    "awards/contractPeriod", "contracts/period",
)  # fmt: skip


def _run(compiled: CompiledRelease) -> Outcome | None:
    order = Order()
    for steps, period in compiled.periods:
        order.add(period.get("startDate"), period.get("endDate"), steps, "endDate")
    return order.outcome()


CHECK = ProcessCheck(
    id="coherent.period",
    version="1",
    severity="warning",
    paths=tuple(f"{period}/{side}" for period in _PERIODS for side in ("startDate", "endDate")),
    source="Pelican, coherent.period; OCDS 1.1, Period",
    title=Texts("Periods end after they start", "Los períodos terminan después de empezar"),
    message=Texts("it ends on {value} and starts on {other}", "termina el {value} y empieza el {other}"),
    cost=Texts(
        "Deadlines and durations come out negative, and a notice may be listed as closed while it is open.",
        "Los plazos y duraciones resultan negativos, y un aviso puede figurar cerrado estando abierto.",
    ),
    run=_run,
)
