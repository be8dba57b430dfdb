"""Sources of kind `ckan`: datasets of portals that run CKAN."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pregon.city_problems import places
from pregon.city_sources.common import CommonTable, Name, Problems
from pregon.city_sources.files import FileOptions, WithLocal, local_problems, optional_problems
from pregon.sources.base import CURSOR_TYPES

_OF_FILES = frozenset(FileOptions.model_fields) - {"file"}
_OF_TABLES = frozenset({"filters", "cursor", "overlap", "page_rows", "split_rows", "skip_unchanged"})
_WAYS = ("package", "resource_id")

Value = str | int | float | bool


class CkanTable(FileOptions, CommonTable):
    """A resource of a dataset: a table of the portal's datastore, or a file."""

    package: str | None = Field(default=None, description="name of the dataset, as in the address of its page")
    resource: str | None = Field(default=None, description="name of the resource in the dataset")
    resource_format: str | None = Field(default=None, description="the portal's word for its format, such as CSV")
    resource_id: str | None = Field(default=None, description="id of the resource, instead of package and name")
    datastore: bool | None = Field(default=None, description="true: only from the datastore; false: only its file")
    filters: dict[str, Value | tuple[Value, ...]] = Field(
        default_factory=dict, description="the source's own name of a column → the value, or values, of rows to read"
    )
    page_rows: int | None = Field(default=None, ge=1, description="rows that are asked for at once")
    split_rows: int | None = Field(default=None, ge=1, description="rows of a part that one task reads")
    skip_unchanged: bool = Field(
        default=False, description="read nothing where the portal says that nothing was loaded: if it can be trusted"
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        given = [way for way in _WAYS if getattr(self, way)]
        if len(given) != 1:
            yield (), "a table of a source of kind ckan needs either package and resource, or resource_id"
        for option in ("resource", "resource_format"):
            if self.resource_id and getattr(self, option):
                yield (option,), "is for a resource that is found in a package; resource_id names it already"
        if self.file:
            yield ("file",), "is for sources of other kinds; the portal knows the address of a resource's file"
        for option in sorted(self.model_fields_set & (_OF_FILES if self.datastore else frozenset())):
            yield (option,), "is for files; with datastore: true no file is read"
        for option in sorted(self.model_fields_set & (_OF_TABLES if self.datastore is False else frozenset())):
            yield (option,), "is for tables of the datastore; with datastore: false a file is read whole"
        yield from optional_problems(self.optional, self.columns, self.key)
        yield from self._column_problems()

    def _column_problems(self) -> Problems:
        for name, column in self.columns.items():
            if column.source_name == "_id":
                problem = "is CKAN's own row number: each load of the table gives it anew, so it identifies nothing"
                yield ("columns", name), f"{problem}. Remove it; for rows without any key there is row_hash"
            if self.datastore is False and column.type != "text":
                problem = f"is declared as {column.type}, but values of files arrive as text: remove the type"
                yield ("columns", name), problem
        if "_id" in self.filters:
            yield ("filters", "_id"), "is CKAN's own row number: each load of the table gives it anew"
        if self.cursor in self.columns:
            column = self.columns[self.cursor]
            if column.type not in CURSOR_TYPES:
                yield ("cursor",), f"is a column of {column.type}; it must be one of {', '.join(CURSOR_TYPES)}"
            if (column.source_name or self.cursor) in self.filters:
                yield ("filters", column.source_name or self.cursor), "is the cursor, which is asked for by itself"

    def options(self) -> dict[str, Any]:
        """Give the settings as plain values, since they are compared and kept with what was read."""
        given = super().options()
        filters = {name: list(value) if isinstance(value, tuple) else value for name, value in self.filters.items()}
        return (
            {**given, "filters": filters}
            if filters
            else {name: value for name, value in given.items() if name != "filters"}
        )


class CkanSource(WithLocal):
    """A portal. The password of its connection, if it has one, is an API token."""

    kind: Literal["ckan"]
    tables: dict[Name, CkanTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if not self.url:
            if not self.connection:
                yield (), "a source of kind ckan needs the url of the portal's API, such as https://ckan.example.gov"
        elif not re.match(r"https?://[^/?#]+[^?#]*\Z", self.url):
            yield ("url",), f"{self.url!r} is not the address of a portal, such as https://ckan.example.gov"
        tables: Mapping[str, CommonTable] = self.tables
        yield from local_problems(self.local, tables, complete=True)
