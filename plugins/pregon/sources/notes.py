"""What is noted while a table is read, put together over its chunks and tries."""

from collections.abc import Mapping
from typing import Any


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Put notes together: numbers add up, lists are joined, texts that differ are joined by a comma."""
    notes = dict(first)
    for name, value in second.items():
        notes[name] = _both(notes[name], value) if name in notes else value
    return notes


def _both(first: Any, second: Any) -> Any:
    if isinstance(first, bool):
        return first or second
    if isinstance(first, int | float):
        return first + second
    if isinstance(first, list):
        return [*first, *(entry for entry in second if entry not in first)]
    return ", ".join(dict.fromkeys([*str(first).split(", "), *str(second).split(", ")]))
