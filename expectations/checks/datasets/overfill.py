"""Awards and contracts are told apart: one record of the source does not fill both."""

from expectations.checks.counts import FEW, MOST_EXAMPLES, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.95
"""Share of the pairs from which a field counts as the same."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    ((pairs, same_ids, dates, same_dates, amounts, same_amounts),) = query(
        "SELECT coalesce(sum(pairs), 0)::BIGINT, sum(same_ids)::BIGINT, sum(dates)::BIGINT, sum(same_dates)::BIGINT,"
        " sum(amounts)::BIGINT, sum(same_amounts)::BIGINT FROM facts"
    )
    if pairs < FEW:
        reason = Texts(
            f"fewer than {FEW} contracts belong to an award of their process",
            f"menos de {FEW} contratos corresponden a una adjudicación de su proceso",
        )
        return DatasetOutcome(0, passed=True, reason=reason)
    shares = {
        "same_ids_share": share(same_ids, pairs),
        "same_dates_share": share(same_dates, dates),
        "same_amounts_share": share(same_amounts, amounts),
    }
    # Small purchases are signed on the day of the award, or at its price: only ids, or both together, tell.
    overfilled = _is_same(shares["same_ids_share"]) or (
        _is_same(shares["same_dates_share"]) and _is_same(shares["same_amounts_share"])
    )
    examples = (
        query("SELECT ocid FROM facts WHERE pairs > 0 AND ocid IS NOT NULL ORDER BY ocid LIMIT ?", [MOST_EXAMPLES])
        if overfilled
        else []
    )
    return DatasetOutcome(
        applied=pairs,
        passed=not overfilled,
        figures={"pairs": pairs, **shares},
        examples=[ocid for (ocid,) in examples],
        remark=Texts(
            "where the source has one record for award and contract this fails by design: leave one of the two out, or"
            " map to each only what the source says of it",
            "si la fuente tiene un solo registro para adjudicación y contrato, falla por diseño: omita uno de los dos o"
            " asigne a cada uno solo lo que la fuente dice de él",
        ) if overfilled else None,
    )  # fmt: skip


def _is_same(part: float | None) -> bool:
    return part is not None and part >= MOST


CHECK = DatasetCheck(
    id="x.overfill",
    version="1",
    severity="info",
    paths=("awards/id", "contracts/id", "awards/date", "contracts/dateSigned", "awards/value", "contracts/value"),
    source="Pregón",
    title=Texts("Awards and contracts are told apart", "Las adjudicaciones y los contratos se distinguen"),
    message=Texts(
        "award and contract have one id, or one date and one value",
        "la adjudicación y el contrato tienen el mismo id, o la misma fecha y el mismo valor",
    ),
    cost=Texts(
        "Times from award to signature and changes of price are always nothing, and look as if they had been measured.",
        "Los plazos de la adjudicación a la firma y los cambios de precio salen siempre en cero, y parecen medidos.",
    ),
    run=_run,
)
