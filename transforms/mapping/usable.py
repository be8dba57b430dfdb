"""Values of a published document that a release of ours can't hold: they are left out, and told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_ROUNDS = 5
"""A value that is left out may show what is wrong around it; this often is looked again."""

_HEAD = {
    "id": "1",
    "date": "2020-01-01T00:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "language": "en",
}
"""What a release says of itself, and a state does not."""

_OF_A_VALUE = frozenset({"type", "format", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"})
"""Keywords that speak of one value, which can be left out."""

Errors = Callable[[dict[str, Any]], Iterable[tuple[Sequence[str | int], str, str]]]


def unusable_removed(state: dict[str, Any], ocid: str, errors: Errors) -> Iterator[tuple[str, str, Any]]:
    """Leave out, in place, each value that the schema does not allow where it stands; give path, code and the value.

    An entry that stands in an array a second time is left out, too. What is missing can't be mended: that is left for
    the check.
    """
    for _ in range(_ROUNDS):
        found = list(errors({"ocid": ocid, **_HEAD, **state}))
        # From the back, so that places in arrays stay what they are.
        removed = False
        for place, keyword, _ in sorted(found, key=lambda error: [_sortable(part) for part in error[0]], reverse=True):
            if not place or place[0] in _HEAD or place[0] == "ocid":
                continue
            path = "/".join(part for part in place if isinstance(part, str))
            if keyword == "uniqueItems":
                removed |= _once(_at(state, place))
                yield path, "repeated_entry", None
            elif keyword in _OF_A_VALUE:
                holder, last = _at(state, place[:-1]), place[-1]
                if isinstance(holder, dict) and last in holder:
                    yield path, "invalid_value", holder.pop(str(last))
                    removed = True
                elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
                    yield path, "invalid_value", holder.pop(last)
                    removed = True
        if not removed:
            return
        _prune(state)


def _sortable(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)


def _once(entries: Any) -> bool:
    kept: list[Any] = []
    for entry in entries:
        if entry not in kept:
            kept.append(entry)
    shorter = len(kept) < len(entries)
    entries[:] = kept
    return shorter


def _at(container: Any, place: Sequence[str | int]) -> Any:
    for part in place:
        try:
            container = container[part]
        except (KeyError, IndexError, TypeError):
            return None
    return container


def _prune(value: Any) -> None:
    """Remove what became empty."""
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, member in reversed(members):
        if isinstance(member, dict | list):
            _prune(member)
            if not member:
                del value[key]
