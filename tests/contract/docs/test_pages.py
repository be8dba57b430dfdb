"""Links within the documents lead somewhere, and pictures can be read by everybody."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_SVG = "{http://www.w3.org/2000/svg}"


def _documents(repository: Path) -> list[Path]:
    return [
        *repository.glob("*.md"),
        *(repository / "docs").rglob("*.md"),
        *(repository / "cities").glob("*/README.md"),
    ]


def _anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken(document: Path, repository: Path) -> Iterator[str]:
    for link in _LINK.findall(_CODE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path) if path else document
        if not target.exists():
            yield f"{document.relative_to(repository)}: {link}: there is no such file"
        elif anchor and anchor not in _anchors(target):
            yield f"{document.relative_to(repository)}: {link}: there is no such heading"


def test_links_lead_to_files_and_headings(repository: Path) -> None:
    documents = _documents(repository)
    assert len(documents) > 15
    assert [problem for document in documents for problem in _broken(document, repository)] == []


def test_every_page_can_be_reached_from_the_index(repository: Path) -> None:
    waiting, seen = [repository / "README.md"], set()
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8")))
        waiting += [page.parent / link for link in links if link and ":" not in link]
    assert {page.resolve() for page in (repository / "docs").rglob("*.md")} - seen == set()


def test_pictures_say_in_words_what_they_show(repository: Path) -> None:
    for picture in (repository / "docs" / "images").glob("*.svg"):
        root = ElementTree.parse(picture).getroot()  # noqa: S314 - our own file
        labels = (root.get("aria-labelledby") or "").split()
        found = {part.get("id"): part.text or "" for part in root if part.tag in (f"{_SVG}title", f"{_SVG}desc")}
        assert root.get("role") == "img", picture.name
        assert len(labels) == 2, picture.name
        assert all(found.get(label) for label in labels), picture.name


def test_the_picture_shows_the_stages_in_their_order(repository: Path) -> None:
    from pregon.pipeline import STAGES

    text = (repository / "docs" / "images" / "way-of-the-data.svg").read_text(encoding="utf-8")
    shown = re.findall(r'class="stage"[^>]*>(\d) (\w+)<', text)
    assert sorted(shown) == [(str(number), stage) for number, stage in enumerate(STAGES, start=1)]
