"""Processes refer to processes that are published."""

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

_PREFIX = 11
"""Characters of an ocid that name its publisher: `ocds-` and six more."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    related = "(SELECT ocid, one.identifier AS target FROM (SELECT ocid, unnest(related) AS one FROM facts))"
    own = f"(SELECT DISTINCT left(ocid, {_PREFIX}) FROM facts WHERE ocid IS NOT NULL)"
    ((number, missing, elsewhere),) = query(
        f"SELECT count(*), count(*) FILTER (gone), count(*) FILTER (gone AND left(target, {_PREFIX}) NOT IN {own}) FROM"
        f" (SELECT target, target NOT IN (SELECT ocid FROM facts WHERE ocid IS NOT NULL) AS gone FROM {related})"
    )
    if not number:
        reason = Texts("no process refers to another by its ocid", "ningún proceso hace referencia a otro por su ocid")
        return DatasetOutcome(0, passed=True, reason=reason)
    examples = query(
        f"SELECT DISTINCT ocid, target FROM {related} WHERE target NOT IN (SELECT ocid FROM facts WHERE"
        " ocid IS NOT NULL)"
        " ORDER BY ocid, target LIMIT ?",
        [MOST_EXAMPLES],
    )
    by_design = bool(missing) and missing == elsewhere
    return DatasetOutcome(
        applied=number,
        passed=not missing,
        figures={
            "references": number, "missing": missing, "missing_share": share(missing, number),
            "of_other_publishers": elsewhere,
        },
        examples=[f"{ocid} → {target}" for ocid, target in examples],
        remark=Texts(
            "all that are missing have the prefix of another publisher, and can't be found here: nothing is wrong",
            "todos los que faltan tienen el prefijo de otra entidad publicadora y no pueden estar aquí: no hay error",
        ) if by_design else None,
        by_design=by_design,
    )  # fmt: skip


CHECK = DatasetCheck(
    id="reference.related_process_identifier",
    version="1",
    severity="warning",
    paths=("relatedProcesses/identifier", "contracts/relatedProcesses/identifier"),
    source="Pelican, reference.related_process_identifier",
    title=Texts("Related processes are published", "Los procesos relacionados están publicados"),
    message=Texts(
        "this process refers to an ocid that is not published",
        "este proceso hace referencia a un ocid que no está publicado",
    ),
    cost=Texts(
        "The way from a framework to its purchases, or from a tender to the one before, ends in nothing.",
        "El camino del convenio marco a sus compras, o de una licitación a la anterior, no lleva a nada.",
    ),
    run=_run,
)
