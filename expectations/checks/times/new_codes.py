"""No code turns up that was never seen and that no codelist has."""

from expectations.checks.counts import CODE_PATHS, NOTHING_BEFORE, code_examples, codes, is_listed
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck


def _run(query: Query, _: Setting) -> DatasetOutcome:
    old, new = codes(query, "previous"), codes(query)
    if not query("SELECT 1 FROM previous LIMIT 1"):
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    seen = [(path, code, coded) for path, counts in new.items() for code, coded in counts.items()]
    if not seen:
        return DatasetOutcome(0, passed=True, reason=Texts("there are no codes", "no hay códigos"))
    found = [one for one in seen if one[1] not in old.get(one[0], {}) and is_listed(one[0], one[1]) is False]
    found.sort(key=lambda one: (-one[2].times, one[0], one[1]))
    return DatasetOutcome(
        applied=len(seen),
        passed=not found,
        figures={"codes": len(seen), "new_codes": len(found), "values": sum(coded.times for _, _, coded in found)},
        examples=code_examples(found),
    )


CHECK = TimeCheck(
    id="time.new_codes",
    version="1",
    severity="warning",
    paths=CODE_PATHS,
    source="codes against those of the last publication and the codelists of OCDS 1.1",
    title=Texts("No unknown code turns up", "No aparece ningún código desconocido"),
    message=Texts(
        "this code is new and on no codelist; in brackets is how often it occurs, and where first",
        "este código es nuevo y no está en la lista; entre paréntesis, cuántas veces aparece y dónde primero",
    ),
    cost=Texts(
        "The source has a new value that nobody has mapped yet: readers and tools don't know what it means.",
        "La fuente tiene un valor nuevo que nadie ha asignado aún: ni el público ni las herramientas"
        " saben qué significa.",
    ),
    run=_run,
)
