"""Static pages of an API as a reader follows them on disk, by their links alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pregon.publication.source import Series


def follow(folder: Path, series: Series, base_url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each page from the first one on, with its path; raises where a link leads out of the publication."""
    address: str | None = f"{base_url}/api/{series}/first.json"
    while address is not None:
        if not address.startswith(f"{base_url}/"):
            raise ValueError(f"{address} is not below {base_url}")
        path = address.removeprefix(f"{base_url}/")
        page = json.loads((folder / path).read_bytes())
        yield path, page
        address = page["links"].get("next")


def entries(folder: Path, series: Series, base_url: str) -> list[dict[str, Any]]:
    """Give the releases or records of all pages, in their order."""
    return [one for _, page in follow(folder, series, base_url) for one in page[series]]
