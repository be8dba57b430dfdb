"""The connector for databases: at one moment (`read: snapshot`), or page by page (`read: paged`)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pregon.sources.base import SourceSpec
from pregon.sources.connector import Connector, Place
from pregon.sources.sql.database import open_database
from pregon.sources.sql.paged import PagedConnector
from pregon.sources.sql.snapshot import SnapshotConnector


@contextmanager
def open_sql(source: SourceSpec, place: Place) -> Iterator[Connector]:
    """Open a source of kind `sql`.

    Raises:
        SourceConfigurationError: its connection is not defined, or its dialect has no driver here.
        SourceUnavailableError: the database does not answer, or its file is not there.
    """
    with open_database(source, place.home) as database, ExitStack() as stack:
        if source.options.get("read") == "paged":
            yield PagedConnector(database)
        else:
            yield SnapshotConnector(database, stack)
