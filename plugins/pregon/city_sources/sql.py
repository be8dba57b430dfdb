"""Sources of kind `sql`: databases."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from pregon.city_problems import nearest, places
from pregon.city_sources.common import CommonSource, CommonTable, Duration, Model, Name, Problems


class Parent(Model):
    """The table whose rows own those of this one: `on` gives our column → the parent's."""

    table: Name
    on: dict[Name, Name] = Field(min_length=1)


class SqlTable(CommonTable):
    """A table or view of a database."""

    table: str | None = Field(default=None, description="the source's own name of the table, schema included")
    page_rows: int | None = Field(default=None, ge=1, description="rows of a page")
    chunks: int | None = Field(default=None, ge=1, le=200, description="parts that are read by a task each")
    parent: Parent | None = None


class SqlSource(CommonSource):
    """A database, by SQLAlchemy address or Airflow connection."""

    kind: Literal["sql"]
    read: Literal["snapshot", "paged"] = "snapshot"
    statement_timeout: Duration | None = Field(default=None, gt=timedelta(0))
    tables: dict[Name, SqlTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not (self.url or self.connection):
            raise ValueError("a source of kind sql needs a connection or a url without secrets")
        places(self._problems())
        return self

    def _problems(self) -> Problems:
        above: list[str] = []
        for name, table in self.tables.items():
            path = ("tables", name)
            for option in sorted(table.model_fields_set & {"page_rows", "chunks"}) if self.read == "snapshot" else ():
                yield (*path, option), "is for a source with read: paged"
            if parent := table.parent:
                if parent.table not in above:
                    yield (*path, "parent", "table"), f"is not one of the tables above it{nearest(parent.table, above)}"
                else:
                    yield from _unknown(path, parent, set(table.columns), set(self.tables[parent.table].columns))
            above.append(name)


def _unknown(path: tuple[str, ...], parent: Parent, ours: set[str], theirs: set[str]) -> Problems:
    for own, other in parent.on.items():
        if own not in ours:
            yield (*path, "parent", "on", own), f"is not one of the columns{nearest(own, ours)}"
        if other not in theirs:
            yield (*path, "parent", "on", own), f"{other!r} is not a column of the parent{nearest(other, theirs)}"
