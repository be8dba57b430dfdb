import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from servers.scripted import Reply, Request, Scripted, json_reply, later, scripted_server

from pregon.sources.base import SourceConfigurationError, SourceError, SourceSpec
from pregon.sources.http.client import HttpClient, Limits, open_client
from pregon.sources.http.errors import (
    AddressNotFound,
    AnswerTooLarge,
    AuthenticationRejected,
    BadRedirect,
    NotJson,
    PrivateAddressRefused,
    RequestRefused,
    ServerFailed,
    StillWorking,
    Throttled,
)
from pregon.sources.http.safety import is_public

SECRET = "s3cret-t0ken"  # noqa: S105
HTML = Reply(body=b"<html>maintenance</html>", headers={"content-type": "text/html"})
GOOD = json_reply([{"id": 1.50}])

Open = Callable[..., HttpClient]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Open]:
    """Open clients whose waiting takes no time."""
    opened = []

    def open_one(connection: str | None = None, *, private: bool = True, **limits: Any) -> HttpClient:
        spec = SourceSpec("portal", "rest", (), connection=connection, options={"private_addresses": private})
        context = open_client(spec, sleep=waits.append, limits=Limits(**limits))
        opened.append(context)
        return context.__enter__()

    yield open_one
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def define(**extra: Any) -> str:
        fields = {"conn_type": "http", "login": "ana", "password": SECRET, "extra": json.dumps(extra)}
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL", json.dumps(fields))
        return "portal"

    return define


def test_numbers_keep_their_text(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b'[{"amount": 1.50, "id": 12345678901234567890}]'))
    answer = client().get(server.address + "/rows")
    assert answer.json() == [{"amount": "1.50", "id": "12345678901234567890"}]
    assert answer.address == server.address + "/rows"


@pytest.mark.parametrize(
    "passing",
    [
        Reply(429, headers={"retry-after": "0"}),
        Reply(202),
        Reply(500),
        Reply(503),
        Reply(408),
        Reply(body=b'{"a": 1}', length=400, drop=4),
        Reply(body=b'{"a": 1}', length=100),
        HTML,
        Reply(body=b'[{"id": 1}, {"id"'),
        Reply(body=b""),
        Reply(body=b'{"a": NaN}'),
    ],
)
def test_what_passes_by_itself_is_tried_again(server: Scripted, client: Open, passing: Reply) -> None:
    server.answers(passing, passing, GOOD)
    assert client().get(server.address).json() == [{"id": "1.5"}]
    assert len(server.requests) == 3


def test_a_time_out_is_tried_again(server: Scripted, client: Open) -> None:
    server.answers(Reply(wait=0.3), GOOD)
    assert client(read_seconds=0.1).get(server.address).json() == [{"id": "1.5"}]


@pytest.mark.parametrize(
    ("reply", "error", "times"),
    [
        (Reply(401), AuthenticationRejected, 1),
        (Reply(403, b'{"message": "no"}'), AuthenticationRejected, 1),
        (Reply(404), AddressNotFound, 1),
        (Reply(410), AddressNotFound, 1),
        (Reply(400, b'{"message": "no such column: foo"}'), RequestRefused, 1),
        (Reply(409), RequestRefused, 1),
        (Reply(429), Throttled, 3),
        (Reply(202), StillWorking, 3),
        (Reply(502), ServerFailed, 3),
        (HTML, NotJson, 3),
    ],
)
def test_the_error_says_whether_time_may_mend_it(
    server: Scripted, client: Open, reply: Reply, error: type[SourceError], times: int
) -> None:
    server.answers(reply)
    with pytest.raises(error, match=r"^portal\.rows: http://127") as caught:
        client(tries=3).get(server.address + "/x?key=hidden", table="rows")
    assert len(server.requests) == times
    assert caught.value.retryable is (times > 1)
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_what_the_server_says_is_told(server: Scripted, client: Open) -> None:
    server.answers(Reply(400, b'{"message":\n "no such column: foo"}'))
    with pytest.raises(RequestRefused, match="no such column: foo") as caught:
        client().get(server.address)
    assert caught.value.status == 400


