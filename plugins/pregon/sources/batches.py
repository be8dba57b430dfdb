"""What connectors give to the extract stage: batches of rows, rejected rows, and notes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pregon.manifest import Watermark
from pregon.sources.base import SourceSpec, TableSpec

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 20_000
BATCH_CHARACTERS = 32 << 20
"""A batch ends at this many rows or characters, so that memory depends on neither the table nor its widest rows."""

RAGGED_ROW = "ragged_row"
UNREADABLE_ROW = "unreadable_row"
CAST_FAILURE = "cast_failure"
EMPTY_KEY = "empty_key"
DUPLICATE_ROW = "duplicate_row"
DUPLICATE_KEY = "duplicate_key"
UNREADABLE_CHANGE = "unreadable_change"
"""A cast failure of a row that was read in good shape before: it stays known as it was then."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that can't be used: why, which record of its table (from 1), its text, and what exactly is wrong."""

    reason: str
    position: int
    raw: str
    detail: str = ""
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in reading order: all columns of `TableSpec.types`, the record number of each row, and what was rejected.

    `unfit` are the rejected rows, one for each of `rejects`, as far as their values fit: their keys are taken from it.
    """

    data: "pa.RecordBatch"
    positions: "pa.Array[Any]"
    rejects: tuple[Reject, ...] = ()
    unfit: "pa.RecordBatch | None" = None


@dataclass(slots=True)
class TableRead:
    """One table while it is read. `notes` and `files` are complete when `batches` is exhausted.

    `signature` identifies the source's bytes where it can be known before reading; `since` is the lower bound of the
    cursor in use (None: everything is read); `files` gives (name, number of its first record) per file.
    """

    batches: Iterator[Batch]
    signature: str | None = None
    since: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run finds local things: the folder of `--from`, the home folder, and a scratch folder for work files."""

    home: Path
    scratch: Path
    from_dir: Path | None = None


class Connector(Protocol):
    """Reads the tables of one open source. All tables are of one snapshot where the source can give one."""

    def read(self, table: TableSpec, watermark: Watermark | None) -> TableRead:
        """Begin to read a table: changes since `watermark` where the source can tell them, else everything."""
        ...


class OpenSource(Protocol):
    """Opens a source of one kind."""

    def __call__(self, source: SourceSpec, place: Place) -> AbstractContextManager[Connector]:
        """Give the connector; whatever it holds open is closed with the block."""
        ...
