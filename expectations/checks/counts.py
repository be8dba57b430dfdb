"""What several checks of the whole count in the table `facts`, or in `previous`: codes, amounts, moments and names.

    codes(query)["tender/status"]["active"].times
    query(f"SELECT count(*) FROM facts WHERE {moment('date')} > ?", [epoch])

A SELECT that is asked again with the same text is read once (`expectations.summary`), so that a check needs no other.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Literal, NamedTuple

from expectations.checks.model import Query, Texts
from transforms.ocds import codelists, field_table, supported_extensions

Table = Literal["facts", "previous"]

MOST_EXAMPLES = 10

FEW = 100
"""Of fewer values chance decides: one process more or less moves a share by more than 1 %."""

LARGEST_SUMMED = 10**18
"""Amounts from here on are no money of a city, and left out of sums: one of them would be the whole sum."""

NOTHING_BEFORE = Texts("nothing was published before", "no hay una publicación anterior")


class Coded(NamedTuple):
    """How often a code stands somewhere, and the first of the ocids where it does."""

    times: int
    ocid: str | None


CODE_PATHS = (
    "tender/status", "tender/procurementMethod", "tender/mainProcurementCategory", "tender/awardCriteria",
    "tender/submissionMethod", "awards/status", "contracts/status", "bids/details/status", "parties/roles",
)  # fmt: skip
"""Where the codes stand that checks of the codelists tell of; those of documents and milestones are counted too."""


def code_examples(found: Iterable[tuple[str, str, "Coded"]]) -> list[str]:
    """Say of the first codes where they stand, how often they occur, and in which process first."""
    return [f"{path}: {code} ({coded.times:,}; {coded.ocid})" for path, code, coded in islice(found, MOST_EXAMPLES)]


def codes(query: Query, table: Table = "facts") -> dict[str, dict[str, Coded]]:
    """Give all codes by path and code, those of roles and currencies among them; the most frequent first."""
    found: dict[str, dict[str, Coded]] = {}
    for path, code, count, ocid in query(
        "SELECT path, code, count(*) AS times, min(ocid) FROM ("
        f" SELECT one.path, one.code, ocid FROM (SELECT ocid, unnest(codes) AS one FROM {table})"
        " UNION ALL SELECT 'parties/roles', unnest(one.roles), ocid FROM (SELECT ocid, unnest(parties) AS"
        f" one FROM {table})"
        f" UNION ALL SELECT one.path || '/currency', one.currency, ocid"
        f" FROM (SELECT ocid, unnest(values) AS one FROM {table})"
        ") WHERE code IS NOT NULL GROUP BY path, code ORDER BY path, times DESC, code"
    ):
        found.setdefault(path, {})[code] = Coded(count, ocid)
    return found


def added(parts: Iterable[Mapping[str, Coded]]) -> dict[str, int]:
    """Add up counts by code; the most frequent code first, and by code among equals."""
    total: dict[str, int] = {}
    for part in parts:
        for code, coded in part.items():
            total[code] = total.get(code, 0) + coded.times
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def is_listed(path: str, code: str) -> bool | None:
    """Whether a code is on the codelist of its path, with those of all extensions; None where there is no list."""
    listed = _listed(path)
    return None if listed is None else code in listed


@cache
def _listed(path: str) -> frozenset[str] | None:
    # `statistics` can't stand beside `bids`, which has the same codes.
    extensions = [extension for extension in supported_extensions() if extension != "statistics"]
    fields = field_table(extensions)
    name = fields[path].codelist if path in fields else None
    return frozenset(codelists(extensions)[name].codes) if name else None


class Tally(NamedTuple):
    """What a check of processes came to: places it applied to, and that failed; processes with such places."""

    applied: int
    failed: int
    processes: int
    failed_processes: int

    @property
    def share(self) -> float:
        """Share of the processes that fail, 0 to 1."""
        return self.failed_processes / self.processes if self.processes else 0.0


NO_TALLY = Tally(0, 0, 0, 0)


def tallies(query: Query, table: Table = "facts") -> dict[str, Tally]:
    """Give what the checks of processes came to, by their ids."""
    return {
        name: Tally(*map(int, numbers))
        for name, *numbers in query(
            "SELECT one.check, sum(one.applied), sum(one.failed), count(*), count(*) FILTER (one.failed > 0)"
            f" FROM (SELECT unnest(checks) AS one FROM {table}) GROUP BY one.check ORDER BY one.check"
        )
    }


def amounts(table: Table = "facts") -> str:
    """Give the FROM of all usable amounts: ocid, year, path, amount, and currency ("" where there is none)."""
    return (
        "(SELECT ocid, year, one.path AS path, one.amount AS amount, coalesce(one.currency, '') AS currency"
        f" FROM (SELECT ocid, year, unnest(values) AS one FROM {table})"
        f" WHERE abs(one.amount) < {LARGEST_SUMMED})"
    )


def moment(column: str) -> str:
    """Give the SQL of the seconds since 1970 of a date-time; NULL for what is none. Without a zone it is UTC."""
    zoned = rf"regexp_matches({column}, '([Zz]|[+-]\d\d:?\d\d)$')"
    with_zone, without = (f"epoch(TRY_CAST({column} AS {kind}))" for kind in ("TIMESTAMPTZ", "TIMESTAMP"))
    return f"CASE WHEN {zoned} THEN {with_zone} ELSE {without} END"


def share(part: int, whole: int) -> float | None:
    """Give a share, 0 to 1, to six places; None of nothing."""
    return round(part / whole, 6) if whole else None


def money(amount: Decimal | int | None, currency: str | None = None) -> str | None:
    """Write an amount without needless zeros, and its currency."""
    if amount is None:
        return None
    text = f"{Decimal(amount):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {currency}" if currency else text


def percent(part: float | None) -> str:
    """Write a share as a percentage with one place."""
    return "–" if part is None else f"{part:.1%}"
