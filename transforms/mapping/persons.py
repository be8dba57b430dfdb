"""Natural persons among the parties of a published document: withheld, under a pseudonym, or as they are."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transforms.mapping.disclosure import DisclosureRules, PersonRule

_STRICTEST: tuple[PersonRule, ...] = ("withhold", "pseudonym", "publish")


@dataclass(frozen=True)
class PersonTest:
    """A party is a natural person if a value at `path`, below the party, is one of `values`."""

    path: tuple[str, ...]
    values: frozenset[str]

    def holds(self, party: dict[str, Any]) -> bool:
        """Tell whether a party is a natural person."""
        return any(str(value) in self.values for value in _values(party, self.path))


def withhold_persons(
    document: dict[str, Any], test: PersonTest, rules: DisclosureRules, references: Collection[tuple[str, ...]]
) -> bool:
    """Apply the city's rules to the natural persons among the parties; tell whether anything was changed.

    Of a person with several roles the strictest rule holds, and a person without a role is withheld. References to who
    is withheld go, too.
    """
    replaced: dict[str, dict[str, str] | None] = {}
    kept = []
    parties = document.get("parties")
    for party in parties if isinstance(parties, list) else ():
        if not isinstance(party, dict) or not test.holds(party):
            kept.append(party)
            continue
        roles = party.get("roles")
        listed = [str(role) for role in roles] if isinstance(roles, list) else []
        rule = min((rules.person(role) for role in listed), key=_STRICTEST.index, default="withhold")
        if rule == "publish":
            kept.append(party)
            continue
        identifier = str(party.get("id"))
        pseudonym = rules.pseudonym(identifier) if rule == "pseudonym" else None
        replaced[identifier] = pseudonym
        if pseudonym:
            kept.append({**pseudonym, "roles": listed})
    if not replaced:
        return False
    document["parties"] = kept
    for path in references:
        _replace(document, path, replaced)
    return True


def _replace(container: Any, path: Sequence[str], replaced: dict[str, dict[str, str] | None]) -> None:
    if isinstance(container, list):
        for entry in container:
            _replace(entry, path, replaced)
        return
    if not isinstance(container, dict) or path[0] not in container:
        return
    name, *rest = path
    if rest:
        _replace(container[name], rest, replaced)
        return
    held = container[name]
    if isinstance(held, list):
        container[name] = [one for entry in held if (one := _reference(entry, replaced)) is not None]
    elif (one := _reference(held, replaced)) is None:
        del container[name]
    else:
        container[name] = one
    if not container.get(name, True):
        del container[name]


def _reference(entry: Any, replaced: dict[str, dict[str, str] | None]) -> Any:
    identifier = str(entry.get("id")) if isinstance(entry, dict) else ""
    return replaced.get(identifier, entry)


def _values(container: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(container, list):
        for entry in container:
            yield from _values(entry, path)
    elif not path:
        yield container
    elif isinstance(container, dict) and path[0] in container:
        yield from _values(container[path[0]], path[1:])
