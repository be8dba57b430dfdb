"""Sources of kind `files`: files on disk or behind an address; and the local variant of any source."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pregon.city_problems import nearest, places
from pregon.city_sources.common import (
    Column,
    Columns,
    CommonSource,
    CommonTable,
    Model,
    Name,
    Problems,
    made,
    unknown_columns,
)
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


class FilesTable(FileOptions, CommonTable):
    """A table that is read from one file or several."""

    @model_validator(mode="after")
    def _options_fit_the_columns(self) -> Self:
        places(optional_problems(self.optional, self.columns, self.key))
        if self.format == "xml" and not self.records:
            places([(("format",), "xml needs records: the path of its repeated element, such as Notices/Notice")])
        return self


class LocalTable(FileOptions):
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


class FilesSource(CommonSource):
    """Files, each with its own address."""

    kind: Literal["files"]
    tables: dict[Name, FilesTable] = Field(min_length=1)
    local: Local | None = None

    @property
    def reads_files(self) -> bool:
        """Whether it can be read from a folder of files: always."""
        return True

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        for option in ("connection", "url"):
            if option in self.model_fields_set:
                yield (option,), "is for sources of other kinds; a table of files has its address in file:"
        for name, table in self.tables.items():
            if not table.file:
                yield ("tables", name), f"table {name!r} of a source of kind files needs a file"
            for option in sorted(table.model_fields_set & {"cursor", "overlap"}):
                yield ("tables", name, option), "is for sources of other kinds: files are read whole"
            yield from _typed(("tables", name), table.columns)
        yield from local_problems(self.local, self.tables)


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
