"""What was found last is kept in HOME/internal/CITY/links.json: the next run judges it with everything else."""

import json
from collections.abc import Sequence
from pathlib import Path

from expectations.checks.counts import MOST_EXAMPLES
from expectations.checks.model import Links
from pregon.errors import PregonError
from pregon.links.asking import Link

NAME = "links.json"


class UnreadableLinks(PregonError):
    """The file is not what `pregon links` writes."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(f"{path} can't be read ({error})", hint="remove it, and run `pregon links CITY` again")
        self.path = path


def keep_links(folder: Path, links: Sequence[Link], *, asked: str, documents: int) -> Path:
    """Write what was found, whole or not at all. `folder` is the city's internal one, `asked` the moment (RFC 3339)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    content = {"asked": asked, "documents": documents, "links": [link.to_json() for link in links]}
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    temporary.replace(path)
    return path


def kept_links(folder: Path) -> Links | None:
    """Give what was found last, as the check takes it; None where nobody has asked.

    Raises:
        UnreadableLinks: the file is damaged.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        links = [Link.from_json(link) for link in content["links"]]
        return summed(links, asked=content["asked"], documents=content["documents"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableLinks(path, error) from error


def summed(links: Sequence[Link], *, asked: str, documents: int) -> Links:
    """Sum up what was found."""
    failed = [link for link in links if not link.works]
    examples = tuple(link.told() for link in failed[:MOST_EXAMPLES])
    return Links(asked=asked, documents=documents, looked_at=len(links), failed=len(failed), examples=examples)


def clear_links(folder: Path) -> bool:
    """Remove what was found, which repeats addresses as they were published; tell whether there was anything."""
    path = folder / NAME
    if not path.exists():
        return False
    path.unlink()
    return True
