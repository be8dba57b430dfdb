"""Links lead where they say, and what is downloaded is what the manifest announces."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import duckdb
import pytest
from playwright.sync_api import Page
from served_pages import OpenPage, Site, sha256

pytestmark = pytest.mark.browser

REPORTS = ("/riverbend/reports/quality.html", "/riverbend/reports/quality.es.html")
ABOUT = tuple(f"/riverbend/{name}{end}.html" for name in ("policy", "dictionary") for end in ("", ".es"))
OPPORTUNITIES = ("/riverbend/opportunities.html", "/riverbend/opportunities.es.html")
PAGES = ("/", "/riverbend/", "/riverbend/index.es.html", *REPORTS, *OPPORTUNITIES, *ABOUT)
CITY_PAGES = ("/riverbend/", "/riverbend/index.es.html")

ELSEWHERE = {
    "https://creativecommons.org/publicdomain/zero/1.0/",
    "https://data.riverbend.example/contracting/policy",
    "https://standard.open-contracting.org/1.1/en/",
    "https://standard.open-contracting.org/1.1/es/",
    "mailto:opendata@riverbend.example",
}
NOTICES = "https://procurement.riverbend.example/files/"
BASE = "https://data.riverbend.example/contracting/"


def hrefs(page: Page, selector: str = "a, link") -> list[str]:
    found: list[str] = page.locator(f":is({selector})[href]").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    return found


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_every_page_answers(open_page: OpenPage, site: Site, path: str) -> None:
    page = open_page(path)
    inner, outer = set(), set()
    for href in hrefs(page):
        address, anchor = urldefrag(urljoin(page.url, href))
        if not address.startswith(f"{site.address}/"):
            outer.add(href)
        elif anchor:
            assert address == page.url
            assert page.locator(f"[id='{anchor}']").count() == 1
        else:
            inner.add(address)
    notices = {href for href in outer if href.startswith(NOTICES)} if path in OPPORTUNITIES else set()
    assert outer - notices <= ELSEWHERE
    assert bool(notices) is (path in OPPORTUNITIES)
    assert {address: page.request.head(address).status for address in sorted(inner)} == dict.fromkeys(inner, 200)
    assert inner


@pytest.mark.parametrize("path", CITY_PAGES)
def test_every_file_is_on_the_page_under_a_name_of_its_own(open_page: OpenPage, site: Site, path: str) -> None:
    page = open_page(path)
    linked = {href for href in hrefs(page, "a") if not href.startswith(("http", "mailto:", "#"))}
    language = page.locator("html").get_attribute("lang")
    expected = {
        name
        for name, one in site.files.items()
        if one["content"] not in ("page", "dictionary")
        and (one["content"], one["format"]) != ("report", "HTML")
        and (one["format"], one["segment"] == "full") != ("Parquet", False)
        and one["content"] != "feed"
        and (one["content"] != "api" or name == "api/index.json")
    }
    expected |= {f"dictionary.{language}.csv", "manifest.json"}
    expected |= {f"feeds/changes{'.es' if language == 'es' else ''}.{suffix}" for suffix in ("atom", "json")}
    expected |= {"policy.html", "dictionary.html"} if language == "en" else {"policy.es.html", "dictionary.es.html"}
    expected.add("opportunities.html" if language == "en" else f"opportunities.{language}.html")
    expected.add("reports/quality.html" if language == "en" else f"reports/quality.{language}.html")
    assert linked - {"index.html", "index.es.html"} == expected
    saved = page.locator("a[download]").evaluate_all("all => all.map(one => [one.download, one.pathname])")
    names = {name for name, _ in saved}
    assert len(names) == len({pathname for _, pathname in saved}) > 40
    assert all(name.startswith("riverbend-") and "/" not in name for name in names)


@pytest.mark.parametrize("path", CITY_PAGES)
def test_downloads_have_the_bytes_that_the_manifest_announces(open_page: OpenPage, site: Site, path: str) -> None:
    page = open_page(path)
    language = page.locator("html").get_attribute("lang")
    got = {}
    for link in page.locator(f"a.download, a[href='dictionary.{language}.csv']").all():
        with page.expect_download() as waiting:
            link.click()
        data = Path(waiting.value.path()).read_bytes()
        got[waiting.value.suggested_filename] = sha256(data)
        announced = site.files[link.get_attribute("href") or ""]
        assert (len(data), sha256(data)) == (announced["bytes"], announced["sha256"])
    assert set(got) == {
        "riverbend-tables-full.xlsx",
        "riverbend-tables-full.sqlite",
        "riverbend-compiled-full.jsonl.gz",
        "riverbend-records-full.json.zip",
        "riverbend-releases-full.jsonl.gz",
        f"riverbend-dictionary.{language}.csv",
    }


def test_a_portal_gets_every_file_as_announced(open_page: OpenPage, site: Site) -> None:
    """A harvester reads the manifest, and takes from it what it lacks."""
    request = open_page("/riverbend/").request
    manifest = request.get(f"{site.address}/riverbend/manifest.json").json()
    assert manifest["synthetic"] is True
    for one in manifest["files"]:
        answer = request.get(f"{site.address}/riverbend/{one['path']}")
        data = answer.body()
        assert (one["path"], len(data), sha256(data)) == (one["path"], one["bytes"], one["sha256"])
        assert answer.headers["content-type"].split(";")[0] == one["media_type"]
    assert len(manifest["files"]) > 40


def test_a_portal_finds_every_bulk_file_in_the_catalogue(open_page: OpenPage, site: Site) -> None:
    request = open_page("/riverbend/").request
    [dataset] = request.get(f"{site.address}/riverbend/data.json").json()["dataset"]
    assert "synthetic" in dataset["description"]
    listed = {}
    for one in dataset["distribution"]:
        assert one["downloadURL"].startswith(BASE)
        path = one["downloadURL"].removeprefix(BASE)
        answer = request.head(f"{site.address}/riverbend/{path}")
        assert answer.headers["content-type"] == one["mediaType"]
        listed[path] = int(answer.headers["content-length"])
    assert listed == {
        path: one["bytes"]
        for path, one in site.files.items()
        if path.startswith("bulk/")
        and (one["format"] != "Parquet" or one["segment"] == "full")
        and not re.fullmatch(r"[0-9]{4}-[0-9]{2}", one["segment"])
    }
    assert dataset["describedBy"].removeprefix(BASE) in site.files


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_dictionary_explains_every_column_of_the_tables(open_page: OpenPage, site: Site, language: str) -> None:
    page = open_page("/riverbend/" if language == "en" else "/riverbend/index.es.html")
    with page.expect_download() as waiting:
        page.get_by_role(
            "link", name={"en": "Data dictionary as CSV", "es": "Diccionario de datos en CSV"}[language]
        ).click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header[:2] == {"en": ["Path", "Title"], "es": ["Ruta", "Título"]}[language]
    titles = {row[0]: row[1] for row in rows}
    with zipfile.ZipFile(site.current / "bulk/tables/full.csv.zip") as archive:
        columns = {
            column
            for name in archive.namelist()
            for column in next(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8-sig", newline="")))
        }
    assert columns - titles.keys() == {"pointer"}
    assert all(titles[column] for column in columns - {"pointer"})
    assert titles["tender/value/amount"].split(" › ")[0] == {"en": "Tender", "es": "Licitación"}[language]


def test_the_examples_of_the_page_work_on_the_downloaded_file(open_page: OpenPage, site: Site, tmp_path: Path) -> None:
    page = open_page("/riverbend/")
    with page.expect_download() as waiting:
        page.locator("a.download[href='bulk/compiled/full.jsonl.gz']").click()
    waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    python, sql = page.locator("section[aria-labelledby=opening] code").all_inner_texts()
    done = subprocess.run(
        [sys.executable, "-c", f"import pandas\nprint(len({python}))"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    count = site.manifest["counts"]["records"]
    assert int(done.stdout) == count
    in_folder = sql.replace("'riverbend", f"'{tmp_path}/riverbend")
    assert in_folder != sql
    assert len(duckdb.sql(in_folder).fetchall()) == count


@pytest.mark.parametrize("language", ["en", "es"])
def test_search_engines_find_the_dataset_in_the_page(open_page: OpenPage, site: Site, language: str) -> None:
    """What they read is data: it stands there under the served policy, and nothing is run or blocked."""
    page = open_page("/riverbend/" if language == "en" else "/riverbend/index.es.html")
    [text] = page.locator("script").all_text_contents()
    assert page.locator("script").get_attribute("type") == "application/ld+json"
    found = json.loads(text)
    assert (found["@context"], found["@type"], found["@id"]) == (
        "https://schema.org/",
        "Dataset",
        f"{BASE}dataset/ocds",
    )
    assert 50 <= len(found["description"]) <= 5_000
    assert {"en": "contracting records", "es": "contratación"}[language] in found["name"]
    for one in found["distribution"]:
        announced = site.files[one["contentUrl"].removeprefix(BASE)]
        assert (one["encodingFormat"], one["sha256"]) == (announced["media_type"], announced["sha256"])
