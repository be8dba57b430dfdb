"""Opening the database that is written or moved forward, with errors that name it and its trouble."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from pregon.synth.errors import DatabaseUnusableError, NotSyntheticError


@contextmanager
def opened(address: str, *, existing: bool = False) -> Iterator[Engine]:
    """Open a database, and close it at the end; with `existing` a SQLite file is not made if it is not there.

    Raises DatabaseUnusableError for whatever the database or its driver refuses, NotSyntheticError for a missing file.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise DatabaseUnusableError(
            address.partition("@")[2] or address,
            "is not an address of a database",
            "name a file, or write dialect://user:password@host:port/database",
        ) from error
    name = _name(url)
    if existing and url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise NotSyntheticError(f"{name} is not there")
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise DatabaseUnusableError(name, f"has no driver here ({error})", "install its Python package") from error
    try:
        yield engine
    except (SQLAlchemyError, sqlite3.Error) as error:
        problem = str(getattr(error, "orig", None) or error).partition("\n")[0]
        if url.password:
            problem = problem.replace(str(url.password), "***")
        raise DatabaseUnusableError(
            name, f"can't be used: {problem}", "check the address, the permissions and the free room, then try again"
        ) from None
    finally:
        engine.dispose()


def _name(url: URL) -> str:
    """Give what people call the database: its file, or its address without the password."""
    return url.database if url.get_backend_name() == "sqlite" and url.database else url.render_as_string()