def test_the_delay_grows_and_the_server_may_set_it(server: Scripted, client: Open, waits: list[float]) -> None:
    replies = [Reply(500), Reply(500), Reply(429, headers={"retry-after": "17"})]
    server.answers(*replies, Reply(503, headers={"retry-after": later(40)}), GOOD)
    client().get(server.address)
    first, second, asked, dated = waits
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 2.0
    assert asked == 17
    assert 38 <= dated <= 40


def test_waiting_longer_than_the_budget_is_left_to_a_later_run(server: Scripted, client: Open) -> None:
    server.answers(Reply(429, headers={"retry-after": "7200"}))
    with pytest.raises(Throttled) as caught:
        client(budget=600).get(server.address)
    assert caught.value.retry_after == 7200
    assert len(server.requests) == 1


def test_an_answer_is_bounded_in_size_also_after_decompression(server: Scripted, client: Open, tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * (5 << 20))
    server.answers(Reply(body=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(AnswerTooLarge, match="larger than 1,048,576 bytes"):
        client(answer_bytes=1 << 20).get(server.address)
    with pytest.raises(AnswerTooLarge):
        client(download_bytes=1 << 20).download(server.address, tmp_path / "file")


def test_an_answer_is_bounded_in_time_however_steadily_it_drips(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b"[" + b" " * 4000 + b"]", drip=0.002))
    with pytest.raises(AnswerTooLarge, match="takes longer"):
        client(answer_seconds=0.2).get(server.address)


def test_a_file_is_saved_as_it_is(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"id;t\xedtulo\n", headers={"etag": '"7"', "last-modified": "Mon"}))
    headers = client().download(server.address, tmp_path / "file")
    assert headers is not None
    assert (headers["etag"], (tmp_path / "file").read_bytes()) == ('"7"', b"id;t\xedtulo\n")


def test_nothing_new_is_no_file(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(304, b""))
    assert client().download(server.address, tmp_path / "file", headers={"If-None-Match": '"7"'}) is None
    assert server.requests[0].headers["if-none-match"] == '"7"'


def test_a_download_that_breaks_off_begins_again(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"0123456789", length=20, drop=7), Reply(body=b"0123456789"))
    client().download(server.address, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


# Redirects and private addresses --------------------------------------------------------------------------------------


def test_redirects_are_followed(server: Scripted, client: Open) -> None:
    server.answers(Reply(302, headers={"location": "/elsewhere"}), GOOD)
    client().get(server.address + "/here")
    assert [request.path for request in server.requests] == ["/here", "/elsewhere"]


@pytest.mark.parametrize(
    ("place", "words"),
    [("/loop", "more than 5 times"), ("file:///etc/passwd", "neither http nor https|no address of the web")],
)
def test_redirects_that_lead_astray_are_refused(server: Scripted, client: Open, place: str, words: str) -> None:
    server.answers(Reply(302, headers={"location": place}))
    with pytest.raises(BadRedirect, match=words):
        client().get(server.address)
    assert len(server.requests) <= 6


def test_an_address_of_a_private_network_is_refused_before_anything_is_sent(server: Scripted, client: Open) -> None:
    with pytest.raises(PrivateAddressRefused, match=r"127\.0\.0\.1, which is a private address") as caught:
        client(private=False).get(server.address)
    assert server.requests == []
    assert caught.value.hint is not None
    assert "private_addresses" in caught.value.hint


def test_a_name_that_leads_to_a_private_network_is_refused(server: Scripted, client: Open) -> None:
    with pytest.raises(PrivateAddressRefused):
        client(private=False).get(server.address.replace("127.0.0.1", "localhost"))
    assert server.requests == []


def test_the_address_looked_at_is_the_one_connected_to(
    server: Scripted, client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked at, and private a moment later, never gets a second look."""
    from pregon.sources.http import safety

    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    connected: list[str] = []

    def connect(self: object, host: str, *_: object, **__: object) -> None:
        import httpcore

        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    import httpcore

    monkeypatch.setattr(safety, "resolve", rebinding)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(ServerFailed):
        client(private=False, tries=1).get("http://rebinding.example/")
    assert connected == ["93.184.215.14"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "224.0.0.1", "2002:7f00:1::"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


# Credentials ----------------------------------------------------------------------------------------------------------


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


def test_a_damaged_compression_is_tried_again(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=zlib.compress(b"{}")[:-3] + b"xyz", headers={"content-encoding": "gzip"}), GOOD)
    assert client().get(server.address).json() == [{"id": "1.5"}]
