"""Sources of kind `files`: files on disk or on a server; and the local variant of any source."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pregon.city_problems import nearest, places
from pregon.city_sources.common import (
    Column,
    Columns,
    CommonTable,
    Duration,
    Model,
    Name,
    Problems,
    made,
    unknown_columns,
)
from pregon.city_sources.web import WebOptions
from pregon.sources.files.addresses import problem_of, transport_of
from pregon.sources.files.ranges import column_range


def _names(value: object) -> object:
    """Take one list of names, or several."""
    if isinstance(value, list | tuple) and not any(isinstance(one, list | tuple) for one in value):
        return [value]
    return value


def _range(value: str) -> str:
    column_range(value)
    return value


Names = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_names)]


class FileOptions(Model):
    """How a file is read; what is not given is detected and reported."""

    file: str | None = None
    format: Literal["csv", "tsv", "json", "jsonl", "xml", "xlsx", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str | None = Field(default=None, max_length=1, description="empty: quotes are characters like others")
    header: Annotated[int, Field(ge=0)] | Literal["auto"] | None = Field(
        default=None, description="line of the header; 0 = none, names from columns; auto = the first with all columns"
    )
    names: Names = Field(default=(), description="names of all columns, in order; several lists for several widths")
    range: Annotated[str, AfterValidator(_range)] | None = Field(
        default=None, description="columns that belong to the table, such as A:F or 1:6"
    )
    optional: tuple[str, ...] = Field(default=(), description="declared columns that some of the files do not have")
    sheet: str | None = None
    hidden_rows: Literal["read", "skip"] | None = None
    merged_cells: Literal["leave", "fill_down"] | None = None
    member: str | None = Field(default=None, description="name or pattern of the file to read in a zip archive")
    records: str | None = Field(default=None, description="path of the rows in a JSON or XML document")

    @model_validator(mode="after")
    def _options_agree(self) -> Self:
        places(self._contradictions())
        return self

    def _contradictions(self) -> Problems:
        if self.names and self.header == "auto":
            yield ("names",), "is for files whose header is not looked for: remove it, or header: auto"
        for index, names in enumerate(self.names):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice or not names:
                yield ("names",), f"list {index + 1} names {twice[0]!r} twice" if twice else "a list is empty"
        widths = [len(names) for names in self.names]
        if len(set(widths)) < len(widths):
            yield ("names",), "has lists of the same length: the number of columns tells which one is meant"
        if self.format:
            for option, formats in _FORMATS_OF.items():
                if option in self.model_fields_set and self.format not in formats:
                    yield (option,), f"is not for files of format {self.format}"


_CELLS = ("csv", "tsv", "xlsx")
_FORMATS_OF = {
    "encoding": ("csv", "tsv", "json", "jsonl", "xml"),
    "delimiter": ("csv", "tsv"),
    "quote": ("csv", "tsv"),
    "header": _CELLS,
    "names": _CELLS,
    "range": _CELLS,
    "sheet": ("xlsx",),
    "hidden_rows": ("xlsx",),
    "merged_cells": ("xlsx",),
    "records": ("json", "xml"),
}
"""Option → formats that it is for."""


class Selection(Model):
    """Which of the files that a pattern matches are read."""

    newest: Annotated[int, Field(ge=1)] | Literal[True] | None = Field(
        default=None, description="only so many, the newest by date or name; true: one"
    )


class FilesTable(Selection, FileOptions, CommonTable):
    """A table that is read from one file or several."""

    companion: str | None = Field(
        default=None, min_length=2, description="suffix of the file that lies beside each that is complete"
    )

    @model_validator(mode="after")
    def _options_fit_the_columns(self) -> Self:
        places(optional_problems(self.optional, self.columns, self.key))
        if self.format == "xml" and not self.records:
            places([(("format",), "xml needs records: the path of its repeated element, such as Notices/Notice")])
        return self


class LocalTable(Selection, FileOptions):
    """What differs when a table is read from a downloaded file."""

    key: tuple[Name, ...] | None = None
    columns: Columns | None = None
    row_number: Name | None = None
    row_hash: Name | None = None
    null_values: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


class Local(Model):
    """The variant of a source for `--from DIR`: its tables as files of a folder, whatever the source's own kind is."""

    tables: dict[Name, LocalTable]


class WithLocal(WebOptions):
    """A source behind a network whose tables may also be read from downloaded files."""

    local: Local | None = None

    @property
    def reads_files(self) -> bool:
        """Whether it can be read from a folder of files: where a local variant says how."""
        return self.local is not None


