"""The part of `city.yaml` that says where records come from: sources, tables, columns and files.

Kept light, as `city` is.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pregon.city_problems import nearest

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_DURATION = re.compile(r"(\d+)\s*([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    if isinstance(value, str):
        found = _DURATION.match(value)
        if not found:
            raise ValueError("a duration is a number and a unit, such as 90m, 12h or 7d")
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    return value


def _name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(f"{value!r}: use lower-case letters, digits and underscores, starting with a letter")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Name = Annotated[str, AfterValidator(_name)]


class Model(BaseModel):
    """What all parts of the configuration share: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Model):
    """A column that the city relies on. `from` is the source's own name where it differs."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source_name: str | None = Field(default=None, alias="from")
    type: Literal["text", "integer", "decimal", "date", "timestamp", "timestamptz", "boolean"] = "text"


def _columns(value: object) -> object:
    if isinstance(value, list):
        value = dict.fromkeys(value)
    if isinstance(value, Mapping):
        return {
            name: {} if column is None else {"type": column} if isinstance(column, str) else column
            for name, column in value.items()
        }
    return value


Columns = Annotated[dict[Name, Column], BeforeValidator(_columns)]


class FileOptions(Model):
    """How a table of a `files` source is read; what is not given is detected and reported."""

    file: str | None = None
    format: Literal["csv", "tsv", "json", "jsonl", "xlsx"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: int | None = Field(default=None, ge=0, description="line of the header; 0 = none, names from columns")
    sheet: str | None = None
    records: str | None = Field(default=None, description="path of the array of rows in a JSON document")
    row_number: Name | None = Field(default=None, description="add a column with the row's number, from 1")
    null_values: tuple[str, ...] = ()
    absent: tuple[str, ...] = Field(default=(), description="declared columns that this file does not have")


class Table(FileOptions):
    """A table of a source and the contract with it."""

    table: str | None = Field(default=None, description="the source's own name of the table, schema included")
    key: tuple[Name, ...] = Field(min_length=1)
    cursor: Name | None = None
    overlap: Duration = timedelta(0)
    deletions: Literal["ignore", "mark"] = "ignore"
    lookup: bool = False
    columns: Columns = Field(min_length=1)

    @model_validator(mode="after")
    def _key_and_cursor_are_columns(self) -> Self:
        known = set(self.columns) | ({self.row_number} if self.row_number else set())
        for role, names in (("key", self.key), ("cursor", (self.cursor,) if self.cursor else ())):
            for name in names:
                if name not in known:
                    raise ValueError(f"{role} {name!r} is not one of the columns{nearest(name, known)}")
        return self


class LocalTable(FileOptions):
    """What differs when a table is read from a downloaded file."""

    key: tuple[Name, ...] | None = None
    columns: Columns | None = None


class Local(Model):
    """The variant of a source for `--from DIR`."""

    tables: dict[Name, LocalTable]


class Source(Model):
    """A system from which records come. Secrets stay in the Airflow connection that is named."""

    kind: Literal["sql", "files"]
    connection: str | None = None
    url: str | None = None
    tables: dict[Name, Table] = Field(min_length=1)
    local: Local | None = None

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str | None) -> str | None:
        if url and re.search(r"://[^/@\s]*:[^/@\s]+@", url):
            raise ValueError("holds a password: name an Airflow connection instead (connection: …)")
        return url

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.kind == "sql" and not (self.url or self.connection):
            raise ValueError("a source of kind sql needs a connection or a url without secrets")
        for name in self.local.tables if self.local else ():
            if name not in self.tables:
                raise ValueError(f"local table {name!r} is not one of the tables{nearest(name, self.tables)}")
        if self.kind == "files":
            for name, table in self.tables.items():
                if not table.file:
                    raise ValueError(f"table {name!r} of a source of kind files needs a file")
        return self
