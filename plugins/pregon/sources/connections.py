"""What an Airflow connection says, inside Airflow and outside it; and a database's address for SQLAlchemy."""

import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pregon.sources.base import SourceConfigurationError, SourceSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

_LIBPQ = (
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode", "target_session_attrs",
    "options", "connect_timeout", "application_name",
)  # fmt: skip
"""Settings of libpq that a connection's extra may hold; no others reach the server."""

_DIALECTS = {"postgres": "postgresql", "redshift": "postgresql", "mariadb": "mysql"}
"""Names of Airflow connection types that SQLAlchemy calls otherwise."""


def database_url(source: SourceSpec, home: Path) -> "URL":
    """Give the address of a source's database; it may hold a password, so it is for `create_engine` only.

    A connection `NAME` is taken from the environment (`AIRFLOW_CONN_NAME`, as URI or JSON); inside a task Airflow is
    asked, which also knows secrets backends. Where there is neither, `url` of the source is used.

    Raises:
        SourceConfigurationError: the connection is not defined, or its text can't be read.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        if source.connection:
            if found := connection_url(source.connection):
                return found
            if not source.url:
                raise SourceConfigurationError(
                    f"the connection {source.connection!r} is not defined",
                    source=source.name,
                    hint=f"add it in Airflow, or set {variable_of(source.connection)} to its URI",
                )
        return _with_driver(make_url(str(source.url).replace("{home}", str(home))))
    except (ArgumentError, ValueError, TypeError, KeyError) as error:
        # The error's own text could hold the password.
        raise SourceConfigurationError(
            f"the address of its database can't be read ({type(error).__name__})",
            source=source.name,
            hint="write it as dialect://user:password@host:port/database, special characters percent-encoded",
        ) from None


def variable_of(connection: str) -> str:
    """Name the environment variable that defines a connection."""
    return f"AIRFLOW_CONN_{connection.upper()}"


def connection_url(name: str) -> "URL | None":
    """Give the address behind a connection, from the environment or, inside a task, from Airflow; None without it.

    Raises:
        ArgumentError, ValueError, TypeError, KeyError: it is no address; the error's text may hold the password.
    """
    if text := os.environ.get(variable_of(name), ""):
        return _from_text(text)
    if "airflow.sdk.execution_time.task_runner" in sys.modules:
        found = _airflow_fields(name)
        return _from_fields(found) if found else None
    return None


@dataclass(frozen=True, slots=True)
class ConnectionFields:
    """What a connection says. Nothing of it is ever shown."""

    kind: str
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    schema: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def connection_fields(name: str, *, source: str) -> ConnectionFields | None:
    """Give what a connection says, from the environment or, inside a task, from Airflow; None without it.

    Raises:
        SourceConfigurationError: its text can't be read.
    """
    try:
        if text := os.environ.get(variable_of(name), ""):
            fields = json.loads(text) if text.lstrip().startswith("{") else _uri_fields(text)
        elif "airflow.sdk.execution_time.task_runner" in sys.modules:
            found = _airflow_fields(name)
            if found is None:
                return None
            fields = found
        else:
            return None
        extra = fields.get("extra") or {}
        return ConnectionFields(
            kind=str(fields["conn_type"]),
            login=fields.get("login") or None,
            password=fields.get("password") or None,
            host=fields.get("host") or None,
            port=int(fields["port"]) if fields.get("port") else None,
            schema=fields.get("schema") or None,
            extra=json.loads(extra) if isinstance(extra, str) else extra,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # The error's own text could hold the password.
        raise SourceConfigurationError(
            f"the connection {name!r} can't be read ({type(error).__name__})",
            source=source,
            hint="write it as JSON with conn_type, host, login, password and extra, or as a URI as Airflow does",
        ) from None


def _uri_fields(text: str) -> dict[str, Any]:
    """Read a connection as Airflow writes it: every part percent-encoded, the extra as query or as `__extra__`."""
    parts = urlsplit(text)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    whole = query.pop("__extra__", None)

    def plain(value: str | None) -> str | None:
        return unquote(value) if value else None

    return {
        "conn_type": parts.scheme.replace("-", "_"),
        "login": plain(parts.username),
        "password": plain(parts.password),
        "host": plain(parts.hostname),
        "port": parts.port,
        "schema": plain(parts.path.lstrip("/")),
        "extra": json.loads(whole) if whole else query,
    }


def _from_text(text: str) -> "URL":
    from sqlalchemy.engine import make_url

    if text.lstrip().startswith("{"):
        return _from_fields(json.loads(text))
    scheme, separator, rest = text.partition("://")
    scheme = scheme.replace("-", "_").lower()
    url = make_url(_DIALECTS.get(scheme, scheme) + separator + rest)
    return _with_driver(url.difference_update_query(["__extra__"]))


def _airflow_fields(name: str) -> dict[str, Any] | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        return None
    names = ("conn_type", "login", "password", "host", "port", "schema", "extra")
    return {name: getattr(found, name) for name in names}


def _from_fields(fields: dict[str, Any]) -> "URL":
    from sqlalchemy import URL

    kind = str(fields["conn_type"]).replace("-", "_").lower()
    dialect = _DIALECTS.get(kind, kind)
    if dialect == "sqlite":  # Airflow keeps the file's path in the host
        return URL.create("sqlite", database=fields.get("host") or fields.get("schema"))
    port = fields.get("port")
    return _with_driver(
        URL.create(
            dialect,
            username=fields.get("login") or None,
            password=fields.get("password") or None,
            host=fields.get("host") or None,
            port=int(port) if port else None,
            database=fields.get("schema") or None,
            query=_libpq_options(fields.get("extra")) if dialect.startswith("postgresql") else {},
        )
    )


def _libpq_options(extra: Any) -> dict[str, str]:
    """Give what the extra of a PostgreSQL connection says in libpq's words (PostgreSQL, 34.1.2)."""
    found = json.loads(extra) if isinstance(extra, str) and extra else extra or {}
    return {name: str(found[name]) for name in _LIBPQ if found.get(name)}


def _with_driver(url: "URL") -> "URL":
    """Prefer psycopg 3 for PostgreSQL: its server-side cursors read a large table in bounded memory."""
    if url.drivername == "postgresql" and importlib.util.find_spec("psycopg"):
        return url.set(drivername="postgresql+psycopg")
    return url
