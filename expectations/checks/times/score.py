"""The quality of the processes does not fall from one publication to the next."""

from expectations.checks import fields, process, releases
from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE, Tally, percent, tallies
from expectations.checks.model import WEIGHTS, DatasetOutcome, Query, Setting, Severity, Texts, TimeCheck

TOLERANCE = 1.0
"""Points of the score, of 100, that it may fall."""

WORSE = 0.01
"""Part of the processes by which the failures of one check have to rise to be named."""


def _run(query: Query, setting: Setting) -> DatasetOutcome:
    severities = {check.id: check.severity for check in (*process.CHECKS, *releases.CHECKS, *fields.CHECKS)}
    old, new = tallies(query, "previous"), tallies(query)
    both = [name for name in sorted(old.keys() & new.keys()) if name in severities]
    if not both or not setting.same_checks:
        return DatasetOutcome(0, passed=True, reason=_CHANGED if old else NOTHING_BEFORE)
    before, now = (_score({name: asked[name] for name in both}, severities) for asked in (old, new))
    worse = sorted(
        (name for name in both if new[name].share - old[name].share > WORSE),
        key=lambda name: (-WEIGHTS[severities[name]] * (new[name].share - old[name].share), name),
    )
    passed = before is None or now is None or now >= before - TOLERANCE
    examples = [f"{name}: {percent(old[name].share)} → {percent(new[name].share)}" for name in worse[:MOST_EXAMPLES]]
    return DatasetOutcome(
        applied=len(both),
        passed=passed,
        figures={
            "checks": len(both),
            "score_before": before,
            "score_now": now,
            **{f"worse/{name}": round(new[name].share - old[name].share, 6) for name in worse[:MOST_EXAMPLES]},
        },
        examples=examples if passed else [*examples, *_newly_failing(query, worse)],
    )


def _score(asked: dict[str, Tally], severities: dict[str, Severity]) -> float | None:
    weight = sum(WEIGHTS[severities[name]] for name in asked)
    passes = sum(WEIGHTS[severities[name]] * (1 - one.share) for name, one in asked.items())
    return round(100 * passes / weight, 2) if weight else None


def _newly_failing(query: Query, worse: list[str]) -> list[str]:
    """Give processes that fail the check that got worst, and did not before."""
    if not worse:
        return []
    failing = "SELECT ocid FROM (SELECT ocid, unnest(checks) AS one FROM {}) WHERE one.check = ? AND one.failed > 0"
    rows = query(
        f"SELECT ocid FROM ({failing.format('facts')} EXCEPT {failing.format('previous')})"
        " WHERE ocid IS NOT NULL ORDER BY ocid LIMIT ?",
        [worse[0], worse[0], MOST_EXAMPLES],
    )
    return [f"{worse[0]}: {ocid}" for (ocid,) in rows]


_CHANGED = Texts(
    "the last publication was judged by other checks, so the scores can't be compared",
    "la publicación anterior se evaluó con otras comprobaciones, y las puntuaciones no son comparables",
)

CHECK = TimeCheck(
    id="time.score",
    version="1",
    severity="warning",
    source="the checks of processes, fields and releases against the last publication",
    title=Texts("The quality of the processes does not fall", "La calidad de los procesos no baja"),
    message=Texts(
        "more processes fail this check than in the last publication",
        "más procesos fallan en esta comprobación que en la publicación anterior",
    ),
    cost=Texts(
        "Something broke between the source and the publication, or is filled in worse than it used to be.",
        "Algo se rompió entre la fuente y la publicación, o se rellena peor que antes.",
    ),
    run=_run,
)
