"""Totals of past years stay: what was tendered, awarded and signed then is known by now."""

from decimal import Decimal
from typing import NamedTuple

from expectations.checks.counts import MOST_EXAMPLES, NOTHING_BEFORE, amounts, money
from expectations.checks.model import DatasetOutcome, Query, Setting, Texts, TimeCheck

FALL, RISE = 0.05, 0.25
"""Shares by which a total may fall or rise; it rises as what was tendered late in a year is awarded in the next."""

SOME = 10
"""Amounts that a year must have had before it is judged: of fewer, one is a large share."""

PATHS = ("tender/value", "awards/value", "contracts/value")


class _Total(NamedTuple):
    path: str
    year: int
    currency: str
    before: Decimal
    now: Decimal

    @property
    def change(self) -> float:
        return float((self.now - self.before) / self.before)

    @property
    def stays(self) -> bool:
        return -FALL <= self.change <= RISE


def _run(query: Query, setting: Setting) -> DatasetOutcome:
    totals = [_Total(path, year, currency, before, now) for path, year, currency, before, now in query(
        f"SELECT path, year, currency, old.total, coalesce(new.total, 0) FROM {_totals('previous')} AS old"
        f" LEFT JOIN {_totals('facts')} AS new USING (path, year, currency)"
        " WHERE old.times >= ? AND old.total > 0 AND year < ? ORDER BY path, year, currency",
        [SOME, _current_year(query, setting)],
    )]  # fmt: skip
    if not totals:
        reason = Texts(
            "the last publication has no year before this one with enough amounts",
            "la publicación anterior no tiene un año pasado con montos suficientes",
        )
        return DatasetOutcome(0, passed=True, reason=reason if _any_before(query) else NOTHING_BEFORE)
    changed = sorted((one for one in totals if not one.stays), key=lambda one: (-abs(one.change), one))
    return DatasetOutcome(
        applied=len(totals),
        passed=not changed,
        figures={
            "totals": len(totals),
            "changed": len(changed),
            **{
                f"change/{one.path} {one.year} {one.currency}".rstrip(): round(one.change, 6)
                for one in changed[:MOST_EXAMPLES]
            },
        },
        examples=_examples(query, changed[0]) if changed else [],
    )


def _totals(table: str) -> str:
    paths = ", ".join(f"'{path}'" for path in PATHS)
    source = amounts("previous" if table == "previous" else "facts")
    return (
        f"(SELECT path, year, currency, sum(amount) AS total, count(*) AS times FROM {source}"
        f" WHERE path IN ({paths}) AND year IS NOT NULL GROUP BY path, year, currency)"
    )


def _current_year(query: Query, setting: Setting) -> int:
    if setting.as_of[:4].isdecimal():
        return int(setting.as_of[:4])
    ((newest,),) = query("SELECT max(year) FROM facts")
    return int(newest or 0)


def _any_before(query: Query) -> bool:
    return bool(query("SELECT 1 FROM previous LIMIT 1"))


def _examples(query: Query, worst: _Total) -> list[str]:
    """Give the processes that changed most in the total that did."""
    sums = (
        "(SELECT ocid, sum(amount) AS total FROM {} WHERE path = ? AND year = ? AND currency = ?"
        " AND ocid IS NOT NULL GROUP BY ocid)"
    )
    chosen = [worst.path, worst.year, worst.currency]
    rows = query(
        f"SELECT ocid, coalesce(old.total, 0) AS before, coalesce(new.total, 0) AS now"
        f" FROM {sums.format(amounts('previous'))} AS old FULL JOIN {sums.format(amounts())} AS new USING (ocid)"
        " WHERE before <> now ORDER BY abs(now - before) DESC, ocid LIMIT ?",
        [*chosen, *chosen, MOST_EXAMPLES],
    )
    return [f"{ocid}: {money(before)} → {money(now, worst.currency)}" for ocid, before, now in rows]


CHECK = TimeCheck(
    id="time.totals_by_year",
    version="1",
    severity="warning",
    paths=("tender/value/amount", "awards/value/amount", "contracts/value/amount"),
    source="Pregón",
    title=Texts("Totals of past years stay", "Los totales de años pasados se mantienen"),
    message=Texts(
        "the total of a past year has changed; these processes changed most in the one that did most",
        "el total de un año pasado ha cambiado; estos procesos son los que más cambiaron en el que más lo hizo",
    ),
    cost=Texts(
        "Reports and articles that cite last year's spending can't be repeated, and nobody can say which figure holds.",
        "No se pueden reproducir los informes que citan el gasto del año pasado, ni se sabe qué cifra vale.",
    ),
    run=_run,
)
