"""The reference pages name every check with its severity, and no other."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from expectations.checks import datasets, fields, process, releases, times
from expectations.checks.model import Check

DOCS = Path(__file__).parents[4] / "docs/reference"

PAGES: dict[str, Sequence[Check]] = {
    "checks-of-processes": process.CHECKS,
    "checks-of-values-and-releases": (*fields.CHECKS, *releases.CHECKS),
    "checks-of-the-whole": (*datasets.CHECKS, *times.CHECKS),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_a_row_for_each_check(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z._]+)` \| (\w+) \|", text, re.MULTILINE)

    assert sorted(rows) == sorted((check.id, check.severity) for check in PAGES[page])
