"""What changed is published soon."""

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE, moment
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck

_DAY = 86_400

CLOCKS = 300
"""Seconds that the clocks of source and run may differ: less is no negative delay."""

TOLERANCE = 0.9
"""Part of the new releases that has to be published within the promised days."""


def _run(query: Query, setting: Setting) -> DatasetOutcome:
    ((now,),) = query(f"SELECT {moment('as_of')} FROM (SELECT ?::VARCHAR AS as_of)", [setting.as_of])
    if now is None:
        reason = Texts("it is not known when this was published", "no se sabe cuándo se publicó")
        return DatasetOutcome(0, passed=True, reason=reason)
    if not query("SELECT 1 FROM previous LIMIT 1"):
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    # Of a release dated when it was first seen nobody knows how late it is.
    changed = (
        f"(SELECT ocid, ?::DOUBLE - {moment('date')} AS delay FROM facts"
        " WHERE (ocid, date) NOT IN (SELECT (ocid, date) FROM previous WHERE ocid IS NOT NULL AND date IS NOT NULL)"
        " AND ocid IS NOT NULL AND NOT list_contains(?::VARCHAR[], date))"
    )
    asked = [now, sorted(setting.first_seen)]
    ((number, median, most, longest, early),) = query(
        "SELECT count(delay), quantile_disc(delay, 0.5), quantile_disc(delay, ?), max(delay), count(*)"
        " FILTER (delay < ?)"
        f" FROM {changed}",
        [TOLERANCE, -CLOCKS, *asked],
    )
    if not number:
        reason = Texts(
            "nothing is new or changed whose date the source tells",
            "no hay nada nuevo o modificado cuya fecha indique la fuente",
        )
        return DatasetOutcome(0, passed=True, reason=reason)
    late = most > setting.delay_days * _DAY
    order = "delay" if early else "delay DESC"
    examples = query(
        f"SELECT ocid, delay FROM {changed} WHERE delay IS NOT NULL ORDER BY {order}, ocid LIMIT ?",
        [*asked, MOST_EXAMPLES],
    )
    return DatasetOutcome(
        applied=number,
        passed=not late and not early,
        figures={
            "releases": number, "median_days": _days(median), "p90_days": _days(most), "longest_days": _days(longest),
            "promised_days": setting.delay_days, "in_the_future": early,
        },
        examples=[f"{ocid}: {_days(delay)}" for ocid, delay in examples] if late or early else [],
        remark=Texts(
            "records that were entered late, or a run after a pause, make delays long once; if it stays"
            " so, collect more"
            " often or promise less",
            "los registros ingresados tarde, o una ejecución tras una pausa, alargan los plazos una vez;"
            " si se mantiene,"
            " recoja los datos con más frecuencia o prometa menos",
        ) if late else None,
    )  # fmt: skip


def _days(seconds: float) -> float:
    return round(seconds / _DAY, 1)


CHECK = TimeCheck(
    id="x.publication_delay",
    version="1",
    severity="warning",
    paths=("date",),
    source="Pregón",
    title=Texts("What changed is published soon", "Lo que cambia se publica pronto"),
    message=Texts(
        "so many days passed from the date of this release until it was published; fewer than none is a date to come",
        "pasaron tantos días desde la fecha de esta entrega hasta su publicación; menos de cero es una fecha futura",
    ),
    cost=Texts(
        "Suppliers learn of tenders when there is no time left to bid, and readers of awards when they can't be"
        " challenged any more.",
        "Los proveedores se enteran de las licitaciones sin tiempo para ofertar, y el público de las adjudicaciones"
        " cuando ya no se pueden impugnar.",
    ),
    run=_run,
)
