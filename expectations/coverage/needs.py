"""What indicators and red flags need, and which of them a publication makes computable.

    for verdict in computable(coverage):
        verdict.indicator.id, verdict.status, verdict.share, verdict.missing

needs.csv has one row per indicator; it is edited by hand:
id          K01 to K42: indicators; R…: OCP's red flags that Cardinal computes
kind        kpi or red flag
first       "yes": among the first thirty
needs       terms separated by blanks, all of which must hold. A term has alternatives separated by "|", an alternative
            the fields separated by "&" that it takes together. A field is a path; "=a,b" asks that one of these codes
            stands there somewhere. "~" before a path: only some processes have such entries (amendments, questions,
            payments), so its share is that of the entries there are, of which there must be one
years       how many years the publication has to hold; where it holds fewer, `beyond` says what is missing
beyond      what it needs besides that no field of OCDS has
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from expectations.checks.model import Texts
from expectations.coverage.model import Coverage
from transforms.ocds import FieldTable, field_table, supported_extensions

Status = Literal["computable", "partly", "not"]

ENOUGH = 0.9
"""From this share of its population on, a field is no obstacle."""

_METHOD = "tender/procurementMethod"

_POPULATIONS = ("tender", "awards", "contracts", "parties")
"""Sections whose fields are told as a share of the section's own objects: a process without award lacks no supplier."""


class FieldNeed(NamedTuple):
    """A field that an indicator needs; `codes`: one of them at least; `occasional`: marked with "~"."""

    path: str
    codes: tuple[str, ...] = ()
    occasional: bool = False


@dataclass(frozen=True)
class Indicator:
    """An indicator or a red flag: `terms` must all hold, by one of their alternatives."""

    id: str
    kind: Literal["kpi", "red flag"]
    first: bool
    title: Texts
    terms: tuple[tuple[tuple[FieldNeed, ...], ...], ...]
    years: int = 0
    beyond: Texts | None = None


class Missing(NamedTuple):
    """A field that stands in the way: its share, the codes none of which occurs, and the extension that has the path.

    `alternatives` are the paths that would do instead.
    """

    path: str
    share: float
    codes: tuple[str, ...] = ()
    extension: str | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether an indicator can be computed.

    `share` (0 to 1) is the part of its population that has what it needs, at most: fields are counted one by one, so
    that of two half-filled ones it is not known whether the same half has both. Where it asks for competitive
    procedures, fields of tenders and bids are told of these: a direct purchase lacks no number of tenderers. From `ENOUGH` on it is computable,
    unless it needs something `beyond` OCDS, or more years than there are.
    """

    indicator: Indicator
    status: Status
    share: float
    missing: tuple[Missing, ...]
    beyond: Texts | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the verdict as JSON values; shares are rounded to four places."""
        one = self.indicator
        found: dict[str, Any] = {
            "id": one.id,
            "kind": one.kind,
            "title": {"en": one.title.en, "es": one.title.es},
            "status": self.status,
            "share": round(self.share, 4),
            "missing": [
                {
                    "path": missing.path,
                    "share": round(missing.share, 4),
                    "codes": list(missing.codes),
                    "extension": missing.extension,
                    "alternatives": list(missing.alternatives),
                }
                for missing in self.missing
            ],
        }
        if self.beyond is not None:
            found["beyond"] = {"en": self.beyond.en, "es": self.beyond.es}
        return found


