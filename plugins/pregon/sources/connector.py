"""The contract between the extract stage and what reads one kind of source: plan, read chunk by chunk, complete.

A connector knows its source and nothing of the lake: it decides from what the last extract knew which chunks there
are, reads each into batches, and says at the end whether the source moved meanwhile. Everything else is the stage's:
keys, hashes, rejected rows, guards, images, manifests, retries of whole tasks.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pregon.lake import Lake
from pregon.manifest import Watermark
from pregon.sources.base import SourceSpec, TableSpec
from pregon.sources.batches import Batch

MAX_CHUNKS = 200
"""A table is read in no more chunks: each is a task."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the last extract knew of a table that was read under the same configuration.

    `rows` counts its rows then; `signature`, `observed` and `notes` are what `TablePlan` said then.
    """

    watermark: Watermark | None
    signature: str | None
    rows: int
    observed: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a table that one task reads, alone, and in any order with the others.

    `bounds` is the connector's own description of it: JSON values, nothing secret, the same for the same source (it
    lies in the lake between planning and reading). `label` is what people see: `awards.csv`, `keys 1 to 250,000`.
    """

    label: str
    bounds: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TablePlan:
    """How a table will be read, decided before any row is.

    `since`: lower bound of the cursor in use, None where everything is read. `signature` identifies the source's
    content where that can be known before reading: if it is the last one, nothing is read. `expected`: rows that all
    chunks hold by the source's own count, None where it has none. `observed`: the source's columns in its order → type
    in its words, empty where unknown before reading. `moving`: the source may change while chunks are read, so that a
    row read twice is no contradiction: what was read later holds. `notes` tells what a person may want to know.
    """

    chunks: tuple[Chunk, ...]
    since: str | None = None
    signature: str | None = None
    expected: int | None = None
    observed: Mapping[str, str] = field(default_factory=dict)
    moving: bool = False
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ChunkRead:
    """One chunk while it is read. `notes` and `files` are complete when `batches` is exhausted.

    `files` gives (name, number of its first record) of each file. Numbers in `notes` add up over the chunks of a table,
    lists are joined, texts that differ are joined by a comma.
    """

    batches: Iterator[Batch]
    notes: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Completion:
    """What is known after all chunks were read.

    `chunks` are still to be read, because the source moved meanwhile (they are read in this order, after the others).
    `expected`: rows that the table, or the part of it since the cursor's bound, holds now by the source's own count.
    """

    chunks: tuple[Chunk, ...] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run finds local things: the folder of `--from`, the home folder, and a scratch folder for work files.

    `scratch` is gone with the task; what a task plans on, such as a downloaded file, is `keep`-ed for those that read.
    """

    home: Path
    scratch: Path
    from_dir: Path | None = None
    lake: Lake | None = None
    work: str = ""

    def keep(self, path: Path, name: str) -> str:
        """Move a local file where every task of the run finds it; give its key."""
        if self.lake is None:
            raise ValueError("this place keeps nothing")
        key = f"{self.work}/{name}"
        self.lake.put_file(key, path)
        return key

    def kept(self, key: str) -> Path:
        """Give a local path of a file that was kept."""
        if self.lake is None:
            raise ValueError("this place keeps nothing")
        return self.lake.local(key)


class Connector(Protocol):
    """Reads the tables of one open source."""

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Decide how to read a table: changes since the last extract where the source can tell them, else everything.

        Raises SourceError where the table, or a declared column, is not there; no row is read.
        """
        ...

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read a chunk: from its start, or after a batch that was read before (`Batch.after`)."""
        ...

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Say what is left to do when all chunks were read."""
        ...


class OpenSource(Protocol):
    """Opens a source of one kind."""

    def __call__(self, source: SourceSpec, place: Place) -> AbstractContextManager[Connector]:
        """Give the connector; whatever it holds open is closed with the block."""
        ...
