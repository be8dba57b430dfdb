"""The mapping as a city writes it: a list of bindings, because that is what OCP's Field-Level Mapping Template is."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from transforms.located import InvalidYaml, Located, parse
from transforms.mapping.errors import InvalidMapping, nearest

_SOURCE = re.compile(r"[a-z][a-z0-9_]*\.[a-z_][a-z0-9_]*\Z")
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def placeholders(template: str) -> list[str]:
    """Column names in a template such as `{sol_no}-{line_no}`, in order."""
    return _PLACEHOLDER.findall(template)


def _source(value: str) -> str:
    if not _SOURCE.match(value):
        raise ValueError(f"{value!r}: name a column as table.column")
    return value


ColumnName = Annotated[str, AfterValidator(_source)]


class Model(BaseModel):
    """What all parts of a mapping share: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Binding(Model):
    """Where the value of one OCDS path comes from: a column, or a constant."""

    source: ColumnName | None = Field(default=None, alias="from")
    value: str | int | float | bool | tuple[str, ...] | None = None
    codelist: str | None = Field(default=None, description="codelists/<name>.csv of the city: source code to OCDS code")
    time: Literal["start", "end"] | None = Field(default=None, description="completes a date without a time")
    split: str | None = Field(default=None, min_length=1, description="separates several values in one cell")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.value is None):
            raise ValueError("give either from: table.column or value: a constant")
        if self.value is not None and (self.codelist or self.time or self.split):
            raise ValueError("codelist, time and split go with from:, not with value:")
        return self

    @property
    def table(self) -> str | None:
        """Prepared table of the column, or None for a constant."""
        return self.source.split(".", 1)[0] if self.source else None

    @property
    def column(self) -> str | None:
        """Column of the prepared table, or None for a constant."""
        return self.source.split(".", 1)[1] if self.source else None


class Process(Model):
    """The prepared table with one row per contracting process, and how its ocid is made."""

    table: str
    key: str
    ocid: str
    modified: str | None = None

    @model_validator(mode="after")
    def _names_a_column(self) -> Self:
        if not placeholders(self.ocid):
            raise ValueError("ocid: needs at least one {column}")
        return self


def _on(value: object) -> object:
    if isinstance(value, str):
        return {value: value}
    if isinstance(value, list):
        return {name: name for name in value}
    return value


class ContentId(Model):
    """Identifies the entries of a table without ids by what they say: the columns, or all that are published."""

    content: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)]


def identifying_columns(identity: str | ContentId | None) -> tuple[str, ...]:
    """Columns that an id names: itself, those of its template or its content; none where all are its content."""
    if isinstance(identity, ContentId):
        return () if identity.content == "all" else identity.content
    if identity and "{" in identity:
        return tuple(placeholders(identity))
    return (identity,) if identity else ()


class ChildTable(Model):
    """A prepared table that hangs on its parent; with `array`, its rows become that array's entries."""

    array: str | None = None
    parent: str
    on: Annotated[dict[str, str], BeforeValidator(_on)] = Field(min_length=1, description="child column: parent column")
    id: str | ContentId | None = Field(
        default=None, description="column, or template of columns, that identifies the entry; or {content: columns}"
    )
    modified: str | None = None


class Reference(Model):
    """A place that refers to an organization; the party gets the role."""

    path: str
    source: ColumnName = Field(alias="from")
    role: str
    name: ColumnName | None = Field(default=None, description="name where the organization's table has no such row")


class PartyTable(Model):
    """A prepared table whose rows become entries of an array inside the party."""

    array: str
    on: str
    id: str | ContentId | None = None


class Party(Model):
    """One kind of organization, declared once. References to it are generated, so no party can be missing."""

    table: str
    key: str
    id: str
    person: str | None = Field(default=None, description="boolean column: the row is a natural person")
    bindings: dict[str, Binding] = {}
    tables: dict[str, PartyTable] = {}
    references: tuple[Reference, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_a_column(self) -> Self:
        if not placeholders(self.id):
            raise ValueError("id: needs at least one {column}")
        return self


class Persons(Model):
    """How a natural person is told among the parties of published documents: by a value below the party."""

    path: str
    values: tuple[str, ...] = Field(min_length=1)


class Documents(Model):
    """Releases that are published already and make up the states as a whole, instead of bindings."""

    table: str
    persons: Literal["none"] | Persons
    prefixes: tuple[str, ...] = Field(default=(), description="ocid prefixes that are taken; default: the city's own")
    additional_fields: Literal["keep", "drop"] = "keep"


_BOUND = ("process", "bindings", "tables", "parties")


class Mapping(Model):
    """A city's mapping, as read from `mapping.yaml`. `located` knows the line of each key."""

    documents: Documents | None = None
    process: Process
    bindings: dict[str, Binding]
    tables: dict[str, ChildTable] = {}
    parties: dict[str, Party] = {}
    located: Located = Field(exclude=True, repr=False)

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _documents_or_bindings(cls, data: dict[str, Any]) -> dict[str, Any]:
        if "documents" not in data:
            return data
        if beside := [name for name in _BOUND if name in data]:
            raise ValueError(f"documents: goes without {', '.join(beside)}: a document is mapped already")
        return {**data, "process": {"table": "ocds_processes", "key": "ocid", "ocid": "{ocid}"}, "bindings": {}}

    def at(self, *path: Any) -> str:
        """`file:line: key: ` of a part of the document, to begin an error with."""
        return f"{self.located.file}:{self.located.line(path)}: {'.'.join(str(part) for part in path)}: "


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()} - {"located"}


def read_mapping(text: str, file: str) -> Mapping:
    """Read a mapping; `file` is quoted in errors. Paths, tables and columns are checked by the compiler.

    Raises InvalidMapping.
    """
    try:
        located = parse(text, file)
    except InvalidYaml as error:
        raise InvalidMapping([str(error)]) from error
    if not isinstance(located.data, dict):
        raise InvalidMapping([f"{file}:1: holds no keys"])
    try:
        return Mapping.model_validate({**located.data, "located": located})
    except ValidationError as error:
        raise InvalidMapping([_problem(found, located) for found in error.errors()]) from error


_MODELS = (Mapping, Documents, Persons, Process, Binding, ContentId, ChildTable, Party, PartyTable, Reference)
_KEYS = {name for model in _MODELS for name in _names(model)}


def _problem(found: Any, located: Located) -> str:
    path = tuple(part for part in found["loc"] if part != "[key]")
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        message = f"is not a known key{nearest(str(path[-1]), _KEYS)}"
    elif found["type"] == "missing":
        message = "is missing"
    return f"{located.file}:{located.line(path)}: {'.'.join(map(str, path))}: {message}"
