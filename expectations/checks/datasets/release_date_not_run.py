"""Releases are dated by what happened, not by the run that exported them."""

from expectations.checks.counts import FEW, MOST_EXAMPLES, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.05
"""Share of the processes that may have one and the same date (ocds.md 4.7)."""


def _run(query: Query, setting: Setting) -> DatasetOutcome:
    # Dates at the clock of a run are meant where the source tells none: they are counted apart, and not judged.
    first_seen = sorted(setting.first_seen)
    ((dated, seen),) = query(
        "SELECT count(date), count(*) FILTER (list_contains(?::VARCHAR[], date)) FROM facts WHERE date IS NOT NULL",
        [first_seen],
    )
    judged = dated - seen
    if not judged:
        return DatasetOutcome(0, passed=True, figures={"first_seen": seen}, reason=_reason(dated))
    most = query(
        "SELECT date, count(*) AS times FROM facts WHERE date IS NOT NULL AND NOT list_contains(?::VARCHAR[], date)"
        " GROUP BY date ORDER BY times DESC, date LIMIT 1",
        [first_seen],
    )
    top, times = most[0]
    ((at_run,),) = query(
        "SELECT count(*) FROM facts WHERE date = ? AND NOT list_contains(?::VARCHAR[], date)",
        [setting.as_of, first_seen],
    )
    frequent = times / judged > MOST
    by_design = frequent and judged < FEW and not at_run
    examples = query("SELECT ocid FROM facts WHERE date = ? ORDER BY ocid LIMIT ?", [top, MOST_EXAMPLES])
    return DatasetOutcome(
        applied=judged,
        passed=not frequent and not at_run,
        figures={
            "processes": dated, "first_seen": seen, "top": top, "top_share": share(times, judged), "at_run": at_run,
        },
        examples=[ocid for (ocid,) in examples if ocid is not None] if frequent or at_run else [],
        remark=_remark(judged, top, by_design=by_design) if frequent else None,
        by_design=by_design,
    )  # fmt: skip


def _reason(dated: int) -> Texts:
    if not dated:
        return Texts("no release has a date", "ninguna entrega tiene fecha")
    return Texts(
        "the source does not say when its records change: every release is dated when it was first seen",
        "la fuente no dice cuándo cambian sus registros: cada entrega lleva la fecha en que se vio por primera vez",
    )


def _remark(judged: int, top: str, *, by_design: bool) -> Texts:
    if by_design:
        return Texts(
            f"of only {judged:,} processes a few that change together are more than 5 %: the verdict means little",
            f"de solo {judged:,} procesos, unos pocos que cambian juntos son más del 5 %: el resultado dice poco",
        )
    return Texts(
        f"many processes have the date {top}: a migration, a mass update of the source, or an export that dates what it"
        " writes. If it happened once, nothing can be done about it; if each publication brings such a date, look for a"
        " column that tells when a record changed",
        f"muchos procesos llevan la fecha {top}: una migración, una actualización masiva de la fuente o una exportación"
        " que fecha lo que escribe. Si ocurrió una vez, no tiene remedio; si se repite en cada publicación, busque una"
        " columna que diga cuándo cambió cada registro",
    )


CHECK = DatasetCheck(
    id="x.release_date_not_run",
    version="1",
    severity="warning",
    paths=("date",),
    source="OCDS 1.1, release date: when the information was disclosed; Pregón",
    title=Texts("Releases are dated by what happened", "Las entregas llevan la fecha de lo ocurrido"),
    message=Texts(
        "the date of this release is that of many others, or that of the run",
        "la fecha de esta entrega es la de muchas otras o la de la ejecución",
    ),
    cost=Texts(
        "The order of events is lost: nobody can tell what was known when, or how long a step took.",
        "Se pierde el orden de los hechos: nadie sabe qué se conocía y cuándo, ni cuánto tardó cada paso.",
    ),
    run=_run,
)
