"""The page of a process's history, opened from a file: it can be used by everybody, on any screen, and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.test_access import findings
from browser.test_layout import BRIGHTNESS, beyond
from made_up_history import page as history_page
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["en", "es"])
def page(request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A history in one of the languages; it fails if the page asks for anything."""
    file: Path = tmp_path_factory.mktemp("history") / "history.html"
    file.write_bytes(history_page(request.param))
    context = chromium.new_context(color_scheme="light")
    made = context.new_page()
    asked: list[str] = []
    made.on("request", lambda one: asked.append(one.url))
    made.on("console", lambda message: asked.append(message.text))
    made.goto(file.as_uri())
    yield made
    context.close()
    assert asked == [file.as_uri()]


def test_axe_finds_nothing(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    for width, color_scheme in ((1280, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(media="screen", color_scheme=color_scheme)
        assert (width, color_scheme, findings(page)) == (width, color_scheme, [])


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.emulate_media(media="screen", color_scheme="light")
    for width in (320, 400, 640, 641, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert (width, beyond(page)) == (width, [0])


def test_who_prefers_dark_gets_dark_and_paper_stays_white(page: Page) -> None:
    page.emulate_media(media="screen", color_scheme="dark")
    ink, paper = page.evaluate(BRIGHTNESS)
    assert ink > 0.8
    assert paper < 0.2
    page.emulate_media(media="print", color_scheme="dark")
    ink, paper = page.evaluate(BRIGHTNESS)
    assert ink < 0.2
