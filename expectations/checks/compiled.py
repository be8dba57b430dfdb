"""A compiled release as the checks look at it: its parts found once, whatever the JSON is.

    compiled = CompiledRelease({"ocid": …, "awards": [{"id": "1"}]})
    compiled.awards            # [(("awards", 0), {"id": "1"})]

What has not the type that OCDS gives it is left out here; the schema says so elsewhere.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from expectations.checks.anywhere import Anywhere, anywhere
from expectations.checks.days import day
from expectations.checks.model import Steps

Entry = tuple[Steps, dict[str, Any]]
"""The way to an object, and the object."""

Kind = Literal["awards", "signatures", "transactions", "amendments", "documents", "milestones"]
"""What the dates of a process are of."""

Moment = tuple[Steps, str, str, int]
"""The way to an object, the field with a date in it, the date, and its day (`expectations.checks.days`)."""

Referent = tuple[Steps, dict[str, Any], str, dict[str, Any] | None]
"""The way to a reference to an organization, the reference, its id as text, and the party it leads to."""

NOTHING: dict[str, Any] = {}

_IDS = frozenset({"id", "awardID"})

_LARGEST = 10**300
"""Larger integers than this can't be held against other numbers."""

_DEEPEST = 20
"""Levels that are looked into for what is left of an entry; OCDS has fewer."""

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
    before = (*steps, key)
    return [((*before, index), entry) for index, entry in enumerate(array) if type(entry) is dict]


