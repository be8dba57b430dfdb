"""A server that answers as a test says, and clients that wait without taking time."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from servers.scripted import Scripted, scripted_server

from pregon.sources.base import SourceSpec
from pregon.sources.http.client import HttpClient, Limits, open_client

SECRET = "s3cret-t0ken"  # noqa: S105
Open = Callable[..., HttpClient]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """Seconds that clients were to wait."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Open]:
    """Open clients whose waiting takes no time."""
    with ExitStack() as opened:

        def open_one(connection: str | None = None, *, private: bool = True, **limits: Any) -> HttpClient:
            spec = SourceSpec("portal", "rest", (), connection=connection, options={"private_addresses": private})
            return opened.enter_context(open_client(spec, sleep=waits.append, limits=Limits(**limits)))

        yield open_one


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Define the connection `portal`, with what its extra says."""

    def define(**extra: Any) -> str:
        fields = {"conn_type": "http", "login": "ana", "password": SECRET, "extra": json.dumps(extra)}
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL", json.dumps(fields))
        return "portal"

    return define
