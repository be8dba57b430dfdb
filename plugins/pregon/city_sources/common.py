"""What sources of every kind say of their tables: columns, keys, cursors, guards."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pregon.city_problems import nearest, places
from pregon.sources.base import Deletions

Problems = Iterator[tuple[tuple[str | int, ...], str]]
"""Path below the validated part, and what is wrong there."""

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


class Guards(Model):
    """When a read is not to be believed. Shares are 0 to 1; each guard stops the run before anything changes."""

    shrink: float = Field(default=0.1, ge=0, le=1, description="share of the rows of the last full read that may lack")
    expected: float = Field(default=0.0, ge=0, le=1, description="share by which the source's own count may differ")
    round_numbers: bool = Field(default=True, description="refuse 1,000, 50,000 … rows that no count confirms")
    emptied: bool = Field(default=True, description="refuse a column that had values and has none now")
    duplicates: float = Field(default=0.05, ge=0, le=1, description="share of rows that may repeat a key")


class CommonTable(Model):
    """A table of a source and the contract with it, whatever the kind."""

    key: tuple[Name, ...] = Field(min_length=1)
    cursor: Name | None = None
    overlap: Duration = timedelta(0)
    deletions: Deletions = "ignore"
    lookup: bool = False
    columns: Columns = Field(min_length=1)
    row_number: Name | None = Field(default=None, description="add a column with the row's number, from 1")
    row_hash: Name | None = Field(default=None, description="add a column with a hash of the row's values")
    null_values: tuple[str, ...] = ()
    absent: tuple[str, ...] = Field(default=(), description="declared columns that the source does not have")
    guards: Guards = Guards()

    @model_validator(mode="after")
    def _names_are_columns(self) -> Self:
        known = {*self.columns, *made(self)}
        places(unknown_columns({"key": self.key, "cursor": self.cursor, "absent": self.absent}, known))
        return self

    def options(self) -> dict[str, Any]:
        """Give the settings that only the connector of the table's kind understands; those not set are left out."""
        names = set(type(self).model_fields) - _CONTRACT
        values = {name: getattr(self, name) for name in names}
        return {
            name: value.model_dump() if isinstance(value, BaseModel) else value
            for name, value in values.items()
            if value not in (None, ())
        }


_CONTRACT = {"key", "cursor", "overlap", "deletions", "lookup", "columns", "guards"}


class CommonSource(Model):
    """A system from which records come. Secrets stay in the Airflow connection that is named."""

    needs: ClassVar[str] = "a connection or a url without secrets"
    local_kind: ClassVar[str] = "files"
    """Kind by which the local variant is read."""

    connection: str | None = None
    url: str | None = None
    pool: str | None = Field(default=None, description="Airflow pool that bounds the tasks reading this source at once")

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str | None) -> str | None:
        if url and re.search(r"://[^/@\s]*:[^/@\s]+@", url):
            raise ValueError("holds a password: name an Airflow connection instead (connection: …)")
        return url

    @property
    def reads_files(self) -> bool:
        """Whether it can be read from a folder of files (`--from`)."""
        return False

    def options(self) -> dict[str, Any]:
        """Give the settings that only the connector of this kind understands; those not set are left out."""
        names = set(type(self).model_fields) - {"kind", "connection", "url", "pool", "tables", "local"}
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


class Makes(Protocol):
    """What may add columns to those of the source."""

    @property
    def row_number(self) -> str | None:
        """Name of the column with the row's number."""
        ...

    @property
    def row_hash(self) -> str | None:
        """Name of the column with the hash of the row's values."""
        ...


def made(table: Makes) -> tuple[str, ...]:
    """Give the columns that are added to those of the source."""
    return tuple(name for name in (table.row_number, table.row_hash) if name)


def unknown_columns(named: Mapping[str, Any], known: set[str]) -> Problems:
    """Find names that are no columns: `named` gives key of the table → a name, several, or None."""
    for option, value in named.items():
        for index, name in enumerate((value,) if isinstance(value, str) else value or ()):
            if name not in known:
                path = (option,) if isinstance(value, str) else (option, index)
                yield path, f"{name!r} is not one of the columns{nearest(name, known)}"
