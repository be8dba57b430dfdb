"""Sources of kind `rest`: JSON APIs."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pregon.city_problems import places
from pregon.city_sources.common import CommonTable, Model, Name, Problems
from pregon.city_sources.files import WithLocal, local_problems
from pregon.sources.base import CURSOR_TYPES

STYLES: dict[str, frozenset[str]] = {
    "none": frozenset(),
    "page": frozenset({"parameter", "start", "rows_parameter"}),
    "offset": frozenset({"parameter", "start", "rows_parameter", "repeat_last"}),
    "cursor": frozenset({"parameter", "rows_parameter", "next", "next_header", "last"}),
    "link": frozenset({"rows_parameter", "next"}),
}
"""Style of paging → the settings that mean something in it."""

_TOKENS = ("next", "next_header", "last")


class Paging(Model):
    """How an API parts its rows into pages. Paths are dotted; a member's whole name comes before its parts."""

    style: Literal["none", "page", "offset", "cursor", "link"] = "none"
    parameter: str | None = Field(
        default=None, description="parameter of the page, offset or token; default: the style"
    )
    start: int | None = Field(default=None, ge=0, description="first page (default 1) or offset (default 0)")
    rows_parameter: str | None = Field(default=None, description="parameter by which page_rows are asked for")
    next: str | None = Field(default=None, description="path of the next token, or of the next address")
    next_header: str | None = Field(default=None, description="header that holds the next token")
    last: str | None = Field(default=None, description="path, in the last record of a page, of the next token")
    repeat_last: bool = Field(default=True, description="each page begins with the last row before it, to show shifts")

    @model_validator(mode="after")
    def _fits_its_style(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        known = STYLES[self.style]
        for name in sorted(self.model_fields_set - {"style"} - known):
            styles = ", ".join(style for style, settings in STYLES.items() if name in settings)
            yield (name,), f"means nothing in the style {self.style}; it is for: {styles}"
        if self.style == "cursor" and len(self.model_fields_set & set(_TOKENS)) != 1:
            yield (), "the style cursor needs one of next (path), next_header or last: where the next token is found"


class Since(Model):
    """The parameter by which an API is asked for changes, and how the moment is written (strftime)."""

    parameter: str
    format: str | None = None


class RestTable(CommonTable):
    """A table that an API gives as an array of objects; `from` of a column is a dotted path."""

    path: str
    params: dict[str, str] = Field(default_factory=dict)
    records: str | None = Field(default=None, description="dotted path of the array of rows; none: the document itself")
    paging: Paging = Paging()
    page_rows: int | None = Field(default=None, ge=2, description="rows of a page; default: what the API gives")
    total: str | None = Field(default=None, description="dotted path of the number of all rows")
    total_header: str | None = Field(default=None, description="header that holds the number of all rows")
    since: Since | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if self.page_rows and not self.paging.rows_parameter:
            yield ("page_rows",), "needs paging.rows_parameter, the parameter by which they are asked for"
        if self.paging.rows_parameter and not self.page_rows:
            yield ("paging", "rows_parameter"), "needs page_rows: how many to ask for"
        if self.total and self.total_header:
            yield ("total_header",), "give either total or total_header"
        if self.cursor and not self.since:
            yield ("cursor",), "needs since: the parameter by which the API is asked for changes"
        if self.since and not self.cursor:
            yield ("since",), "needs cursor: the column whose highest value is asked for next time"
        if self.cursor in self.columns and self.columns[self.cursor].type not in CURSOR_TYPES:
            declared, known = self.columns[self.cursor].type, ", ".join(CURSOR_TYPES)
            yield ("cursor",), f"is a column of {declared}; it must be one of {known}"
        sent = {self.since.parameter: "since"} if self.since else {}
        paged = {self.paging.parameter or self.paging.style, self.paging.rows_parameter}
        sent |= dict.fromkeys(filter(None, paged), "paging") if self.paging.style != "none" else {}
        for name in self.params:
            if name in sent:
                yield ("params", name), f"is set by {sent[name]} already"

    def options(self) -> dict[str, Any]:
        """Give the settings as plain values, since they are compared and kept with what was read."""
        plain = {
            "params": dict(self.params),
            "paging": self.paging.model_dump(exclude_defaults=True),
            "since": self.since.model_dump(exclude_defaults=True) if self.since else None,
        }
        return {name: value for name, value in (super().options() | plain).items() if value not in (None, {})}


class RestSource(WithLocal):
    """A JSON API below one address; its connection holds what it asks for as proof of identity."""

    kind: Literal["rest"]
    hosts: tuple[str, ...] = Field(default=(), description="other hosts that the API's next addresses may name")
    tables: dict[Name, RestTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        if not self.url:
            yield (), "a source of kind rest needs the url below which its paths are"
        elif not self.url.startswith(("https://", "http://")):
            yield ("url",), f"{self.url!r} is not an address: it begins with https:// or http://"
        yield from local_problems(self.local, self.tables, complete=True)
