"""One file behind an http or https address."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec
from pregon.sources.files.transports.base import Remote
from pregon.sources.http.client import HttpClient, open_client, public_name
from pregon.sources.http.errors import UnknownAnswer

_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""Header of an answer → that of the next request that gives it back (RFC 9110, 13.1)."""


def web_name(address: str, default: str) -> str:
    """Give the name of a file by its address."""
    return unquote(PurePosixPath(urlsplit(address).path).name) or default


@contextmanager
def open_web(
    source: SourceSpec, table: TableSpec, address: str, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator["WebTransport"]:
    """Open the way to one file; the source's connection says who asks.

    Raises:
        SourceConfigurationError: the connection is not defined, lacks something, or is for another host.
    """
    with open_client(source, sleep=sleep) as client:
        meant = client.credentials.address
        if meant is not None and urlsplit(meant).hostname != urlsplit(address).hostname:
            raise SourceConfigurationError(
                f"the connection {source.connection!r} is for the host {urlsplit(meant).hostname}",
                source=source.name,
                table=table.name,
                file=public_name(address),
                hint="remove its host to have what it says sent to whatever `file:` names, or use a source of its own",
            )
        yield WebTransport(source, table, address, client)


class WebTransport:
    """Fetches one file, and asks with what the server gave last time whether it changed at all."""

    def __init__(self, source: SourceSpec, table: TableSpec, address: str, client: HttpClient) -> None:
        self._source = source
        self._table = table
        self._address = address
        self._client = client
        self._place = hashlib.sha256(address.encode()).hexdigest()[:16]

    def listing(self) -> list[Remote]:
        """Give the one file; whether it is there is seen when it is fetched."""
        return [Remote(web_name(self._address, self._table.name))]

    def settle(self, files: Sequence[Remote]) -> None:
        """Do nothing: a server gives whole files, or breaks off."""

    def fetch(self, file: Remote, target: Path, *, unless: str | None = None) -> str | None:
        """Save the file, unless the server says that it is the one of last time."""
        del file
        headers = self._condition(unless)
        found = self._client.download(self._address, target, table=self._table.name, headers=headers)
        if found is not None:
            return self._identity(found)
        if not headers:
            raise UnknownAnswer(
                "says that nothing changed, which was not asked (304)",
                source=self._source.name,
                table=self._table.name,
                file=public_name(self._address),
            )
        return None

    def _identity(self, headers: Mapping[str, str]) -> str:
        """Give the stronger of the two signs. They are the server's own, so they hold for this address only."""
        for name in _CONDITIONS:
            if value := headers.get(name):
                return f"{self._place} {name} {value}"
        return ""

    def _condition(self, identity: str | None) -> dict[str, str]:
        place, _, sign = (identity or "").partition(" ")
        name, _, value = sign.partition(" ")
        return {_CONDITIONS[name]: value} if place == self._place and name in _CONDITIONS else {}
