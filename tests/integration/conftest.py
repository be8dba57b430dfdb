"""Real servers for the tests that need them, private to one session and gone after it."""

import uuid
from collections.abc import Iterator

import pytest
from query_threads import query_threads
from servers.postgresql import postgresql_server
from servers.programs import ServerMissing
from sqlalchemy import create_engine, make_url, text

__all__ = ["query_threads"]


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """SQLAlchemy URL of an empty database on a PostgreSQL server of this session; the user may create databases."""
    try:
        with postgresql_server() as url:
            yield url
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> Iterator[str]:
    """SQLAlchemy URL of a new, empty database of its own for one test."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
