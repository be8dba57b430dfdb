"""Who a source is asked as: what the Airflow connection of a source says, and how it is sent.

`auth` in the connection's extra names the way: `bearer` (the password is the token), `basic` (login and password),
`header` (extra `header` names it, the password is its value), `oauth_client_credentials` (RFC 6749, 4.4: login and
password are the client's, extra `token_url`, optional `scope`), or `none`: then nothing is sent, and a kind of source
may send `token` its own way.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pregon.sources.base import SourceConfigurationError, SourceSpec
from pregon.sources.connections import ConnectionFields, connection_fields, variable_of

WAYS = ("none", "bearer", "basic", "header", "oauth_client_credentials")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection says. Nothing of it is ever shown."""

    way: str = "none"
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    address: str | None = None
    """Where the connection says that the source is: it goes before the source's own `url`."""

    @property
    def token(self) -> str | None:
        """The password where the kind of source calls it a token."""
        return self.password

    def headers(self) -> dict[str, str]:
        """Give the headers that prove who asks; none for OAuth, whose token has to be fetched first."""
        if self.way == "bearer":
            return {"Authorization": f"Bearer {self.password}"}
        if self.way == "basic":
            pair = f"{self.user or ''}:{self.password or ''}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if self.way == "header":
            return {str(self.extra["header"]): str(self.password)}
        return {}


def credentials_of(source: SourceSpec) -> Credentials:
    """Give the credentials of a source; empty ones where it names no connection.

    Raises:
        SourceConfigurationError: the connection is not defined, or lacks what its way needs.
    """
    if source.connection is None:
        return Credentials()
    fields = connection_fields(source.connection, source=source.name)
    if fields is None:
        raise SourceConfigurationError(
            f"the connection {source.connection!r} is not defined",
            source=source.name,
            hint=f"add it in Airflow, or set {variable_of(source.connection)}",
        )
    extra = fields.extra
    way = str(extra.get("auth") or ("basic" if fields.login else "none"))
    found = Credentials(way, fields.login, fields.password, extra, address_of(fields))
    if problem := _problem(found):
        raise SourceConfigurationError(
            f"the connection {source.connection!r} {problem}", source=source.name, hint="see the reference of city.yaml"
        )
    return found


def address_of(fields: ConnectionFields) -> str | None:
    """Put an address together as Airflow's connections of type http hold it: scheme in the schema or in the host."""
    if not fields.host:
        return None
    if "://" in fields.host:
        return fields.host.rstrip("/")
    scheme = fields.schema if fields.schema in ("http", "https") else "https"
    host = f"[{fields.host}]" if ":" in fields.host else fields.host
    return f"{scheme}://{host}{f':{fields.port}' if fields.port else ''}"


def _problem(found: Credentials) -> str | None:
    if found.way not in WAYS:
        return f"has auth {found.way!r}, which is none of: {', '.join(WAYS)}"
    if found.way != "none" and not found.password:
        return f"has no password, which auth {found.way} needs"
    needed = {"header": ("header",), "oauth_client_credentials": ("token_url",)}.get(found.way, ())
    lacking = [name for name in needed if not found.extra.get(name)]
    return f"has no {lacking[0]!r} in its extra, which auth {found.way} needs" if lacking else None
