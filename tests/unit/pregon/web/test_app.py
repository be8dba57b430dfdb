"""The server answers as a careful static server would, and only with what a manifest lists."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from made_up_publication import PUBLICATION, made_up_source
from web_server import web_server

from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "public"
    snapshot = build_snapshot(folder / "lindenau", made_up_source(), PUBLICATION, as_of=AS_OF, code_version="1")
    promote(snapshot.path)
    build_snapshot(folder / "unpromoted", made_up_source(), PUBLICATION, as_of=AS_OF, code_version="1")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def client(public: Path) -> Iterator[httpx.Client]:
    with web_server(public) as client:
        yield client


def test_the_root_lists_published_cities(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert '<a href="lindenau/"><bdi>City of Lindenau</bdi></a>' in page.text
    assert '<a href="lindenau/index.es.html"><bdi>Ciudad de Lindenau</bdi></a>' in page.text
    assert "Datos sintéticos" in page.text
    assert "unpromoted" not in page.text


def test_a_server_without_cities_says_so(tmp_path: Path) -> None:
    with web_server(tmp_path / "none") as client:
        assert "No city has published yet" in client.get("/").text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.es.html", "text/html; charset=utf-8"),
        ("bulk/releases/full.jsonl.gz", "application/gzip"),
        ("bulk/records/2025.json.zip", "application/zip"),
        ("bulk/tables/full.csv.zip", "application/zip"),
        ("data.json", "application/json"),
        ("data.v3.json", "application/json"),
        ("catalog.jsonld", "application/ld+json"),
        ("catalog.ttl", "text/turtle; charset=utf-8"),
        ("datapackage.json", "application/json"),
        ("policy.es.html", "text/html; charset=utf-8"),
        ("dictionary.html", "text/html; charset=utf-8"),
        ("manifest.json", "application/json"),
        ("dictionary.es.csv", "text/csv; charset=utf-8"),
    ],
)
def test_files_have_their_media_type_and_bytes(client: httpx.Client, public: Path, path: str, kind: str) -> None:
    answer = client.get(f"/lindenau/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    # A gzip file is a file, not an encoding of something else.
    assert "content-encoding" not in answer.headers
    assert answer.content == (public / "lindenau/current" / (path or "index.html")).read_bytes()


def test_the_etag_is_the_checksum_and_spares_a_second_download(client: httpx.Client) -> None:
    first = client.get("/lindenau/bulk/releases/full.jsonl.gz")
    assert first.headers["etag"] == f'"{hashlib.sha256(first.content).hexdigest()}"'
    assert first.headers["last-modified"] == "Sun, 01 Mar 2026 05:00:00 GMT"
    for known in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}', "*"):
        again = client.get("/lindenau/bulk/releases/full.jsonl.gz", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert client.get("/lindenau/bulk/releases/full.jsonl.gz", headers=since).status_code == 304
    assert client.get("/lindenau/data.json", headers={"If-None-Match": '"other"', **since}).status_code == 200
    assert client.get("/lindenau/data.json", headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_head_has_the_headers_without_the_body(client: httpx.Client) -> None:
    got, head = (client.request(method, "/lindenau/data.json") for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]


def test_an_interrupted_download_can_be_resumed(client: httpx.Client) -> None:
    whole = client.get("/lindenau/bulk/records/full.json.zip")
    headers = {"Range": "bytes=100-", "If-Range": whole.headers["etag"]}
    rest = client.get("/lindenau/bulk/records/full.json.zip", headers=headers)
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert client.get("/lindenau/data.json", headers={"Range": "bytes=999999999-"}).status_code == 416


@pytest.mark.parametrize(
    "path",
    [
        "/lindenau/../../secret.txt",
        "/lindenau/%2e%2e/%2e%2e/secret.txt",
        "/lindenau/..%2f..%2fsecret.txt",
        "/lindenau//etc/passwd",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/lindenau/bulk/",
        "/lindenau/bulk",
        "/lindenau/snapshots/",
        "/lindenau/current/index.html",
        "/lindenau/%00",
        "/%00/",
        "/unpromoted/",
        "/unpromoted",
        "/nowhere/index.html",
        "/lindenau/index.html/",
    ],
)
def test_nothing_else_has_an_address(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_city_without_slash_is_redirected(client: httpx.Client) -> None:
    answer = client.get("/lindenau")
    assert (answer.status_code, answer.headers["location"]) == (308, "/lindenau/")


def test_other_sites_may_read_and_nobody_may_write(client: httpx.Client) -> None:
    answer = client.get("/lindenau/data.json", headers={"Origin": "https://portal.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert client.post("/lindenau/data.json").status_code == 405
    assert client.delete("/lindenau/data.json").status_code == 405


def test_pages_may_not_run_anything(client: httpx.Client) -> None:
    page = client.get("/lindenau/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    # What search engines read is data: no browser runs it.
    assert page.text.count("<script") == page.text.count('<script type="application/ld+json">') == 1


def test_feeds_name_their_hub_before_they_are_read(tmp_path: Path) -> None:
    publication = replace(PUBLICATION, hub="https://hub.example/")
    promote(build_snapshot(tmp_path / "lindenau", made_up_source(), publication, as_of=AS_OF, code_version="1").path)
    with web_server(tmp_path) as client:
        for method in (client.get, client.head):
            links = method("lindenau/feeds/changes.es.atom").links
            assert links["hub"]["url"] == "https://hub.example/"
            assert links["self"]["url"] == f"{PUBLICATION.base_url}/feeds/changes.es.atom"
        etag = client.get("lindenau/feeds/changes.json").headers["etag"]
        known = client.get(
            "lindenau/feeds/changes.json", headers={"If-None-Match": etag, "Origin": "https://a.example"}
        )
        assert (known.status_code, set(known.links)) == (304, {"hub", "self"})
        assert "Link" in known.headers["access-control-expose-headers"]
        assert "link" not in client.get("lindenau/data.json").headers


def test_without_a_hub_no_answer_has_links(client: httpx.Client) -> None:
    assert "link" not in client.get("lindenau/feeds/changes.atom").headers
