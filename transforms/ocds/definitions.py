"""fields.csv as objects: the definitions of the standard (Tender, Value, …) and their fields.

Columns of fields.csv, one row per field of a definition; the row without a field is the definition itself:
definition, field   where the field is
type                JSON types, joined by "|"; null is said by `nullable`
of                  the definition of an object or of the entries of an array, or the types of scalar entries.
                    Two definitions: all entries are of the one kind, or all are of the other
required, nullable  "yes" or empty
format              date-time or uri; in an array, of its entries
codelist, codelist_kind   open or closed
merge               omit: left out of merged releases; whole: the list is replaced as a whole;
                    version: an `id` that is versioned, because it stands in no array
limits              min_length (in an array of its entries), min_items, unique_items, min_properties, minimum,
                    exclusive_minimum, maximum, pattern
multilingual        may be repeated with a language suffix (title_es)
deprecated          version that deprecates it
extension           the extension that adds it; empty: the standard itself
title_en, title_es  our own short titles
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a value; None or False = none. In an array, `min_length` and the numbers bound its entries."""

    min_length: int | None = None
    min_items: int | None = None
    min_properties: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    unique_items: bool = False
    exclusive_minimum: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """One row of fields.csv: a field within its definition, wherever that definition is used."""

    definition: str
    name: str
    types: tuple[str, ...]
    of: tuple[str, ...]
    required: bool
    nullable: bool
    format: str | None
    codelist: str | None
    open_codelist: bool | None
    marker: str | None
    limits: Limits
    multilingual: bool
    deprecated: str | None
    extension: str | None
    titles: Mapping[str, str]

    @property
    def is_array(self) -> bool:
        """An array of anything (not a value that may be an array among other types)."""
        return self.types == ("array",)

    @property
    def has_definition(self) -> bool:
        """An object, or an array of objects, whose fields the table states."""
        return bool(self.of) and self.of[0][0].isupper()

    @property
    def is_object(self) -> bool:
        """An object, not an array of objects."""
        return self.types == ("object",)

    @property
    def is_object_array(self) -> bool:
        """An array of objects."""
        return self.is_array and self.has_definition

    @property
    def is_scalar_array(self) -> bool:
        """An array of strings, codes or numbers: one value for the merge routine."""
        return self.is_array and not self.has_definition

    @property
    def is_leaf(self) -> bool:
        """A field that holds a value: a scalar, an array of scalars, or something unstructured."""
        return not self.has_definition

    def title(self, language: str) -> str:
        """Short title in "en" or "es"."""
        return self.titles[language]


@dataclass(frozen=True, slots=True)
class Definition:
    """A kind of object and its fields, in the order of fields.csv."""

    name: str
    extension: str | None
    min_properties: int | None
    titles: Mapping[str, str]
    properties: Mapping[str, Property]


@cache
def rows() -> tuple[Property, ...]:
    """All rows of fields.csv; a definition's own row has the name ""."""
    with Path(__file__).with_name("fields.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_property(row) for row in csv.DictReader(file))


@cache
def definitions(extensions: tuple[str, ...]) -> Mapping[str, Definition]:
    """Return the definitions in use with a checked set of extensions.

    A definition of an extension that is not in the set is left out, with the fields others would add to it.
    """
    active = [row for row in rows() if row.extension is None or row.extension in extensions]
    properties: dict[str, dict[str, Property]] = {row.definition: {} for row in active if not row.name}
    for row in active:
        if row.name and row.definition in properties:
            properties[row.definition][row.name] = row
    return MappingProxyType(
        {
            row.definition: Definition(
                row.definition,
                row.extension,
                row.limits.min_properties,
                row.titles,
                MappingProxyType(properties[row.definition]),
            )
            for row in active
            if not row.name
        }
    )


@cache
def entry_definitions(extensions: tuple[str, ...]) -> frozenset[str]:
    """Definitions whose objects stand in some array that is merged by id."""
    known = definitions(extensions)
    return frozenset(
        name
        for definition in known.values()
        for field in definition.properties.values()
        if merge_strategy(field, known) == "identifier"
        for name in field.of
    )


def merge_strategy(field: Property, known: Mapping[str, Definition]) -> str:
    """How the merge routine treats the field: omit, whole, identifier, object or literal (OCDS 1.1, merging)."""
    if field.marker == "omit":
        return "omit"
    if field.is_object_array:
        by_id = field.marker != "whole" and all("id" in known[name].properties for name in field.of)
        return "identifier" if by_id else "whole"
    if field.is_scalar_array:
        return "whole"
    return "object" if field.is_object else "literal"


def _property(row: Mapping[str, str]) -> Property:
    return Property(
        definition=row["definition"],
        name=row["field"],
        types=tuple(row["type"].split("|")),
        of=tuple(filter(None, row["of"].split("|"))),
        required=row["required"] == "yes",
        nullable=row["nullable"] == "yes",
        format=row["format"] or None,
        codelist=row["codelist"] or None,
        open_codelist=row["codelist_kind"] == "open" if row["codelist"] else None,
        marker=row["merge"] or None,
        limits=_limits(row["limits"]),
        multilingual=row["multilingual"] == "yes",
        deprecated=row["deprecated"] or None,
        extension=row["extension"] or None,
        titles=MappingProxyType({"en": row["title_en"], "es": row["title_es"]}),
    )


def _limits(text: str) -> Limits:
    stated = dict(word.partition("=")[::2] for word in text.split())

    def number(name: str) -> int | None:
        return int(stated[name]) if name in stated else None

    return Limits(
        min_length=number("min_length"),
        min_items=number("min_items"),
        min_properties=number("min_properties"),
        minimum=number("minimum"),
        maximum=number("maximum"),
        pattern=stated.get("pattern"),
        unique_items="unique_items" in stated,
        exclusive_minimum="exclusive_minimum" in stated,
    )
