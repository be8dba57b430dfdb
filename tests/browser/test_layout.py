"""Pages fit a phone and a desk, light and dark, large letters and paper."""

import pytest
from playwright.sync_api import Page
from served_pages import OpenPage

pytestmark = pytest.mark.browser

REPORTS = ("/riverbend/reports/quality.html", "/riverbend/reports/quality.es.html")
ABOUT = tuple(f"/riverbend/{name}{end}.html" for name in ("policy", "dictionary") for end in ("", ".es"))
OPPORTUNITIES = ("/riverbend/opportunities.html", "/riverbend/opportunities.es.html")
PAGES = ("/", "/riverbend/", "/riverbend/index.es.html", *REPORTS, *OPPORTUNITIES, *ABOUT)

# Whatever reaches beyond the right edge, apart from what is kept off the screen on purpose, on the left.
BEYOND = """() => {
    const edge = document.documentElement.clientWidth;
    const parts = [...document.body.querySelectorAll("*")].filter(
        (one) => one.getBoundingClientRect().right > edge + 0.5);
    return [document.scrollingElement.scrollWidth - edge, ...parts.map((one) => one.outerHTML.slice(0, 80))];
}"""

BRIGHTNESS = """() => ["color", "backgroundColor"].map((name) => {
    const [red, green, blue] = getComputedStyle(document.body)[name].match(/[0-9.]+/g).map(Number);
    return (red + green + blue) / 765;
})"""


def beyond(page: Page) -> list[object]:
    found: list[object] = page.evaluate(BEYOND)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_the_screen(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    for width in (320, 400, 640, 641, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert (width, beyond(page)) == (width, [0])


@pytest.mark.parametrize("path", PAGES)
def test_letters_may_be_twice_as_large(open_page: OpenPage, path: str) -> None:
    """WCAG 2.2, 1.4.4: text can be resized to 200 percent."""
    page = open_page(path)
    before = page.locator("h1").bounding_box()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    after = page.locator("h1").bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 1.9 * before["height"]
    assert beyond(page) == [0]


@pytest.mark.parametrize("path", PAGES)
def test_words_can_be_set_further_apart(open_page: OpenPage, path: str) -> None:
    """WCAG 2.2, 1.4.12: no content is lost with wider spacing of lines, letters and words."""
    page = open_page(path, width=320)
    page.evaluate(
        """() => document.querySelectorAll("body *").forEach((one) => Object.assign(one.style,
            { lineHeight: "1.5", letterSpacing: "0.12em", wordSpacing: "0.16em" }))"""
    )
    assert beyond(page) == [0]


@pytest.mark.parametrize("path", PAGES)
def test_who_prefers_dark_gets_dark(open_page: OpenPage, path: str) -> None:
    page = open_page(path, color_scheme="light")
    ink, paper = page.evaluate(BRIGHTNESS)
    assert ink < 0.2
    assert paper == 1
    page.emulate_media(color_scheme="dark")
    ink, paper = page.evaluate(BRIGHTNESS)
    assert ink > 0.8
    assert paper < 0.2


@pytest.mark.parametrize("path", PAGES[1:3])
def test_on_a_phone_numbers_say_what_they_count(open_page: OpenPage, path: str) -> None:
    """The heads of the tables are out of sight there."""
    page = open_page(path, width=320)
    head = page.locator("table.bulk thead").first.bounding_box()
    assert head is not None
    assert head["x"] < 0
    label = page.locator("table.bulk td.number").first.evaluate("one => getComputedStyle(one, '::before').content")
    assert {"/riverbend/": "Processes", "/riverbend/index.es.html": "Procesos"}[path] in label


@pytest.mark.parametrize("path", PAGES[1:3])
def test_paper_gets_dark_ink_and_addresses_instead_of_navigation(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=720, color_scheme="dark")
    nav, switch = page.locator("nav"), page.locator(".top a")
    assert nav.is_visible()
    assert switch.is_visible()
    page.emulate_media(media="print")
    ink, paper = page.evaluate(BRIGHTNESS)
    assert ink < 0.2
    assert paper == 1
    assert not nav.is_visible()
    assert not switch.is_visible()
    policy = page.locator(".list a[href$='/policy']").evaluate("one => getComputedStyle(one, '::after').content")
    assert "https://data.riverbend.example/contracting/policy" in policy
    assert beyond(page) == [0]
    assert page.pdf(format="A4").startswith(b"%PDF")
