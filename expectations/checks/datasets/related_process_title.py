"""Related processes are called as they call themselves."""

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

_COMPARED = (
    "(SELECT referring.ocid, one.identifier AS target, one.title = target.tender_title AS same"
    " FROM (SELECT ocid, unnest(related) AS one FROM facts) AS referring"
    " JOIN (SELECT ocid, min(tender_title) AS tender_title FROM facts WHERE tender_title IS NOT NULL GROUP BY ocid)"
    " AS target ON target.ocid = one.identifier WHERE one.title IS NOT NULL)"
)


def _run(query: Query, _: Setting) -> DatasetOutcome:
    ((number, different),) = query(f"SELECT count(*), count(*) FILTER (NOT same) FROM {_COMPARED}")
    if not number:
        reason = Texts(
            "no process gives the title of a related process that is published with one",
            "ningún proceso da el título de un proceso relacionado que esté publicado con título",
        )
        return DatasetOutcome(0, passed=True, reason=reason)
    examples = query(
        f"SELECT DISTINCT ocid, target FROM {_COMPARED} WHERE NOT same ORDER BY ocid, target LIMIT ?", [MOST_EXAMPLES]
    )
    return DatasetOutcome(
        applied=number,
        passed=not different,
        figures={"references": number, "different": different, "different_share": share(different, number)},
        examples=[f"{ocid} → {target}" for ocid, target in examples],
    )


CHECK = DatasetCheck(
    id="consistent.related_process_title",
    version="1",
    severity="warning",
    paths=("relatedProcesses/title", "contracts/relatedProcesses/title", "tender/title"),
    source="Pelican, consistent.related_process_title",
    title=Texts("Related processes are called by their titles", "Los procesos relacionados se citan por su título"),
    message=Texts(
        "the title given of the related process is not that of its tender",
        "el título que se da del proceso relacionado no es el de su licitación",
    ),
    cost=Texts(
        "Either the link leads to the wrong process, or the title has changed since and readers doubt the link.",
        "O bien el vínculo lleva a un proceso equivocado, o el título cambió después y el vínculo parece dudoso.",
    ),
    run=_run,
)
