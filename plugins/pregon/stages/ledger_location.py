"""Where a city's ledger lies: in a file of its own, or in the database of a connection."""

import re
from pathlib import Path

from pregon.errors import PregonError
from pregon.home import Home, ledger_connection
from pregon.sources.connections import connection_url, variable_of

_ADDRESS = "write it as postgresql://user:password@host:port/database, special characters percent-encoded"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class InvalidLedgerConnection(PregonError):
    """`PREGON_LEDGER` names no connection to a PostgreSQL database; its value is shown only where it is a name."""


def ledger_location(home: Home, slug: str) -> Path | str:
    """Give the path of a city's ledger, or, where `PREGON_LEDGER` names a connection, the URL of its database.

    The URL may hold a password: it is for `Ledger.open` only, which gives each city a schema of its own. Raises
    InvalidLedgerConnection.
    """
    from sqlalchemy.exc import ArgumentError

    name = ledger_connection()
    if name is None:
        return home.ledger(slug)
    if not _NAME.fullmatch(name):
        raise InvalidLedgerConnection(
            "PREGON_LEDGER must be the name of a connection",
            hint="secrets are kept in connections: set PREGON_LEDGER=pregon_ledger, and its address in "
            f"{variable_of('pregon_ledger')} or in Airflow",
        )
    try:
        url = connection_url(name)
    except (ArgumentError, ValueError, TypeError, KeyError) as error:
        # The error's own text could hold the password.
        raise InvalidLedgerConnection(
            f"the address of the connection {name!r} can't be read ({type(error).__name__})", hint=_ADDRESS
        ) from None
    if url is None:
        raise InvalidLedgerConnection(
            f"the connection {name!r} is not defined, in which PREGON_LEDGER says the ledger is",
            hint=f"add it in Airflow, or set {variable_of(name)} to its URI",
        )
    if url.get_backend_name() != "postgresql":
        raise InvalidLedgerConnection(
            f"the connection {name!r} is one to {url.get_backend_name()}, and a ledger needs PostgreSQL",
            hint="name a connection to PostgreSQL, or unset PREGON_LEDGER to keep ledgers in files",
        )
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
