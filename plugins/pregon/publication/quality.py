"""The quality report within a snapshot: JSON, a page in each language, and a badge."""

import json
from pathlib import Path
from typing import Any, Protocol

from pregon.publication.pages import Page
from transforms.publication import Publication
from transforms.quality import QualityReport, TrendEntry, read_trend
from transforms.site.badge import badge
from transforms.site.quality import FOLDER, quality_pages

REPORT = f"{FOLDER}/quality.json"


class QualitySource(Protocol):
    """What the checks found in the publication that is to be built."""

    @property
    def fingerprint(self) -> str:
        """Tells the reports of one set of checks from those of another, wherever the publication is the same."""

    def report(
        self, *, snapshot: str, as_of: str, published: str, earlier: tuple[TrendEntry, ...]
    ) -> QualityReport | None:
        """Make the report of a snapshot (times RFC 3339); None where nothing was ever committed."""


def earlier_trend(snapshot: Path | None) -> tuple[TrendEntry, ...]:
    """Read the trend from the report of a snapshot; empty where there is none, or it can't be read."""
    if snapshot is None:
        return ()
    try:
        found: Any = json.loads((snapshot / REPORT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ()
    return read_trend(found)


def quality_files(report: QualityReport, publication: Publication) -> list[Page]:
    """Make the files of a report."""
    data = json.dumps(report.to_json(), ensure_ascii=False, indent=1).encode() + b"\n"
    svg = badge(report.score, publication.languages[0], publication.country)
    return [
        Page(REPORT, data, "report", "JSON", "application/json"),
        *(
            Page(f"{FOLDER}/{name}", page, "report", "HTML", "text/html")
            for name, page in quality_pages(report, publication).items()
        ),
        Page(f"{FOLDER}/quality.svg", svg, "report", "SVG", "image/svg+xml"),
    ]
