"""The reference page names every check of values and of releases with its severity, and no other."""

import re
from pathlib import Path

from expectations.checks import fields, releases

PAGE = Path(__file__).parents[4] / "docs/reference/checks-of-values-and-releases.md"


def test_the_page_has_a_row_for_each_check() -> None:
    rows = re.findall(r"^\| `([a-z._]+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted((check.id, check.severity) for check in (*fields.CHECKS, *releases.CHECKS))