class FilesSource(WithLocal):
    """Files, each with its own address."""

    kind: Literal["files"]
    settle: Duration | None = Field(default=None, description="how long a file on an SFTP server must stay as it is")
    tables: dict[Name, FilesTable] = Field(min_length=1)

    @property
    def reads_files(self) -> bool:
        """Whether it can be read from a folder of files: always."""
        return True

    def options(self) -> dict[str, Any]:
        """Give the settings of the kind as plain values: durations in seconds."""
        given = super().options()
        return {**given, "settle": self.settle.total_seconds()} if self.settle is not None else given

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if "url" in self.model_fields_set:
            yield ("url",), "is for sources of other kinds; a table of files has its address in file:"
        yield from self._connection_problems()
        for name, table in self.tables.items():
            if not table.file:
                yield ("tables", name), f"table {name!r} of a source of kind files needs a file"
            for option in sorted(table.model_fields_set & {"cursor", "overlap"}):
                yield ("tables", name, option), "is for sources of other kinds: files are read whole"
            yield from _address_problems(("tables", name), table)
            yield from _typed(("tables", name), table.columns)
        for name, variant in (self.local.tables if self.local else {}).items():
            yield from _address_problems(("local", "tables", name), variant)
        yield from local_problems(self.local, self.tables)

    def _connection_problems(self) -> Problems:
        """Find connections of no use, and such as another server would get to see."""
        files = {name: table.file for name, table in self.tables.items() if table.file}
        ways = {name: way for name, file in files.items() if (way := transport_of(file))}
        if self.connection and len(set(ways.values())) > 1:
            yield ("connection",), f"is for one kind of server, but its tables lie on several: {_listed(ways)}"
        if self.connection and not ways:
            yield ("connection",), "is of no use here: no table of it lies on a server"
        for name, way in ways.items():
            if way == "sftp" and not self.connection:
                yield ("tables", name, "file"), "lies on an SFTP server, which needs the connection of its source"


def _listed(ways: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({way})" for name, way in sorted(ways.items()))


def _address_problems(path: tuple[str, ...], table: FilesTable | LocalTable) -> Problems:
    if not table.file:
        return
    if problem := problem_of(table.file):
        yield (*path, "file"), problem
        return
    way = transport_of(table.file)
    if table.newest is not None and way == "web":
        yield (*path, "newest"), "is for folders; an http address names one file"
    if isinstance(table, FilesTable) and table.companion and way not in ("s3", "sftp"):
        yield (*path, "companion"), "is for folders of S3 and SFTP servers"


def local_problems(local: Local | None, tables: Mapping[str, CommonTable], *, complete: bool = False) -> Problems:
    """Find what is wrong with the local variant of a source; `complete`: it must have a file for every table."""
    files = local.tables if local else {}
    for name in tables if local and complete else ():
        if name not in files or not files[name].file:
            yield (
                ("local", "tables"),
                f"table {name!r} needs a file: with --from the whole source is read from a folder",
            )
    for name, variant in files.items():
        path = ("local", "tables", name)
        if name not in tables:
            yield path, f"is not one of the tables{nearest(name, tables)}"
            continue
        table = tables[name]
        yield from _typed(path, variant.columns or {})
        known = {*table.columns, *(variant.columns or {}), *made(table), *made(variant)}
        for below, problem in (
            *unknown_columns({"key": variant.key, "absent": variant.absent}, known),
            *optional_problems(variant.optional, known, variant.key or table.key),
        ):
            yield (*path, *below), problem


def optional_problems(optional: Iterable[str], columns: Iterable[str], key: Iterable[str]) -> Problems:
    """Find what is wrong with the columns of a table that some of its files may lack."""
    yield from unknown_columns({"optional": tuple(optional)}, set(columns))
    for index, name in enumerate(optional):
        if name in key:
            yield ("optional", index), f"{name!r} is part of the key, which every row needs"


def _typed(path: tuple[str, ...], columns: Mapping[str, Column]) -> Problems:
    """Columns of files that are declared with a type: nothing would convert them, and nobody would notice."""
    for name, column in columns.items():
        if column.type != "text":
            problem = f"is declared as {column.type}, but values of files arrive as text: remove the type"
            where = "the mapping converts plain numbers and dates, prepare.sql the rest"
            yield (*path, "columns", name), f"{problem}; {where}"
