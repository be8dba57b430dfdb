"""What is behind an address is fetched carefully, checked like a file, and called by what is not secret in it."""

import gzip
import json
from collections.abc import Iterator

import pytest
from command_line import pregon
from servers.scripted import Reply, Scripted, json_reply, scripted_server
from unit.pregon.checking.made_up import release_package, tender

from pregon.checking.addresses import is_address
from pregon.sources.http import client


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setattr(client, "FIRST_DELAY", 0.01)
    with scripted_server() as found:
        yield found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://city.example/1.json", True),
        ("HTTP://city.example", True),
        ("http.json", False),
        ("ftp://x", False),
        ("-", False),
    ],
)
def test_an_address_is_told_from_a_file(text: str, expected: bool) -> None:
    assert is_address(text) == expected


def test_what_is_behind_an_address_is_checked(server: Scripted) -> None:
    server.answers(json_reply(release_package(tender(colour="blue"))))
    done = pregon("check", "--private-addresses", f"{server.address}/releases.json?key=secret")
    assert done.code == 1
    assert done.out.startswith(f"{server.address}/releases.json: release package, 1 release, 1 finding")
    assert "secret" not in done.out + done.err
    assert server.requests[0].path == "/releases.json?key=secret"


def test_a_packed_file_is_unpacked_and_a_redirect_followed(server: Scripted) -> None:
    packed = gzip.compress(json.dumps(release_package()).encode())
    server.answers(
        Reply(status=302, headers={"location": f"{server.address}/other.json.gz"}),
        Reply(body=packed, headers={"content-type": "application/octet-stream"}),
    )
    done = pregon("check", "--private-addresses", "--structure-only", f"{server.address}/releases")
    assert (done.code, done.out) == (
        0,
        f"{server.address}/releases: release package, 1 release, no findings\n",
    )


def test_an_address_in_a_private_network_is_refused_unless_it_is_said(server: Scripted) -> None:
    done = pregon("check", f"{server.address}/releases.json")
    assert done.code == 1
    assert "private address" in done.err
    assert "--private-addresses" in done.err
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=404, body=b"gone"), "there is nothing at this address (404: gone)"),
        (Reply(body=b"<!doctype html><p>Maintenance"), "a web page where a file was due"),
        (Reply(body=b"{}", length=500), "gives no whole answer"),
        (Reply(status=503, body=b""), "503"),
    ],
)
def test_what_can_not_be_fetched_is_an_error_and_no_finding(server: Scripted, reply: Reply, said: str) -> None:
    server.answers(reply)
    done = pregon("check", "--private-addresses", f"{server.address}/releases.json")
    assert done.code == 1
    assert f"{server.address}/releases.json can't be fetched" in done.err
    assert said in done.err
    assert done.out == ""
