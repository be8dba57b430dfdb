"""Sources of kind `socrata`: datasets of portals by Tyler Data & Insights, formerly Socrata."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from pregon.city_problems import nearest, places
from pregon.city_sources.common import CommonTable, Name, Problems
from pregon.city_sources.files import WithLocal, local_problems
from pregon.sources.base import CURSOR_TYPES

_DATASET = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}\Z")
_SYSTEM_FIELDS = (":id", ":created_at", ":updated_at")


class SocrataTable(CommonTable):
    """A dataset. `from` of a column is its field name, as in the dataset's API documentation."""

    dataset: str = Field(description="id of the dataset: the two groups of four at the end of its address")
    where: str | None = Field(default=None, description="condition of the rows to read, in SoQL")
    order: tuple[str, ...] = Field(default=(), description="for a view without row ids: unique fields to order it by")
    page_rows: int | None = Field(default=None, ge=1, le=50_000, description="rows that are asked for at once")
    split_rows: int | None = Field(default=None, ge=1, description="rows of a part that one task reads")
    regenerated: float = Field(
        default=0.5, gt=0, le=1, description="share of rows with a new stamp from which on stamps say nothing"
    )
    skip_unchanged: bool = Field(default=True, description="read nothing where the portal's dates and counts stand")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if not _DATASET.match(self.dataset):
            yield ("dataset",), f"{self.dataset!r} is no id of a dataset: it has two groups of four, such as rsxa-ify5"
        if self.cursor in self.columns:
            declared = self.columns[self.cursor].type
            if declared not in CURSOR_TYPES:
                yield ("cursor",), f"is a column of {declared}; it must be one of {', '.join(CURSOR_TYPES)}"
            if self.order:
                yield ("order",), "is for views without row ids, which are read whole: remove it, or the cursor"
        for name, column in self.columns.items():
            field = column.source_name or name
            if field.startswith(":") and field not in _SYSTEM_FIELDS:
                problem = f"{field!r} is no system field{nearest(field, _SYSTEM_FIELDS)}"
                yield ("columns", name), f"{problem}; there are: {', '.join(_SYSTEM_FIELDS)}"
        for name in self.key:
            if name in self.columns and (self.columns[name].source_name or name) == ":id":
                yield ("key",), "is the portal's row id, which changes when the dataset is published anew"


class SocrataSource(WithLocal):
    """A portal. The password of its connection, if it has one, is an application token."""

    kind: Literal["socrata"]
    api: Literal["2.1", "3"] = Field(default="2.1", description="version of the interface; 3 asks for a token")
    tables: dict[Name, SocrataTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if not (self.url or self.connection):
            yield (), "a source of kind socrata needs the url of the portal, such as https://data.example.gov"
        elif self.url and not re.match(r"https?://[^/]+/?\Z", self.url):
            yield ("url",), f"{self.url!r} is not the address of a portal, such as https://data.example.gov"
        yield from local_problems(self.local, self.tables, complete=True)
