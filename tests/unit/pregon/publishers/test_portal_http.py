"""A portal is talked to patiently, within bounds, and without giving its key away."""

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from servers.programs import free_port
from servers.scripted import Reply, Scripted, json_reply, scripted_server

from pregon.publishers import TargetFailed
from pregon.publishers.portal_access import portal_access
from pregon.publishers.portal_http import PortalClient, PortalLimits, PortalRefused

TOKEN = "made-up-token"  # noqa: S105
USUAL = PortalLimits()

Open = Callable[..., PortalClient]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """Seconds that clients were to wait."""
    return []


@pytest.fixture
def client(server: Scripted, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    opened: list[PortalClient] = []

    def open_client(address: str = server.address, limits: PortalLimits = USUAL, **extra: Any) -> PortalClient:
        connection = {"conn_type": "http", "host": address, "password": TOKEN, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", json.dumps(connection))
        access = portal_access("portal", "open_data")
        made = PortalClient(access, credentials={"Authorization": TOKEN}, limits=limits, sleep=waits.append)
        opened.append(made)
        return made

    yield open_client
    for one in opened:
        one.close()


def ask(client: PortalClient, method: str = "POST", path: str = "api/action", **what: Any) -> Any:
    return client.ask(method, path, resource="awards", **what)


def test_a_question_goes_to_the_portal_with_its_key(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b'{"amount": 1.10, "count": 12345678901234567890}'))
    answer = ask(client(server.address + "/portal/"), json={"name": "awards"}, params={"a": "1 2"})
    assert str(answer.json()["amount"]) == "1.10", "no digit is lost"
    assert answer.json()["count"] == 12345678901234567890
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/portal/api/action?a=1+2")
    assert request.headers["authorization"] == TOKEN
    assert json.loads(request.body) == {"name": "awards"}


def test_a_packed_answer_is_unpacked_and_bounded(server: Scripted, client: Open) -> None:
    packed = Reply(body=gzip.compress(b'{"a": "' + b"x" * 5000 + b'"}'), headers={"content-encoding": "gzip"})
    server.answers(packed)
    assert len(ask(client()).json()["a"]) == 5000
    with pytest.raises(TargetFailed, match="larger than 4,000 bytes") as caught:
        ask(client(limits=PortalLimits(answer_bytes=4000)))
    assert not caught.value.retryable


def test_files_are_sent_as_a_form(server: Scripted, client: Open) -> None:
    server.answers(Reply(429, headers={"retry-after": "0"}), json_reply({}))
    upload = io.BytesIO(b"the workbook")
    ask(client(), form={"id": "1"}, files={"upload": ("full.xlsx", upload, "application/x-made-up")})
    for request in server.requests:
        assert request.headers["content-type"].startswith("multipart/form-data")
        assert b"the workbook" in request.body, "a repeated request sends it again, from its beginning"
        assert b'name="id"' in request.body
        assert b'filename="full.xlsx"' in request.body
    assert len(server.requests) == 2


def test_a_portal_that_asks_to_wait_is_waited_for_within_bounds(
    server: Scripted, client: Open, waits: list[float]
) -> None:
    server.answers(Reply(429, headers={"retry-after": "7"}), Reply(503, headers={"retry-after": "0"}), json_reply([1]))
    patient = client()
    assert ask(patient).json() == [1]
    assert waits == [7, 0]
    server.answers(Reply(429, headers={"retry-after": "3600"}))
    with pytest.raises(PortalRefused, match="429") as caught:
        ask(patient)
    assert caught.value.retryable
    server.requests.clear()
    server.answers(Reply(429))
    with pytest.raises(PortalRefused):
        ask(client(limits=PortalLimits(tries=3)))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_refusal_is_told_with_what_the_portal_says_but_no_key(server: Scripted, client: Open, status: int) -> None:
    said = json.dumps({"error": {"message": f"not with {TOKEN}"}}).encode()
    server.answers(Reply(status, body=said))
    with pytest.raises(PortalRefused, match=f"'portal': awards: the portal answered {status}") as caught:
        ask(client())
    assert not caught.value.retryable
    assert caught.value.status == status
    assert "not with ***" in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(server.requests) == 1


def test_a_status_may_be_an_answer(server: Scripted, client: Open) -> None:
    server.answers(Reply(404, body=b'{"success": false}'))
    answer = ask(client(), accepted={404})
    assert (answer.status, answer.json()) == (404, {"success": False})


@pytest.mark.parametrize(
    "broken",
    [
        Reply(500),
        Reply(502, body=b"<html>down for maintenance</html>"),
        Reply(408),
        Reply(body=b'{"a": 1}', length=400, drop=4),
        Reply(body=gzip.compress(b"{}")[:-5], headers={"content-encoding": "gzip"}),
        Reply(wait=2.0),
        Reply(body=b'{"a": 1234567890}', drip=0.2),
    ],
)
def test_what_may_pass_is_retryable_and_not_repeated_here(server: Scripted, client: Open, broken: Reply) -> None:
    server.answers(broken)
    with pytest.raises(TargetFailed) as caught:
        ask(client(limits=PortalLimits(read_seconds=1.0, answer_seconds=1.5)))
    assert caught.value.retryable
    assert (caught.value.target, caught.value.resource) == ("portal", "awards")
    assert "html" not in str(caught.value)
    assert len(server.requests) == 1, "what was sent may have been carried out"


def test_a_portal_that_is_down_is_retryable(client: Open) -> None:
    with pytest.raises(TargetFailed, match="can't be reached") as caught:
        ask(client(f"http://127.0.0.1:{free_port()}"))
    assert caught.value.retryable


def test_what_is_sent_does_not_follow_where_the_portal_leads(server: Scripted, client: Open) -> None:
    server.answers(Reply(301, headers={"location": "https://new.lindenau.example/api?secret=1"}))
    with pytest.raises(TargetFailed, match=r"https://new\.lindenau\.example/api\)") as caught:
        ask(client(), json={})
    assert not caught.value.retryable
    assert len(server.requests) == 1


def test_a_file_is_read_back_where_the_portal_leads_without_its_key(server: Scripted, client: Open) -> None:
    content = b"x" * 100_000
    with scripted_server() as storage:
        storage.answers(Reply(body=content))
        server.answers(Reply(302, headers={"location": f"{storage.address}/files/1?signature=2"}))
        reading = client(private_addresses=True)
        found = reading.read(f"{server.address}/dataset/1/download", resource="awards", size=len(content))
        assert (found.status, found.bytes, found.sha256) == (200, 100_000, {hashlib.sha256(content).hexdigest()})
        assert server.requests[0].headers["authorization"] == TOKEN
        assert "authorization" not in storage.requests[0].headers
        with pytest.raises(TargetFailed, match="private address"):
            client().read(f"{server.address}/dataset/1/download", resource="awards", size=10)


def test_a_file_that_is_larger_than_it_should_be_is_not_read_to_its_end(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b"x" * 100_000))
    found = client().read(f"{server.address}/file", resource="awards", size=10)
    assert found.bytes > 10
    assert not found.sha256
    bomb = gzip.compress(b"\0" * 10_000_000)
    server.answers(Reply(body=bomb, headers={"content-encoding": "gzip"}))
    found = client().read(f"{server.address}/file", resource="awards", size=len(bomb))
    assert found.sha256 == {hashlib.sha256(bomb).hexdigest()}, "it is not unpacked to its end"
    server.answers(Reply(404))
    assert client().read(f"{server.address}/file", resource="awards", size=10, accepted={404}).status == 404
    with pytest.raises(PortalRefused, match="404"):
        client().read(f"{server.address}/file", resource="awards", size=10)


def test_a_file_is_known_as_it_was_sent_and_unpacked(server: Scripted, client: Open) -> None:
    # CKAN's own server says of a .gz file that it is packed; others pack what isn't.
    packed = gzip.compress(b"a line\n")
    server.answers(Reply(body=packed, headers={"content-encoding": "gzip"}))
    found = client().read(f"{server.address}/file", resource="awards", size=1000)
    assert found.sha256 == {hashlib.sha256(one).hexdigest() for one in (packed, b"a line\n")}


def test_a_portal_that_leads_in_circles_or_out_of_the_web_is_left(server: Scripted, client: Open) -> None:
    server.answers(Reply(302, headers={"location": "/again"}))
    with pytest.raises(TargetFailed, match="redirects more than 5 times"):
        ask(client(), "GET")
    server.answers(Reply(302, headers={"location": "ftp://elsewhere.example/file"}))
    with pytest.raises(TargetFailed):
        ask(client(), "GET")


def test_an_answer_that_is_no_json_is_none(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b"<html>"))
    with closing(client()) as opened:
        assert ask(opened, "GET").json() is None
