"""What JSON Schema does not say of a release: undeclared, empty and deprecated fields, ids, and references.

The rules are those of OCDS 1.1.5 (ocds.md 1.1, 1.5, 1.7); a release is walked once, along the definitions of the
field table.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from transforms.ocds.builder import SchemaBuilder
from transforms.ocds.definitions import definitions, merge_strategy, rows

Steps = tuple[str | int, ...]

Add = Callable[[str, Steps, str], None]
"""Told the code of a finding, the steps to its place, and what is wrong."""

LARGEST_INTEGER = 2**53 - 1
"""Beyond it readers that hold numbers as doubles change them (I-JSON, RFC 7493)."""

_NO_EXTENSIONS: tuple[str, list[str]] = ("extensions", [])

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class _Field:
    """What the walk asks of a field. `inner` is the definition of the object, or of the entries of the array."""

    inner: str | None
    entries: bool
    has_id: bool
    unique: bool
    id_needed: bool
    deprecated: str | None


class Content:
    """Walks documents of OCDS 1.1.5 with a set of extensions (registry ids that `transforms.ocds` accepts)."""

    def __init__(self, extensions: tuple[str, ...], unknown: tuple[str, ...] = ()) -> None:
        known = definitions(extensions)
        builder = SchemaBuilder(extensions, "official")
        self._shapes: dict[str, dict[str, _Field]] = {}
        self._translated: dict[str, list[re.Pattern[str]]] = {}
        self._unknown = unknown
        for name, definition in known.items():
            shape = self._shapes[name] = {}
            self._translated[name] = [re.compile(pattern) for pattern in builder.language_patterns(name)]
            for field in definition.properties.values():
                inner = field.of[0] if field.has_definition and field.of[0] in known else None
                entries = inner is not None and field.is_array
                identifier = known[inner].properties.get("id") if inner and entries else None
                shape[field.name] = _Field(
                    inner=inner,
                    entries=entries,
                    has_id=identifier is not None,
                    unique=entries and (field.limits.unique_items or merge_strategy(field, known) == "identifier"),
                    # Lists that are replaced whole need no ids, and where the schema asks for one it says so.
                    id_needed=identifier is not None
                    and not identifier.required
                    and merge_strategy(field, known) == "identifier",
                    deprecated=field.deprecated,
                )

    def release(self, release: dict[str, Any], add: Add, *, compiled: bool) -> set[str]:
        """Check a release; in a compiled one objects may be empty, since merging leaves them (ocds.md 1.5).

        Gives the extensions that would add the undeclared fields it has.
        """
        walk = _Walk(self._shapes, self._translated, self._unknown, add, shells=compiled)
        walk.object(release, "Release", ())
        _check_references(release, walk.references, add)
        return walk.lacking

    def head(self, package: dict[str, Any], definition: str, add: Add, without: tuple[str, ...]) -> None:
        """Check the fields of a package or record, but for those named, which hold what has checks of its own."""
        walk = _Walk(self._shapes, self._translated, self._unknown, add, shells=False)
        # An empty list of extensions is how the standard's own examples say that there are none.
        kept = {key: value for key, value in package.items() if key not in without and (key, value) != _NO_EXTENSIONS}
        walk.object(kept, definition, ())


@dataclass
class _Walk:
    """One walk over a document; collects the references to organizations, and extensions that are not declared."""

    shapes: dict[str, dict[str, _Field]]
    translated: dict[str, list[re.Pattern[str]]]
    unknown: tuple[str, ...]
    add: Add
    shells: bool

    def __post_init__(self) -> None:
        self.references: list[tuple[Steps, dict[str, Any]]] = []
        self.lacking: set[str] = set()

    def object(self, value: Any, definition: str, steps: Steps) -> None:
        """Check an object of a definition; what is none is left to the schema."""
        if not isinstance(value, dict):
            return
        if definition == "OrganizationReference":
            self.references.append((steps, value))
        shape = self.shapes[definition]
        for key, item in value.items():
            field = shape.get(key)
            # Most values are texts of which nothing is to be said; no steps are made for them.
            if type(item) is str and field is not None and field.deprecated is None and item and not item.isspace():
                continue
            if field is None:
                if not any(pattern.search(key) for pattern in self.translated[definition]):
                    self.add("undeclared_field", (*steps, key), self._undeclared(definition, key))
                self.plain(item, (*steps, key))
                continue
            if field.deprecated is not None and item is not None:
                self.add("deprecated_field", (*steps, key), f"is deprecated since OCDS {field.deprecated}")
            if field.inner is None or not item:
                if field.inner is None and isinstance(item, dict | list):
                    self._inside_leaf(item, (*steps, key))
                self.plain(item, (*steps, key))
            elif not isinstance(item, list):
                self.object(item, field.inner, (*steps, key))
            elif field.entries:
                self.array(item, field, (*steps, key))
            else:
                # An array where one object should be: the schema says so, and what is inside is looked at.
                for index, entry in enumerate(item):
                    self.object(entry, field.inner, (*steps, key, index))

    def _inside_leaf(self, value: dict[str, Any] | list[Any], steps: Steps) -> None:
        """Tell the fields of objects that stand where texts, numbers or codes do."""
        for index, entry in enumerate(value) if isinstance(value, list) else ((None, value),):
            for key in entry if isinstance(entry, dict) else ():
                place = (*steps, key) if index is None else (*steps, index, key)
                self.add("undeclared_field", place, "stands in an object where OCDS 1.1 has none")

    def array(self, entries: list[Any], field: _Field, steps: Steps) -> None:
        """Check the entries of an array of objects, and that their ids are there and differ."""
        seen: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if field.inner is not None:
                self.object(entry, field.inner, (*steps, index))
            if not entry:
                self.plain(entry, (*steps, index))
            if not field.has_id or not isinstance(entry, dict):
                continue
            identifier = entry.get("id")
            if "id" not in entry:
                if field.id_needed:
                    self.add("missing_id", (*steps, index), "has no id, so each merge would add it again")
            elif field.unique and isinstance(identifier, str | int):
                # 1 and "1" are one id to the merge routine.
                first = seen.setdefault(str(identifier), index)
                if first != index:
                    self.add(
                        "duplicate_id", (*steps, index, "id"), f"{_short(identifier)} is the id of entry {first} too"
                    )

    def plain(self, value: Any, steps: Steps) -> None:
        """Check a value whose fields no definition states."""
        if isinstance(value, str):
            if not value or value.isspace():
                self.add("empty_field", steps, "is set but empty: leave the field out")
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int):
            if abs(value) > LARGEST_INTEGER:
                self.add("unsafe_number", steps, f"{_short(value)} is beyond 2^53 - 1, so many readers change it")
        elif isinstance(value, float):
            if not math.isfinite(value):
                self.add("unsafe_number", steps, "is no number of JSON, or too large for a double")
        elif not value:
            if value != {} or not self.shells:
                self.add("empty_field", steps, "is set but empty: leave the field out")
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                self.plain(entry, (*steps, index))
        elif isinstance(value, dict):
            for key, entry in value.items():
                self.plain(entry, (*steps, key))

    def _undeclared(self, definition: str, key: str) -> str:
        offered = _offers().get((definition, key))
        if offered:
            self.lacking.update(offered)
            return f"is a field of the extension {' or '.join(offered)}, which is not declared"
        if self.unknown:
            return "is no field of OCDS 1.1 or of the declared extensions that are known here"
        return "is no field of OCDS 1.1 or of a declared extension"


@cache
def _offers() -> dict[tuple[str, str], list[str]]:
    """Which extensions add a field to a definition."""
    offered: dict[tuple[str, str], list[str]] = {}
    for row in rows():
        if row.name and row.extension is not None:
            offered.setdefault((row.definition, row.name), []).append(row.extension)
    return offered


def _check_references(release: dict[str, Any], references: list[tuple[Steps, dict[str, Any]]], add: Add) -> None:
    """Every organization that is referred to is in `parties`, under the same name (ocds.md C-1)."""
    parties = release.get("parties")
    names: dict[str, Any] = {}
    for party in parties if isinstance(parties, list) else ():
        if isinstance(party, dict) and isinstance(party.get("id"), str | int):
            names[str(party["id"])] = party.get("name")
    for steps, reference in references:
        identifier = reference.get("id")
        if identifier is None:
            # In an array the walk has said so.
            if not isinstance(steps[-1], int):
                add("missing_id", steps, "refers to an organization without its id")
        elif isinstance(identifier, str | int):
            if str(identifier) not in names:
                add("unknown_party", (*steps, "id"), f"{_short(identifier)} is not in parties")
                continue
            name, given = names[str(identifier)], reference.get("name")
            if name is not None and given is not None and name != given:
                add("party_name", (*steps, "name"), f"{_short(given)} is called {_short(name)} in parties")


def without_surrogates(value: Any, steps: Steps, add: Add) -> Any:
    """Give a copy in which no text holds a lone surrogate, which is no character, and say where one or a NUL was."""
    if isinstance(value, str):
        if "\x00" in value:
            add("unsafe_text", steps, "holds the character U+0000, which databases and spreadsheets refuse")
        if _SURROGATE.search(value):
            add("unsafe_text", steps, "holds half of a surrogate pair, which is no character")
            return _SURROGATE.sub("\ufffd", value)
        return value
    if isinstance(value, list):
        return [without_surrogates(entry, (*steps, index), add) for index, entry in enumerate(value)]
    if isinstance(value, dict):
        return {
            without_surrogates(key, steps, add): without_surrogates(entry, (*steps, _SURROGATE.sub("\ufffd", key)), add)
            for key, entry in value.items()
        }
    return value


def steps_to(target: Any, document: Any, steps: Steps = ()) -> Steps | None:
    """Give the steps to an object inside a document, by identity."""
    if document is target:
        return steps
    entries = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in entries:
        if isinstance(value, dict | list):
            found = steps_to(target, value, (*steps, key))
            if found is not None:
                return found
    return None


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
