"""Sources of kind `files`: files on disk or behind an address; and the local variant of any source."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

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


class FileOptions(Model):
    """How a file is read; what is not given is detected and reported."""

    file: str | None = None
    format: Literal["csv", "tsv", "json", "jsonl", "xlsx"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str | None = Field(default=None, max_length=1, description="empty: quotes are characters like others")
    header: int | None = Field(default=None, ge=0, description="line of the header; 0 = none, names from columns")
    sheet: str | None = None
    member: str | None = Field(default=None, description="name or pattern of the file to read in a zip archive")
    records: str | None = Field(default=None, description="path of the array of rows in a JSON document")


class FilesTable(FileOptions, CommonTable):
    """A table that is read from one file or several."""


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
        for below, problem in unknown_columns({"key": variant.key, "absent": variant.absent}, known):
            yield (*path, *below), problem


def _typed(path: tuple[str, ...], columns: Mapping[str, Column]) -> Problems:
    """Columns of files that are declared with a type: nothing would convert them, and nobody would notice."""
    for name, column in columns.items():
        if column.type != "text":
            problem = f"is declared as {column.type}, but values of files arrive as text: remove the type"
            where = "the mapping converts plain numbers and dates, prepare.sql the rest"
            yield (*path, "columns", name), f"{problem}; {where}"
