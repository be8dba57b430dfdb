"""The browser tier notices what a page must not do: else all its tests would pass in vain."""

import pytest
from playwright.sync_api import Browser
from served_pages import Site, Watch

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("fault", "noticed"),
    [
        ("console.error('no')", "console: no"),
        ("setTimeout(() => { throw new Error('no') })", "error: no"),
        ("location = '/nowhere'", "status 404: "),
        ("location = 'http://portal.example/'", "external: http://portal.example/"),
        ("setTimeout(() => alert('no'))", "dialog: no"),
    ],
)
def test_a_fault_of_a_page_is_noticed(chromium: Browser, site: Site, fault: str, noticed: str) -> None:
    watch = Watch(site.address)
    with chromium.new_context() as context:
        page = watch.over(context.new_page())
        page.goto(f"{site.address}/riverbend/manifest.json")
        assert watch.problems == []
        page.evaluate(fault)
        page.wait_for_timeout(200)
        assert [problem for problem in watch.problems if problem.startswith(noticed)]
