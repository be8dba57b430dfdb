"""Pages can be used with a keyboard alone and with a screen reader."""

import itertools
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from served_pages import OpenPage

pytestmark = pytest.mark.browser

REPORTS = ("/riverbend/reports/quality.html", "/riverbend/reports/quality.es.html")
ABOUT = tuple(f"/riverbend/{name}{end}.html" for name in ("policy", "dictionary") for end in ("", ".es"))
OPPORTUNITIES = ("/riverbend/opportunities.html", "/riverbend/opportunities.es.html")
API = ("/riverbend/api/v1/", "/riverbend/api/v1/index.es.html")
PAGES = ("/", "/riverbend/", "/riverbend/index.es.html", *REPORTS, *OPPORTUNITIES, *ABOUT, *API)


def findings(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds wrong, and what it can't decide, in its rules up to WCAG 2.2 AA and of good practice."""
    # Targets of 24 pixels are one of the rules that have to be asked for.
    options = {"resultTypes": ["violations", "incomplete"], "rules": {"target-size": {"enabled": True}}}
    answer = Axe().run(page, options=options).response
    assert len(answer["passes"]) > 15
    return [
        {"rule": one["id"], "help": one["help"], "where": [node["target"] for node in one["nodes"]]}
        for one in answer["violations"] + answer["incomplete"]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    for width, color_scheme in ((1280, "light"), (320, "dark"), (320, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=color_scheme)
        assert (width, color_scheme, findings(page)) == (width, color_scheme, [])


def test_axe_would_find_something(open_page: OpenPage) -> None:
    page = open_page("/riverbend/")
    page.evaluate("document.querySelector('.lede').style.color = '#2d6f9d'")
    page.evaluate("document.querySelector('nav a').textContent = ''")
    assert {one["rule"] for one in findings(page)} == {"color-contrast", "link-name"}


@pytest.mark.parametrize("path", PAGES)
def test_headings_are_an_outline(open_page: OpenPage, path: str) -> None:
    levels = open_page(path).locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


# Where the keyboard is: which link, or what opens a list of them, how its focus is drawn, and whether it is on screen.
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    const luminance = (text) => {
        const [r, g, b] = text.match(/[0-9.]+/g).map((part) => {
            const value = part / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let around = one.classList.contains("skip") ? document.querySelector("header") : one.parentElement;
    while (around.parentElement && getComputedStyle(around).backgroundColor === "rgba(0, 0, 0, 0)")
        around = around.parentElement;
    const [low, high] = [luminance(style.outlineColor), luminance(getComputedStyle(around).backgroundColor)]
        .sort((one, other) => one - other);
    return {
        index: [...document.querySelectorAll("a[href], summary")].indexOf(one),
        closed: one.tagName === "SUMMARY" && !one.parentElement.open,
        drawn: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
        contrast: (high + 0.05) / (low + 0.05),
        onScreen: box.top > -1 && box.bottom < innerHeight + 1 && box.left > -1 && box.right < innerWidth + 1,
    };
}"""


@pytest.mark.parametrize(
    ("path", "color_scheme"),
    [("/", "light"), ("/", "dark"), ("/riverbend/", "light"), ("/riverbend/index.es.html", "dark")],
)
def test_tab_reaches_every_link_in_order_and_shows_where_it_is(
    open_page: OpenPage, path: str, color_scheme: str
) -> None:
    page = open_page(path, width=320, color_scheme=color_scheme)
    stops = page.locator("a[href], summary").count()
    assert stops > 1
    for index in range(stops):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        # WCAG 2.2, 1.4.11: three to one for what shows the focus.
        assert focused.pop("contrast") >= 3
        if focused.pop("closed"):
            page.keyboard.press("Enter")
        assert focused == {"index": index, "drawn": True, "onScreen": True}
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["index"] == -1


@pytest.mark.parametrize("path", PAGES[1:])
def test_the_first_tab_offers_to_skip_to_the_content(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    skip = page.locator("a.skip")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] < 0
    page.keyboard.press("Tab")
    assert skip.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    assert page.locator("main").evaluate("one => one === document.activeElement")
    page.keyboard.press("Tab")
    assert page.locator("main a").first.evaluate("one => one === document.activeElement")


def test_a_file_can_be_downloaded_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page("/riverbend/")
    page.locator("a.download").first.focus()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "riverbend-tables-full.xlsx"
