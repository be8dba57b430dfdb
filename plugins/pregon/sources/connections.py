"""From the name of an Airflow connection to an address for SQLAlchemy, inside Airflow and outside it."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.sources.base import SourceConfigurationError, SourceSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

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
        return _from_airflow(name)
    return None


def _from_text(text: str) -> "URL":
    from sqlalchemy.engine import make_url

    if text.lstrip().startswith("{"):
        return _from_fields(json.loads(text))
    scheme, separator, rest = text.partition("://")
    scheme = scheme.replace("-", "_").lower()
    url = make_url(_DIALECTS.get(scheme, scheme) + separator + rest)
    return _with_driver(url.difference_update_query(["__extra__"]))


def _from_airflow(name: str) -> "URL | None":
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        return None
    names = ("conn_type", "login", "password", "host", "port", "schema")
    return _from_fields({field: getattr(found, field) for field in names})


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
        )
    )


def _with_driver(url: "URL") -> "URL":
    """Prefer psycopg 3 for PostgreSQL: its server-side cursors read a large table in bounded memory."""
    if url.drivername == "postgresql" and importlib.util.find_spec("psycopg"):
        return url.set(drivername="postgresql+psycopg")
    return url
