"""The part of `city.yaml` that says where records come from: sources, tables, columns, guards. One module per kind.

Kept light, as `city` is.
"""

from typing import Annotated

from pydantic import Field

from pregon.city_sources.ckan import CkanSource
from pregon.city_sources.common import Column, CommonTable, Guards, Model, Name
from pregon.city_sources.files import FilesSource, LocalTable
from pregon.city_sources.ocds import LocalOcdsTable, OcdsSource
from pregon.city_sources.rest import RestSource
from pregon.city_sources.socrata import SocrataSource
from pregon.city_sources.sql import SqlSource

__all__ = [
    "Column",
    "CommonTable",
    "FilesSource",
    "Guards",
    "LocalOcdsTable",
    "LocalTable",
    "Model",
    "Name",
    "SocrataSource",
    "Source",
    "SqlSource",
]

Source = Annotated[
    CkanSource | FilesSource | OcdsSource | RestSource | SocrataSource | SqlSource, Field(discriminator="kind")
]
"""A source of any kind; `kind` says which."""
