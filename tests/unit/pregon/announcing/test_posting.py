"""One message: patient where time may help, never sent elsewhere, never more read than has to be."""

from collections.abc import Iterator

import httpx
import pytest
from servers.scripted import Reply, Scripted, scripted_server

from pregon.announcing.posting import ATTEMPTS, RecipientFailed, open_client, post


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as running:
        yield running


def send(server: Scripted, path: str = "/hook?token=hidden", *, private: bool = True) -> list[float]:
    waited: list[float] = []
    with open_client(private_addresses=private) as client:
        post(client, "team", f"{server.address}{path}", b"{}", lambda: {"X-Made": "now"}, sleep=waited.append)
    return waited


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_kind_of_success_is_one(server: Scripted, status: int) -> None:
    server.answers(Reply(status, b""))
    assert send(server) == []
    assert server.requests[0].headers["x-made"] == "now"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again_with_growing_waits(server: Scripted, status: int) -> None:
    server.answers(Reply(status), Reply(status), Reply(204, b""))
    waited = send(server)
    assert len(server.requests) == 3
    assert 1 <= waited[0] <= 2 <= waited[1] <= 3


def test_it_waits_as_long_as_it_is_asked_to(server: Scripted) -> None:
    server.answers(Reply(429, headers={"retry-after": "7"}), Reply(204, b""))
    assert send(server) == [7.0]


def test_who_asks_for_hours_is_told_by_another_run(server: Scripted) -> None:
    server.answers(Reply(503, headers={"retry-after": "7200"}))
    with pytest.raises(RecipientFailed) as failed:
        send(server)
    assert len(server.requests) == 1
    assert (failed.value.retryable, failed.value.retry_after) == (True, 7200)


def test_it_gives_up_in_the_end(server: Scripted) -> None:
    server.answers(Reply(500, b"out of order\n<b>\x07"))
    with pytest.raises(RecipientFailed, match="answered 500: out of order <b>") as failed:
        send(server)
    assert len(server.requests) == ATTEMPTS
    assert failed.value.retryable
    assert "hidden" not in str(failed.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_asked_for_twice(server: Scripted, status: int) -> None:
    server.answers(Reply(status))
    with pytest.raises(RecipientFailed) as failed:
        send(server)
    assert len(server.requests) == 1
    assert (failed.value.retryable, failed.value.status) == (False, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(server: Scripted, status: int) -> None:
    server.answers(Reply(status, headers={"location": f"{server.address}/elsewhere"}))
    with pytest.raises(RecipientFailed, match="leads elsewhere") as failed:
        send(server)
    assert [request.path for request in server.requests] == ["/hook?token=hidden"]
    assert not failed.value.retryable


def test_nobody_there_may_pass() -> None:
    with scripted_server() as server:
        pass
    with pytest.raises(RecipientFailed, match="there is no answer") as failed:
        send(server)
    assert failed.value.retryable


def test_private_addresses_are_refused_unless_allowed(server: Scripted) -> None:
    with pytest.raises(RecipientFailed, match="private address") as failed:
        send(server, private=False)
    assert (server.requests, failed.value.retryable) == ([], False)


def test_an_endless_answer_is_not_read(server: Scripted) -> None:
    server.answers(Reply(400, b"x" * 3_000_000))
    with pytest.raises(RecipientFailed) as failed:
        send(server)
    assert len(str(failed.value)) < 400


def test_a_client_follows_nobody_by_itself() -> None:
    with open_client(private_addresses=True) as client:
        assert isinstance(client, httpx.Client)
        assert not client.follow_redirects