@cache
def indicators() -> tuple[Indicator, ...]:
    """Give the catalogue, in the order of needs.csv."""
    with Path(__file__).with_name("needs.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_indicator(row) for row in csv.DictReader(file))


def _indicator(row: dict[str, Any]) -> Indicator:
    terms = tuple(
        tuple(tuple(map(_need, alternative.split("&"))) for alternative in term.split("|"))
        for term in row["needs"].split()
    )
    beyond = Texts(row["beyond_en"], row["beyond_es"]) if row["beyond_en"] else None
    title = Texts(row["title_en"], row["title_es"])
    return Indicator(row["id"], row["kind"], row["first"] == "yes", title, terms, int(row["years"] or 0), beyond)


def _need(text: str) -> FieldNeed:
    path, _, codes = text.partition("=")
    return FieldNeed(path.removeprefix("~"), tuple(codes.split(",")) if codes else (), text.startswith("~"))


def computable(coverage: Coverage) -> list[Verdict]:
    """Tell of every indicator whether a publication makes it computable, and which field would."""
    return [_verdict(coverage, indicator) for indicator in indicators()]


def _verdict(coverage: Coverage, indicator: Indicator) -> Verdict:
    share = 1.0
    missing: dict[str, Missing] = {}
    among = _among(coverage, indicator)
    for term in indicator.terms:
        best, shares = max(
            ((alternative, [share_of(coverage, need, among) for need in alternative]) for alternative in term),
            key=lambda one: min(one[1]),
        )
        share = min(share, *shares)
        others = tuple(alternative[0].path for alternative in term if alternative is not best)
        for need, found in zip(best, shares, strict=True):
            if found < ENOUGH and need.path not in missing:
                codes = need.codes if need.codes and not _count(coverage, need) else ()
                missing[need.path] = Missing(need.path, found, codes, _extension(need.path), others)
    known = indicator.years and sum(year is not None for year in coverage.by_year) >= indicator.years
    beyond = None if known else indicator.beyond
    enough = share >= ENOUGH and beyond is None
    status: Status = "computable" if enough else "partly" if share > 0 else "not"
    return Verdict(indicator, status, share, tuple(missing.values()), beyond)


def _among(coverage: Coverage, indicator: Indicator) -> float:
    """Give the share of the tenders that an indicator is about: those by the methods it asks for, else all."""
    tenders = coverage.all.objects.get("tender", 0)
    for (need, *_), *_ in indicator.terms:
        if need.path == _METHOD and need.codes and tenders:
            return _count(coverage, need) / tenders
    return 1.0


def share_of(coverage: Coverage, need: FieldNeed, among: float = 1.0) -> float:
    """Give the share of its population that has a field, 0 to 1, at most; 0 where none of its codes occurs.

    Fields of tenders, awards, contracts and parties are told of these, those of bids of the tenders by competitive
    methods (of all, where methods are not known), others of all processes. `among` is the share of the tenders that
    count.
    """
    if need.codes and not _count(coverage, need):
        return 0.0
    parts = need.path.split("/")
    steps = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    if need.occasional:
        innermost = max(index for index, step in enumerate(steps[:-1]) if _fields()[step].is_array)
        steps = steps[innermost + 1 :]
    elif parts[0] in _POPULATIONS:
        steps = steps[1:] or steps
    share = 1.0
    for step in steps:
        count = coverage.field(step)
        parents = _tenders_with_bids(coverage) or count.parents if step == "bids" else count.parents
        share *= min(1.0, count.filled / parents) if parents else 0.0
    narrowed = among and parts[0] == "tender" and need.path != _METHOD and not need.occasional
    return min(1.0, share / among) if narrowed else share


def _tenders_with_bids(coverage: Coverage) -> int:
    """Give how many tenders there are of which bids are to be expected."""
    method = coverage.field(_METHOD)
    competitive = _count(coverage, FieldNeed(_METHOD, ("open", "selective")))
    return competitive if competitive and (method.share or 0) >= ENOUGH else method.parents


def _count(coverage: Coverage, need: FieldNeed) -> int:
    """Count how often one of the codes stands there."""
    counts = coverage.codes.get(need.path)
    return 0 if counts is None else sum(counts.total(code) for code in need.codes)


def _extension(path: str) -> str | None:
    return _fields()[path].extension


@cache
def _fields() -> FieldTable:
    """Give the fields of all extensions but `statistics`, which does not go with bids."""
    return field_table([name for name in supported_extensions() if name != "statistics"])
