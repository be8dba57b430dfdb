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
from playwright.sync_api import Browser, Page, sync_playwright
from served_pages import OpenPage, Site, Watch, serving
from tiers import NEEDS

from pregon.synth import generate

CITY = "riverbend"
AS_OF = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small Riverbend, run once for all tests of the tier."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "sources").mkdir()
    generate(f"sqlite:///{home}/sources/{CITY}.sqlite", processes=150, seed=5, as_of=AS_OF)
    done = pregon("run", CITY, "--home", home, "--as-of", AS_OF.isoformat())
    assert done.code == 0, done.err
    with serving(home, CITY) as served:
        yield served


# Playwright keeps an event loop running while it is open, in which other tiers' tests could not run theirs: it is
# opened for each module and not for the session.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    need = next(need for need in NEEDS if need.tier == "browser")
    program = next(filter(None, map(shutil.which, need.programs)), None)
    if program is None:
        pytest.skip(f"there is no Chromium: install the Debian package {need.package} (bin/test --system does)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=os.geteuid() != 0,  # it refuses to run as root
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[OpenPage]:
    """Open pages as a reader: `open_page("/riverbend/", width=320, color_scheme="dark")`.

    The test fails if one of them has an error, leaves something unanswered, or asks for anything from elsewhere.
    """
    contexts, watches = [], []

    def visit(path: str, *, width: int = 1280, address: str = site.address, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        watches.append(Watch(address))
        page = watches[-1].over(context.new_page())
        page.goto(address + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [problem for watch in watches for problem in watch.problems] == []
