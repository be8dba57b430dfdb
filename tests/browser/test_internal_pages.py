"""Pages for internal use, opened from a file: they can be used by everybody, on any screen, and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.test_access import findings
from browser.test_layout import BRIGHTNESS, beyond
from made_up_history import page as history_page
from made_up_profiles import profile
from made_up_publication import PUBLICATION
from made_up_quality import inside, report
from playwright.sync_api import Browser, Page

from transforms.site.profile import profile_page
from transforms.site.quality import internal_pages, quality_pages

pytestmark = pytest.mark.browser


def _profile(folder: Path, language: str) -> bytes:
    return profile_page(profile(folder, language, sample=1_000), country="US")


def _history(_: Path, language: str) -> bytes:
    return history_page(language)


def _quality(_: Path, language: str) -> bytes:
    return internal_pages(report(), PUBLICATION, inside())[f"report.{language}.html"]


def _public_quality(_: Path, language: str) -> bytes:
    """Public, but with more checks and a longer trend than the served one has."""
    return quality_pages(report(), PUBLICATION)["quality.html" if language == "en" else f"quality.{language}.html"]


MAKERS = (("profile", _profile), ("history", _history), ("quality", _quality), ("public-quality", _public_quality))
PAGES = {f"{name}-{language}": (make, language) for name, make in MAKERS for language in ("en", "es")}


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of each kind in each language; it fails if the page asks for anything."""
    make, language = PAGES[request.param]
    folder: Path = tmp_path_factory.mktemp("internal")
    file = folder / "page.html"
    file.write_bytes(make(folder, language))
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


@pytest.mark.parametrize("page", ["profile-en", "profile-es"], indirect=True)
def test_proposals_are_opened_with_the_keyboard(page: Page) -> None:
    page.emulate_media(media="screen", color_scheme="light")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = false)")
    page.locator("summary").last.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").last.locator("pre").is_visible()
    assert "bindings:" in page.locator("details").last.inner_text()


@pytest.mark.parametrize("page", ["quality-en", "public-quality-es"], indirect=True)
def test_what_is_folded_in_a_report_is_opened_with_the_keyboard(page: Page) -> None:
    page.emulate_media(media="screen", color_scheme="light")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = false)")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.locator("table").is_visible()


@pytest.mark.parametrize("page", ["public-quality-en", "public-quality-es"], indirect=True)
def test_a_chart_says_what_it_shows(page: Page) -> None:
    charts = page.get_by_role("img")
    assert charts.count() == 2
    for chart in charts.all():
        assert "2026" in (chart.get_attribute("aria-label") or "")
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 200


@pytest.mark.parametrize("page", ["public-quality-en"], indirect=True)
def test_charts_and_findings_are_printed(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = false)")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("svg.chart").first.is_visible()
    assert page.locator(".finding").first.is_visible()
    assert not page.locator("details").first.is_visible()
    colour = page.locator("svg.chart .line").first.evaluate("one => getComputedStyle(one).stroke")
    assert colour == "rgb(11, 79, 125)"
