"""Words of procurement that tell what a column of codes is about, whatever it is called (English and Spanish)."""

from collections.abc import Iterable
from dataclasses import dataclass

from transforms.profile.lists import listed_by
from transforms.profile.shapes import CURRENCY_CODES
from transforms.profile.words import plain

ENOUGH = 0.5
"""Share of the different values that has to be known."""

_CURRENCIES = frozenset(code.lower() for code in CURRENCY_CODES)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What values are about: the path, and some that were known."""

    path: str
    examples: tuple[str, ...]


def meaning(values: Iterable[str]) -> Meaning | None:
    """Tell which list most of the values are of; None if of none."""
    plainly = {plain(" ".join(value.split())): value for value in values}
    if len(plainly) < 2:
        return None
    shares = [(len(plainly.keys() & known) / len(plainly), path, known) for path, known in _known()]
    share, path, known = max(shares, key=lambda entry: entry[0])
    if share < ENOUGH:
        return None
    return Meaning(path, tuple(sorted(plainly[value] for value in plainly.keys() & known)[:3]))


def _known() -> tuple[tuple[str, frozenset[str]], ...]:
    return (*listed_by("vocabulary").items(), ("tender/value/currency", _CURRENCIES))
