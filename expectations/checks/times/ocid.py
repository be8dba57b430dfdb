"""No process disappears from one publication to the next."""

from expectations.checks.model import DatasetOutcome, Query, Texts, TimeCheck

MOST_EXAMPLES = 10


def _run(query: Query) -> DatasetOutcome:
    ((before,),) = query("SELECT count(*) FROM previous")
    if not before:
        reason = Texts("nothing was published before", "no hay una publicación anterior")
        return DatasetOutcome(0, passed=True, reason=reason)
    lost = query("SELECT ocid FROM previous WHERE ocid NOT IN (SELECT ocid FROM facts) ORDER BY ocid")
    return DatasetOutcome(
        applied=before,
        passed=not lost,
        figures={"before": before, "lost": len(lost)},
        examples=[ocid for (ocid,) in lost[:MOST_EXAMPLES]],
    )


CHECK = TimeCheck(
    id="time.ocid",
    version="1",
    severity="critical",
    paths=("ocid",),
    source="Pelican, time-based ocid, but without its tolerance of 5 %",
    title=Texts("No process disappears", "Ningún proceso desaparece"),
    message=Texts(
        "this process was in the last publication, and is not in this one",
        "este proceso estaba en la publicación anterior y no está en esta",
    ),
    cost=Texts(
        "Whoever followed or cited the process finds nothing, and trust in the publication goes with it.",
        "Quien seguía o citaba el proceso no encuentra nada, y con ello se pierde la confianza en la publicación.",
    ),
    run=_run,
)
