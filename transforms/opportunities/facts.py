"""The facts of a contracting process that tell whether, until when and how somebody may take part.

They are taken from its compiled release, and don't depend on the time at which they are looked at. `published` and
`updated` are dates of releases: of the first one, and of the newest one.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

import orjson

from transforms.addresses import is_address

_NOTICES = ("tenderNotice", "biddingDocuments")
_FURTHEST = timedelta(days=5 * 365)
"""A date of a tender that lies further behind its newest release stands for "no date" in its source."""

_BLANKS = re.compile(r"\s+")
_LONGEST_TITLE = 500
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Meeting:
    """A meeting before bids are handed in (`tender.milestones` of the type `engagement`)."""

    id: str
    title: str
    date: str
    place: str


@dataclass(frozen=True)
class Tender:
    """A tender or a plan for one. Dates are as in the release; amounts are decimals as text; absent is None.

    `codes` are (scheme, id, description) of its items. `expected` is the date at which a plan is to be advertised.
    `revisions` counts the releases after the first.
    """

    ocid: str
    status: str | None
    title: str
    description: str
    department: str
    department_name: str
    method: str | None
    method_details: str | None
    submission: str | None
    category: str | None
    set_asides: tuple[str, ...]
    codes: tuple[tuple[str, str, str], ...]
    start: str | None
    deadline: str | None
    question_deadline: str | None
    opening: str | None
    expected: str | None
    meetings: tuple[Meeting, ...]
    amount: str | None
    currency: str | None
    document: str | None
    awarded: bool
    published: str
    updated: str
    revisions: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Take back what was written as JSON."""
        lists = {
            "set_asides": tuple(found["set_asides"]),
            "codes": tuple((one[0], one[1], one[2]) for one in found["codes"]),
            "meetings": tuple(Meeting(**one) for one in found["meetings"]),
        }
        return cls(**{**found, **lists})


@dataclass(frozen=True)
class Contract:
    """A contract with an end."""

    ocid: str
    id: str
    title: str
    department: str
    department_name: str
    category: str | None
    suppliers: tuple[str, ...]
    end: str
    latest_end: str | None
    renewable: bool | None
    amount: str | None
    currency: str | None
    published: str
    updated: str
    revisions: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Take back what was written as JSON."""
        return cls(**{**found, "suppliers": tuple(found["suppliers"])})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the facts."""
        return hashlib.sha256(orjson.dumps(self)).hexdigest()


def read_compiled(text: bytes) -> dict[str, Any]:
    """Read a compiled release with amounts as decimals."""
    read: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return read


def tender_of(compiled: Mapping[str, Any], dates: Sequence[str]) -> Tender | None:
    """Give the facts of the tender, or of the plan; None where there is neither.

    `compiled` is as `read_compiled` gives it, `dates` are those of the releases of the process, the oldest first.
    """
    tender, planning = compiled.get("tender"), compiled.get("planning")
    if tender is None and planning is None:
        return None
    tender, planning = tender or {}, planning or {}
    department, name = department_of(compiled)

    def near(value: Any) -> str | None:
        return _near(_moment(value), dates[-1])

    period, enquiries = tender.get("tenderPeriod", {}), tender.get("enquiryPeriod", {})
    amount, currency = _amount(tender.get("value"))
    if amount is None:
        amount, currency = _amount(planning.get("budget", {}).get("amount"))
    return Tender(
        ocid=compiled["ocid"],
        status=tender.get("status"),
        title=_title(tender.get("title") or planning.get("rationale"), compiled["ocid"]),
        description=_text(tender.get("description")),
        department=department,
        department_name=name,
        method=tender.get("procurementMethod"),
        method_details=_text(tender.get("procurementMethodDetails")) or None,
        submission=_text(tender.get("submissionMethodDetails")) or None,
        category=tender.get("mainProcurementCategory"),
        set_asides=tuple(tender.get("otherRequirements", {}).get("reservedParticipation", ())),
        codes=tuple(sorted(set(_codes(tender)))),
        start=near(period.get("startDate")),
        deadline=near(period.get("endDate")),
        question_deadline=near(enquiries.get("endDate")),
        opening=near(tender.get("bidOpening", {}).get("date")),
        expected=near(_expected(planning)),
        meetings=tuple(one for one in _meetings(tender) if near(one.date)),
        amount=amount,
        currency=currency,
        document=_document(tender),
        awarded=any(award.get("status") in {"active", None} for award in compiled.get("awards", ())),
        published=dates[0],
        updated=dates[-1],
        revisions=len(dates) - 1,
    )


