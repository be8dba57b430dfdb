"""Sources of kind `sql`: databases."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pregon.city_sources.common import CommonSource, CommonTable, Name


class SqlTable(CommonTable):
    """A table or view of a database."""

    table: str | None = Field(default=None, description="the source's own name of the table, schema included")


class SqlSource(CommonSource):
    """A database, by SQLAlchemy address or Airflow connection."""

    kind: Literal["sql"]
    tables: dict[Name, SqlTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if not (self.url or self.connection):
            raise ValueError("a source of kind sql needs a connection or a url without secrets")
        return self
