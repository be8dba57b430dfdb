"""What may be published of persons, and of facts that are not public yet; applied before anything is hashed."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

PersonRule = Literal["withhold", "pseudonym", "publish"]

Path = tuple[str, ...]
"""Keys that lead to a part of a state, through every entry of the arrays on the way."""

PSEUDONYM_LENGTH = 16
"""Hexadecimal digits of a pseudonym: 64 bits, enough that two of a city's persons do not meet."""

PERSON_NAMES = {"en": "Individual (name withheld)", "es": "Persona natural (nombre reservado)"}
"""What stands for the name of a person under a pseudonym, by the language of the source."""


@dataclass(frozen=True)
class Condition:
    """Withhold `path` from a state in which `test` has one of `values` (`unless`), or has none of them (`when`)."""

    path: tuple[str, ...]
    test: tuple[str, ...]
    values: frozenset[str]
    when: bool

    def withholds(self, state: Mapping[str, Any]) -> bool:
        """Tell whether the state keeps the path from the public."""
        found: Any = state
        for part in self.test:
            found = found.get(part) if isinstance(found, Mapping) else None
        return (found not in self.values) if self.when else (found in self.values)


@dataclass(frozen=True)
class DisclosureRules:
    """A city's decisions. `persons` gives the rule per role; a role that is not named is withheld."""

    persons: Mapping[str, PersonRule]
    conditions: tuple[Condition, ...]
    pseudonym_key: bytes
    language: str

    def person(self, role: str) -> PersonRule:
        """Give the rule for natural persons in a role."""
        return self.persons.get(role, "withhold")

    def pseudonym(self, party_id: str) -> dict[str, str]:
        """Give id and name that stand for a person, always the same; only who has the key can test a guess."""
        digest = hmac.new(self.pseudonym_key, party_id.encode(), "sha256").hexdigest()[:PSEUDONYM_LENGTH]
        return {"id": f"PERSON-{digest}", "name": PERSON_NAMES.get(self.language, PERSON_NAMES["en"])}

    def apply(self, state: dict[str, Any], also: Sequence[Path] = ()) -> Sequence[Path]:
        """Remove from the state what its own content does not allow to be published yet, and the paths in `also`.

        Gives the paths.
        """
        withheld = [condition.path for condition in self.conditions if condition.withholds(state)]
        withheld += [path for path in also if path not in withheld]
        for path in withheld:
            _remove(state, path)
        return withheld


def _remove(container: Any, path: tuple[str, ...]) -> None:
    """Remove a path below every array entry on its way; objects left empty go with it."""
    if isinstance(container, list):
        for entry in container:
            _remove(entry, path)
        return
    if not isinstance(container, dict):
        return
    head, *rest = path
    if not rest:
        container.pop(head, None)
        return
    child = container.get(head)
    if child is not None:
        _remove(child, tuple(rest))
        if child == {}:
            del container[head]
