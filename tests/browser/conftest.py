"""Riverbend, published by the command line and served by it, in the machine's Chromium.

Nothing is downloaded, and no name but this machine's can be resolved.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from made_once import made_once
from playwright.sync_api import Browser, Page, sync_playwright
from query_threads import query_threads
from served_pages import OpenPage, Site, Watch, serving
from tiers import NEEDS

from pregon.synth import generate

__all__ = ["query_threads"]

CITY = "riverbend"
AS_OF = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def program() -> str:
    """The system's Chromium."""
    need = next(need for need in NEEDS if need.tier == "browser")
    found = next(filter(None, map(shutil.which, need.programs)), None)
    if found is None:
        pytest.skip(f"there is no Chromium: install the Debian package {need.package} (bin/test --system does)")
    return found


@pytest.fixture(scope="session")
def site(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small Riverbend, run once for all tests of the tier."""

    def make(home: Path) -> None:
        (home / "sources").mkdir()
        generate(f"sqlite:///{home}/sources/{CITY}.sqlite", processes=150, seed=5, as_of=AS_OF)
        done = pregon("run", CITY, "--home", home, "--as-of", AS_OF.isoformat())
        assert done.code == 0, done.err

    home = made_once(tmp_path_factory, "browser", make)
    with serving(home, CITY) as served:
        yield served


# Playwright keeps an event loop running while it is open, in which other tiers' tests could not run theirs: it is
# opened for each module and not for the session.
@pytest.fixture(scope="module")
def chromium(program: str) -> Iterator[Browser]:
    """A browser without window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=os.geteuid() != 0,  # it refuses to run as root
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


Opened = dict[tuple[object, ...], tuple[Page, Watch]]


@pytest.fixture(scope="module")
def opened(chromium: Browser) -> Opened:
    """Pages that a module's tests have opened, by their options: starting one takes longer than a test."""
    return {}


@pytest.fixture
def open_page(chromium: Browser, opened: Opened, site: Site) -> Iterator[OpenPage]:
    """Open an address as a reader does: `open_page("/riverbend/", width=320, color_scheme="dark")`.

    The test fails if a page has an error, leaves something unanswered, or asks for anything from elsewhere.
    """

    def visit(path: str, *, width: int = 1280, address: str = site.address, **options: Any) -> Page:
        key = (address, *sorted(options.items()))
        if key not in opened:
            context = chromium.new_context(**options)
            context.set_default_timeout(10_000)
            watch = Watch(address)
            opened[key] = (watch.over(context.new_page()), watch)
        page, _ = opened[key]
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(media="screen", color_scheme=options.get("color_scheme", "light"))
        page.goto(address + path)
        return page

    yield visit
    problems = [problem for _, watch in opened.values() for problem in watch.problems]
    for _, watch in opened.values():
        watch.problems.clear()
    assert problems == []
