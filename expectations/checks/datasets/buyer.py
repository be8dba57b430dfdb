"""Buyers come again: most of them buy more than once."""

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.datasets.buyers import ENOUGH, TOO_FEW, buyers, seen_once
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.5
"""Share of the buyers that may be seen once, itself not allowed (Pelican's)."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    found = buyers(query)
    if found.processes < ENOUGH:
        return DatasetOutcome(0, passed=True, reason=TOO_FEW)
    passed = found.once / found.buyers < MOST
    return DatasetOutcome(
        applied=found.processes,
        passed=passed,
        figures={
            "processes": found.processes,
            "buyers": found.buyers,
            "seen_once": found.once,
            "seen_once_share": share(found.once, found.buyers),
        },
        examples=[] if passed else seen_once(query, MOST_EXAMPLES),
    )


CHECK = DatasetCheck(
    id="distribution.buyer",
    version="1",
    severity="info",
    paths=("buyer/id",),
    source="Pelican, distribution.buyer",
    title=Texts("Buyers have ids that stay", "Los compradores tienen ids estables"),
    message=Texts("this buyer is seen in one process only", "este comprador aparece en un solo proceso"),
    cost=Texts(
        "Where a buyer has another id each time, nobody can add up what it buys.",
        "Si un comprador tiene un id distinto cada vez, nadie puede sumar lo que compra.",
    ),
    run=_run,
)
