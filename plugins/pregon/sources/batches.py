"""What connectors give to the extract stage: batches of rows, and rows that can't be used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 20_000
BATCH_CHARACTERS = 32 << 20
"""A batch ends at this many rows or characters, so that memory depends on neither the table nor its widest rows."""

RAGGED_ROW = "ragged_row"
UNKNOWN_LAYOUT = "unknown_layout"
UNREADABLE_ROW = "unreadable_row"
CAST_FAILURE = "cast_failure"
EMPTY_KEY = "empty_key"
DUPLICATE_ROW = "duplicate_row"
DUPLICATE_KEY = "duplicate_key"
UNREADABLE_CHANGE = "unreadable_change"
"""A cast failure of a row that was read in good shape before: it stays known as it was then."""

KEYLESS = (RAGGED_ROW, UNREADABLE_ROW, EMPTY_KEY)
"""Reasons of rows whose key can't be read: nobody knows which rows they are."""

MAX_RAW = 32_768
"""A rejected row keeps this many characters of its text."""


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

    Numbers of records follow one another within a batch; where they begin is the stage's (see `numbered`).

    `unfit` are the rejected rows, one for each of `rejects`, as far as their values fit: their keys are taken from it.
    `after` (JSON values) is where reading of its chunk may go on once this batch is safe; None: only from the start.
    """

    data: "pa.RecordBatch"
    positions: "pa.Array[Any]"
    rejects: tuple[Reject, ...] = ()
    unfit: "pa.RecordBatch | None" = None
    after: Mapping[str, Any] | None = None


def numbered(batch: Batch, first: int) -> Batch:
    """Give a batch whose records are numbered from `first` on: a reading that goes on knows none before it."""
    import pyarrow.compute as pc

    compute: Any = pc
    begins = [reject.position for reject in batch.rejects[:1]]
    if len(batch.positions):
        begins.append(batch.positions[0].as_py())
    shift = first - min(begins) if begins else 0
    if not shift:
        return batch
    rejects = tuple(replace(reject, position=reject.position + shift) for reject in batch.rejects)
    return replace(batch, positions=compute.add(batch.positions, shift), rejects=rejects)


def raw_text(value: object) -> str:
    """Give a rejected row as JSON text, cut at `MAX_RAW` characters."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
    return text if len(text) <= MAX_RAW else text[:MAX_RAW] + "…"
