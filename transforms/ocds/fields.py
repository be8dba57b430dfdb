"""The field table: every field of a release by its path, for a set of extensions.

    >>> table = field_table(["lots"])
    >>> table["tender/lots/value/amount"].types
    ('number',)

Paths have no array indexes.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from transforms.ocds.definitions import Definition, Property, definitions, merge_strategy
from transforms.ocds.errors import UnknownField
from transforms.ocds.extensions import checked, supported_extensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Property):
    """A field at its path. `definition` is the one that has the field, `of` the one it uses.

    `merge`: omit, whole, identifier, object or literal. `extension`: what must be declared for this path to exist,
    None for the standard itself; for `tender/lots/value/amount` that is lots, though Value is the standard's.
    """

    path: str
    merge: str

    @property
    def parent(self) -> str:
        """Path of the object or array it is in; "" for the release."""
        return self.path.rpartition("/")[0]


class FieldTable(Mapping[str, Field]):
    """The fields of a release (or of a package), by path, in the order of fields.csv."""

    def __init__(self, fields: Mapping[str, Field], extensions: tuple[str, ...]) -> None:
        self.fields = fields
        self.extensions = extensions

    def __getitem__(self, path: str) -> Field:
        return self.fields[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def field(self, path: str) -> Field:
        """Return the field at `path`. Raises UnknownField, which names near paths and extensions that have it."""
        if path not in self.fields:
            offered = _widest().get(path)
            raise UnknownField(path, self.nearest(path), (offered.extension,) if offered and offered.extension else ())
        return self.fields[path]

    def nearest(self, path: str, limit: int = 3) -> tuple[str, ...]:
        """Return the valid paths closest to `path`, best first."""
        leaf = path.rpartition("/")[2]
        close = difflib.get_close_matches(path, self.fields, n=20, cutoff=0.6)
        # A path with the right leaf in the wrong place helps more than one that differs in its last letters.
        close.sort(key=lambda candidate: candidate.rpartition("/")[2] != leaf)
        return tuple(close[:limit])

    def children(self, path: str = "") -> tuple[Field, ...]:
        """Fields directly below `path`; "" is the release."""
        return self._children.get(path, ())

    def columns(self, path: str = "") -> tuple[Field, ...]:
        """Leaves below `path` that no array of objects separates from it: the columns of one table row."""
        found: list[Field] = []
        for field in self.children(path):
            if field.is_leaf:
                found.append(field)
            elif field.is_object:
                found.extend(self.columns(field.path))
        return tuple(found)

    @cached_property
    def _children(self) -> Mapping[str, tuple[Field, ...]]:
        below: dict[str, list[Field]] = {}
        for field in self.fields.values():
            below.setdefault(field.parent, []).append(field)
        return {path: tuple(fields) for path, fields in below.items()}


def field_table(extensions: Iterable[str] = (), root: str = "Release") -> FieldTable:
    """Return the fields of a release with these extensions (registry ids), cached per set.

    `root` may name another definition, such as ReleasePackage, RecordPackage or Record; what a package or record
    holds of releases is not expanded. Raises UnknownExtension, IncompatibleExtensions.
    """
    return _field_table(checked(extensions), root)


@cache
def _field_table(extensions: tuple[str, ...], root: str) -> FieldTable:
    known = definitions(extensions)
    fields = {field.path: field for field in _expanded(known[root], known, "", None)}
    return FieldTable(MappingProxyType(fields), extensions)


@cache
def _widest() -> FieldTable:
    return _field_table(supported_extensions(), "Release")


def _expanded(
    definition: Definition, known: Mapping[str, Definition], prefix: str, inherited: str | None
) -> Iterator[Field]:
    for row in definition.properties.values():
        # The deepest extension is the one that makes the difference: tender/lots/options is of options, within lots.
        extension = row.extension or inherited
        stated = {item.name: getattr(row, item.name) for item in dataclasses.fields(row)}
        stated["extension"] = extension
        field = Field(**stated, path=prefix + row.name, merge=_merge(row, known))
        yield field
        if field.has_definition and not any("Release" in name for name in field.of):
            yield from _expanded(known[field.of[0]], known, f"{field.path}/", extension)


def _merge(row: Property, known: Mapping[str, Definition]) -> str:
    # Packages and records are no part of a release, so nothing of them is ever merged.
    return merge_strategy(row, known) if all(name in known for name in row.of if row.has_definition) else "literal"
