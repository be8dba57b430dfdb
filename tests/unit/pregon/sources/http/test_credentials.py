import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from servers.scripted import Reply, Request, Scripted, json_reply, scripted_server

from pregon.sources.base import SourceConfigurationError
from pregon.sources.http.errors import AuthenticationRejected, RequestRefused

from .conftest import SECRET, Open

GOOD = json_reply([{"id": 1.50}])


@pytest.mark.parametrize(
    ("extra", "header", "value"),
    [
        ({"auth": "bearer"}, "authorization", f"Bearer {SECRET}"),
        ({"auth": "basic"}, "authorization", "Basic YW5hOnMzY3JldC10MGtlbg=="),
        ({}, "authorization", "Basic YW5hOnMzY3JldC10MGtlbg=="),
        ({"auth": "header", "header": "X-Api-Key"}, "x-api-key", SECRET),
    ],
)
def test_each_way_to_prove_who_asks(
    server: Scripted, client: Open, connection: Callable[..., str], extra: dict[str, str], header: str, value: str
) -> None:
    client(connection(**extra)).get(server.address)
    assert server.requests[0].headers[header] == value


def test_nothing_is_sent_where_the_kind_sends_its_token_itself(
    server: Scripted, client: Open, connection: Callable[..., str]
) -> None:
    opened = client(connection(auth="none"))
    opened.get(server.address, headers={"X-App-Token": str(opened.credentials.token)})
    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].headers["x-app-token"] == SECRET


def test_credentials_are_not_sent_to_another_host(
    server: Scripted, client: Open, connection: Callable[..., str]
) -> None:
    with scripted_server() as other:
        other.answers(GOOD)
        server.answers(Reply(302, headers={"location": other.address + "/rows"}))
        client(connection(auth="bearer")).get(server.address, headers={"X-App-Token": SECRET})
        assert SECRET not in str(other.requests[0].headers)


def test_a_secret_that_the_server_repeats_is_not_told(
    server: Scripted, client: Open, connection: Callable[..., str]
) -> None:
    server.answers(Reply(403, f'{{"message": "bad token {SECRET}"}}'.encode()))
    opened = client(connection(auth="bearer"))
    with pytest.raises(AuthenticationRejected) as caught:
        opened.get(server.address)
    assert SECRET not in f"{caught.value} {caught.value.hint} {opened.credentials!r}"


def test_a_secret_is_not_told_in_the_form_it_was_sent(
    server: Scripted, client: Open, connection: Callable[..., str]
) -> None:
    server.script = lambda request: Reply(400, f"bad header: {request.headers['authorization']}".encode())
    with pytest.raises(RequestRefused, match=r"bad header: Basic \*\*\*"):
        client(connection(auth="basic")).get(server.address)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"extra": {"auth": "magic"}, "password": "x"}, "auth 'magic', which is none of"),
        ({"extra": {"auth": "bearer"}}, "has no password"),
        ({"extra": {"auth": "header"}, "password": "x"}, "has no 'header' in its extra"),
        ({"extra": {"auth": "oauth_client_credentials"}, "password": "x"}, "has no 'token_url'"),
    ],
)
def test_a_connection_that_lacks_something_is_named(
    client: Open, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], words: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL", json.dumps({"conn_type": "http", **fields}))
    with pytest.raises(SourceConfigurationError, match=words):
        client("portal")


def test_a_connection_that_is_not_defined_is_named(client: Open) -> None:
    with pytest.raises(SourceConfigurationError, match="'nowhere' is not defined"):
        client("nowhere")


@pytest.mark.parametrize(
    "text",
    ["http://ana:s3cret-t0ken@?auth=bearer", "http://ana:s3cret-t0ken@/?__extra__=%7B%22auth%22%3A%20%22bearer%22%7D"],
)
def test_a_connection_may_be_a_uri(server: Scripted, client: Open, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL", text)
    client("portal").get(server.address)
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


@contextmanager
def authorization_server(lifetime: int) -> Iterator[tuple[Scripted, set[str]]]:
    """Tokens by RFC 6749, 4.4; `valid` are those that hold now."""
    valid: set[str] = set()
    with scripted_server() as server:

        def script(request: Request) -> Reply:
            if request.path != "/token":
                token = request.headers.get("authorization", "").removeprefix("Bearer ")
                return GOOD if token in valid else Reply(401)
            form = parse_qs(request.body.decode())
            if form != {"grant_type": ["client_credentials"], "scope": ["read"]}:
                return Reply(400, b'{"error": "invalid_request"}')
            if request.headers.get("authorization") != "Basic YW5hOnMzY3JldC10MGtlbg==":
                return Reply(401, b'{"error": "invalid_client"}')
            token = f"token-{len(server.requests)}"
            valid.add(token)
            return json_reply({"access_token": token, "token_type": "Bearer", "expires_in": lifetime})

        server.script = script
        yield server, valid


def paths(server: Scripted) -> list[str]:
    return [request.path for request in server.requests]


def test_an_oauth_token_is_fetched_once(client: Open, connection: Callable[..., str]) -> None:
    with authorization_server(3600) as (server, _):
        opened = client(connection(auth="oauth_client_credentials", token_url=server.address + "/token", scope="read"))
        for _ in range(3):
            opened.get(server.address + "/rows")
        assert paths(server) == ["/token", "/rows", "/rows", "/rows"]


def test_an_oauth_token_that_ended_early_is_renewed_once(client: Open, connection: Callable[..., str]) -> None:
    with authorization_server(3600) as (server, valid):
        opened = client(connection(auth="oauth_client_credentials", token_url=server.address + "/token", scope="read"))
        opened.get(server.address + "/rows")
        valid.clear()
        opened.get(server.address + "/rows")
        assert paths(server) == ["/token", "/rows", "/rows", "/token", "/rows"]
        server.script = lambda request: Reply(401) if request.path == "/rows" else json_reply({"access_token": "x"})
        with pytest.raises(AuthenticationRejected):
            opened.get(server.address + "/rows")
        assert paths(server)[5:] == ["/rows", "/token", "/rows"]


def test_an_oauth_token_is_renewed_before_it_ends(client: Open, connection: Callable[..., str]) -> None:
    with authorization_server(30) as (server, _):
        opened = client(connection(auth="oauth_client_credentials", token_url=server.address + "/token", scope="read"))
        opened.get(server.address + "/rows")
        opened.get(server.address + "/rows")
        assert paths(server) == ["/token", "/rows", "/token", "/rows"]


@pytest.mark.parametrize("said", [None, "", "soon", 3600, "3600"])
def test_a_token_whose_life_is_told_otherwise_is_used_all_the_same(
    client: Open, connection: Callable[..., str], said: object
) -> None:
    with scripted_server() as server:
        answer = json_reply({"access_token": "x", "expires_in": said})
        server.script = lambda request: answer if request.path == "/token" else GOOD
        opened = client(connection(auth="oauth_client_credentials", token_url=server.address + "/token"))
        opened.get(server.address + "/rows")
        opened.get(server.address + "/rows")
        assert paths(server) == ["/token", "/rows", "/rows"]


def test_a_client_that_is_not_known_is_told_so_without_its_secret(client: Open, connection: Callable[..., str]) -> None:
    with scripted_server() as server:
        server.script = lambda request: Reply(401, f"who is {request.headers['authorization']}, {SECRET}?".encode())
        opened = client(connection(auth="oauth_client_credentials", token_url=server.address + "/token"))
        with pytest.raises(AuthenticationRejected) as caught:
            opened.get(server.address + "/rows")
        assert paths(server) == ["/token"]
        assert "***" in str(caught.value)
        assert SECRET not in str(caught.value)
