"""The API answers what the pages of the promoted snapshot hold, as HTTP has it, and nothing else."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from followed_pages import entries
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from web_server import web_server

from pregon.publication.api import PageSize, build_api
from pregon.publication.build import build_snapshot
from pregon.publication.promote import Retention, promote, rollback
from pregon.publication.source import Series
from pregon.web.api.snapshot import SnapshotReader, open_snapshot
from transforms.snapshot import Notice

FIRST = datetime(2026, 3, 2, 5, tzinfo=UTC)
CITY = replace(PUBLICATION, base_url="https://data.lindenau.example/lindenau")
API = "/lindenau/api/v1"
SERIES: tuple[Series, ...] = ("releases", "records")
OCID = "ocds-213czf-S00003"
PROBLEM = "application/problem+json"


def publish(public: Path, source: MemorySource, day: int = 0, **options: Any) -> Path:
    as_of = FIRST + timedelta(days=day)
    options = {"formats": ("api",), **options}
    made = build_snapshot(public / "lindenau", source, CITY, as_of=as_of, code_version="1", **options)
    promote(made.path, retention=Retention(1000))
    return made.path


def change(source: MemorySource, number: int, day: int, title: str) -> None:
    """Release a process once more."""
    ocid = f"ocds-213czf-S{number:05d}"
    date = (FIRST + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tender = {**source.compiled_of[ocid]["tender"], "title": title}
    release = {"ocid": ocid, "id": f"{number}-{day}", "date": date, "tag": ["tenderUpdate"], "tender": tender}
    source.commit(release, {**source.compiled_of[ocid], "date": date, "tender": tender}, FIRST + timedelta(days=day))


@pytest.fixture(scope="module")
def source() -> MemorySource:
    made = made_up_source(40)
    change(made, 5, 1, "Caminos de la Peña")
    return made


@pytest.fixture(scope="module")
def folder(source: MemorySource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    public = tmp_path_factory.mktemp("home") / "public"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pregon.publication.build.build_api", partial(build_api, size=PageSize(8)))
        publish(public, source, 2)
    build_snapshot(public / "bare", source, CITY, as_of=FIRST, code_version="1", formats=("jsonl",))
    promote(next((public / "bare/snapshots").iterdir()))
    (public.parent / "secret.txt").write_text("secret")
    return public


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with web_server(folder) as client:
        yield client


def get(client: httpx.Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"{API}{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def ocids(client: httpx.Client, **parameters: Any) -> set[str]:
    return {one["ocid"] for one in get(client, "/records", limit=500, **parameters)["records"]}


def followed(client: httpx.Client, series: Series, **parameters: Any) -> list[dict[str, Any]]:
    """Follow the links until a page is empty."""
    found = []
    page = get(client, f"/{series}", **parameters)
    while page[series]:
        found += page[series]
        address = urlsplit(page["links"]["next"])
        assert f"{address.scheme}://{address.netloc}" == "https://data.lindenau.example"
        page = client.get(f"{address.path}?{address.query}").json()
    assert page["links"] == {}
    return found


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("limit", [1, 7, 500])
def test_the_pages_hold_what_the_files_hold(client: httpx.Client, folder: Path, series: Series, limit: int) -> None:
    static = entries(folder / "lindenau/current", series, CITY.base_url)
    static_in_order = static if series == "releases" else sorted(static, key=lambda one: one["ocid"])
    found = followed(client, series, limit=limit)
    assert (found if series == "releases" else sorted(found, key=lambda one: one["ocid"])) == static_in_order


def test_a_record_is_the_bytes_of_the_page(client: httpx.Client, folder: Path, source: MemorySource) -> None:
    for ocid, compiled in source.compiled_of.items():
        answer = client.get(f"{API}/records/{ocid}")
        package = answer.json()
        assert package["records"] == [
            one for one in entries(folder / "lindenau/current", "records", CITY.base_url) if one["ocid"] == ocid
        ]
        assert package["records"][0]["compiledRelease"] == compiled
        assert package["uri"] == f"{CITY.base_url}/api/v1/records/{ocid}"


def test_a_release_is_found_by_ocid_and_id(client: httpx.Client, source: MemorySource) -> None:
    for group in source.releases_of.values():
        for release in group:
            found = get(client, f"/records/{release['ocid']}/releases/{release['id']}")
            assert found["releases"] == [release]
    assert client.get(f"{API}/records/{OCID}/releases/5-1").status_code == 404


def test_packages_carry_the_metadata_of_the_pages(client: httpx.Client, folder: Path) -> None:
    static = json.loads((folder / "lindenau/current/api/records/first.json").read_bytes())
    found = get(client, "/records", limit=1)
    for name in static.keys() - {"uri", "links", "publishedDate", "records"}:
        assert found[name] == static[name]
    assert found["publishedDate"] == static["publishedDate"] == "2026-03-01T05:00:00Z"
    assert get(client, "/records/ocds-213czf-S00005")["publishedDate"] == "2026-03-03T05:00:00Z"


def test_releases_of_a_process(client: httpx.Client, source: MemorySource) -> None:
    assert get(client, "/releases", ocid="ocds-213czf-S00005")["releases"] == source.releases_of["ocds-213czf-S00005"]


def test_records_are_chosen_by_what_they_say(client: httpx.Client, source: MemorySource) -> None:
    def those(test: Any) -> set[str]:
        return {ocid for ocid, compiled in source.compiled_of.items() if test(compiled)}

    everything = set(source.compiled_of)
    assert ocids(client) == everything
    assert ocids(client, status="active") == those(lambda one: one["tender"]["status"] == "active") != everything
    assert ocids(client, method="open") == everything
    assert ocids(client, method="direct") == ocids(client, category="goods") == set()
    assert ocids(client, buyer="US-LD-D-7") == ocids(client, buyer="department PARKS") == everything
    assert ocids(client, buyer="US-LD-D") == set()
    won = those(lambda one: any(s["id"] == "US-LD-V-0004" for a in one.get("awards", []) for s in a["suppliers"]))
    assert ocids(client, supplier="US-LD-V-0004") == ocids(client, supplier="firm 0004") == won != set()
    assert ocids(client, title="street 3") == those(lambda one: "3" in one["tender"]["title"]) != set()
    assert ocids(client, title="PENA caminos") == {"ocds-213czf-S00005"}
    assert ocids(client, title="%") == set()
    assert ocids(client, date_from="2026-01-01") == those(lambda one: one["date"] >= "2026") != everything
    assert ocids(client, date_to="2024-04-01") == those(lambda one: one["date"][:10] <= "2024-04-01") != everything
    assert ocids(client, date_to="2024-03-31") == set()
    assert ocids(client, status="active", date_from="2026-01-01") == those(
        lambda one: one["tender"]["status"] == "active" and one["date"] >= "2026"
    )


def test_what_changed_since_is_told_of_records_and_releases(client: httpx.Client) -> None:
    assert ocids(client, since="2026-03-02T05:00:00Z") == {"ocds-213czf-S00005"}
    assert [one["id"] for one in get(client, "/releases", since="2026-03-02T00:00:00-06:00")["releases"]] == ["5-1"]
    assert get(client, "/releases", since="2026-03-03T05:00:01Z")["releases"] == []


def test_filters_go_along_with_the_links(client: httpx.Client) -> None:
    found = [one["ocid"] for one in followed(client, "records", limit=2, status="active", title="=Trees for")]
    assert set(found) == ocids(client, status="active", title="=Trees for")
    assert len(found) == len(set(found)) > 4


def test_who_had_read_everything_goes_on_where_they_were(tmp_path: Path) -> None:
    source = made_up_source(5)
    publish(tmp_path, source)
    with web_server(tmp_path) as client:
        last = urlsplit(get(client, "/releases")["links"]["next"])
        address = f"{last.path}?{last.query}"
        empty = client.get(address)
        assert empty.json()["releases"] == []
        again = client.get(address, headers={"If-None-Match": empty.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        change(source, 2, 1, "Another")
        source.commit(*process(5), FIRST + timedelta(days=1))
        publish(tmp_path, source, 1)
        fresh = client.get(address, headers={"If-None-Match": empty.headers["etag"]}).json()
        assert [one["ocid"] for one in fresh["releases"]] == ["ocds-213czf-S00002", "ocds-213czf-S00005"]


def test_who_asks_for_what_changed_since_the_newest_date_seen_holds_everything(tmp_path: Path) -> None:
    source = made_up_source(6)
    held: dict[str, dict[str, Any]] = {}
    seen = "0001-01-01T00:00:00Z"
    publish(tmp_path, source)
    with web_server(tmp_path) as client:
        for day in range(1, 5):
            answered = 0
            page = get(client, "/records", limit=2, since=seen)
            while page["records"]:
                answered += len(page["records"])
                held |= {one["ocid"]: one for one in page["records"]}
                seen = max(seen, page["publishedDate"])
                address = urlsplit(page["links"]["next"])
                page = client.get(f"{address.path}?{address.query}").json()
            assert {ocid: one["compiledRelease"] for ocid, one in held.items()} == source.compiled_of
            # What was committed at that time comes again, because more of it may have been unseen.
            assert answered == {1: 6, 2: 7}.get(day, 4)
            change(source, day, day, f"Title of day {day}")
            source.commit(*process(5 + day), FIRST + timedelta(days=day))
            publish(tmp_path, source, day)


def test_a_rollback_is_obeyed_at_once(tmp_path: Path) -> None:
    source = made_up_source(5)
    publish(tmp_path, source)
    with web_server(tmp_path) as client:
        before = client.get(f"{API}/records/ocds-213czf-S00002")
        change(source, 2, 1, "Another")
        publish(tmp_path, source, 1)
        known = {"If-Modified-Since": before.headers["last-modified"]}
        after = client.get(f"{API}/records/ocds-213czf-S00002", headers=known)
        assert after.json()["records"][0]["compiledRelease"]["tender"]["title"] == "Another"
        rollback(tmp_path / "lindenau")
        # What is answered now is older than what the reader has.
        known = {"If-Modified-Since": after.headers["last-modified"]}
        found = client.get(f"{API}/records/ocds-213czf-S00002", headers=known)
        assert (found.status_code, found.content) == (200, before.content)


def test_what_was_taken_back_is_not_answered_any_more(tmp_path: Path) -> None:
    source = made_up_source(5)
    publish(tmp_path, source)
    with web_server(tmp_path) as client:
        assert ocids(client, title="street 2") == {"ocds-213czf-S00002"}
        source.notices.append(Notice(1, FIRST + timedelta(days=1), "ocds-213czf-S00002", None, "Not public"))
        del source.releases_of["ocds-213czf-S00002"], source.compiled_of["ocds-213czf-S00002"]
        publish(tmp_path, source, 1)
        assert client.get(f"{API}/records/ocds-213czf-S00002").status_code == 404
        assert ocids(client, title="street 2") == set()
        assert len(followed(client, "releases", limit=1)) == 4


def test_unpublished_commits_are_not_answered(tmp_path: Path) -> None:
    source = made_up_source(2)
    publish(tmp_path, source)
    source.commit(*process(2))
    build_snapshot(tmp_path / "lindenau", source, CITY, as_of=FIRST + timedelta(1), code_version="1", formats=("api",))
    with web_server(tmp_path) as client:
        assert len(ocids(client)) == 2


def test_a_snapshot_that_is_retired_while_it_is_read_is_left_for_the_new_one(
    client: httpx.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [SnapshotReader(folder / "lindenau/snapshots/retired"), open_snapshot(folder / "lindenau")]
    monkeypatch.setattr("pregon.web.api.app.open_snapshot", lambda _: readers.pop(0))
    assert client.get(f"{API}/records/{OCID}").status_code == 200
    assert readers == []


def test_a_failure_is_a_problem_that_tells_nothing_of_the_inside(tmp_path: Path) -> None:
    (publish(tmp_path, made_up_source(2)) / "api/index.sqlite").write_bytes(b"not a database, but a secret")
    with web_server(tmp_path) as client:
        answer = client.get(f"{API}/records")
        assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
        assert "secret" not in answer.text
        assert "database" not in answer.text
        assert str(tmp_path) not in answer.text


# HTTP -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/records", "/releases?limit=3", f"/records/{OCID}", "/", "/openapi.json"])
def test_nothing_is_sent_again_to_who_has_it(client: httpx.Client, path: str) -> None:
    first = client.get(f"{API}{path}")
    assert "Accept-Encoding" in first.headers["vary"]
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = client.get(f"{API}{path}", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(f"{API}{path}", headers={"If-None-Match": '"other"'}).status_code == 200
    both = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]}
    assert client.get(f"{API}{path}", headers=both).status_code == 200
    assert client.get(f"{API}{path}", headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_answers_are_compressed_for_who_takes_it(client: httpx.Client) -> None:
    plain = client.get(f"{API}/records")
    assert "content-encoding" not in plain.headers
    with client.stream("GET", f"{API}/records", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) / 4
        assert packed.headers["etag"] != plain.headers["etag"]
    assert gzip.decompress(raw) == plain.content
    refused = client.get(f"{API}/records", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_head_has_the_headers_of_get(client: httpx.Client) -> None:
    for path in ("/records", f"/records/{OCID}", "/records/none", "/records?limit=0"):
        head, answer = client.head(f"{API}{path}"), client.get(f"{API}{path}")
        assert head.content == b""
        assert head.status_code == answer.status_code
        for name in ("content-type", "content-length", "etag", "last-modified"):
            assert head.headers.get(name) == answer.headers.get(name)


def test_pages_of_other_origins_may_read(client: httpx.Client) -> None:
    answer = client.get(f"{API}/records?limit=1", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    assert client.options(f"{API}/records", headers=asked).status_code == 200
    asked["Access-Control-Request-Method"] = "DELETE"
    assert client.options(f"{API}/records", headers=asked).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/records/none", 404), ("/records/", 404), (f"/records/{OCID}/releases/none", 404), ("/nothing", 404),
        ("/records?limit=0", 400), ("/records?colour=red", 400), ("/records?limit=1&limit=2", 400),
        (f"/records/{OCID}?limit=1", 400), ("/releases?status=active", 400), ("/releases?cursor=%00", 400),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_as_a_problem(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(f"{API}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    found = answer.json()
    assert found["status"] == status
    assert {"type", "title", "detail"} <= found.keys()
    if status == 400:
        assert {one["name"] for one in found["errors"]} <= {"limit", "colour", "status", "cursor"}
        assert found["errors"]


def test_only_reading_is_allowed(client: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, f"{API}/records")
        assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
        assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "city", ["none", "bare", ".", "..", "%2e%2e", "lindenau%2f..", "lindenau%2fsnapshots", "%00", "secret.txt"]
)
def test_where_there_is_no_api_there_is_nothing(client: httpx.Client, city: str) -> None:
    for path in ("records", "records/ocds-213czf-S00001", "openapi.json", "index.html"):
        answer = client.get(f"/{city}/api/v1/{path}")
        assert answer.status_code == 404
        assert "secret" not in answer.text.replace("secret.txt", "")


@pytest.mark.parametrize("name", ["../../manifest.json", "..%2f..%2fmanifest.json", "%2fetc%2fpasswd", "index.sqlite"])
def test_no_path_leads_out_of_the_api(client: httpx.Client, name: str) -> None:
    for path in (f"/records/{name}", f"/records/{name}/releases/{name}"):
        answer = client.get(f"{API}{path}")
        assert answer.status_code == 404


def test_the_address_without_slash_leads_on(client: httpx.Client) -> None:
    answer = client.get(API)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{API}/")
    assert client.get("/none/api/v1").status_code == 404


# Description ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "language"), [("", "en"), ("index.html", "en"), ("index.es.html", "es")])
def test_the_page_for_people_needs_nothing_from_elsewhere(client: httpx.Client, name: str, language: str) -> None:
    answer = client.get(f"{API}/{name}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}">' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for forbidden in ("<script", "src=", "http://", "https://"):
        assert forbidden not in answer.text
    assert {"en": "Synthetic data", "es": "Datos sintéticos"}[language] in answer.text


def test_every_link_of_the_page_answers(client: httpx.Client) -> None:
    page = client.get(f"{API}/")
    links = [one.split('"')[0] for one in page.text.split('href="')[1:]]
    assert len([one for one in links if one.startswith("records/")]) == 2
    for link in links:
        if not link.startswith("#"):
            answer = client.get(f"{API}/{link}", follow_redirects=True)
            home = link.startswith("../../")  # this city has been built without a home page of its own in another place
            assert answer.status_code == 200 or home, link


@pytest.mark.parametrize(("name", "words"), [("openapi.json", "Records"), ("openapi.es.json", "Registros")])
def test_the_description_is_complete_in_each_language(client: httpx.Client, name: str, words: str) -> None:
    found = get(client, f"/{name}")
    assert found["openapi"] == "3.1.0"
    assert found["servers"] == [{"url": f"{CITY.base_url}/api/v1"}]
    assert list(found["paths"]) == ["/records", "/releases", "/records/{ocid}/releases/{id}", "/records/{ocid}"]
    assert words in found["paths"]["/records"]["get"]["summary"]
    for methods in found["paths"].values():
        for operation in methods.values():
            assert list(operation["responses"]) == ["200", "304", "400", "404"]
            assert all(one["description"] for one in operation["parameters"])
            assert operation["responses"]["200"]["content"]["application/json"]["example"]


def without_texts(value: Any) -> Any:
    """A description without what people read."""
    if isinstance(value, dict):
        said = ("description", "summary", "title")
        return {name: without_texts(one) for name, one in value.items() if not (name in said and isinstance(one, str))}
    return [without_texts(one) for one in value] if isinstance(value, list) else value


def test_the_descriptions_say_the_same(client: httpx.Client) -> None:
    english, spanish = get(client, "/openapi.json"), get(client, "/openapi.es.json")
    assert english != spanish
    assert without_texts(english) == without_texts(spanish)


def test_static_files_are_served_as_before(client: httpx.Client, folder: Path) -> None:
    path = "api/records/first.json"
    answer = client.get(f"/lindenau/{path}", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert answer.status_code == 206
    assert answer.content == (folder / "lindenau/current" / path).read_bytes()[:10]
