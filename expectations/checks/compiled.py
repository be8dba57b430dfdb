"""A compiled release as the checks look at it: its parts found once, whatever the JSON is.

    compiled = CompiledRelease({"ocid": …, "awards": [{"id": "1"}]})
    compiled.awards            # [(("awards", 0), {"id": "1"})]

What has not the type that OCDS gives it is left out here; the schema says so elsewhere.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from expectations.checks.model import Steps

Entry = tuple[Steps, dict[str, Any]]
"""The way to an object, and the object."""

NOTHING: dict[str, Any] = {}

ROLES: dict[str, str] = {
    "buyer": "buyer",
    "procuringEntity": "tender/procuringEntity",
    "tenderer": "tender/tenderers",
    "supplier": "awards/suppliers",
    "payer": "contracts/implementation/transactions/payer",
    "payee": "contracts/implementation/transactions/payee",
}
"""Code of the role of a party: the path where organizations are referred to in it."""


def entries_of(holder: Mapping[str, Any], key: str, steps: Steps = ()) -> list[Entry]:
    """Give the objects of an array of objects in `holder`, which stands at `steps`."""
    array = holder.get(key)
    if not isinstance(array, list):
        return []
    return [((*steps, key, index), entry) for index, entry in enumerate(array) if isinstance(entry, dict)]


def object_of(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Give an object in `holder`; an empty one where there is none."""
    value = holder.get(key)
    return value if isinstance(value, dict) else NOTHING


def text_of(value: object) -> str | None:
    """Give an id as text: 1 and "1" are the same; None for what can't be an id."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def number_of(value: object) -> int | float | None:
    """Give a number; None for what is none, such as true, "12" or NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


class CompiledRelease:
    """Views of one compiled release."""

    def __init__(self, document: Any) -> None:
        self.document: dict[str, Any] = document if isinstance(document, dict) else {}
        self.planning = object_of(self.document, "planning")
        self.tender = object_of(self.document, "tender")
        self.parties = entries_of(self.document, "parties")
        self.awards = entries_of(self.document, "awards")
        self.contracts = entries_of(self.document, "contracts")

    @property
    def date(self) -> object:
        """The `date` of the compiled release: when anything in it was last told."""
        return self.document.get("date")

    @cached_property
    def parties_by_id(self) -> dict[str, list[Entry]]:
        """The parties with each id, as text."""
        found: dict[str, list[Entry]] = {}
        for entry in self.parties:
            identifier = text_of(entry[1].get("id"))
            if identifier is not None:
                found.setdefault(identifier, []).append(entry)
        return found

    @cached_property
    def transactions(self) -> list[list[Entry]]:
        """The transactions of each of `contracts`."""
        return [
            entries_of(object_of(contract, "implementation"), "transactions", (*steps, "implementation"))
            for steps, contract in self.contracts
        ]

    @cached_property
    def references(self) -> dict[str, list[Entry]]:
        """The references to organizations by role (`ROLES`)."""
        found: dict[str, list[Entry]] = {role: [] for role in ROLES}
        if isinstance(buyer := self.document.get("buyer"), dict):
            found["buyer"].append((("buyer",), buyer))
        if isinstance(entity := self.tender.get("procuringEntity"), dict):
            found["procuringEntity"].append((("tender", "procuringEntity"), entity))
        found["tenderer"] = entries_of(self.tender, "tenderers", ("tender",))
        for steps, award in self.awards:
            found["supplier"] += entries_of(award, "suppliers", steps)
        for transactions in self.transactions:
            for steps, transaction in transactions:
                for role in ("payer", "payee"):
                    if isinstance(reference := transaction.get(role), dict):
                        found[role].append(((*steps, role), reference))
        return found

    @cached_property
    def sections(self) -> list[Entry]:
        """Whatever may have documents or milestones: planning, tender, awards, contracts, and their implementation."""
        found: list[Entry] = [(("planning",), self.planning)] if self.planning else []
        if self.tender:
            found.append((("tender",), self.tender))
        found += self.awards
        for steps, contract in self.contracts:
            found.append((steps, contract))
            if implementation := object_of(contract, "implementation"):
                found.append(((*steps, "implementation"), implementation))
        return found

    @cached_property
    def documents(self) -> list[Entry]:
        """All documents of the sections."""
        return [entry for steps, section in self.sections for entry in entries_of(section, "documents", steps)]

    @cached_property
    def milestones(self) -> list[Entry]:
        """All milestones of the sections."""
        return [entry for steps, section in self.sections for entry in entries_of(section, "milestones", steps)]

    @cached_property
    def items(self) -> list[Entry]:
        """All items of tender, awards and contracts."""
        holders = [(("tender",), self.tender), *self.awards, *self.contracts]
        return [entry for steps, holder in holders for entry in entries_of(holder, "items", steps)]

    def amounts(self) -> Iterator[tuple[Steps, Any, Any]]:
        """Give steps, amount and currency of the values that say what a process costs, as they stand there.

        Those are `planning/budget/amount`, `tender/value`, `tender/minValue`, `awards/value`, `contracts/value` and
        the values of transactions.
        """
        for steps, holder, key in (
            (("planning", "budget"), object_of(self.planning, "budget"), "amount"),
            (("tender",), self.tender, "value"),
            (("tender",), self.tender, "minValue"),
            *((steps, award, "value") for steps, award in self.awards),
            *((steps, contract, "value") for steps, contract in self.contracts),
            *((steps, one, "value") for transactions in self.transactions for steps, one in transactions),
        ):
            value = holder.get(key)
            if isinstance(value, dict):
                yield (*steps, key), value.get("amount"), value.get("currency")
