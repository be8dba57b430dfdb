"""What the checks of a whole publication know of each process: one row, typed, small enough for millions.

    table = facts_table([fact_of(CompiledRelease(document), {check: (applied, failed)})])  # pyarrow, `facts_schema()`

Checks of datasets and of regression are SQL over such rows (`facts`, and `previous` for the last publication). Rows of
processes that did not change are carried forward, so a run has to look only at those that did.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from expectations.checks.compiled import CompiledRelease, object_of, text_of
from expectations.checks.days import day

if TYPE_CHECKING:
    import pyarrow as pa

Fact = dict[str, Any]
"""A row by its columns. Lists of structs are tuples in the order of their fields; `checks` is a mapping."""

AMOUNT_DIGITS = (38, 6)
"""Digits of an amount, and those behind the point: cents of every currency, and unit prices."""

CODE_LENGTH = 100
"""Characters that are kept of what stands in place of a code: the codes of the lists have less than half of them."""

_LARGEST = 10 ** (AMOUNT_DIGITS[0] - AMOUNT_DIGITS[1])
_PLACES = Decimal(1).scaleb(-AMOUNT_DIGITS[1])

_STRUCTS: dict[str, dict[str, str]] = {
    "values": {"path": "text", "amount": "amount", "currency": "text"},
    "codes": {"path": "text", "code": "text"},
    "parties": {"id": "text", "name": "text", "roles": "texts"},
    "related": {"path": "text", "identifier": "text", "title": "text"},
    "checks": {"check": "text", "applied": "number", "failed": "number"},
}
"""Fields of the columns that are lists of structs."""

_TENDER_CODES = tuple(
    (key, f"tender/{key}") for key in ("status", "procurementMethod", "mainProcurementCategory", "awardCriteria")
)

_SECTION_CODES: dict[str | int, tuple[str, str, str]] = {
    path.rpartition("/")[2]: (
        f"{path}/documents/documentType", f"{path}/milestones/status", f"{path}/milestones/type",
    )
    for path in ("planning", "tender", "awards", "contracts", "contracts/implementation")
}  # fmt: skip
"""Paths of the codes of documents and milestones, by the last name of the section's path."""

PAIR_COLUMNS = ("pairs", "same_ids", "dates", "same_dates", "amounts", "same_amounts")
"""Numbers of pairs of a contract with its award: all, those with one id, those with both dates, with the same …"""

_COLUMNS: dict[str, str] = {
    "ocid": "text",
    "date": "text",
    "year": "number",
    "buyer_id": "text",
    "buyer_name": "text",
    "tender_id": "text",
    "tender_title": "text",
    "planning": "truth",
    "tender": "truth",
    "awards": "number",
    "contracts": "number",
    "implementation": "truth",
    **dict.fromkeys(PAIR_COLUMNS, "number"),
}


@cache
def facts_schema() -> "pa.Schema":
    """Give the columns of a row.

    `year` is that of the process (`year_of`); `values` are those of `CompiledRelease.amounts`, `codes` those named in
    ocds.md 4.4 and the statuses of bids, each with its path; `checks` says for each check that applied how often it
    did and how often it failed.
    """
    import pyarrow as pa

    types = _types()
    columns = [(name, types[kind]) for name, kind in _COLUMNS.items()]
    for name, fields in _STRUCTS.items():
        columns.append((name, pa.list_(pa.struct([(field, types[kind]) for field, kind in fields.items()]))))
    return pa.schema(columns)


def _types() -> dict[str, Any]:
    import pyarrow as pa

    return {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "number": pa.int32(),
        "truth": pa.bool_(),
        "amount": pa.decimal128(*AMOUNT_DIGITS),
    }


