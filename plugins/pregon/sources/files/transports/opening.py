"""Which transport fetches a file, and with which connection."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec
from pregon.sources.connections import connection_fields
from pregon.sources.files.addresses import transport_of
from pregon.sources.files.transports.base import Transport

_NOT_FOR_WEB = frozenset({"aws", "s3", "sftp", "ssh"})
"""Types of connections whose password no web server has any business with."""


def open_transport(
    source: SourceSpec, table: TableSpec, address: str, *, sleep: Callable[[float], None] = time.sleep
) -> AbstractContextManager[Transport]:
    """Open the way to the files of a table behind an address.

    Raises:
        SourceConfigurationError: the connection is not defined, lacks something, or is for something else.
    """
    kind = transport_of(address)
    if kind == "s3":
        from pregon.sources.files.transports.s3 import open_s3

        return open_s3(source, table, address, sleep=sleep)
    if kind == "sftp":
        from pregon.sources.files.transports.sftp import open_sftp

        return open_sftp(source, table, address, sleep=sleep)
    from pregon.sources.files.transports.web import open_web

    fields = connection_fields(source.connection, source=source.name) if source.connection else None
    if fields is not None and fields.kind in _NOT_FOR_WEB:
        raise SourceConfigurationError(
            f"the connection {source.connection!r} is of type {fields.kind}, not http",
            source=source.name,
            table=table.name,
        )
    return open_web(source, table, address, sleep=sleep)
