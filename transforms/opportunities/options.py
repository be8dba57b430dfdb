"""What a city may choose about its opportunities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CODE_DIGITS: Mapping[str, int] = MappingProxyType(
    {"UNSPSC": 2, "CPV": 2, "CPVS": 2, "CPC": 2, "GSIN": 2, "HS": 2, "NAICS": 3, "NIGP": 3, "PSC": 2}
)
"""Characters of a commodity code that name a class of which vendors would follow the feed.

UNSPSC: segment. CPV and CPC: division. HS: chapter. NAICS: subsector. NIGP: class. GSIN and PSC: group.
"""


@dataclass(frozen=True)
class OpportunityOptions:
    """How opportunities are listed.

    `closed_days` a tender stays listed after it closed; `expiring_days` before its end a contract is listed.
    `code_digits` are, by scheme, the characters of a commodity code that make a class with a feed of its own.
    """

    closed_days: int = 30
    expiring_days: int = 180
    code_digits: Mapping[str, int] = field(default_factory=lambda: CODE_DIGITS)
