"""Goods, works and services all occur: none of them is nearly everything."""

from expectations.checks.counts import FEW, codes, share
from expectations.checks.datasets.code_distribution import few, shares_of
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.95
"""Share that the most frequent category may have (Pelican's)."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    counts = {code: coded.times for code, coded in codes(query).get("tender/mainProcurementCategory", {}).items()}
    total = sum(counts.values())
    if not total:
        reason = Texts("no tender has a main procurement category", "ninguna licitación tiene categoría principal")
        return DatasetOutcome(0, passed=True, reason=reason)
    top, most = next(iter(counts.items()))
    passed = most / total <= MOST
    by_design = not passed and total < FEW
    return DatasetOutcome(
        applied=total,
        passed=passed,
        figures={
            "values": total,
            "codes": len(counts),
            "top": top,
            "top_share": share(most, total),
            **shares_of(counts),
        },
        examples=[] if passed else [top],
        remark=few(total) if by_design else None,
        by_design=by_design,
    )


CHECK = DatasetCheck(
    id="distribution.main_procurement_category",
    version="1",
    severity="info",
    paths=("tender/mainProcurementCategory",),
    source="Pelican, distribution.main_procurement_category",
    title=Texts("Goods, works and services all occur", "Hay bienes, obras y servicios"),
    message=Texts(
        "more than 95 % of the tenders have this category", "más del 95 % de las licitaciones tiene esta categoría"
    ),
    cost=Texts(
        "The category was probably filled in without looking, or a part of what the city buys is not published.",
        "Es probable que la categoría se rellene sin mirar, o que falte por publicar una parte de las compras.",
    ),
    run=_run,
)
