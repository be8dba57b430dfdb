"""No two processes have one tender id."""

from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Texts

MOST_EXAMPLES = 10


def _run(query: Query) -> DatasetOutcome:
    ((processes, ids),) = query("SELECT count(tender_id), count(DISTINCT tender_id) FROM facts")
    repeated = query(
        "SELECT tender_id, count(*) AS times FROM facts WHERE tender_id IS NOT NULL"
        " GROUP BY tender_id HAVING times > 1 ORDER BY times DESC, tender_id"
    )
    several = sum(times for _, times in repeated)
    share = (processes - several) / processes if processes else None
    return DatasetOutcome(
        applied=processes,
        passed=not repeated,
        figures={"processes": processes, "ids": ids, "unique": share},
        examples=[identifier for identifier, _ in repeated[:MOST_EXAMPLES]],
        reason=None if processes else Texts("no process has a tender id", "ningún proceso tiene id de licitación"),
    )


CHECK = DatasetCheck(
    id="unique.tender_id",
    version="1",
    severity="warning",
    paths=("tender/id",),
    source="Pelican, unique.tender_id",
    title=Texts("Each tender has an id of its own", "Cada licitación tiene su propio id"),
    message=Texts("several processes have this tender id", "varios procesos tienen este id de licitación"),
    cost=Texts(
        "One purchase may be published as several processes, and is counted more than once.",
        "Una misma compra puede estar publicada como varios procesos y contarse más de una vez.",
    ),
    run=_run,
)
