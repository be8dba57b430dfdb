"""The page that takes a new person from a CSV file to a publication is followed step by step."""

from pathlib import Path

import pytest
from documentation import Reader, blocks

pytestmark = pytest.mark.integration


def test_following_the_page_gives_what_it_says(repository: Path, tmp_path: Path) -> None:
    steps = list(blocks(repository / "docs" / "add-a-city.md"))
    assert sum(step.is_file for step in steps) == 7
    assert sum(step.language == "text" for step in steps) >= 9
    reader = Reader(tmp_path)
    for step in steps:
        reader.follow(step)
