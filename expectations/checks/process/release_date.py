"""Nothing in a compiled release is later than the release itself.

The same dates are asked of by their own checks (`coherent.dates`, `coherent.amendments_dates` …), which are the ones
that weigh; this one says how many there are in all.
"""

from typing import get_args

from expectations.checks.compiled import CompiledRelease, Kind
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order

_KINDS: tuple[Kind, ...] = get_args(Kind)


def _run(compiled: CompiledRelease) -> Outcome | None:
    order = Order()
    order.add_told(compiled, _KINDS)
    return order.outcome()


CHECK = ProcessCheck(
    id="coherent.release_date",
    version="1",
    severity="info",
    paths=("date",),
    source="Pelican, coherent.release_date; OCDS 1.1, release date",
    title=Texts("Nothing is newer than the release that tells it", "Nada es posterior a la entrega que lo cuenta"),
    message=Texts("{value} is after the release of {other}", "{value} es posterior a la entrega del {other}"),
    cost=Texts(
        "Either a date is a plan and no fact, or the release carries the wrong date and changes come out of order.",
        "O una fecha es un plan y no un hecho, o la entrega lleva otra fecha y los cambios salen desordenados.",
    ),
    run=_run,
)
