"""No buyer has most of the processes."""

from expectations.checks.counts import share
from expectations.checks.datasets.buyers import ENOUGH, TOO_FEW, buyers
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

LEAST, MOST = 0.01, 0.5
"""Shares between which the most frequent buyer has to be, themselves not allowed (Pelican's)."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    found = buyers(query)
    if found.processes < ENOUGH:
        return DatasetOutcome(0, passed=True, reason=TOO_FEW)
    passed = LEAST < found.top_processes / found.processes < MOST
    return DatasetOutcome(
        applied=found.processes,
        passed=passed,
        figures={
            "processes": found.processes, "buyers": found.buyers, "top": found.top, "top_name": found.top_name,
            "top_share": share(found.top_processes, found.processes),
        },
        examples=[] if passed or found.top is None else [found.top],
        remark=None if passed else _remark(found.buyers),
        # One of two buyers always has half or more.
        by_design=not passed and found.buyers <= 2,
    )  # fmt: skip


def _remark(buyers: int) -> Texts | None:
    if buyers == 1:
        return Texts(
            "the publication has a single buyer, so this fails by design: nothing is wrong. If departments buy, each of"
            " them as buyer tells readers more",
            "la publicación tiene un solo comprador, así que falla por diseño: no hay error. Si compran"
            " las dependencias,"
            " indicar cada una como comprador dice más al público",
        )
    if buyers == 2:
        return Texts(
            "the publication has two buyers, one of which has half of the processes or more by arithmetic",
            "la publicación tiene dos compradores, y uno de ellos tiene por aritmética la mitad de los procesos o más",
        )
    return None


CHECK = DatasetCheck(
    id="distribution.buyer_repetition",
    version="1",
    severity="info",
    paths=("buyer/id",),
    source="Pelican, distribution.buyer_repetition",
    title=Texts("No buyer has most of the processes", "Ningún comprador tiene la mayoría de los procesos"),
    message=Texts(
        "this buyer has half of the processes or more, or the largest has 1 % or less",
        "este comprador tiene la mitad de los procesos o más, o el mayor tiene el 1 % o menos",
    ),
    cost=Texts(
        "Readers can't tell which department buys: the id may be that of the office that publishes.",
        "No se sabe qué dependencia compra: el id puede ser el de la oficina que publica.",
    ),
    run=_run,
)
