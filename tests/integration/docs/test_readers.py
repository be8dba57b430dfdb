"""Every command that the pages for readers of the data show is run on a publication."""

import shutil
from pathlib import Path

import pytest
from documentation import Reader, blocks

pytestmark = pytest.mark.integration

PAGES = ("publish.md", "use-the-data.md", "es/usar-los-datos.md")


@pytest.fixture(scope="module")
def current(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publication of the city that `add-a-city.md` makes, after its first run."""
    reader = Reader(tmp_path_factory.mktemp("reader"))
    for step in blocks(repository / "docs" / "add-a-city.md"):
        if step.is_file:
            reader.write(step)
        elif step.text.startswith("pregon run "):
            reader.follow(step)
            break
    return reader.folder / ".pregon" / "public" / "quillfield" / "current"


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_give_what_the_page_says(page: str, repository: Path, current: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(current, tmp_path / "current")
    reader = Reader(folder)
    steps = list(blocks(repository / "docs" / page))
    assert {"python", "sql", "text"} <= {step.language for step in steps}
    for step in steps:
        reader.follow(step)


def test_the_data_package_is_read_as_the_page_of_the_catalogue_says(
    repository: Path, current: Path, tmp_path: Path
) -> None:
    reader = Reader(shutil.copytree(current, tmp_path / "current"))
    steps = list(blocks(repository / "docs/reference/catalogue.md"))
    assert [step.language for step in steps] == ["sh", "python", "text"]
    for step in steps:
        reader.follow(step)
