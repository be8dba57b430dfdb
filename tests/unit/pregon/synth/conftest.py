"""Small synthetic databases shared by the tests of the generator."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pregon.synth import generate

AS_OF = dt.date(2026, 6, 1)

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def as_of() -> dt.date:
    return AS_OF


@pytest.fixture(scope="session")
def riverbend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of a database of 2,000 processes; tests only read it."""
    path = tmp_path_factory.mktemp("synth") / "riverbend.sqlite"
    generate(f"sqlite:///{path}", processes=2000, seed=1, as_of=AS_OF)
    return path


@pytest.fixture(scope="session")
def query(riverbend: Path) -> Iterator[Query]:
    """Run SQL on the shared database."""
    with closing(sqlite3.connect(riverbend)) as connection:

        def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            return connection.execute(statement, values).fetchall()

        yield run