def object_of(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Give an object in `holder`; an empty one where there is none."""
    value = holder.get(key)
    return value if isinstance(value, dict) else NOTHING


def text_of(value: object) -> str | None:
    """Give an id as text: 1 and "1" are the same; None for what can't be an id."""
    if type(value) is str:
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def typed_id(value: object) -> str | int | float | None:
    """Give an id with its JSON type: 1 and "1" are different, 1 and 1.0 the same; None for what can't be an id."""
    if type(value) is str:
        return value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def count_ids(entries: Iterable[Entry]) -> dict[str | int | float, int]:
    """Count the entries of each id, with its type."""
    counts: dict[str | int | float, int] = {}
    for _, entry in entries:
        identifier = typed_id(entry.get("id"))
        if identifier is not None:
            counts[identifier] = counts.get(identifier, 0) + 1
    return counts


def number_of(value: object) -> int | float | None:
    """Give a number; None for what is none, such as true, "12", NaN, or a number beyond those of IEEE 754."""
    if type(value) is int:
        return value if -_LARGEST < value < _LARGEST else None
    return value if type(value) is float and math.isfinite(value) else None


Money = tuple[Decimal, str]
"""An amount with its currency."""


def money_of(value: object) -> Money | None:
    """Give what a Value says; None without a number or without a currency."""
    if not isinstance(value, dict):
        return None
    amount, currency = number_of(value.get("amount")), value.get("currency")
    if amount is None or not isinstance(currency, str):
        return None
    # As it is written: 0.1 is a tenth here, and ten of them are one.
    return Decimal(repr(amount)), currency


def sum_of(moneys: Iterable[Money | None], currency: str) -> Decimal | None:
    """Add up; None if one of them is unknown or in another currency."""
    total = Decimal(0)
    for money in moneys:
        if money is None or money[1] != currency:
            return None
        total += money[0]
    return total


def written(money: Money) -> str:
    """Write money for a person: `1250.5 USD`."""
    return f"{f'{money[0]:f}'.removesuffix('.0')} {money[1]}"


def is_withdrawn(value: object, depth: int = 0) -> bool:
    """Tell whether nothing is left of an entry but ids.

    OCDS 1.1 has no way to remove an entry of an array: when all its fields are, its id (and the `awardID` of a
    contract) stay for ever, with the ids within it. Such an entry says that something was there, no more.
    """
    if depth > _DEEPEST:
        return False
    if type(value) is dict:
        for key, item in value.items():
            if key not in _IDS and not ((kind := type(item)) is dict or kind is list):
                return False
        return all(key in _IDS or is_withdrawn(item, depth + 1) for key, item in value.items())
    return type(value) is list and all(is_withdrawn(item, depth + 1) for item in value)


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """Leave out the entries that were withdrawn."""
    return [entry for entry in entries if not is_withdrawn(entry[1])]


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
    def day(self) -> int | None:
        """The day of `date`."""
        return day(self.date)

    @cached_property
    def party_ids(self) -> dict[str | int | float, int]:
        """How many parties there are of each id, with its type."""
        return count_ids(self.parties)

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
    def party_names(self) -> dict[str, list[object]]:
        """The names of the parties with each id, as text."""
        return {
            identifier: names
            for identifier, entries in self.parties_by_id.items()
            if (names := [party["name"] for _, party in entries if party.get("name") is not None])
        }

    @cached_property
    def awards_by_id(self) -> dict[str, list[Entry]]:
        """The awards with each id, as text."""
        found: dict[str, list[Entry]] = {}
        for entry in self.awards:
            identifier = text_of(entry[1].get("id"))
            if identifier is not None:
                found.setdefault(identifier, []).append(entry)
        return found

    @cached_property
    def award_dates(self) -> dict[str, str]:
        """The date of the award with each id, as text; the latest where several have one id."""
        latest: dict[str, tuple[int, str]] = {}
        for steps, _, date, ordinal in self.moments["awards"]:
            identifier = text_of(self.document["awards"][steps[1]].get("id"))
            if identifier is not None and (identifier not in latest or latest[identifier][0] < ordinal):
                latest[identifier] = (ordinal, date)
        return {identifier: date for identifier, (_, date) in latest.items()}

    @cached_property
    def contracts_by_award(self) -> dict[str, list[Entry]]:
        """The contracts with each `awardID`, as text, but for those that were withdrawn."""
        found: dict[str, list[Entry]] = {}
        for entry in self.contracts:
            identifier = text_of(entry[1].get("awardID"))
            if identifier is not None and not is_withdrawn(entry[1]):
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
    def referents(self) -> dict[str, list[Referent]]:
        """The references to organizations by role, each with the one party that has its id, as text."""
        parties = {identifier: entries[0][1] for identifier, entries in self.parties_by_id.items() if len(entries) == 1}
        return {
            role: [
                (steps, reference, identifier, parties.get(identifier))
                for steps, reference in references
                if (identifier := text_of(reference.get("id"))) is not None
            ]
            for role, references in self.references.items()
        }

    @cached_property
    def referred(self) -> dict[str, frozenset[str]]:
        """The ids, as text, of the organizations referred to in each role (`ROLES`)."""
        return {
            role: frozenset([identifier for _, _, identifier, _ in referents])
            for role, referents in self.referents.items()
        }

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
        """All milestones of the sections; awards have none in OCDS."""
        return [
            entry
            for steps, section in self.sections
            if steps[0] != "awards"
            for entry in entries_of(section, "milestones", steps)
        ]

    @cached_property
    def amendments(self) -> list[tuple[str, dict[str, Any], list[Entry]]]:
        """The tender, each award and each contract that was amended: its section, itself, and its amendments."""
        holders: list[Entry] = [(("tender",), self.tender), *self.awards, *self.contracts]
        return [
            (str(steps[0]), holder, entries)
            for steps, holder in holders
            if "amendments" in holder and (entries := entries_of(holder, "amendments", steps))
        ]

    @cached_property
    def periods(self) -> list[Entry]:
        """The periods of tender, awards and contracts, without those of planning, lots and milestones."""
        return [
            *_objects([(("tender",), self.tender)], "tenderPeriod", "enquiryPeriod", "awardPeriod", "contractPeriod"),
            *_objects(self.awards, "contractPeriod"),
            *_objects(self.contracts, "period"),
        ]

    @cached_property
    def moments(self) -> dict[Kind, list[Moment]]:
        """The dates that are days, of what has happened: none can be later than the release that tells it."""
        return {
            "awards": _moments(self.awards, "date"),
            "signatures": _moments(self.contracts, "dateSigned"),
            "transactions": [moment for entries in self.transactions for moment in _moments(entries, "date")],
            "amendments": [moment for _, _, entries in self.amendments for moment in _moments(entries, "date")],
            "documents": _moments(self.documents, "datePublished", "dateModified"),
            "milestones": _moments(self.milestones, "dateModified", "dateMet"),
        }

    @cached_property
    def anywhere(self) -> Anywhere:
        """Values, references to organizations and other links, wherever they stand."""
        return anywhere(self.document)

    @cached_property
    def items(self) -> list[Entry]:
        """All items of tender, awards and contracts."""
        holders = [(("tender",), self.tender), *self.awards, *self.contracts]
        return [entry for steps, holder in holders for entry in entries_of(holder, "items", steps)]

    @cached_property
    def _amounts(self) -> list[tuple[Steps, Any, Any]]:
        values = [
            *_objects([(("planning", "budget"), object_of(self.planning, "budget"))], "amount"),
            *_objects([(("tender",), self.tender)], "value", "minValue"),
            *_objects(self.awards, "value"),
            *_objects(self.contracts, "value"),
            *(value for transactions in self.transactions if transactions for value in _objects(transactions, "value")),
        ]
        return [(steps, value.get("amount"), value.get("currency")) for steps, value in values]

    def amounts(self) -> Iterator[tuple[Steps, Any, Any]]:
        """Give steps, amount and currency of the values that say what a process costs, as they stand there.

        Those are `planning/budget/amount`, `tender/value`, `tender/minValue`, `awards/value`, `contracts/value` and
        the values of transactions.
        """
        return iter(self._amounts)


def _objects(holders: Iterable[Entry], *keys: str) -> list[Entry]:
    return [
        ((*steps, key), value) for steps, holder in holders for key in keys if type(value := holder.get(key)) is dict
    ]


def _moments(entries: Iterable[Entry], *keys: str) -> list[Moment]:
    return [
        (steps, key, value, ordinal)
        for steps, entry in entries
        for key in keys
        if (value := entry.get(key)) and (ordinal := day(value)) is not None
    ]
