"""What the checks of a whole publication know of each process: one row, typed, small enough for millions.

    table = facts_table([fact_of(CompiledRelease(document), failures={…})])     # pyarrow, schema `facts_schema()`

Checks of datasets and of regression are SQL over such rows (`facts`, and `previous` for the last publication). Rows of
processes that did not change are carried forward, so a run has to look only at those that did.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from expectations.checks.compiled import CompiledRelease, entries_of, number_of, object_of, text_of
from expectations.checks.days import day

if TYPE_CHECKING:
    import pyarrow as pa

Fact = dict[str, Any]

AMOUNT_DIGITS = (38, 6)
"""Digits of an amount, and those behind the point: cents of every currency, and unit prices."""

_LARGEST = Decimal(10) ** (AMOUNT_DIGITS[0] - AMOUNT_DIGITS[1])
_PLACES = Decimal(1).scaleb(-AMOUNT_DIGITS[1])

_CODES = (
    ("tender", "status"), ("tender", "procurementMethod"), ("tender", "mainProcurementCategory"),
    ("tender", "awardCriteria"),
)  # fmt: skip


@cache
def facts_schema() -> "pa.Schema":
    """Give the columns of a row.

    `year` is that of the process (`year_of`); `values` and `codes` are those named in ocds.md 4.4, each with its path;
    `checks` says for each check that applied how often it did and how often it failed.
    """
    import pyarrow as pa

    amount = pa.decimal128(*AMOUNT_DIGITS)
    columns: list[tuple[str, pa.DataType]] = [
        ("ocid", pa.string()),
        ("date", pa.string()),
        ("year", pa.int32()),
        ("buyer_id", pa.string()),
        ("buyer_name", pa.string()),
        ("tender_id", pa.string()),
        ("tender_title", pa.string()),
        ("planning", pa.bool_()),
        ("tender", pa.bool_()),
        ("awards", pa.int32()),
        ("contracts", pa.int32()),
        ("implementation", pa.bool_()),
        ("values", pa.list_(pa.struct([("path", pa.string()), ("amount", amount), ("currency", pa.string())]))),
        ("codes", pa.list_(pa.struct([("path", pa.string()), ("code", pa.string())]))),
        (
            "parties",
            pa.list_(pa.struct([("id", pa.string()), ("name", pa.string()), ("roles", pa.list_(pa.string()))])),
        ),
        (
            "related",
            pa.list_(pa.struct([("path", pa.string()), ("identifier", pa.string()), ("title", pa.string())])),
        ),
        (
            "checks",
            pa.list_(pa.struct([("check", pa.string()), ("applied", pa.int32()), ("failed", pa.int32())])),
        ),
    ]
    return pa.schema(columns)


def facts_table(facts: Iterable[Fact]) -> "pa.Table":
    """Give the rows as one table."""
    import pyarrow as pa

    return pa.Table.from_pylist(list(facts), schema=facts_schema())


def fact_of(compiled: CompiledRelease, checks: Mapping[str, tuple[int, int]]) -> Fact:
    """Give the row of a process; `checks` has applied and failed by the ids of the checks that applied."""
    document, tender = compiled.document, compiled.tender
    buyer = object_of(document, "buyer")
    return {
        "ocid": text_of(document.get("ocid")),
        "date": _text(document.get("date")),
        "year": year_of(compiled),
        "buyer_id": text_of(buyer.get("id")),
        "buyer_name": _text(buyer.get("name")),
        "tender_id": text_of(tender.get("id")),
        "tender_title": _text(tender.get("title")),
        "planning": bool(compiled.planning),
        "tender": bool(tender),
        "awards": len(compiled.awards),
        "contracts": len(compiled.contracts),
        "implementation": any(object_of(contract, "implementation") for _, contract in compiled.contracts),
        "values": [
            {"path": "/".join(step for step in steps if isinstance(step, str)), "amount": found, "currency": currency}
            for steps, amount, currency in compiled.amounts()
            if (found := amount_of(amount)) is not None and (currency is None or isinstance(currency, str))
        ],
        "codes": _codes(compiled),
        "parties": [
            {
                "id": text_of(party.get("id")),
                "name": _text(party.get("name")),
                "roles": [role for role in _list(party.get("roles")) if isinstance(role, str)],
            }
            for _, party in compiled.parties
        ],
        "related": _related(compiled),
        "checks": [{"check": name, "applied": one, "failed": two} for name, (one, two) in checks.items()],
    }


def year_of(compiled: CompiledRelease) -> int | None:
    """Give the year a process belongs to: of its tender, else its first award, signature, plan, else its release.

    The year of a release says when something was told, which for years of old records is the day they were first
    published; readers ask for the year in which the city bought.
    """
    tender = compiled.tender
    period = object_of(tender, "tenderPeriod")
    for moment in (
        period.get("startDate"),
        period.get("endDate"),
        _first(award.get("date") for _, award in compiled.awards),
        _first(contract.get("dateSigned") for _, contract in compiled.contracts),
        _first(object_of(contract, "period").get("startDate") for _, contract in compiled.contracts),
        object_of(object_of(compiled.planning, "budget"), "period").get("startDate"),
        compiled.date,
    ):
        if isinstance(moment, str) and day(moment) is not None:
            return int(moment[:4])
    return None


def _first(moments: Iterable[Any]) -> str | None:
    return min((moment for moment in moments if day(moment) is not None), default=None)


def amount_of(value: object) -> Decimal | None:
    """Give an amount as a decimal with six places; None for what is no number, or too large for money."""
    number = number_of(value)
    if number is None:
        return None
    try:
        amount = Decimal(repr(number))
        return amount.quantize(_PLACES) if abs(amount) < _LARGEST else None
    except InvalidOperation:
        return None


def _codes(compiled: CompiledRelease) -> list[dict[str, str]]:
    tender = compiled.tender
    found = [(f"{holder}/{key}", tender.get(key)) for holder, key in _CODES]
    found += [("tender/submissionMethod", code) for code in _list(tender.get("submissionMethod"))]
    found += [("awards/status", award.get("status")) for _, award in compiled.awards]
    found += [("contracts/status", contract.get("status")) for _, contract in compiled.contracts]
    for path, entries, keys in (
        ("milestones", compiled.milestones, ("status", "type")),
        ("documents", compiled.documents, ("documentType",)),
    ):
        found += [(f"{path}/{key}", entry.get(key)) for _, entry in entries for key in keys]
    for _, related in _related_entries(compiled):
        found += [("relatedProcesses/relationship", code) for code in _list(related.get("relationship"))]
    found += [("value/currency", currency) for _, _, currency in compiled.amounts()]
    return [{"path": path, "code": code} for path, code in found if isinstance(code, str)]


def _related_entries(compiled: CompiledRelease) -> list[tuple[str, dict[str, Any]]]:
    found = [("relatedProcesses", entry) for _, entry in entries_of(compiled.document, "relatedProcesses")]
    for _, contract in compiled.contracts:
        found += [("contracts/relatedProcesses", entry) for _, entry in entries_of(contract, "relatedProcesses")]
    return found


def _related(compiled: CompiledRelease) -> list[dict[str, str | None]]:
    return [
        {"path": path, "identifier": text_of(entry["identifier"]), "title": _text(entry.get("title"))}
        for path, entry in _related_entries(compiled)
        if entry.get("scheme") == "ocid" and text_of(entry.get("identifier")) is not None
    ]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
