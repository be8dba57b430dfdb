"""Names that a city may bear, or somebody may slip in, neither run nor break a page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_up_publication import PUBLICATION, made_up_source
from playwright.sync_api import Page
from served_pages import OpenPage, Site, serving

from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote

pytestmark = pytest.mark.browser

NAMES = {
    "markup": """</title></style><script>alert(1)</script><img src=x onerror=alert(2)>"'--><b>{city}{{ 7 * 7 }}&lt;""",
    "long": "Taumatawhakatangihangakoauauotamateaturipukakapikimaungahoronukupokaiwhenuakitanatahu" * 2,
    "arabic": "مدينة النهر",
    "turned": "City of \u202egnipal",  # every letter from right to left from here on, and never back
}
PAGES = ("", "index.es.html")


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server of four cities whose names, publishers, licences and contacts are strange."""
    home = tmp_path_factory.mktemp("home")
    for slug, name in NAMES.items():
        publication = replace(
            PUBLICATION, slug=slug, name={"en": name, "es": name}, publisher_name=name, licence_name=name,
            contact_name=name,
        )  # fmt: skip
        as_of = datetime(2026, 3, 2, 5, tzinfo=UTC)
        source = made_up_source()
        promote(build_snapshot(home / "public" / slug, source, publication, as_of=as_of, code_version="1").path)
    with serving(home, "markup") as served:
        yield served


TAGS = "[...document.querySelectorAll('*')].map((one) => one.tagName)"


@pytest.mark.parametrize("page_name", PAGES)
def test_a_strange_name_is_shown_as_text(open_page: OpenPage, strange: Site, page_name: str) -> None:
    page = open_page("/", address=strange.address, width=320)
    tags = {}
    for slug, name in NAMES.items():
        page.goto(f"{strange.address}/{slug}/{page_name}")
        assert page.locator(".city").inner_text() == name
        assert name in page.title()
        assert (slug, page.evaluate("document.scrollingElement.scrollWidth")) == (slug, 320)
        tags[slug] = page.evaluate(TAGS)
    assert tags == dict.fromkeys(NAMES, tags["arabic"])


def test_the_list_of_cities_shows_strange_names_as_text(open_page: OpenPage, strange: Site) -> None:
    page = open_page("/", address=strange.address, width=320)
    shown = page.locator("main [lang=es] h2").all_inner_texts()
    assert sorted(shown) == sorted(NAMES.values())
    assert page.locator("script, img, b").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320


LEFT_EDGES = """(words) => {
    const text = document.querySelector(".lede").lastChild;
    return words.map((word) => {
        const range = document.createRange(), start = text.data.indexOf(word);
        range.setStart(text, start);
        range.setEnd(text, start + word.length);
        const box = range.getBoundingClientRect();
        return [box.top, box.left];
    });
}"""


def test_a_name_from_right_to_left_turns_nothing_around_it(open_page: OpenPage, strange: Site) -> None:
    page: Page = open_page("/turned/", address=strange.address)
    places = page.evaluate(LEFT_EDGES, ["publishes", "how it", "buys", "goods"])
    assert len({top for top, _ in places}) == 1
    assert places == sorted(places)
