"""Others' hub and receiver take what is announced, and a subscriber gets the feed as it was published."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import feedparser
import httpx
import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import LATER, MOMENT, write_hamlet
from made_up_publication import PUBLICATION, made_up_source, process
from servers.programs import free_port
from servers.receivers import Receivers, receivers
from servers.scripted import Reply, Request, Scripted, scripted_server
from web_server import web_server

from pregon.announcing import HubRecipient, Told, due
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.promote import promote

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@pytest.fixture
def judges(tmp_path: Path) -> Iterator[Receivers]:
    with receivers(tmp_path, SECRET) as running:
        yield running


@pytest.fixture
def subscriber() -> Iterator[Scripted]:
    """A subscriber's callback: it confirms what it asked for (WebSub, 5.3), and takes what it is sent."""

    def script(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        return Reply(body=query["hub.challenge"][0].encode() if request.method == "GET" else b"")

    with scripted_server() as server:
        server.script = script
        yield server


def test_a_subscriber_finds_the_hub_and_gets_the_new_feed(
    tmp_path: Path, judges: Receivers, subscriber: Scripted
) -> None:
    public = tmp_path / "public"
    with web_server(public) as client:
        base = f"{str(client.base_url).rstrip('/')}/lindenau"
        publication = replace(PUBLICATION, base_url=base, hub=judges.hub)
        source = made_up_source(6)

        def publish(days: int) -> Snapshot:
            moment = AS_OF + timedelta(days=days)
            made = build_snapshot(public / "lindenau", source, publication, as_of=moment, code_version="1")
            promote(made.path)
            return made

        first = publish(0)
        # What a subscriber finds in the header and in the feed is the same (WebSub, 4).
        for path in ("feeds/changes.atom", "feeds/changes.es.atom", "feeds/changes.json"):
            assert judges.discover(f"{base}/{path}") == {"hub_url": judges.hub, "topic_url": f"{base}/{path}"}
        links = {
            one.rel: one.href for one in feedparser.parse(client.get("lindenau/feeds/changes.atom").text).feed.links
        }
        assert (links["hub"], links["self"]) == (judges.hub, f"{base}/feeds/changes.atom")
        feed = client.get("lindenau/feeds/changes.json").json()
        assert (feed["hubs"], feed["feed_url"]) == (
            [{"type": "WebSub", "url": judges.hub}], f"{base}/feeds/changes.json",
        )  # fmt: skip

        topic = f"{base}/feeds/changes.atom"
        judges.subscribe(topic, f"{subscriber.address}/callback", "between us")
        kept: list[Told] = []
        hub = HubRecipient(judges.hub)
        wanted = due(first.manifest, None, hub.address)
        assert wanted is not None
        assert hub.tell(wanted, publication, kept.append) == 4

        source.commit(*process(70, "2026"), AS_OF + timedelta(days=1))
        second = publish(1)
        wanted = due(second.manifest, kept[-1], hub.address)
        assert wanted is not None
        hub.tell(wanted, publication, kept.append)
        assert due(second.manifest, kept[-1], hub.address) is None

    assert [one for one in judges.seen() if "failure" in one] == []
    delivered = [one for one in subscriber.requests if one.method == "POST"]
    bodies = [(snapshot.path / "feeds/changes.atom").read_bytes() for snapshot in (first, second)]
    assert [one.body for one in delivered] == bodies
    for one in delivered:
        expected = hmac.new(b"between us", one.body, hashlib.sha256).hexdigest()
        assert one.headers["x-hub-signature"] == f"sha256={expected}"
        assert 'rel="hub"' in one.headers["link"]


def test_a_run_announces_once_and_a_rollback_again(
    tmp_path: Path, judges: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    hamlet = write_hamlet(tmp_path / "hamlet")
    port = free_port()
    edit(
        hamlet.folder / "city.yaml",
        "base_url: https://hamlet.example/data",
        f"base_url: http://127.0.0.1:{port}/hamlet",
    )
    announced = f"announce:\n  websub: {{hub: '{judges.hub}'}}\n  webhooks: {{team: {{connection: team_hook}}}}\n"
    edit(hamlet.folder / "city.yaml", "sources:\n", f"{announced}sources:\n")
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setenv("PREGON_HOME", str(hamlet.home))
    connection = f'{{"conn_type": "http", "host": "{judges.address}/hook", "extra": {{"secret": "{SECRET}"}}}}'
    monkeypatch.setenv("AIRFLOW_CONN_TEAM_HOOK", connection)

    first = pregon(*hamlet.arguments(MOMENT))
    assert first.code == 0, first.err
    assert "announce" in first.err
    assert "warning" not in first.err
    (hook,) = [one for one in judges.seen() if "hook" in one]
    message = hook["hook"]
    assert message["type"] == "publication.current"
    manifest = httpx.Response(200, content=(hamlet.public / "hamlet/current/manifest.json").read_bytes()).json()
    assert message["data"]["snapshot"] == manifest["snapshot"]
    assert message["data"]["previous"] is None
    assert message["data"]["counts"] == manifest["counts"]
    assert message["data"]["changes"] == f"http://127.0.0.1:{port}/hamlet/changes/index.json"
    listed = {one["path"]: one for one in message["data"]["files"]["listed"]}
    told = {one["path"]: one for one in manifest["files"] if one["content"] != "api"}
    assert {path: one["sha256"] for path, one in listed.items()} == {path: one["sha256"] for path, one in told.items()}
    assert listed["bulk/records/full.jsonl.gz"]["url"] == f"http://127.0.0.1:{port}/hamlet/bulk/records/full.jsonl.gz"

    # Nothing new: nobody is told, not even by hand, unless somebody insists.
    before = len(judges.seen())
    assert pregon(*hamlet.arguments(LATER)).code == 0
    assert pregon("announce", "hamlet").out == "Nobody had to be told.\n"
    assert len([one for one in judges.seen()[before:] if "hook" in one and one["id"] == hook["id"]]) == 0

    (hamlet.sources / "tenders.csv").write_text(
        (hamlet.sources / "tenders.csv").read_text().replace("Lamps", "Street lamps").replace("02-01", "02-09")
    )
    planned_before = pregon("announce", "hamlet", "--dry-run")
    assert planned_before.out == "Dry run: nothing was sent.\n"
    assert pregon(*hamlet.arguments("2026-03-03T12:00:00Z")).code == 0
    rolled = pregon("rollback", "hamlet", "--yes")
    assert rolled.code == 0, rolled.err
    hooks = [one for one in judges.seen() if "hook" in one]
    assert [one["hook"]["data"]["previous"] for one in hooks[1:]] == [
        one["hook"]["data"]["snapshot"] for one in hooks[:-1]
    ]
    assert hooks[-1]["hook"]["data"]["snapshot"] == hooks[-3]["hook"]["data"]["snapshot"]
    assert len({one["id"] for one in hooks}) == len(hooks)

    again = pregon("announce", "hamlet", "--again", "--dry-run")
    assert f"publish http://127.0.0.1:{port}/hamlet/feeds/changes.atom" in again.out
    assert "team:\n  message hamlet-" in again.out


def test_who_is_down_fails_no_run_and_is_told_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path / "hamlet")
    with scripted_server() as server:
        announced = (
            f"announce:\n  websub: {{hub: '{server.address}/hub'}}\n  webhooks: {{team: {{connection: team_hook}}}}\n"
        )
        edit(hamlet.folder / "city.yaml", "sources:\n", f"{announced}sources:\n")
        monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
        monkeypatch.setenv("PREGON_HOME", str(hamlet.home))
        monkeypatch.setattr("pregon.announcing.posting.FIRST_WAIT", 0.0)
        server.answers(Reply(503, b"closed today"))
        done = pregon(*hamlet.arguments(MOMENT))
        assert done.code == 0
        assert "warning: hamlet: " in done.err
        assert "was not announced to websub, team" in done.err
        assert "closed today" in done.err
        assert "AIRFLOW_CONN_TEAM_HOOK" in done.err
        server.requests.clear()
        server.answers(Reply(202))
        failed = pregon("announce", "hamlet")
        assert failed.code == 1
        feeds = [parse_qs(one.body.decode()) for one in server.requests]
        assert all(one["hub.mode"] == ["publish"] and one["hub.url"] == one["hub.topic"] for one in feeds)
        assert "https://hamlet.example/data/feeds/changes.atom" in [one["hub.url"][0] for one in feeds]
        server.requests.clear()
        monkeypatch.setenv("AIRFLOW_CONN_TEAM_HOOK", f'{{"conn_type": "http", "host": "{server.address}/hook"}}')
        told = pregon("announce", "hamlet")
        assert told.code == 0, told.err
        assert "was announced to team: 1 message" in told.out
        assert [one.path for one in server.requests] == ["/hook"]
        assert "webhook-signature" not in server.requests[0].headers


def test_who_has_nothing_to_announce_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path / "hamlet")
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setenv("PREGON_HOME", str(hamlet.home))
    nobody = pregon("announce", "hamlet")
    assert (nobody.code, "nobody is to be told" in nobody.err) == (1, True)
    edit(hamlet.folder / "city.yaml", "sources:\n", "announce: {websub: {hub: 'https://hub.example/'}}\nsources:\n")
    nothing = pregon("announce", "hamlet", "--dry-run")
    assert (nothing.code, "nothing is published" in nothing.err) == (1, True)
