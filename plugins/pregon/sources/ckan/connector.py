"""The connector for CKAN portals: finds a table's resource anew each time, and reads its rows or its file."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from pregon.sources.base import SourceConfigurationError, SourceMovedError, SourceSpec, TableSpec
from pregon.sources.ckan.datastore import Datastore
from pregon.sources.ckan.errors import NotInDatastore
from pregon.sources.ckan.portal import ID, Portal, Resource
from pregon.sources.connector import Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.files.connector import READER, FilesConnector
from pregon.sources.files.containers import digest

PLANS = 3
"""Times that a table is planned whose first and last rows change meanwhile."""


@contextmanager
def open_ckan(source: SourceSpec, place: Place) -> Iterator["CkanConnector"]:
    """Open a source of kind `ckan`.

    Raises:
        SourceConfigurationError: its address is missing, or its connection is not defined.
    """
    from pregon.sources.http.client import open_client

    with open_client(source) as client:
        yield CkanConnector(source, place, Portal(source, client))


class CkanConnector:
    """Reads tables of one portal; only the declared columns are asked for."""

    def __init__(self, source: SourceSpec, place: Place, portal: Portal) -> None:
        self._source = source
        self._place = place
        self._portal = portal
        self._datastore = Datastore(source, portal)

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Find the resource, and decide how it is read: by pages of the datastore, or as a file.

        Raises:
            DatasetNotFound, ResourceNotFound, NotInDatastore: the portal has not what the configuration names.
            MissingColumnError: a declared column is not there.
            SourceConfigurationError: `_id` is declared, or the file of a resource has a typed column.
        """
        for name, column in table.columns.items():
            if column.source_name == ID:
                raise SourceConfigurationError(
                    f"the column {name!r} is CKAN's own row number, which each load of the table gives anew",
                    source=self._source.name,
                    table=table.name,
                    hint="remove it; name the columns that identify a row as its key",
                )
        for _ in range(PLANS - 1):
            try:
                return self._plan(table, known)
            except SourceMovedError:
                continue
        return self._plan(table, known)

    def _plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        resource = self._portal.resource(table)
        wanted = table.option("datastore")
        if wanted and not resource.in_datastore:
            raise NotInDatastore(resource.name, source=self._source.name, table=table.name)
        if resource.in_datastore and wanted is not False:
            return self._datastore.plan(table, resource, known)
        return self._plan_file(table, resource)

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a chunk: pages can be gone on with, a file begins at its start."""
        if "extent" in chunk.bounds:
            return self._datastore.read(table, chunk, after)
        return FilesConnector(self._source, self._place).read(table, chunk)

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Look whether a table of the datastore is still the one that was read; a file was kept.

        Raises:
            SourceMovedError: it is not.
        """
        if "extent" in plan.chunks[0].bounds:
            return self._datastore.complete(table, plan, self._portal.resource(table))
        return Completion()

    def _plan_file(self, table: TableSpec, resource: Resource) -> TablePlan:
        """Fetch the file of a resource, and keep it for those who read."""
        for name, column in table.columns.items():
            if column.type != "text":
                raise SourceConfigurationError(
                    f"column {name!r} is declared as {column.type}, but values of files arrive as text",
                    source=self._source.name,
                    table=table.name,
                    hint="remove the type, and parse the text in prepare.sql",
                )
        name = unquote(PurePosixPath(urlsplit(resource.url).path).name) or resource.name
        target = self._place.scratch / f"{table.name}.download"
        headers = self._portal.authorization() if self._portal.is_own(resource.url) else {}
        self._portal.client.download(resource.url, target, table=table.name, headers=headers)
        file = {"name": name, "sha256": digest(target), "bytes": target.stat().st_size}
        signature = hashlib.sha256(f"{READER} {[(file['name'], file['sha256'])]}".encode()).hexdigest()
        kept = self._place.keep(target, f"{table.name}.download")
        return TablePlan(
            (Chunk("", {"files": [{**file, "kept": kept}]}),),
            signature=signature,
            notes={"files": [file], "resource": resource.id},
        )
