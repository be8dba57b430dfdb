"""What the formats of tables have in common.

A year's files are filled with rows as the compiled releases are read. Those of all years are put together from the
files of the years, which is why a year that did not change costs hardly anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from pregon.publication.deflate import Compressor
from pregon.publication.source import Segment
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.places import RowPlaces
from transforms.publication import Publication
from transforms.snapshot import PublishedFile
from transforms.tables import TablePlan

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray


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


@dataclass(frozen=True)
class Before:
    """The promoted files of a segment in one format, and where each process stands in them: they are intact."""

    folder: Path
    files: Sequence[PublishedFile]
    places: RowPlaces


class NotContinued(Exception):
    """Rows can't be taken over from the files before: all are to be made anew."""


class SegmentFiles(Protocol):
    """The files of one segment in one format while they are filled."""

    def add(self, batch: Batch) -> None:
        """Take the rows of some processes; raises `NotContinued`."""

    @property
    def sizes(self) -> "Sequence[NDArray[int64]] | None":
        """The bytes of the processes in each table, batch after batch; None where the format goes by rows."""

    def finish(self) -> list[PublishedFile]:
        """Write the files to their final names and describe them; the compressor has nothing more to deliver."""

    def discard(self) -> None:
        """Remove what was written."""


class Format(Protocol):
    """One way to write tables. `name` is the word of the manifest."""

    name: ClassVar[str]

    def fingerprint(self, setting: Setting) -> str:
        """Sum up what the bytes of this format depend on beside the rows, the plan and the time."""

    def segment(
        self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None
    ) -> SegmentFiles:
        """Begin the files of a segment; what is kept is taken from those `before`. Raises `NotContinued`."""

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Put the files of all years together; those of the years are in the snapshot's folder."""
