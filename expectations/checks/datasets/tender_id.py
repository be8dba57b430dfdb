"""No two processes have one tender id."""

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts


def _run(query: Query, _: Setting) -> DatasetOutcome:
    times = "(SELECT tender_id, count(*) AS times FROM facts WHERE tender_id IS NOT NULL GROUP BY tender_id)"
    ((processes, ids, unique),) = query(
        f"SELECT coalesce(sum(times), 0), count(*), count(*) FILTER (times = 1) FROM {times}"
    )
    repeated = query(
        f"SELECT tender_id FROM {times} WHERE times > 1 ORDER BY times DESC, tender_id LIMIT ?", [MOST_EXAMPLES]
    )
    return DatasetOutcome(
        applied=int(processes),
        passed=not repeated,
        figures={"processes": int(processes), "ids": ids, "unique": share(unique, int(processes))},
        examples=[identifier for (identifier,) in repeated],
        remark=Texts(
            "where each process is a contract, several of one tender have its id: make the tender's"
            " number the key of the"
            " process, so that its contracts lie together",
            "si cada proceso es un contrato, varios de una misma licitación llevan su id: use el número"
            " de la licitación"
            " como clave del proceso, para que sus contratos queden juntos",
        )
        if repeated
        else None,
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
