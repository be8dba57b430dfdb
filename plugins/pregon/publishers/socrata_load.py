"""What is to be done to the datasets of a Socrata portal, and the rows as they are sent."""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from pregon.publication.tables.reading import table_batches
from pregon.publishers.base import Plan
from pregon.publishers.socrata_rows import Differences
from transforms.catalog.socrata import NUMBERS, SocrataTable
from transforms.snapshot import Manifest

MOST_ROWS = 5_000
MOST_BYTES = 4 << 20
"""How large a batch may be; a single row may be larger."""

SAMPLE = 20
"""Rows that are read back and compared whole."""

_DIGEST = 16

SentRow = tuple[str, bytes, bytes]
"""Identifier of a row, hash of what is sent, and what is sent."""


@dataclass(frozen=True)
class DatasetLoad:
    """What happens to one dataset, and what it holds in the end: rows, values that are not null, sums, some rows."""

    table: SocrataTable
    dataset: str
    types: Mapping[str, str]
    shape: str
    differences: Differences
    rows: int
    filled: Mapping[str, int]
    sums: Mapping[str, Decimal]
    sample: Mapping[str, Mapping[str, Any]]
    metadata: Mapping[str, Any]
    extra: tuple[str, ...]

    @property
    def rows_path(self) -> str:
        """Name of the step that writes the rows."""
        return f"{self.table.name} at {self.dataset}"

    @property
    def metadata_path(self) -> str:
        """Name of the step that writes what the dataset says of itself."""
        return f"metadata of {self.table.name} at {self.dataset}"


@dataclass(frozen=True)
class SocrataPlan(Plan):
    """A plan with what each dataset needs; `replaces`: all rows are sent in place of all."""

    loads: tuple[DatasetLoad, ...] = ()
    replaces: bool = False

    def describe(self) -> str:
        """Write the plan for people, a line for each dataset and for each that is described anew."""
        lines = [f"snapshot {self.manifest.snapshot}"]
        for load in self.loads:
            found = load.differences
            if not found.any:
                lines.append(f"keep   {load.rows_path}: {found.same:,} rows")
            elif self.replaces:
                lines.append(f"put    {load.rows_path}: {load.rows:,} rows in place of those there are")
            else:
                lines.append(
                    f"put    {load.rows_path}: {found.added:,} rows to add, {found.changed:,} to change,"
                    f" {found.removed:,} to remove; {found.same:,} stay"
                )
            if load.metadata:
                lines.append(f"put    {load.metadata_path}: {', '.join(load.metadata)}")
            if load.extra:
                lines.append(f"note   {load.rows_path}: other columns are left alone: {', '.join(load.extra)}")
        return "\n".join(lines)


class Tally:
    """Counts rows as they pass, and what they add up to; keeps some of them."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self.rows = 0
        self.filled = dict.fromkeys(types, 0)
        self.sums = {field: Decimal(0) for field, declared in types.items() if declared in NUMBERS}
        self._smallest: list[tuple[int, str, bytes]] = []

    def over(self, rows: Iterator[SentRow]) -> Iterator[tuple[str, bytes]]:
        """Count rows, and give their identifiers and hashes."""
        for key, digest, body in rows:
            self.rows += 1
            for field, value in orjson.loads(body).items():
                if value is not None:
                    self.filled[field] += 1
                    if field in self.sums:
                        self.sums[field] += Decimal(value)
            one = (-int.from_bytes(digest), key, body)
            if len(self._smallest) < SAMPLE:
                heapq.heappush(self._smallest, one)
            else:
                heapq.heappushpop(self._smallest, one)
            yield key, digest

    @property
    def sample(self) -> dict[str, dict[str, Any]]:
        """Give the rows with the smallest hashes: spread over the table, and the same ones each time."""
        return {key: orjson.loads(body) for _, key, body in sorted(self._smallest, reverse=True)}


def sent_rows(
    snapshot: Path, manifest: Manifest, table: SocrataTable, types: Mapping[str, str], zone: str
) -> Iterator[SentRow]:
    """Give the rows of a table as they are sent."""
    encode = table.encoder(types, zone)
    for batch in table_batches(snapshot, manifest, table.name):
        for row in batch.to_pylist():
            written = encode(row)
            body = orjson.dumps(written)
            yield written[table.identifier], hashlib.blake2b(body, digest_size=_DIGEST).digest(), body


def batches(rows: Iterator[SentRow]) -> Iterator[list[SentRow]]:
    """Give rows in batches that are not too many and not too large."""
    batch: list[SentRow] = []
    size = 0
    for row in rows:
        if batch and (len(batch) >= MOST_ROWS or size + len(row[2]) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row[2]) + 1
    if batch:
        yield batch


def body_of(rows: Iterable[bytes]) -> bytes:
    """Give a JSON array of rows."""
    return b"[" + b",".join(rows) + b"]"


def stream_of(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Give a JSON array a stretch at a time."""
    before = b"["
    for row in rows:
        yield before + row
        before = b","
    yield b"[]" if before == b"[" else b"]"
