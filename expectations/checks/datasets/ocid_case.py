"""No two ocids differ in letter case only."""

from expectations.checks.counts import MOST_EXAMPLES
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts


def _run(query: Query, _: Setting) -> DatasetOutcome:
    folded = (
        "(SELECT lower(ocid) AS folded, list(ocid ORDER BY ocid) AS ocids FROM facts WHERE ocid IS NOT NULL GROUP BY 1)"
    )
    ((processes, different),) = query("SELECT count(ocid), count(DISTINCT lower(ocid)) FROM facts")
    if not processes:
        return DatasetOutcome(0, passed=True, reason=Texts("no process has an ocid", "ningún proceso tiene ocid"))
    # Their number first: the lists are made only where there is something to show.
    doubled = (
        query(f"SELECT ocids[:5] FROM {folded} WHERE len(ocids) > 1 ORDER BY folded LIMIT ?", [MOST_EXAMPLES])
        if different < processes
        else []
    )
    return DatasetOutcome(
        applied=processes,
        passed=not doubled,
        figures={"processes": processes, "repeated": processes - different},
        examples=[" = ".join(ocids) for (ocids,) in doubled],
    )


CHECK = DatasetCheck(
    id="x.ocid_case",
    version="1",
    severity="critical",
    paths=("ocid",),
    source="OCDS 1.1, identifiers: an ocid is the id of one process; many tools compare without case",
    title=Texts("Each process has an ocid of its own", "Cada proceso tiene su propio ocid"),
    message=Texts(
        "several processes have this ocid, or ocids that differ in letter case only",
        "varios procesos tienen este ocid, o varios que solo se diferencian en mayúsculas y minúsculas",
    ),
    cost=Texts(
        "Spreadsheets and many databases take them for one process, and mix what belongs to two.",
        "Las hojas de cálculo y muchas bases de datos los toman por un solo proceso y mezclan lo que es de dos.",
    ),
    run=_run,
)