def contracts_of(compiled: Mapping[str, Any], dates: Sequence[str]) -> Iterator[Contract]:
    """Give the facts of the contracts that run and have an end; see `tender_of`."""
    department, name = department_of(compiled)
    awards = {award.get("id"): award for award in compiled.get("awards", ())}
    tender = compiled.get("tender", {})
    for contract in compiled.get("contracts", ()):
        end = _moment(contract.get("period", {}).get("endDate"))
        if end is None or contract.get("status") not in {"active", "pending", None}:
            continue
        award = awards.get(contract.get("awardID"), {})
        amount, currency = _amount(contract.get("value"))
        yield Contract(
            ocid=compiled["ocid"],
            id=contract["id"],
            title=_title(contract.get("title") or award.get("title") or tender.get("title"), compiled["ocid"]),
            department=department,
            department_name=name,
            category=tender.get("mainProcurementCategory"),
            suppliers=tuple(_suppliers(contract, award)),
            end=end,
            latest_end=_moment(contract.get("period", {}).get("maxExtentDate")),
            renewable=contract.get("hasRenewal"),
            amount=amount,
            currency=currency,
            published=dates[0],
            updated=dates[-1],
            revisions=len(dates) - 1,
        )


def department_of(compiled: Mapping[str, Any]) -> tuple[str, str]:
    """Give id and name of who buys: the buyer, whose need it is, else the procuring entity, which may be one for all.

    Both are empty where neither is named.
    """
    for found in (compiled.get("buyer"), compiled.get("tender", {}).get("procuringEntity")):
        if found and (found.get("id") or found.get("name")):
            return str(found.get("id") or found["name"]), _title(found.get("name"), str(found.get("id")))
    return "", ""


def _suppliers(contract: Mapping[str, Any], award: Mapping[str, Any]) -> Iterator[str]:
    for supplier in contract.get("suppliers") or award.get("suppliers", ()):
        if name := supplier.get("name"):
            yield _title(name, "")


def _codes(tender: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for item in tender.get("items", ()):
        for one in (item.get("classification"), *item.get("additionalClassifications", ())):
            if one and one.get("scheme") and one.get("id"):
                yield str(one["scheme"]), str(one["id"]), _title(one.get("description"), "")


def _meetings(tender: Mapping[str, Any]) -> Iterator[Meeting]:
    for milestone in tender.get("milestones", ()):
        date = _moment(milestone.get("dueDate"))
        if milestone.get("type") == "engagement" and date is not None:
            title, place = _title(milestone.get("title"), ""), _text(milestone.get("description"))
            yield Meeting(str(milestone.get("id", "")), title, date, place)


def _expected(planning: Mapping[str, Any]) -> str | None:
    """Give the first date before the tender that is planned for it to begin."""
    dates = [_moment(one.get("dueDate")) for one in planning.get("milestones", ()) if _begins(one)]
    return min((date for date in dates if date), key=datetime.fromisoformat, default=None)


def _begins(milestone: Mapping[str, Any]) -> bool:
    return milestone.get("type") == "preProcurement" and milestone.get("status") not in {"met", "notMet"}


def _document(tender: Mapping[str, Any]) -> str | None:
    """Give the address of the notice, else of the first document that a page may link to."""
    documents = [one for one in tender.get("documents", ()) if is_address(one.get("url"))]
    documents.sort(key=lambda one: one.get("documentType") not in _NOTICES)
    return documents[0]["url"] if documents else None


def _amount(value: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    if not value or value.get("amount") is None or not value.get("currency"):
        return None, None
    return f"{Decimal(value['amount']):f}", str(value["currency"])


def _moment(value: Any) -> str | None:
    """Give a date back if it can be read and has a zone; impossible ones are findings of the checks, not of feeds."""
    try:
        return value if datetime.fromisoformat(value).tzinfo else None
    except (TypeError, ValueError):
        return None


def _near(date: str | None, release: str) -> str | None:
    if date is None or datetime.fromisoformat(date) - datetime.fromisoformat(release) > _FURTHEST:
        return None
    return date


def _title(value: Any, otherwise: str) -> str:
    text = _BLANKS.sub(" ", str(value or "")).strip()
    return (text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…") or otherwise


def _text(value: Any) -> str:
    text = str(value or "").strip()
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
