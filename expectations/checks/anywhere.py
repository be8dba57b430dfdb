"""What can stand anywhere in a document: values, references to organizations, and links to lots, bids and items.

    found = anywhere(document)
    [steps_to(place) for place in found.values]      # [("tender", "value"), ("bids", "details", 0, "value")]

Checks that are about every place of a kind ask here, so that fields of any extension, and of none, are seen too. The
document is walked once, breadth first; the way to a place is told only where it is asked for.
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

_SCALARS = frozenset({"amount", "currency", *LINKS})


class Anywhere(NamedTuple):
    """What was found.

    `values` are the Values with an amount or a currency. `organizations` are the references to organizations, each
    with its section (the first key of its path), `links` the ids in fields of `LINKS`, one place for each.
    """

    values: list[Place]
    organizations: list[tuple[str, Place]]
    links: list[Place]


def anywhere(document: Mapping[str, Any]) -> Anywhere:
    """Walk a document of any depth."""
    found = Anywhere([], [], [])
    for section, part in document.items():
        if isinstance(part, dict | list):
            _walk(section, (part, section, None), found)
    return found


def _walk(section: str, root: Place, found: Anywhere) -> None:
    places = [root]
    _organizations(section, root, found)
    # The list grows while it is read: what is nested waits at its end.
    for place in places:
        container, name, _ = place
        if type(container) is list:
            for index, entry in enumerate(container):
                if type(entry) is dict or type(entry) is list:
                    places.append((entry, index, place))
            continue
        for key, value in container.items():
            kind = type(value)
            if kind is dict or kind is list:
                inner = (value, key, place)
                places.append(inner)
                if key in ORGANIZATIONS:
                    _organizations(section, inner, found)
                elif kind is list and key in LINKS:
                    found.links.extend((entry, index, inner) for index, entry in enumerate(value))
            elif key in _SCALARS:
                if key in LINKS:
                    found.links.append((value, key, place))
                elif _is_value(container, key, name):
                    found.values.append(place)


def _is_value(container: dict[str, Any], key: str, name: str | int) -> bool:
    """Tell whether an object with an amount or a currency is a Value, once: by the amount where it has both.

    Entries of arrays have values but are none: the currency of a statistic of bids belongs to its `value`.
    """
    if not isinstance(name, str) or container[key] in (None, ""):
        return False
    if key == "amount":
        return True
    return name in VALUES and container.get("amount") in (None, "")


def _organizations(section: str, place: Place, found: Anywhere) -> None:
    value, name, _ = place
    if name in ORGANIZATIONS:
        if isinstance(value, dict):
            found.organizations.append((section, place))
        else:
            found.organizations.extend(
                (section, (entry, index, place)) for index, entry in enumerate(value) if isinstance(entry, dict)
            )


def steps_to(place: Place) -> Steps:
    """Give the way to a place."""
    steps: list[str | int] = []
    current: Place | None = place
    while current is not None:
        steps.append(current[1])
        current = current[2]
    return tuple(reversed(steps))


def field_of(place: Place) -> str:
    """Give the name of the field that a place is, or is an entry of."""
    current: Place | None = place
    while current is not None:
        if isinstance(current[1], str):
            return current[1]
        current = current[2]
    return ""
