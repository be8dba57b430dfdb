"""The part of `city.yaml` that says where records come from: sources, tables, columns and files.

Kept light, as `city` is.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pregon.city_problems import nearest, places

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
    quote: str | None = Field(default=None, max_length=1, description="empty: quotes are characters like others")
    header: int | None = Field(default=None, ge=0, description="line of the header; 0 = none, names from columns")
    sheet: str | None = None
    member: str | None = Field(default=None, description="name or pattern of the file to read in a zip archive")
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
    def _names_are_columns(self) -> Self:
        places(_unknown_columns(self, {*self.columns, *_row_number(self)}))
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
    def _fits_its_kind(self) -> Self:
        if self.kind == "sql" and not (self.url or self.connection):
            raise ValueError("a source of kind sql needs a connection or a url without secrets")
        places(self._sql_problems() if self.kind == "sql" else self._files_problems())
        return self

    def _sql_problems(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.local:
            yield (
                ("local",),
                "only sources of kind files are read from a folder; a database is reached as in production",
            )
        for name, table in self.tables.items():
            for option in sorted(table.model_fields_set & _FILES_ONLY):
                yield ("tables", name, option), "is for sources of kind files"

    def _files_problems(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for option in ("connection", "url"):
            if option in self.model_fields_set:
                yield (option,), "is for sources of kind sql; a table of files has its address in file:"
        for name, table in self.tables.items():
            if not table.file:
                yield ("tables", name), f"table {name!r} of a source of kind files needs a file"
            if "table" in table.model_fields_set:
                yield ("tables", name, "table"), "is for sources of kind sql"
            for option in sorted(table.model_fields_set & {"cursor", "overlap"}):
                yield ("tables", name, option), "is for sources of kind sql: files are read whole"
            yield from _typed(("tables", name), table.columns)
        for name, variant in self.local.tables.items() if self.local else ():
            if name not in self.tables:
                yield ("local", "tables", name), f"is not one of the tables{nearest(name, self.tables)}"
                continue
            table = self.tables[name]
            yield from _typed(("local", "tables", name), variant.columns or {})
            known = {*table.columns, *(variant.columns or {}), *_row_number(table), *_row_number(variant)}
            for path, problem in _unknown_columns(variant, known):
                yield ("local", "tables", name, *path), problem


_FILES_ONLY = {"file", "format", "encoding", "delimiter", "quote", "header", "sheet", "member", "records"}


def _row_number(table: FileOptions) -> tuple[str, ...]:
    return (table.row_number,) if table.row_number else ()


def _unknown_columns(table: Table | LocalTable, known: set[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names in key, cursor and absent that are no columns."""
    for index, name in enumerate(table.key or ()):
        if name not in known:
            yield ("key", index), f"{name!r} is not one of the columns{nearest(name, known)}"
    if isinstance(table, Table) and table.cursor and table.cursor not in known:
        yield ("cursor",), f"{table.cursor!r} is not one of the columns{nearest(table.cursor, known)}"
    for index, name in enumerate(table.absent):
        if name not in known:
            yield ("absent", index), f"{name!r} is not one of the columns{nearest(name, known)}"


def _typed(path: tuple[str, ...], columns: Mapping[str, Column]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Columns of files that are declared with a type: nothing would convert them, and nobody would notice."""
    for name, column in columns.items():
        if column.type != "text":
            problem = f"is declared as {column.type}, but values of files arrive as text: remove the type"
            where = "the mapping converts plain numbers and dates, prepare.sql the rest"
            yield (*path, "columns", name), f"{problem}; {where}"
