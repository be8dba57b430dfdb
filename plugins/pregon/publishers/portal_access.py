"""Where a portal is and who writes to it: what a target's Airflow connection says. Nothing of it is ever told."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pregon.loopback import is_loopback
from pregon.publishers.base import TargetMisconfigured
from pregon.sources.base import SourceConfigurationError
from pregon.sources.connections import ConnectionFields, connection_fields, variable_of
from pregon.sources.http.credentials import address_of


@dataclass(frozen=True, slots=True)
class PortalAccess:
    """Where a portal is, and what its connection says. `address` has no slash at its end."""

    target: str
    connection: str
    address: str
    fields: ConnectionFields = field(repr=False)

    def misconfigured(self, problem: str, hint: str | None = None) -> TargetMisconfigured:
        """Make the error for a connection that lacks something; `problem` goes on after "the connection …"."""
        return TargetMisconfigured(self.target, f"the connection {self.connection!r} {problem}", hint)


def portal_access(target: str, connection: str) -> PortalAccess:
    """Find a portal by its connection, in Airflow or in the environment.

    Without encryption only loopback is reached, unless the connection's extra has `"allow_http": true`. Raises
    `TargetMisconfigured`.
    """
    try:
        fields = connection_fields(connection, source=f"target {target}")
    except SourceConfigurationError as error:
        raise TargetMisconfigured(target, f"the connection {connection!r} can't be read", error.hint) from None
    if fields is None:
        raise TargetMisconfigured(
            target,
            f"the connection {connection!r} is not defined",
            f"add it in Airflow, or set {variable_of(connection)} to JSON with conn_type http, host and password",
        )
    address = address_of(fields)
    access = PortalAccess(target, connection, address or "", fields)
    if address is None:
        raise access.misconfigured("has no host", "give the portal's address: https://data.example.gov")
    parts = _parts(address)
    if parts is None:
        raise access.misconfigured(
            "has a host that is no address of a portal",
            "write it as https://data.example.gov; keys are login and password",
        )
    if parts.scheme == "http" and not (is_loopback(parts.hostname) or said_yes(fields.extra.get("allow_http"))):
        raise access.misconfigured(
            "leads to a portal without encryption, where anybody on the way could read the key",
            'write its host with https://, or add "allow_http": true to its extra if it lies in your own network',
        )
    return access


def _parts(address: str) -> SplitResult | None:
    """Split the address of a portal; None where it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    more = parts.query or parts.fragment or parts.username
    return parts if parts.scheme in ("http", "https") and parts.hostname and not more else None


def said_yes(value: Any) -> bool:
    """Read a switch of a connection's extra; as a URI writes it, everything is text."""
    return value is True or str(value).lower() in ("true", "1")
