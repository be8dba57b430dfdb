"""What a procurement officer reads on the pages, in English and in Spanish."""

import csv
import io
import re
import zipfile

import pytest
from playwright.sync_api import Page
from served_pages import OpenPage, Site

pytestmark = pytest.mark.browser

LANGUAGE_OF_LINK = r"(dictionary|policy|index|quality|changes|opportunities|1\.1/)\W?(en|es)?\b.*"
CITY_PAGES = {"en": "/riverbend/", "es": "/riverbend/index.es.html"}

SAID = {
    "en": ("Contracting data", "City of Riverbend", "This city and its data are synthetic.", "June 1, 2026"),
    "es": (
        "Datos de contratación",
        "Ciudad de Riverbend",
        "Esta ciudad y sus datos son sintéticos.",
        "1 de junio de 2026",
    ),
}


def text_of(page: Page, selector: str = "body") -> str:
    return re.sub(r"\s+", " ", page.locator(selector).inner_text())


def test_the_server_lists_its_cities_in_both_languages(open_page: OpenPage, site: Site) -> None:
    page = open_page("/")
    for language, other in (("en", "es"), ("es", "en")):
        entry = page.locator(f"main [lang={language}]")
        processes = site.manifest["counts"]["records"]
        assert entry.get_by_role("link").all_inner_texts() == [SAID[language][1]]
        assert str(processes) in entry.inner_text()
        assert SAID[language][3] in entry.inner_text()
        assert {"en": "Synthetic data", "es": "Datos sintéticos"}[language] in entry.inner_text()
        entry.get_by_role("link").click()
        assert page.url == site.address + CITY_PAGES[language]
        assert page.locator("html").get_attribute("lang") == language != other
        page.go_back()


@pytest.mark.parametrize("language", CITY_PAGES)
def test_a_page_says_whose_it_is_and_that_it_is_synthetic(open_page: OpenPage, site: Site, language: str) -> None:
    page = open_page(CITY_PAGES[language])
    heading, city, synthetic, published = SAID[language]
    assert page.locator("html").get_attribute("lang") == language
    assert city in page.title()
    assert page.get_by_role("heading", level=1).all_inner_texts() == [heading]
    assert page.get_by_text(synthetic).is_visible()
    assert page.get_by_text("ocds-213czf").is_visible()
    facts = text_of(page, ".facts")
    assert published in facts
    for count in site.manifest["counts"].values():
        assert f" {count} " in facts


@pytest.mark.parametrize(("language", "other"), [("en", "es"), ("es", "en")])
def test_the_language_switch_leads_to_the_same_page(open_page: OpenPage, site: Site, language: str, other: str) -> None:
    page = open_page(CITY_PAGES[language])
    switch = page.locator(f"a[hreflang={other}]")
    assert switch.get_attribute("lang") == other
    switch.click()
    assert page.url == site.address + CITY_PAGES[other].replace(
        "/riverbend/", "/riverbend/" + "index.html" * (other == "en")
    )
    assert page.locator("html").get_attribute("lang") == other
    assert text_of(page, "h1") == SAID[other][0]
    page.locator(f"a[hreflang={language}]").click()
    assert text_of(page, "h1") == SAID[language][0]


def test_both_languages_say_the_same(open_page: OpenPage) -> None:
    """The same headings in the same order, the same tables with the same numbers, the same links."""

    def shape(language: str) -> list[list[str]]:
        page = open_page(CITY_PAGES[language])
        return [
            page.evaluate("[...document.querySelectorAll('h1, h2, h3, dt')].map(one => one.tagName)"),
            page.evaluate("[...document.querySelectorAll('td.number, .size, code')].map(one => one.innerText)"),
            [re.sub(LANGUAGE_OF_LINK, r"\1", link) for link in links(page)],
        ]

    english, spanish = shape("en"), shape("es")
    assert english == spanish
    assert min(map(len, english)) > 30


def links(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    return found


@pytest.mark.parametrize("language", CITY_PAGES)
def test_licence_policy_and_contact_can_be_reached(open_page: OpenPage, language: str) -> None:
    page = open_page(CITY_PAGES[language])
    licence = page.locator("a[rel=license]")
    assert licence.inner_text() == "CC0 1.0"
    assert licence.get_attribute("href") == "https://creativecommons.org/publicdomain/zero/1.0/"
    policy = page.get_by_role("link", name={"en": "Publication policy", "es": "Política de publicación"}[language])
    assert policy.get_attribute("href") == "https://data.riverbend.example/contracting/policy"
    contact = page.get_by_role("link", name="opendata@riverbend.example")
    assert contact.get_attribute("href") == "mailto:opendata@riverbend.example"
    standard = page.locator("a[href*='standard.open-contracting.org']")
    assert standard.get_attribute("href") == f"https://standard.open-contracting.org/1.1/{language}/"


@pytest.mark.parametrize("path", ["/", *CITY_PAGES.values()])
def test_nothing_needs_javascript(open_page: OpenPage, path: str) -> None:
    assert text_of(open_page(path, java_script_enabled=False)) == text_of(open_page(path))


@pytest.mark.parametrize("language", CITY_PAGES)
def test_the_list_of_tables_tells_what_is_in_the_archive(open_page: OpenPage, site: Site, language: str) -> None:
    told = {}
    for row in open_page(CITY_PAGES[language]).locator("section[aria-labelledby=inside] tbody tr").all():
        name, what, rows, columns, _ = row.locator("th, td").all_inner_texts()
        told[f"{name}.csv"] = (int(rows.replace(",", "")), int(columns))
        assert what
        assert "/" not in what  # the words of the standard's paths are no description
    held = {}
    with zipfile.ZipFile(site.current / "bulk/tables/full.csv.zip") as archive:
        for name in archive.namelist():
            lines = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
            held[name] = (len(lines) - 1, len(lines[0]))
    assert told == held


def test_an_address_without_page_is_said_to_be_so_in_both_languages(open_page: OpenPage, site: Site) -> None:
    answer = open_page("/").request.get(f"{site.address}/riverbend/bulk/tables/1999.csv.zip")
    assert answer.status == 404
    assert "Not found" in answer.text()
    assert "No encontrado" in answer.text()
