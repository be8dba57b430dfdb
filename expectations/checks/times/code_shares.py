"""Codes keep their shares from one publication to the next."""

from expectations.checks.counts import FEW, MOST_EXAMPLES, NOTHING_BEFORE, codes, percent
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck

TOLERANCE = 0.1
"""Part of all values by which the share of a code may move: 0.1 from 30 % is to 20 % or 40 %."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    old, new = codes(query, "previous"), codes(query)
    if not old:
        return DatasetOutcome(0, passed=True, reason=NOTHING_BEFORE)
    compared = 0
    moved: list[tuple[str, str, float, float]] = []
    for path, before in old.items():
        now = new.get(path, {})
        totals = [sum(coded.times for coded in counts.values()) for counts in (before, now)]
        # A path whose codes are gone altogether is looked at too.
        if totals[0] < FEW or 0 < totals[1] < FEW:
            continue
        for code in before.keys() | now.keys():
            one, two = (
                counts[code].times / total if code in counts else 0.0
                for counts, total in zip((before, now), totals, strict=True)
            )
            compared += 1
            if abs(two - one) > TOLERANCE:
                moved.append((path, code, one, two))
    if not compared:
        reason = Texts(f"no path has {FEW} codes in both", f"ninguna ruta tiene {FEW} códigos en ambas publicaciones")
        return DatasetOutcome(0, passed=True, reason=reason)
    moved.sort(key=lambda one: (-abs(one[3] - one[2]), one))
    return DatasetOutcome(
        applied=compared,
        passed=not moved,
        figures={
            "codes": compared,
            "moved": len(moved),
            **{f"moved/{path}/{code}": round(now - before, 6) for path, code, before, now in moved[:MOST_EXAMPLES]},
        },
        examples=[
            f"{path}: {code} {percent(before)} → {percent(now)}" for path, code, before, now in moved[:MOST_EXAMPLES]
        ],
    )


CHECK = TimeCheck(
    id="time.code_shares",
    version="1",
    severity="warning",
    paths=(
        "tender/status",
        "tender/procurementMethod",
        "tender/mainProcurementCategory",
        "awards/status",
        "contracts/status",
    ),
    source="the share of each code against the last publication",
    title=Texts("Codes keep their shares", "Los códigos mantienen su proporción"),
    message=Texts(
        "the share of this code is another one than in the last publication",
        "la proporción de este código es otra que en la publicación anterior",
    ),
    cost=Texts(
        "A code list or the source has probably changed: counts by this code jump without anything having happened.",
        "Es probable que cambiara una lista de códigos o la fuente: los recuentos saltan sin que haya pasado nada.",
    ),
    run=_run,
)
