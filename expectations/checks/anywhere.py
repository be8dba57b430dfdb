"""What can stand anywhere in a document: values, references to organizations, and links to lots, bids and items.

    found = anywhere(document)
    [steps_to(place) for place in found.values]      # [("tender", "value"), ("bids", "details", 0, "value")]

Checks that are about every place of a kind ask here, so that fields of any extension, and of none, are seen too. The
document is walked once, breadth first; only what references to organizations hold, and parties and other fields of the
standard that never lead to one of these (`PLAIN`), are passed over. The way to a place is told where it is asked for.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from expectations.checks.model import Steps

Place = tuple[Any, str | int, "Place | None"]
"""What stands at a place, its key or index, and the place around it (None: the document)."""

VALUES = frozenset({"value", "amount", "minValue", "maximumValue", "finalValue"})
"""Fields that are a Value in the standard or in an extension."""

ORGANIZATIONS = frozenset({
    "buyer", "procuringEntity", "tenderers", "suppliers", "payer", "payee", "author", "sourceParty", "subcontractor",
    "mainContractors", "signatories",
})  # fmt: skip
"""Fields that refer to organizations in the standard or in an extension."""

LINKS: dict[str, str] = {
    "relatedLot": "tender/lots", "relatedLots": "tender/lots", "relatedItem": "tender/items",
    "relatedBid": "bids/details",
}  # fmt: skip
"""Fields that hold ids, and the path of what has those ids."""

PLAIN = frozenset({
    "additionalClassifications", "additionalIdentifiers", "additionalProcurementCategories", "address", "amendment",
    "amendments", "awardCriteria", "awardID", "awardPeriod", "classification", "code", "contactPoint",
    "contractPeriod", "date", "dateMet", "dateModified", "datePublished", "dateSigned", "deliveryAddress",
    "deliveryLocation", "description", "documentType", "dueDate", "durationInDays", "endDate", "enquiryPeriod",
    "format", "hasEnquiries", "hasSubcontracting", "id", "identifier", "initiationType", "language", "legalName",
    "locality", "mainProcurementCategory", "maxExtentDate", "name", "numberOfTenderers", "ocid", "parties", "period",
    "postalCode", "procurementMethod", "procurementMethodDetails", "procurementMethodRationale", "quantity",
    "rationale", "region", "relatedProcesses", "relationship", "scheme", "startDate", "status", "streetAddress",
    "submissionMethod", "submissionMethodDetails", "tag", "tenderPeriod", "title", "type", "uri", "url",
})  # fmt: skip
"""Fields that are, and lead to, none of these in the standard and in all extensions; most of what a document has."""


class Anywhere(NamedTuple):
    """What was found.

    `values` are the Values with an amount or a currency. `organizations` are the references to organizations, each
    with its section (the first key of its path) and field, `links` the ids in fields of `LINKS`, each with its field.
    """

    values: list[Place]
    organizations: list[tuple[str, str, Place]]
    links: list[tuple[str, Place]]


def anywhere(document: Mapping[str, Any]) -> Anywhere:
    """Walk a document of any depth."""
    found = Anywhere([], [], [])
    for section, part in document.items():
        kind = type(part)
        if section not in PLAIN and (kind is dict or kind is list):
            root: Place = (part, section, None)
            if section in ORGANIZATIONS:
                _organizations(section, section, root, found)
            else:
                _walk(section, root, found)
    return found


def _walk(section: str, root: Place, found: Anywhere) -> None:
    places = [root]
    # The list grows while it is read: what is nested waits at its end.
    for place in places:
        container, name, _ = place
        if type(container) is list:
            for index, entry in enumerate(container):
                kind = type(entry)
                if kind is dict or kind is list:
                    places.append((entry, index, place))
            continue
        for key, value in container.items():
            if key in PLAIN:
                continue
            kind = type(value)
            if kind is dict:
                inner = (value, key, place)
                if key in ORGANIZATIONS:
                    found.organizations.append((section, key, inner))
                elif key in VALUES and len(value) <= _SMALL:
                    # Most Values are amount and currency, and no more: nothing to walk.
                    if _is_value(value, key):
                        found.values.append(inner)
                else:
                    places.append(inner)
            elif kind is list:
                inner = (value, key, place)
                if key in ORGANIZATIONS:
                    _organizations(section, key, inner, found)
                elif key in LINKS:
                    found.links.extend((key, (entry, index, inner)) for index, entry in enumerate(value))
                else:
                    places.append(inner)
            elif key in LINKS:
                found.links.append((key, (value, key, place)))
            elif key in _SAYS_VALUE and key == _saying(container) and _is_value(container, name):
                found.values.append(place)


_SMALL = 2
_SAYS_VALUE = frozenset({"amount", "currency"})


def _saying(container: dict[str, Any]) -> str:
    """Give the field by which an object is seen to be a Value, so that it is seen once."""
    return "currency" if container.get("amount") in (None, "") else "amount"


def _is_value(container: dict[str, Any], name: str | int) -> bool:
    """Tell whether an object is a Value: it has an amount, or a currency in a field that is a Value.

    Entries of arrays have values but are none: the currency of a statistic of bids belongs to its `value`.
    """
    if type(name) is not str:
        return False
    amount = container.get("amount")
    if amount is None or amount == "":
        return name in VALUES and container.get("currency") not in _NOTHING
    return type(amount) is not dict and type(amount) is not list


_NOTHING: tuple[Any, ...] = (None, "", {}, [])


def _organizations(section: str, field: str, place: Place, found: Anywhere) -> None:
    value = place[0]
    if type(value) is dict:
        found.organizations.append((section, field, place))
    else:
        found.organizations.extend(
            (section, field, (entry, index, place)) for index, entry in enumerate(value) if type(entry) is dict
        )


def steps_to(place: Place) -> Steps:
    """Give the way to a place."""
    steps: list[str | int] = []
    current: Place | None = place
    while current is not None:
        steps.append(current[1])
        current = current[2]
    return tuple(reversed(steps))
