"""Sources of kind `ocds`: what a publisher has published as OCDS already."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pregon.city_problems import nearest, places
from pregon.city_sources.common import Column, Columns, CommonTable, Model, Name, Problems
from pregon.city_sources.files import Selection
from pregon.city_sources.web import WebOptions
from pregon.sources.ocds.shapes import COLUMNS, KEY

_FIXED = ("key", "columns", "cursor", "overlap", "row_number", "null_values", "absent")


class OcdsFiles(Selection):
    """Where files with releases or records are, and how they are read."""

    file: str | None = None
    format: Literal["json", "jsonl"] | None = None
    encoding: str | None = None
    member: str | None = Field(default=None, description="name or pattern of the file to read in a zip archive")


class OcdsTable(OcdsFiles, CommonTable):
    """Releases, one a row. Its columns and its key are the same for every publisher."""

    key: tuple[Name, ...] = KEY
    columns: Columns = Field(default_factory=lambda: {name: Column() for name in COLUMNS})
    pages: str | None = Field(default=None, description="address of the first page of an API of packages")
    next: str | None = Field(default=None, description="dotted path of the next address; default: links.next")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        for option in _FIXED:
            if option in self.model_fields_set:
                yield (option,), "is the same for every source of kind ocds: remove it"
        if self.deletions == "cancel":
            yield ("deletions",), "cancel is for tables of processes: a release that is gone cancels nothing"
        if bool(self.file) == bool(self.pages):
            yield (), "needs either file (files, or the address of one) or pages (address of the first page of an API)"
        if self.pages and not self.pages.startswith(("https://", "http://")):
            yield ("pages",), f"{self.pages!r} is not an address: it begins with https:// or http://"
        for option in sorted(self.model_fields_set & {"format", "encoding", "member"} if self.pages else ()):
            yield (option,), "is for files, not for pages"
        if self.next and not self.pages:
            yield ("next",), "is for pages, not for files"


class LocalOcdsTable(OcdsFiles):
    """What differs when releases are read from downloaded files."""

    key: ClassVar[None] = None
    columns: ClassVar[None] = None


class LocalOcds(Model):
    """The variant of a source for `--from DIR`."""

    tables: dict[Name, LocalOcdsTable]


class OcdsSource(WebOptions):
    """Releases and records of a publisher: files on disk or behind an address, or an API of packages."""

    local_kind: ClassVar[str] = "ocds"

    kind: Literal["ocds"]
    hosts: tuple[str, ...] = Field(default=(), description="other hosts that next addresses may name")
    tables: dict[Name, OcdsTable] = Field(min_length=1)
    local: LocalOcds | None = None

    @property
    def reads_files(self) -> bool:
        """Whether it can be read from a folder of files."""
        return self.local is not None or any(table.file for table in self.tables.values())

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if self.url:
            yield ("url",), "is for sources of other kinds; a table has its address in file or pages"
        variants = self.local.tables if self.local else {}
        for name in self.tables if self.local else ():
            if name not in variants or not variants[name].file:
                yield ("local", "tables"), f"table {name!r} needs a file: with --from the source is read from a folder"
        for name in variants:
            if name not in self.tables:
                yield ("local", "tables", name), f"is not one of the tables{nearest(name, self.tables)}"
