"""Where a client may connect to. What is checked is the address connected to, not only its name.

A name may lead anywhere, and elsewhere a moment later (DNS rebinding): so a name is resolved once, each address found
is looked at, and the connection goes to that very address.
"""

import ipaddress
import socket
from collections.abc import Iterable
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
    """Give what connects to servers: to public addresses only, unless `private_addresses`."""
    import httpcore
    import httpx

    made = httpx.HTTPTransport(limits=httpx.Limits(max_connections=4))
    if not private_addresses:
        # httpx has no setting for it; its transport is a thin cover of this pool.
        made._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), max_connections=4, network_backend=_backend()
        )
    return made


def _backend() -> "httpcore.NetworkBackend":
    import httpcore

    class PublicOnly(httpcore.SyncBackend):
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
                addresses = check_public(host, port)
            except OSError as error:
                raise httpcore.ConnectError(f"{host} has no address ({error})") from error
            last: Exception | None = None
            for address in addresses:
                try:
                    return super().connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    last = error
            raise last or httpcore.ConnectError(f"{host} has no address")

    return PublicOnly()
