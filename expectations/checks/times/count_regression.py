"""There are no fewer processes than before, in all and in each year."""

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck

TOLERANCE = 0.02
"""Share of the processes of a year that may be in another one now: a corrected date moves a process."""

SOME = 3
"""Processes that may always leave a year."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    # A process with no day at all has no year, and is counted under none.
    years = query(
        "SELECT year, coalesce(old.times, 0), coalesce(new.times, 0)"
        " FROM (SELECT coalesce(year, -1) AS year, count(*) AS times FROM previous GROUP BY 1) AS old"
        " FULL JOIN (SELECT coalesce(year, -1) AS year, count(*) AS times FROM facts GROUP BY 1) AS new USING (year)"
        " ORDER BY year"
    )
    before, now = (sum(int(row[column]) for row in years) for column in (1, 2))
    if not before:
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    fewer = [(year, old, new) for year, old, new in years if old - new > max(SOME, TOLERANCE * old)]
    return DatasetOutcome(
        applied=before,
        passed=now >= before and not fewer,
        figures={
            "before": before, "now": now,
            **{f"fewer/{_named(year)}": old - new for year, old, new in fewer},
        },
        examples=_examples(query, [year for year, _, _ in fewer]) if fewer else [],
    )  # fmt: skip


def _examples(query: Query, years: list[int]) -> list[str]:
    rows = query(
        "SELECT year, ocid FROM previous ANTI JOIN facts USING (year, ocid) WHERE list_contains(?, coalesce(year, -1))"
        " AND ocid IS NOT NULL ORDER BY year, ocid LIMIT ?",
        [years, MOST_EXAMPLES],
    )
    return [f"{_named(year)}: {ocid}" for year, ocid in rows]


def _named(year: int | None) -> str:
    return "–" if year is None or year < 0 else str(year)


CHECK = TimeCheck(
    id="time.count_regression",
    version="1",
    severity="critical",
    paths=("ocid",),
    source="Pregón",
    title=Texts("There are no fewer processes than before", "No hay menos procesos que antes"),
    message=Texts(
        "there are fewer processes than in the last publication; these were in such a year, and are not any more",
        "hay menos procesos que en la publicación anterior; estos estaban en ese año y ya no están",
    ),
    cost=Texts(
        "The source was probably cut off, or filtered: what is missing can't be told from what was never bought.",
        "Es probable que la fuente llegara truncada o filtrada: lo que falta no se distingue de lo que"
        " nunca se compró.",
    ),
    run=_run,
)
