"""What the formats of tables have in common.

A year's files are filled with rows as the compiled releases are read. Those of all years are put together from the
files of the years, which is why a year that did not change costs hardly anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from pregon.publication.deflate import Compressor
from pregon.publication.source import Segment
from transforms.publication import Publication
from transforms.snapshot import PublishedFile
from transforms.tables import TablePlan, TableRows

Rows = Sequence[tuple[int, TableRows]]
"""Rows of some whole processes, by the number of their table in the plan."""


@dataclass(frozen=True)
class TableOptions:
    """What a city may choose. `byte_order_mark`: CSV begins with one. `workbook_language`: of its column names."""

    byte_order_mark: bool = False
    workbook_language: str = "en"


@dataclass(frozen=True)
class Setting:
    """What every file of tables is made with. `folder` is that of the unfinished snapshot."""

    folder: Path
    publication: Publication
    plan: TablePlan
    options: TableOptions
    compressor: Compressor


@dataclass(frozen=True)
class Year:
    """The finished files of one segment in one format, and the rows of each table in them, by its name."""

    segment: Segment
    files: Sequence[PublishedFile]
    rows: Mapping[str, int]


def about(publication: Publication) -> dict[str, str]:
    """Give what a file that can hold it says of its publication, by short names."""
    found = {
        "publisher": publication.publisher_name,
        "licence": publication.licence_uri,
        "source": publication.url(),
        "standard": "https://standard.open-contracting.org/1.1/en/",
    }
    return found | ({"synthetic": "true"} if publication.synthetic else {})


class SegmentFiles(Protocol):
    """The files of one segment in one format while they are filled."""

    def add(self, rows: Rows) -> None:
        """Take the rows of some processes."""

    def finish(self) -> list[PublishedFile]:
        """Write the files to their final names and describe them; the compressor has nothing more to deliver."""

    def discard(self) -> None:
        """Remove what was written."""


class Format(Protocol):
    """One way to write tables. `name` is the word of the manifest."""

    name: ClassVar[str]

    def fingerprint(self, setting: Setting) -> str:
        """Sum up what the bytes of this format depend on beside the rows, the plan and the time."""

    def segment(self, setting: Setting, segment: Segment, fingerprint: str) -> SegmentFiles:
        """Begin the files of a segment."""

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Put the files of all years together; those of the years are in the snapshot's folder."""
