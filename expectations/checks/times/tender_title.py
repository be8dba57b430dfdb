"""Titles of tenders stay."""

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE, share
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck
from expectations.checks.times.pairs import paired

TOLERANCE = 0.05
"""Share of the titles that may change from one publication to the next: corrections are few (Pelican's)."""

_LENGTH = 100

SOME = 5
"""Titles that may always change: in a small publication they would be a large share."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    pairs = paired("tender_title")
    # Nearly all titles are the same to the letter; the expression behind ELSE costs twenty times as much.
    same = (
        "CASE WHEN old_tender_title = new_tender_title THEN true"
        f" ELSE {_plain('old_tender_title')} IS NOT DISTINCT FROM {_plain('new_tender_title')} END"
    )
    ((titles, changed),) = query(
        f"SELECT count(*), count(*) FILTER (NOT ({same})) FROM {pairs} WHERE old_tender_title IS NOT NULL"
    )
    if not titles:
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    rows = query(
        f"SELECT ocid, old_tender_title, new_tender_title FROM {pairs} WHERE old_tender_title IS NOT NULL"
        f" AND NOT ({same})"
        " ORDER BY ocid LIMIT ?",
        [MOST_EXAMPLES],
    )
    return DatasetOutcome(
        applied=titles,
        passed=changed <= max(SOME, TOLERANCE * titles),
        figures={"titles": titles, "changed": changed, "changed_share": share(changed, titles)},
        examples=[f"{ocid}: {_short(old)} → {_short(new)}" for ocid, old, new in rows],
    )


def _plain(column: str) -> str:
    return rf"lower(trim(regexp_replace({column}, '\s+', ' ', 'g')))"


def _short(title: str | None) -> str:
    return "–" if title is None else title if len(title) <= _LENGTH else title[: _LENGTH - 1] + "…"


CHECK = TimeCheck(
    id="time.tender_title",
    version="1",
    severity="warning",
    paths=("tender/title",),
    source="Pelican, time-based tender_title",
    title=Texts("Titles of tenders stay", "Los títulos de las licitaciones se mantienen"),
    message=Texts(
        "the title is another one than in the last publication",
        "el título es otro que en la publicación anterior",
    ),
    cost=Texts(
        "If many change at once, the rows were probably joined to the wrong processes, or ids were given out anew.",
        "Si cambian muchos a la vez, es probable que las filas se unieran a otros procesos o que los ids"
        " se reasignaran.",
    ),
    run=_run,
)
