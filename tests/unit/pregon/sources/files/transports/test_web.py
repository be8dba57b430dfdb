"""Files behind an http address, through the whole extract; and what their server says of them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import files, image, run, table
from servers.scripted import Reply, Request, Scripted, scripted_server

from pregon.lake import Lake
from pregon.manifest import TableManifest
from pregon.sources.base import EmptySourceError, SourceConfigurationError, SourceError
from pregon.sources.http.errors import (
    AddressNotFound,
    AnswerTooLarge,
    BadRedirect,
    NotAFile,
    PrivateAddressRefused,
    ServerFailed,
    UnknownAnswer,
)

DATA = b"id,title\n1,a\n2,b\n"
MORE = DATA + b"3,c\n"


@pytest.fixture
def portal() -> Iterator[Scripted]:
    with scripted_server() as server:
        server.answers(Reply(body=DATA))
        yield server


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


Extract = Callable[..., TableManifest]


@pytest.fixture
def extract(lake: Lake) -> Extract:
    """Extract one file; settings of the source in `settings`."""

    def extracted(
        address: str, *, day: int = 0, full: bool = False, settings: dict[str, Any] | None = None,
        connection: str | None = None, **options: Any,
    ) -> TableManifest:  # fmt: skip
        given = {"private_addresses": True, "requests": {"tries": 1}, **(settings or {})}
        source = replace(files(table(file=address, **options)), options=given, connection=connection)
        manifest = run(lake, source, lake.root.parent, day=day, full=full)
        assert [row["id"] for row in image(lake, manifest)] == ["1", "2", "3"][: manifest.tables["things"].image.rows]
        return manifest.tables["things"]

    return extracted


def test_a_file_is_fetched_and_named_without_what_may_be_secret(lake: Lake, portal: Scripted, extract: Extract) -> None:
    found = extract(portal.address + "/Awarded%20Contracts.csv?token=secret")
    assert found.rows_read == 2
    assert found.notes["files"][0]["name"] == "Awarded Contracts.csv"
    assert b"secret" not in lake.read_bytes(lake.list("testville/manifests")[0])


def test_a_redirect_is_followed_and_the_manifest_names_the_file_not_the_address(
    portal: Scripted, extract: Extract
) -> None:
    portal.answers(Reply(302, headers={"location": "/elsewhere.csv"}), Reply(body=DATA))
    assert extract(portal.address + "/export", format="csv").notes["files"][0]["name"] == "export"


def versioned(data: bytes, sign: str, value: str) -> Callable[[Request], Reply]:
    """A server that knows conditional requests."""
    condition = {"etag": "if-none-match", "last-modified": "if-modified-since"}[sign]

    def script(request: Request) -> Reply:
        same = request.headers.get(condition) == value
        return Reply(304, b"") if same else Reply(body=data, headers={sign: value})

    return script


@pytest.mark.parametrize(
    ("sign", "value"), [("etag", '"7"'), ("etag", 'W/"7 a"'), ("last-modified", "Sun, 01 Mar 2026 08:00:00 GMT")]
)
def test_a_file_that_its_server_calls_unchanged_is_not_fetched_again(
    portal: Scripted, extract: Extract, sign: str, value: str
) -> None:
    portal.script = versioned(DATA, sign, value)
    first = extract(portal.address + "/x.csv")
    second = extract(portal.address + "/x.csv", day=1)
    third = extract(portal.address + "/x.csv", day=2)
    assert (first.mode, second.mode, third.mode) == ("full", "unchanged", "unchanged")
    assert second.notes["files"] == first.notes["files"]
    assert len(portal.requests) == 3


def test_a_file_that_changed_is_read_whole(portal: Scripted, extract: Extract) -> None:
    portal.script = versioned(DATA, "etag", '"1"')
    extract(portal.address + "/x.csv")
    portal.script = versioned(MORE, "etag", '"2"')
    second = extract(portal.address + "/x.csv", day=1)
    assert (second.mode, second.rows_read, len(portal.requests)) == ("full", 3, 2)


def test_a_new_sign_is_no_news_where_the_bytes_are_the_same(portal: Scripted, extract: Extract) -> None:
    portal.script = versioned(DATA, "etag", '"1"')
    extract(portal.address + "/x.csv")
    portal.script = versioned(DATA, "etag", '"2"')
    assert extract(portal.address + "/x.csv", day=1).mode == "unchanged"


def test_a_full_run_does_not_ask_whether_something_changed(portal: Scripted, extract: Extract) -> None:
    portal.script = versioned(DATA, "etag", '"1"')
    extract(portal.address + "/x.csv")
    assert extract(portal.address + "/x.csv", day=1, full=True).rows_read == 2
    assert "if-none-match" not in portal.requests[1].headers


def test_a_sign_holds_for_its_own_address_only(portal: Scripted, extract: Extract) -> None:
    portal.script = versioned(DATA, "etag", '"1"')
    extract(portal.address + "/2025/x.csv")
    portal.script = versioned(MORE, "etag", '"1"')
    assert extract(portal.address + "/2026/x.csv", day=1).rows_read == 3


def test_a_server_that_answers_what_was_not_asked_is_not_believed(portal: Scripted, extract: Extract) -> None:
    portal.answers(Reply(304, b""))
    with pytest.raises(UnknownAnswer, match="nothing changed, which was not asked"):
        extract(portal.address + "/x.csv")


def test_a_file_without_signs_is_told_by_its_bytes(portal: Scripted, extract: Extract) -> None:
    extract(portal.address + "/x.csv")
    assert extract(portal.address + "/x.csv", day=1).mode == "unchanged"
    assert len(portal.requests) == 2


@pytest.mark.parametrize(
    ("reply", "error", "retryable"),
    [
        (Reply(503, headers={"retry-after": "7"}), ServerFailed, True),
        (Reply(404), AddressNotFound, False),
        (Reply(body=DATA, length=len(DATA) + 10), ServerFailed, True),
        (Reply(body=b"  <html><body>maintenance</body></html>"), NotAFile, True),
        (Reply(body=b""), EmptySourceError, False),
        (Reply(302, headers={"location": "file:///etc/passwd"}), BadRedirect, False),
        (Reply(302, headers={"location": "/loop"}), BadRedirect, False),
    ],
)
def test_a_refusal_tells_whether_to_try_again(
    portal: Scripted, extract: Extract, reply: Reply, error: type[SourceError], retryable: bool
) -> None:
    portal.answers(reply)
    with pytest.raises(error) as caught:
        extract(portal.address + "/x.csv?token=secret")
    assert caught.value.retryable is retryable
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_a_file_beyond_all_measure_is_stopped(portal: Scripted, extract: Extract) -> None:
    with pytest.raises(AnswerTooLarge, match="larger than 5 bytes"):
        extract(portal.address + "/x.csv", settings={"requests": {"file_bytes": 5}})


def test_a_private_address_needs_the_word_of_the_source(portal: Scripted, extract: Extract) -> None:
    with pytest.raises(PrivateAddressRefused, match=r"127\.0\.0\.1"):
        extract(portal.address + "/x.csv", settings={"private_addresses": False})


def test_only_what_can_be_fetched_is_tried(extract: Extract) -> None:
    with pytest.raises(SourceConfigurationError, match="nothing fetches"):
        extract("ftp://127.0.0.1/x.csv")


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def define(**fields: Any) -> str:
        given = {"conn_type": "http", "login": "ana", "password": "hidden", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL", json.dumps(given))
        return "portal"

    return define


def test_the_connection_says_who_asks(portal: Scripted, extract: Extract, connection: Callable[..., str]) -> None:
    extract(portal.address + "/x.csv", connection=connection(extra={"auth": "bearer"}))
    assert portal.requests[0].headers["authorization"] == "Bearer hidden"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": "https://elsewhere.example"}, "is for the host elsewhere.example"),
        ({"conn_type": "aws"}, "is of type aws, not http"),
        ({"conn_type": "sftp"}, "is of type sftp, not http"),
    ],
)
def test_credentials_are_not_shown_to_whom_they_are_not_for(
    portal: Scripted, extract: Extract, connection: Callable[..., str], fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceConfigurationError, match=words):
        extract(portal.address + "/x.csv", connection=connection(**fields))
    assert portal.requests == []


def test_a_connection_for_the_host_is_used(portal: Scripted, extract: Extract, connection: Callable[..., str]) -> None:
    extract(portal.address + "/x.csv", connection=connection(host="http://127.0.0.1"))
    assert "authorization" in portal.requests[0].headers