def facts_table(facts: Iterable[Fact]) -> "pa.Table":
    """Give the rows of `fact_of` as one table."""
    import pyarrow as pa

    rows, types = list(facts), _types()
    arrays = [pa.array([row[name] for row in rows], types[kind]) for name, kind in _COLUMNS.items()]
    for name, fields in _STRUCTS.items():
        lists = [row[name] for row in rows]
        if name == "checks":
            flat: list[Any] = list(chain.from_iterable(chain.from_iterable(one.values()) for one in lists))
            columns: list[Sequence[Any]] = [list(chain.from_iterable(lists)), flat[::2], flat[1::2]]
        else:
            columns = list(zip(*chain.from_iterable(lists), strict=True)) or [()] * len(fields)
        parts = [_array(values, kind) for values, kind in zip(columns, fields.values(), strict=True)]
        structs = pa.StructArray.from_arrays(parts, names=list(fields))
        arrays.append(pa.ListArray.from_arrays(_offsets(lists), structs))
    return pa.Table.from_arrays(arrays, schema=facts_schema())


def _array(values: Sequence[Any], kind: str) -> Any:
    import pyarrow as pa

    if kind == "texts":
        texts = [one if type(one) is str else None for one in chain.from_iterable(values)]
        return pa.ListArray.from_arrays(_offsets(values), pa.array(texts, pa.string()))
    # Amounts come as text: Arrow reads those a good deal faster than it reads Python's decimals.
    return pa.array(values, pa.string()).cast(_types()[kind]) if kind == "amount" else pa.array(values, _types()[kind])


def _offsets(lists: Sequence[Any]) -> Any:
    import numpy as np
    import pyarrow as pa

    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(one) for one in lists], out=offsets[1:])
    return pa.array(offsets)


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
        "implementation": any(contract.get("implementation") for _, contract in compiled.contracts),
        **_pairs(compiled),
        "values": _values(compiled),
        "codes": _codes(compiled),
        "parties": _parties(compiled),
        "related": _related(compiled),
        "checks": checks,
    }


def year_of(compiled: CompiledRelease) -> int | None:
    """Give the year a process belongs to: of its tender, else its first award, signature, plan, else its release.

    The year of a release says when something was told, which for years of old records is the day they were first
    published; readers ask for the year in which the city bought.
    """
    period = object_of(compiled.tender, "tenderPeriod")
    for moment in (period.get("startDate"), period.get("endDate")):
        if day(moment) is not None:
            return int(moment[:4])  # type: ignore[index]  # `day` is None for all but texts
    for moments in _later_moments(compiled):
        first = min((moment for moment in moments() if day(moment) is not None), default=None)
        if first is not None:
            return int(first[:4])
    return None


def _later_moments(compiled: CompiledRelease) -> tuple[Callable[[], list[Any]], ...]:
    contracts = compiled.contracts
    return (
        lambda: [award.get("date") for _, award in compiled.awards],
        lambda: [contract.get("dateSigned") for _, contract in contracts],
        lambda: [object_of(contract, "period").get("startDate") for _, contract in contracts],
        lambda: [object_of(object_of(compiled.planning, "budget"), "period").get("startDate")],
        lambda: [compiled.date],
    )


