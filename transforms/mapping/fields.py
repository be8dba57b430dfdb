"""The field table as the compiler asks it: what a path holds, and which paths look like a wrong one."""

import re
from dataclasses import dataclass

from transforms.mapping.sql import ValueType
from transforms.ocds import FieldTable

_TRANSLATED = re.compile(r"(.+)_(?:[a-z]{2})\Z")


@dataclass(frozen=True)
class Facts:
    """Facts of one path; `kind` is object, array (of objects), scalar or scalars (an array of scalars)."""

    kind: str
    value_type: ValueType
    definition: str | None


class PathFacts:
    """The field table below `prefix`; a translated field such as `title_es` has the facts of `title` (ocds.md C-9)."""

    def __init__(self, table: FieldTable, prefix: str = "") -> None:
        self._table = table
        self._prefix = f"{prefix}/" if prefix else ""

    def get(self, path: str) -> Facts | None:
        """Give the facts of a path, or None if the standard and the city's extensions do not have it."""
        field = self._table.get(self._prefix + path)
        if field is None:
            translated = _TRANSLATED.match(self._prefix + path)
            field = self._table.get(translated[1]) if translated else None
            if field is None or not field.multilingual:
                return None
        definition = field.of[0] if field.has_definition else None
        if field.is_object:
            return Facts("object", "string", definition)
        if field.is_array:
            return Facts("array" if definition else "scalars", "string", definition)
        if field.format == "date-time":
            return Facts("scalar", "date-time", None)
        types: tuple[ValueType, ...] = ("string", "number", "integer", "boolean")
        return Facts("scalar", next((name for name in types if name in field.types), "string"), None)

    def nearest(self, path: str) -> list[str]:
        """Give valid paths closest to a wrong one, best first."""
        # More are asked for than anybody wants to read, since those outside the prefix do not count.
        found = self._table.nearest(self._prefix + path, limit=20)
        return [near.removeprefix(self._prefix) for near in found if near.startswith(self._prefix)][:3]
