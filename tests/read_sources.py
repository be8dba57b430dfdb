"""Reads a table through the contract of connectors, as the extract stage does, one step at a time.

Tests of connectors use it to stop where they like, and to look at what each step gave.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pregon.manifest import Watermark
from pregon.sources.base import SourceSpec, TableSpec
from pregon.sources.batches import Batch, Reject
from pregon.sources.connector import Chunk, Connector, Known, Place, TablePlan
from pregon.sources.kinds import kind_of


@dataclass
class Reading:
    """What was read of a table: the rows by key (the later one counts), and how often each was."""

    table: TableSpec
    plan: TablePlan
    expected: int | None = None
    rows: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    times: dict[tuple[Any, ...], int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    pages: int = 0

    def add(self, batch: Batch) -> None:
        self.pages += 1
        self.rejects += batch.rejects
        for row in batch.data.to_pylist():
            key = tuple(row[name] for name in self.table.key)
            self.rows[key] = row
            self.times[key] = self.times.get(key, 0) + 1

    def column(self, name: str) -> list[Any]:
        """Values of a column, in the order of keys."""
        return [self.rows[key][name] for key in sorted(self.rows)]

    def known(self, cursor: str | None = None, value: str | None = None) -> Known:
        """What the next extract knows: the watermark is the highest cursor, unless another is given."""
        cursor = cursor or self.table.cursor
        if cursor and value is None:
            seen = [row[cursor] for row in self.rows.values() if row[cursor] is not None]
            value = max(seen).isoformat() if seen else None
        watermark = Watermark(cursor, value) if cursor else None
        return Known(watermark, self.plan.signature, len(self.rows), self.plan.observed)


def opened(source: SourceSpec, folder: Path) -> AbstractContextManager[Connector]:
    """Open a source, as each task does anew."""
    return kind_of(source).open(source, Place(folder, folder))


def read(
    source: SourceSpec,
    folder: Path,
    *,
    known: Known | None = None,
    kill: bool = False,
    between: Callable[[int], None] = lambda _page: None,
) -> Reading:
    """Plan, read and complete the only table of a source.

    Args:
        source: the source.
        folder: home and scratch folder.
        known: what the last extract knew.
        kill: reading stops after each page, and another connector goes on from there.
        between: called after each page with the number of pages so far.
    """
    (table,) = source.tables
    with opened(source, folder) as connector:
        plan = connector.plan(table, known)
    plan = TablePlan(**json.loads(json.dumps(_as_json(plan)), object_hook=_chunks))
    plan.chunks = tuple(plan.chunks)
    reading = Reading(table, plan)
    for chunk in plan.chunks:
        _read_chunk(reading, source, folder, chunk, between, kill=kill)
    if plan.chunks:
        with opened(source, folder) as connector:
            last = connector.complete(table, plan)
        reading.expected = last.expected
        for chunk in last.chunks:
            _read_chunk(reading, source, folder, chunk, between, kill=kill)
    return reading


def _read_chunk(
    reading: Reading,
    source: SourceSpec,
    folder: Path,
    chunk: Chunk,
    between: Callable[[int], None],
    *,
    kill: bool,
) -> None:
    after: Mapping[str, Any] | None = None
    while True:
        with opened(source, folder) as connector:
            for batch in connector.read(reading.table, chunk, after).batches:
                reading.add(batch)
                between(reading.pages)
                if kill and batch.after is not None:
                    after = json.loads(json.dumps(batch.after))
                    break
            else:
                return


def _as_json(plan: TablePlan) -> dict[str, Any]:
    """What a plan is between tasks: JSON."""
    value = {name: getattr(plan, name) for name in TablePlan.__dataclass_fields__}
    return {**value, "chunks": [{"chunk": [one.label, dict(one.bounds)]} for one in plan.chunks]}


def _chunks(value: dict[str, Any]) -> Any:
    return Chunk(*value["chunk"]) if set(value) == {"chunk"} else value
