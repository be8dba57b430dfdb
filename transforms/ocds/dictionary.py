"""The data dictionary of what is published, in English or Spanish."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from transforms.ocds.fields import Field, FieldTable, field_table

Language = Literal["en", "es"]


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """One field. `title` is its own; `full_title` leads there from the top ("Tender › Estimated value › Amount").

    `type`: JSON types joined by "|", "array of …" for arrays. `codelist`: its name or None; `open_codelist`: whether
    other codes are allowed. `extension`: registry id or None for the standard itself.
    """

    path: str
    title: str
    full_title: str
    type: str
    format: str | None
    required: bool
    nullable: bool
    codelist: str | None
    open_codelist: bool | None
    deprecated: str | None
    extension: str | None


def dictionary(extensions: Iterable[str], language: Language) -> list[DictionaryRow]:
    """Return the rows for a release with these extensions, in the order of the table."""
    table = field_table(extensions)
    return [
        DictionaryRow(
            path=field.path,
            title=field.title(language),
            full_title=full_title(table, field.path, language),
            type=_type(field),
            format=field.format,
            required=field.required,
            nullable=field.nullable,
            codelist=field.codelist,
            open_codelist=field.open_codelist,
            deprecated=field.deprecated,
            extension=field.extension,
        )
        for field in table.values()
    ]


def full_title(table: FieldTable, path: str, language: Language) -> str:
    """Return the titles from the top down to `path`, since "Amount" alone says little. Raises UnknownField."""
    parts = path.split("/")
    return " › ".join(table.field("/".join(parts[:length])).title(language) for length in range(1, len(parts) + 1))


def _type(field: Field) -> str:
    if field.is_object_array:
        return "array of objects"
    if field.is_array:
        return f"array of {'|'.join(field.of)}"
    return "|".join(field.types)
