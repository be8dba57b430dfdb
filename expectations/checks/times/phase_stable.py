"""No process loses its planning, its tender, awards or contracts."""

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck
from expectations.checks.times.pairs import paired

_LOST = {
    "planning": "old_planning AND NOT new_planning",
    "tender": "old_tender AND NOT new_tender",
    "awards": "new_awards < old_awards",
    "contracts": "new_contracts < old_contracts",
}


def _run(query: Query, _: Setting) -> DatasetOutcome:
    pairs = paired("planning", "tender", "awards", "contracts")
    counted = ", ".join(f"count(*) FILTER ({lost})" for lost in _LOST.values())
    ((processes, *lost),) = query(f"SELECT count(*), {counted} FROM {pairs}")
    if not processes:
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    rows = (
        query(
            f"SELECT * FROM {pairs} WHERE {' OR '.join(f'({one})' for one in _LOST.values())} ORDER BY ocid LIMIT ?",
            [MOST_EXAMPLES],
        )
        if any(lost)
        else []
    )
    return DatasetOutcome(
        applied=processes,
        passed=not any(lost),
        figures={"processes": processes, **{f"lost/{name}": number for name, number in zip(_LOST, lost, strict=True)}},
        examples=[f"{ocid}: {', '.join(_told(*sections))}" for ocid, *sections in rows],
    )


def _told(*sections: int) -> list[str]:
    return [
        f"{name} {int(old)} → {int(new)}"
        for name, old, new in zip(_LOST, sections[::2], sections[1::2], strict=True)
        if new < old
    ]


CHECK = TimeCheck(
    id="time.phase_stable",
    version="1",
    severity="critical",
    paths=("planning", "tender", "awards", "contracts"),
    source="Pelican, time-based phase_stable, but without its tolerance of 5 %",
    title=Texts("No process loses a stage", "Ningún proceso pierde una etapa"),
    message=Texts(
        "this process had more of these sections in the last publication",
        "este proceso tenía más de estas secciones en la publicación anterior",
    ),
    cost=Texts(
        "What was awarded or signed vanishes from view: it looks as if it had been hidden.",
        "Lo adjudicado o firmado desaparece de la vista: parece que se hubiera ocultado.",
    ),
    run=_run,
)
