"""Something has changed lately: the source is alive."""

from datetime import UTC, datetime

from expectations.checks.counts import moment
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

_DAY = 86_400


def _run(query: Query, setting: Setting) -> DatasetOutcome:
    ((now,),) = query(f"SELECT {moment('as_of')} FROM (SELECT ?::VARCHAR AS as_of)", [setting.as_of])
    if now is None:
        reason = Texts("it is not known when this was published", "no se sabe cuándo se publicó")
        return DatasetOutcome(0, passed=True, reason=reason)
    # What is dated in the future tells nothing of how far the source has come.
    ((dated, newest, future),) = query(
        "SELECT count(moment), max(moment) FILTER (moment <= ?), count(*) FILTER (moment > ?)"
        f" FROM (SELECT {moment('date')} AS moment FROM facts)",
        [now, now],
    )
    if newest is None:
        return DatasetOutcome(0, passed=True, reason=Texts("no release has a date", "ninguna entrega tiene fecha"))
    days = round((now - newest) / _DAY, 1)
    passed = days <= setting.update_days
    return DatasetOutcome(
        applied=dated,
        passed=passed,
        figures={"newest": _day(newest), "days": days, "expected_days": setting.update_days, "in_the_future": future},
        examples=[],
        remark=None if passed else Texts(
            "if the source is a file that was downloaded once, or has ended, this fails by what it is; otherwise ask"
            " whether the source is still filled, and whether the export still runs",
            "si la fuente es un archivo descargado una sola vez, o ya cerrado, falla por lo que es; si"
            " no, pregunte si la"
            " fuente se sigue alimentando y si la exportación sigue funcionando",
        ),
    )  # fmt: skip


def _day(moment: float) -> str | None:
    try:
        return datetime.fromtimestamp(moment, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):  # a year before 1 or after 9999
        return None


CHECK = DatasetCheck(
    id="x.freshness",
    version="1",
    severity="warning",
    paths=("date",),
    source="Pregón",
    title=Texts("Something has changed lately", "Hay cambios recientes"),
    message=Texts(
        "the newest release is older than the city promises",
        "la entrega más reciente es más antigua de lo que la ciudad promete",
    ),
    cost=Texts(
        "The source may have stopped without anybody noticing: tenders that are open now are not in the publication.",
        "La fuente puede haberse detenido sin que nadie lo note: las licitaciones abiertas hoy no están publicadas.",
    ),
    run=_run,
)