def amount_of(value: object) -> str | None:
    """Give an amount as decimal text with at most six places; None for what is no number, or too large for money."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _LARGEST else None
    if not isinstance(value, float) or not abs(value) < _LARGEST:  # NaN is less than nothing
        return None
    text = repr(value)
    if "e" in text or len(text) - text.index(".") > AMOUNT_DIGITS[1] + 1:
        return str(Decimal(text).quantize(_PLACES))
    return text


def _values(compiled: CompiledRelease) -> list[tuple[str, str | None, str | None]]:
    found: list[tuple[str, str | None, str | None]] = []

    def add(path: str, value: Any) -> None:
        if type(value) is dict:
            amount, currency = value.get("amount"), value.get("currency")
            found.append((path, amount_of(amount), currency if type(currency) is str else None))

    if compiled.planning:
        add("planning/budget/amount", object_of(compiled.planning, "budget").get("amount"))
    add("tender/value", compiled.tender.get("value"))
    add("tender/minValue", compiled.tender.get("minValue"))
    for _, award in compiled.awards:
        add("awards/value", award.get("value"))
    for _, contract in compiled.contracts:
        add("contracts/value", contract.get("value"))
        implementation = contract.get("implementation")
        if isinstance(implementation, dict):
            for transaction in _list(implementation.get("transactions")):
                if isinstance(transaction, dict):
                    add("contracts/implementation/transactions/value", transaction.get("value"))
    return found


def _pairs(compiled: CompiledRelease) -> dict[str, int]:
    """Count what a contract has in common with its award."""
    if not compiled.contracts or not compiled.awards:
        return dict.fromkeys(PAIR_COLUMNS, 0)
    pairs = same_ids = dates = same_dates = amounts = same_amounts = 0
    awards = {text_of(award.get("id")): award for _, award in compiled.awards}
    for _, contract in compiled.contracts:
        reference = text_of(contract.get("awardID"))
        award = awards.get(reference) if reference is not None else None
        if award is None:
            continue
        pairs += 1
        same_ids += reference == text_of(contract.get("id"))
        awarded, signed = award.get("date"), contract.get("dateSigned")
        if isinstance(awarded, str) and isinstance(signed, str):
            dates += 1
            same_dates += awarded[:10] == signed[:10]
        one, two = award.get("value"), contract.get("value")
        if isinstance(one, dict) and isinstance(two, dict) and _is_number(one.get("amount"), two.get("amount")):
            amounts += 1
            same_amounts += one["amount"] == two["amount"] and one.get("currency") == two.get("currency")
    return {
        "pairs": pairs, "same_ids": same_ids, "dates": dates, "same_dates": same_dates, "amounts": amounts,
        "same_amounts": same_amounts,
    }  # fmt: skip


def _codes(compiled: CompiledRelease) -> list[tuple[str, str]]:
    tender = compiled.tender
    found: list[tuple[str, Any]] = [(path, tender[key]) for key, path in _TENDER_CODES if key in tender]
    found += [("tender/submissionMethod", code) for code in _list(tender.get("submissionMethod"))]
    found += [("awards/status", award.get("status")) for _, award in compiled.awards]
    found += [("contracts/status", contract.get("status")) for _, contract in compiled.contracts]
    for steps, section in compiled.sections:
        document_type, milestone_status, milestone_type = _SECTION_CODES[steps[0] if len(steps) < 3 else steps[2]]
        for document in _list(section.get("documents")):
            if isinstance(document, dict):
                found.append((document_type, document.get("documentType")))
        for milestone in _list(section.get("milestones")):
            if isinstance(milestone, dict):
                found.append((milestone_status, milestone.get("status")))
                found.append((milestone_type, milestone.get("type")))
    for path, related in _related_entries(compiled):
        found += [(f"{path}/relationship", code) for code in _list(related.get("relationship"))]
    if isinstance(bids := compiled.document.get("bids"), dict):
        found += [("bids/details/status", bid.get("status")) for bid in _list(bids.get("details")) if type(bid) is dict]
    return [
        one if len(one[1]) <= CODE_LENGTH else (one[0], one[1][:CODE_LENGTH]) for one in found if type(one[1]) is str
    ]


def _related_entries(compiled: CompiledRelease) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, Any]] = [
        ("relatedProcesses", one) for one in _list(compiled.document.get("relatedProcesses"))
    ]
    for _, contract in compiled.contracts:
        if "relatedProcesses" in contract:
            found += [("contracts/relatedProcesses", one) for one in _list(contract["relatedProcesses"])]
    return [one for one in found if isinstance(one[1], dict)]


def _related(compiled: CompiledRelease) -> list[tuple[str, str, str | None]]:
    return [
        (path, identifier, _text(entry.get("title")))
        for path, entry in _related_entries(compiled)
        if entry.get("scheme") == "ocid" and (identifier := text_of(entry.get("identifier"))) is not None
    ]


def _parties(compiled: CompiledRelease) -> list[tuple[str | None, str | None, list[Any]]]:
    found = []
    for _, party in compiled.parties:
        identifier, name, roles = party.get("id"), party.get("name"), party.get("roles")
        found.append((
            identifier if type(identifier) is str else text_of(identifier),
            name if type(name) is str else None,
            roles if type(roles) is list else [],
        ))  # fmt: skip
    return found


def _is_number(*values: object) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
