from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest
from servers.certificates import server_certificate
from servers.scripted import Reply, Scripted, json_reply, scripted_server

from pregon.sources.http import safety
from pregon.sources.http.errors import BadRedirect, PrivateAddressRefused, ServerFailed
from pregon.sources.http.safety import is_public

from .conftest import Open

GOOD = json_reply([{"id": 1.50}])


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
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    connected: list[str] = []

    def connect(self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    monkeypatch.setattr(safety, "resolve", rebinding)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(ServerFailed):
        client(private=False, tries=1).get("http://rebinding.example/")
    assert connected == ["93.184.215.14"]


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """A server whose certificate is for 127.0.0.1 and portal.example, and is trusted."""
    context, trusted = server_certificate(tmp_path, "127.0.0.1", "portal.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with scripted_server(tls=context) as server:
        yield server


def test_the_server_proves_its_name_though_the_address_is_connected_to(
    encrypted: Scripted, client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety, "resolve", lambda *_: ["127.0.0.1"])
    monkeypatch.setattr(safety, "is_public", lambda _: True)
    port = encrypted.address.rpartition(":")[2]
    encrypted.answers(GOOD)
    opened = client(private=False, tries=1)
    opened.get(f"https://portal.example:{port}/rows")
    assert encrypted.requests[0].headers["host"] == f"portal.example:{port}"
    with pytest.raises(ServerFailed, match="certificate"):
        opened.get(f"https://another.example:{port}/rows")


def test_a_redirect_from_a_public_server_into_a_private_network_is_refused(
    server: Scripted, client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.address.rpartition(":")[2]
    public = {"portal.example": "127.0.0.1", "10.0.0.1": "10.0.0.1"}
    monkeypatch.setattr(safety, "resolve", lambda host, _: [public[host]])
    monkeypatch.setattr(safety, "is_public", lambda address: address == "127.0.0.1")
    server.answers(Reply(302, headers={"location": "http://10.0.0.1/latest/meta-data"}))
    with pytest.raises(PrivateAddressRefused, match=r"leads to 10\.0\.0\.1"):
        client(private=False).get(f"http://portal.example:{port}/rows")


def test_a_redirect_gives_no_encryption_up(encrypted: Scripted, server: Scripted, client: Open) -> None:
    encrypted.answers(Reply(302, headers={"location": server.address + "/rows"}))
    with pytest.raises(BadRedirect, match="without encryption"):
        client().get(encrypted.address)
    assert server.requests == []


def test_what_was_sent_is_not_sent_on_to_another_server(server: Scripted, client: Open) -> None:
    with scripted_server() as other:
        server.answers(Reply(307, headers={"location": other.address}))
        with pytest.raises(BadRedirect, match="redirects what was sent"):
            client().post(server.address, json={"query": "SELECT 1"})
        assert other.requests == []


@pytest.mark.parametrize(("status", "method"), [(303, "GET"), (302, "GET"), (307, "POST"), (308, "POST")])
def test_what_was_sent_is_sent_again_where_the_server_means_that(
    server: Scripted, client: Open, status: int, method: str
) -> None:
    server.answers(Reply(status, headers={"location": "/there"}), GOOD)
    client().post(server.address + "/here", json={"query": "SELECT 1"})
    assert [(request.method, request.path) for request in server.requests] == [("POST", "/here"), (method, "/there")]
    assert (server.requests[1].body != b"") is (method == "POST")


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
