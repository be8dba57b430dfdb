"""Who is asked for, and what goes wrong on the way: proof of identity, faults that pass, and faults that don't."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_up_api import STYLES, awards, source, spec
from servers.rest import Fault, RestApi, rest_api

from pregon.sources.base import SourceConfigurationError
from pregon.sources.connector import Place
from pregon.sources.http.client import Limits, open_client
from pregon.sources.http.errors import (
    AuthenticationRejected,
    NotJson,
    PrivateAddressRefused,
    RequestRefused,
    ServerFailed,
    Throttled,
)
from pregon.sources.rest import connector as rest
from pregon.sources.rest.connector import open_rest

pytestmark = pytest.mark.integration

SECRET = "opal-secret"  # noqa: S105 - made up
CONNECTIONS: dict[str, Callable[[RestApi], dict[str, Any]]] = {
    "bearer": lambda _: {"password": SECRET, "extra": {"auth": "bearer"}},
    "basic": lambda _: {"login": "harvester", "password": SECRET},
    "key": lambda _: {"password": SECRET, "extra": {"auth": "header", "header": "X-Api-Key"}},
    "oauth": lambda api: {
        "login": "harvester",
        "password": SECRET,
        "extra": {"auth": "oauth_client_credentials", "token_url": f"{api.address}/token", "scope": "awards"},
    },
}


@pytest.fixture
def api() -> Iterator[RestApi]:
    with rest_api(awards(37)) as running:
        yield running


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept; it does not."""
    seconds: list[float] = []
    limits = Limits(read_seconds=0.5)
    monkeypatch.setattr(rest, "open_client", partial(open_client, sleep=seconds.append, limits=limits))
    return seconds


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def define(**fields: Any) -> str:
        monkeypatch.setenv("AIRFLOW_CONN_API", json.dumps({"conn_type": "http", **fields}))
        return "api"

    return define


def read(api: RestApi, tmp_path: Path, path: str = "/page", **options: Any) -> list[str]:
    table = spec(path, page_rows=10)
    with open_rest(source(api, table, **options), Place(tmp_path, tmp_path)) as connector:
        plan = connector.plan(table, None)
        batches = connector.read(table, plan.chunks[0]).batches
        return [key for batch in batches for key in batch.data.column("id").to_pylist()]


ALL = [f"A-{number:04d}" for number in range(1, 38)]


@pytest.mark.parametrize("way", CONNECTIONS)
def test_every_way_to_prove_who_asks_is_accepted(
    api: RestApi, tmp_path: Path, connect: Callable[..., str], way: Any
) -> None:
    api.authentication = way
    assert read(api, tmp_path, connection=connect(**CONNECTIONS[way](api))) == ALL
    assert api.token_requests == ([{"grant_type": "client_credentials", "scope": "awards"}] if way == "oauth" else [])


@pytest.mark.parametrize("way", CONNECTIONS)
def test_a_wrong_secret_is_an_error_at_once_and_is_not_shown(
    api: RestApi, tmp_path: Path, connect: Callable[..., str], slept: list[float], way: Any
) -> None:
    api.authentication, api.secret = way, "another"
    with pytest.raises(AuthenticationRejected) as error:
        read(api, tmp_path, connection=connect(**CONNECTIONS[way](api)))
    assert not error.value.retryable
    assert SECRET not in str(error.value)
    assert slept == []


def test_a_connection_that_is_not_defined_is_an_error(api: RestApi, tmp_path: Path) -> None:
    with pytest.raises(SourceConfigurationError, match="is not defined"):
        read(api, tmp_path, connection="nobody")


@pytest.mark.parametrize("path", sorted(STYLES))
def test_a_token_that_expires_in_mid_read_is_renewed(
    api: RestApi, tmp_path: Path, connect: Callable[..., str], path: str
) -> None:
    api.authentication, api.token_uses = "oauth", 2
    assert read(api, tmp_path, path, connection=connect(**CONNECTIONS["oauth"](api))) == ALL
    assert len(api.tokens) > 1 or path == "/all"


@pytest.mark.parametrize("path", ["/page", "/offset", "/cursor", "/link"])
@pytest.mark.parametrize("at", [1, 2, 4])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", 500),
        Fault("status", 503, {"Retry-After": "7"}),
        Fault("status", 429, {"Retry-After": "7"}),
        Fault("drop"),
        Fault("truncate"),
        Fault("html"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_fault_that_passes_is_waited_for(
    api: RestApi, tmp_path: Path, slept: list[float], path: str, at: int, fault: Fault
) -> None:
    api.faults[at] = fault
    assert read(api, tmp_path, path) == ALL
    assert len(slept) == 1
    if fault.headers:
        assert slept[0] >= 7


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    api: RestApi, tmp_path: Path, slept: list[float]
) -> None:
    api.faults[3] = Fault("delay", seconds=0.8)
    assert read(api, tmp_path) == ALL
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault("status", 503), ServerFailed), (Fault("status", 429), Throttled), (Fault("html"), NotJson)],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_fault_that_stays_is_a_retryable_error_after_the_budget(
    api: RestApi, tmp_path: Path, slept: list[float], fault: Fault, error: type[ServerFailed]
) -> None:
    api.faults.update(dict.fromkeys(range(3, 50), fault))
    with pytest.raises(error) as raised:
        read(api, tmp_path)
    assert raised.value.retryable
    assert len(slept) == Limits().tries - 1


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_the_api_refuses_is_an_error_at_once(
    api: RestApi, tmp_path: Path, slept: list[float], status: int
) -> None:
    api.faults[3] = Fault("status", status)
    with pytest.raises(RequestRefused) as error:
        read(api, tmp_path)
    assert (error.value.status, error.value.retryable, slept) == (status, False, [])


def test_an_api_in_a_private_network_is_refused_unless_the_source_says_so(api: RestApi, tmp_path: Path) -> None:
    with pytest.raises(PrivateAddressRefused):
        read(api, tmp_path, private_addresses=False)
