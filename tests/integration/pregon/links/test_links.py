"""Documents of a city asked for on a real server: what is there, what is not, and where nobody may look."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import pregon
from made_up_city import LATER, MOMENT, Hamlet, write_hamlet
from servers.scripted import Reply, Request, Scripted, scripted_server

from pregon.links.asking import Link, Place, ask

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def answer(server: Scripted) -> Callable[..., Link]:
    """Ask the server for one document, and give what came of it."""

    def asked(path: str, *replies: Reply, private: bool = True, hosts: frozenset[str] | None = None) -> Link:
        server.answers(*replies)
        place = Place("ocds-1", f"{server.address}{path}")
        known = {server.address.partition("//")[2]} if hosts is None else hosts
        [link] = ask([place], hosts=known, private_addresses=private)
        return link

    return asked


def test_what_answers_is_there_and_nothing_is_downloaded(server: Scripted, answer: Callable[..., Link]) -> None:
    link = answer("/a.pdf", Reply(body=b"x" * 1000))

    assert (link.status, link.works) == (200, True)
    assert [request.method for request in server.requests] == ["HEAD"]


def test_a_server_that_does_not_know_head_is_asked_by_get(server: Scripted, answer: Callable[..., Link]) -> None:
    assert answer("/a.pdf", Reply(405, b""), Reply(200)).works
    assert [request.method for request in server.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [404, 410, 500])
def test_what_is_gone_is_not_there(answer: Callable[..., Link], status: int) -> None:
    link = answer("/a.pdf", Reply(status, b""))

    assert (link.status, link.works) == (status, False)


def test_redirects_are_followed_to_hosts_that_may_be_asked(server: Scripted, answer: Callable[..., Link]) -> None:
    assert answer("/a", Reply(302, b"", {"location": "/b"}), Reply(200)).works

    elsewhere = answer("/a", Reply(302, b"", {"location": "http://elsewhere.example/b"}))
    assert elsewhere.status is None
    assert "elsewhere.example" in str(elsewhere.error)

    assert "redirects" in str(answer("/a", Reply(302, b"", {"location": "/a"})).error)


def test_nobody_is_asked_who_was_not_named_or_is_in_a_private_network(
    server: Scripted, answer: Callable[..., Link]
) -> None:
    unnamed = answer("/a", Reply(), hosts=frozenset({"city.example"}))
    private = answer("/a", Reply(), private=False)

    assert "not among the hosts" in str(unnamed.error)
    assert "private address" in str(private.error)
    assert server.requests == []


def test_a_server_that_drips_or_breaks_off_is_not_waited_for(
    server: Scripted, answer: Callable[..., Link], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pregon.links.asking.SECONDS", 0.5)

    assert not answer("/a", Reply(drip=0.2, drip_headers=True)).works


@pytest.fixture
def hamlet(tmp_path: Path, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """A published city with 120 documents on the server, of which one in forty is gone."""

    def script(request: Request) -> Reply:
        return Reply(404 if int(request.path[2:]) % 40 == 0 else 200, b"")

    server.script = script
    hamlet = write_hamlet(tmp_path)
    rows = [f"T{number % 3 + 1},D{number},{server.address}/d{number}" for number in range(120)]
    (hamlet.sources / "documents.csv").write_text("\n".join(["number,document,address", *rows, ""]))
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setattr("pregon.links.asking.PAUSE", 0.0)
    assert pregon(*hamlet.arguments(MOMENT)).code == 0
    return hamlet


def _allow(hamlet: Hamlet, host: str) -> None:
    file = hamlet.folder / "city.yaml"
    file.write_text(file.read_text().replace("quarantine_stop: 1", f"quarantine_stop: 1, link_hosts: ['{host}']"))


def test_without_hosts_the_error_says_where_they_lie(hamlet: Hamlet, server: Scripted) -> None:
    host = server.address.partition("//")[2]

    done = pregon("links", "hamlet", "--home", hamlet.home)

    assert done.code == 1
    assert host in done.err
    assert "link_hosts" in done.err
    assert pregon("links", "hamlet", "--home", hamlet.home, "--dry-run").code == 0
    assert server.requests == []


def test_answers_are_kept_and_judged_by_the_next_run(hamlet: Hamlet, server: Scripted) -> None:
    _allow(hamlet, server.address.partition("//")[2])

    done = pregon("links", "hamlet", "--home", hamlet.home, "--sample", 120, "--private-addresses")

    assert done.code == 1
    assert "120 of 120 documents asked for, 3 not there" in done.out
    assert f"{server.address}/d40 (404)" in done.out
    assert pregon(*hamlet.arguments(LATER)).code == 0
    listed = pregon("quality", "hamlet", "--home", hamlet.home, "--json", "--check", "misc.url_availability")
    [check] = json.loads(listed.out)["checks"]
    assert check["figures"]["no_answer"] == 3


def test_a_redaction_removes_them(hamlet: Hamlet, server: Scripted) -> None:
    _allow(hamlet, server.address.partition("//")[2])
    pregon("links", "hamlet", "--home", hamlet.home, "--sample", 3, "--private-addresses")
    assert (hamlet.home / "internal/hamlet/links.json").is_file()

    why = ("--reason", "told by mistake", "--by", "Ana", "--yes")
    done = pregon("redact", "hamlet", "ocds-213czf-T1", "--home", hamlet.home, *why)

    assert done.code == 0, done.err
    assert not (hamlet.home / "internal/hamlet/links.json").exists()
