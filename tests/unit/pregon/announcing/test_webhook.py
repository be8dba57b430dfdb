"""Messages of webhooks: signed by the rules, the same whenever they are repeated, secrets only from connections."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_up_publication import PUBLICATION, made_up_source
from servers.scripted import Reply, Scripted, scripted_server

from pregon.announcing import Due, RecipientFailed, RecipientMisconfigured, Told, WebhookRecipient, due
from pregon.announcing.webhook import MOST_FILES, message, message_id, signed
from pregon.city_announce import Webhook
from pregon.publication.build import build_snapshot
from transforms.snapshot import Manifest

KEY = bytes(range(24))
SECRET = base64.b64encode(KEY).decode()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    root: Path = tmp_path_factory.mktemp("public")
    moment = datetime(2026, 3, 2, 5, tzinfo=UTC)
    made = build_snapshot(root, made_up_source(4), PUBLICATION, as_of=moment, code_version="1")
    return made.manifest


@pytest.fixture
def wanted(snapshot: Manifest) -> Due:
    found = due(snapshot, None, "team_hook")
    assert found is not None
    return found


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as running:
        running.answers(Reply(204, b""))
        yield running


def connect(monkeypatch: pytest.MonkeyPatch, host: str, **fields: object) -> WebhookRecipient:
    text = json.dumps({"conn_type": "http", "host": host, **fields})
    monkeypatch.setenv("AIRFLOW_CONN_TEAM_HOOK", text)
    return WebhookRecipient("team", Webhook(connection="team_hook"), sleep=lambda _: None)


def test_a_message_is_signed_over_its_id_its_time_and_its_body() -> None:
    headers = signed("m-1", 1_772_000_000, b'{"a":1}', KEY)
    expected = hmac.new(KEY, b'm-1.1772000000.{"a":1}', hashlib.sha256).digest()
    assert headers == {
        "webhook-id": "m-1", "webhook-timestamp": "1772000000",
        "webhook-signature": f"v1,{base64.b64encode(expected).decode()}",
    }  # fmt: skip
    assert "webhook-signature" not in signed("m-1", 1, b"", None)


def test_a_repeated_try_is_the_same_message_with_a_new_time(
    monkeypatch: pytest.MonkeyPatch, server: Scripted, wanted: Due
) -> None:
    connect(monkeypatch, f"{server.address}/hook", extra={"secret": f"whsec_{SECRET}"})
    moments = iter([1_772_000_000.0, 1_772_000_030.0])
    recipient = WebhookRecipient(
        "team", Webhook(connection="team_hook"), sleep=lambda _: None, clock=lambda: next(moments)
    )
    server.answers(Reply(503), Reply(204, b""))
    kept: list[Told] = []
    assert recipient.tell(wanted, PUBLICATION, kept.append) == 1
    first, second = server.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message_id(wanted)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert kept[0].snapshot == wanted.manifest.snapshot
    assert "hook" not in kept[0].address.removeprefix("team_hook")


def test_nothing_is_kept_of_a_message_that_was_not_taken(
    monkeypatch: pytest.MonkeyPatch, server: Scripted, wanted: Due
) -> None:
    server.answers(Reply(500))
    kept: list[Told] = []
    with pytest.raises(RecipientFailed):
        connect(monkeypatch, f"{server.address}/hook").tell(wanted, PUBLICATION, kept.append)
    assert kept == []


def test_the_sender_proves_itself_as_the_connection_says(
    monkeypatch: pytest.MonkeyPatch, server: Scripted, wanted: Due
) -> None:
    connect(monkeypatch, server.address, login="city", password="p").tell(wanted, PUBLICATION, lambda _: None)  # noqa: S106
    connect(monkeypatch, server.address, password="t", extra={"auth": "bearer"}).tell(  # noqa: S106
        wanted, PUBLICATION, lambda _: None
    )
    connect(monkeypatch, server.address).tell(wanted, PUBLICATION, lambda _: None)
    sent = [request.headers.get("authorization") for request in server.requests]
    assert sent == ["Basic " + base64.b64encode(b"city:p").decode(), "Bearer t", None]


@pytest.mark.parametrize(
    ("host", "fields", "problem"),
    [
        ("http://hooks.example/x", {}, "is not encrypted: use https"),
        ("", {}, "is no address of the web"),
        ("https://u:p@hooks.example/x", {}, "holds a user name or a password"),
        ("https://hooks.example/x", {"extra": {"secret": "short"}}, "is not one of Standard Webhooks"),
        ("https://hooks.example/x", {"extra": {"secret": "whsec_" + "A" * 120}}, "is not one of Standard Webhooks"),
        ("https://hooks.example/x", {"extra": {"auth": "bearer"}}, "no password"),
        ("https://hooks.example/x", {"extra": {"auth": "digest"}}, "auth 'digest'"),
    ],
)
def test_a_connection_that_will_not_do_is_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, wanted: Due, host: str, fields: dict[str, object], problem: str
) -> None:
    with pytest.raises(RecipientMisconfigured, match=problem) as error:
        connect(monkeypatch, host, **fields).tell(wanted, PUBLICATION, lambda _: None)
    assert not error.value.retryable
    assert "short" not in str(error.value)


def test_without_its_connection_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch, wanted: Due) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TEAM_HOOK", raising=False)
    recipient = WebhookRecipient("team", Webhook(connection="team_hook"))
    with pytest.raises(RecipientMisconfigured) as error:
        recipient.tell(wanted, PUBLICATION, lambda _: None)
    assert "AIRFLOW_CONN_TEAM_HOOK" in str(error.value.hint)


def test_a_message_names_only_so_many_files_and_says_how_many_there_are(snapshot: Manifest) -> None:
    one = next(file for file in snapshot.files if file.content == "feed")
    many = replace(snapshot, files=tuple(replace(one, path=f"feeds/{number:04}.atom") for number in range(700)))
    found = due(many, None, "team_hook")
    assert found is not None
    files = message(found, PUBLICATION)["data"]["files"]
    assert (files["changed"], len(files["listed"])) == (700, MOST_FILES)
    assert files["listed"][0]["url"] == "https://data.lindenau.example/contracting/feeds/0000.atom"


def test_a_message_says_where_the_changes_are(wanted: Due) -> None:
    data = message(wanted, PUBLICATION)["data"]
    base = "https://data.lindenau.example/contracting"
    assert data["changes"] == f"{base}/changes/index.json"
    assert sorted(data["feeds"]) == [
        f"{base}/feeds/changes.atom", f"{base}/feeds/changes.es.atom", f"{base}/feeds/changes.es.json",
        f"{base}/feeds/changes.json",
    ]  # fmt: skip
    assert (data["synthetic"], data["snapshot"]) == (True, wanted.manifest.snapshot)
