"""Where a client may connect to. What is checked is the address connected to, not only its name.

A name may lead anywhere, and elsewhere a moment later (DNS rebinding): so a name is resolved once, each address found
is looked at, and the connection goes to that very address.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpcore
    import httpx


class PrivateAddressError(Exception):
    """A host has an address in a private network."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has a private address")
        self.host = host


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet (RFC 6890 lists those that are not)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)


def resolve(host: str, port: int) -> list[str]:
    """Give the addresses of a host, in the system's order of preference.

    Raises:
        OSError: there is none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_public(host: str, port: int) -> list[str]:
    """Give the addresses of a host.

    Raises:
        PrivateAddressError: one of them is private: a host with both kinds is a trick.
        OSError: there is none.
    """
    addresses = resolve(host, port)
    if not all(is_public(address) for address in addresses):
        raise PrivateAddressError(host)
    return addresses


def transport(*, private_addresses: bool) -> "httpx.HTTPTransport":
    """Give what connects to servers, to public addresses only unless `private_addresses`, and reads `within` a time."""
    import httpcore
    import httpx

    context = httpx.create_ssl_context()
    made = httpx.HTTPTransport(verify=context)
    # httpx has no setting for it; its transport is a thin cover of this pool.
    made._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=4,
        network_backend=_backend(private_addresses=private_addresses),
    )
    return made


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let whatever is read inside the block take so long altogether: a time-out alone lets a server drip for ever."""
    token = _ends.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _ends.reset(token)


_ends: ContextVar[tuple[float, float] | None] = ContextVar("_ends", default=None)
"""When reading has to end, and how long that is after it began."""


def _backend(*, private_addresses: bool) -> "httpcore.NetworkBackend":
    import httpcore

    class Bounded(httpcore.NetworkStream):
        """A connection on which reading ends when the time is over."""

        def __init__(self, stream: httpcore.NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            end = _ends.get()
            if end is None:
                return self._stream.read(max_bytes, timeout)
            moment, seconds = end
            left = moment - time.monotonic()
            if left > 0:
                try:
                    return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))
                except httpcore.ReadTimeout:
                    if time.monotonic() < moment:
                        raise
            raise httpcore.ReadTimeout(f"takes longer than {seconds:,g} s")

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, timeout)

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Bounded(self._stream.start_tls(ssl_context, server_hostname, timeout))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Careful(httpcore.SyncBackend):
        """Connects to the address that was looked at; the name stays what TLS asks the server to prove."""

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            try:
                addresses = resolve(host, port) if private_addresses else check_public(host, port)
            except OSError as error:
                raise httpcore.ConnectError(f"{host} has no address ({error})") from error
            last: Exception | None = None
            for address in addresses:
                try:
                    return Bounded(super().connect_tcp(address, port, timeout, local_address, socket_options))
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    last = error
            raise last or httpcore.ConnectError(f"{host} has no address")

    return Careful()
