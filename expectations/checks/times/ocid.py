"""No process disappears from one publication to the next."""

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck

_LOST = "FROM previous WHERE ocid NOT IN (SELECT ocid FROM facts WHERE ocid IS NOT NULL)"


def _run(query: Query, _: Setting) -> DatasetOutcome:
    ((before,),) = query("SELECT count(ocid) FROM previous")
    if not before:
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    ((lost,),) = query(f"SELECT count(*) {_LOST}")
    examples = query(f"SELECT ocid {_LOST} ORDER BY ocid LIMIT ?", [MOST_EXAMPLES])
    return DatasetOutcome(
        applied=before,
        passed=not lost,
        figures={"before": before, "lost": lost},
        examples=[ocid for (ocid,) in examples],
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
