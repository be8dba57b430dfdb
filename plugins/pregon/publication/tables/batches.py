"""The processes of a segment on the way into its files: rows that are made, and those that stand in the files before.

A batch is cut by the number of rows alone, so that it ends at the same process whether rows are made or taken over:
formats whose bytes depend on the order in which tables are filled write the same file either way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import orjson

from transforms.tables import Flattener, TableRows

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

    from pregon.publication.tables.places import RowPlaces

# Rows of all tables together that are made before the formats take them: enough for columns to pay, little memory.
WAITING = 16_384


class Run(NamedTuple):
    """Processes that stand one after the other: from `first` up to, but without, `end`.

    Where they are `kept` these count the processes of the files before, else those of the batch whose rows were made.
    """

    kept: bool
    first: int
    end: int


@dataclass(frozen=True)
class Batch:
    """Some whole processes of a segment, in its order.

    `made` are the rows of those that had to be made, by the number of their table. `ends` has for each table where the
    rows of each of them end: one column for each table, one row for each process, the first of zeros.
    """

    runs: tuple[Run, ...]
    made: Mapping[int, TableRows]
    ends: "NDArray[int64]"

    @property
    def processes(self) -> int:
        """Count them."""
        return sum(run.end - run.first for run in self.runs)

    def rows(self, before: "RowPlaces | None") -> "NDArray[int64]":
        """Count the rows of each process in each table."""
        import numpy as np

        return np.concatenate(
            [
                before.rows[run.first : run.end]
                if run.kept and before is not None
                else np.diff(self.ends[run.first : run.end + 1], axis=0)
                for run in self.runs
            ]
        )

    def spans(self, table: int) -> Iterator[tuple[Run, int, int]]:
        """Give each run, with where the rows that were made for it in a table begin and end."""
        for run in self.runs:
            if run.kept:
                yield run, 0, 0
            else:
                yield run, int(self.ends[run.first, table]), int(self.ends[run.end, table])


Known = tuple[int, None] | tuple[Literal[-1], bytes]
"""A process: its number in the files before, or -1 and its compiled release, of which rows are to be made."""


def batches(processes: Iterable[Known], flattener: Flattener, before: "RowPlaces | None" = None) -> Iterator[Batch]:
    """Cut the processes of a segment into batches; `before` knows those that have a number.

    Raises `UnplannedValue`.
    """
    kept_rows = before.rows.sum(axis=1).tolist() if before is not None else []
    runs: list[Run] = []
    lengths = [flattener.gathered]
    kept = 0
    for number, body in processes:
        if body is None:
            kept += kept_rows[number]
            _extend(runs, Run(kept=True, first=number, end=number + 1))
        else:
            flattener.add(orjson.loads(body))
            lengths.append(flattener.gathered)
            _extend(runs, Run(kept=False, first=len(lengths) - 2, end=len(lengths) - 1))
        if flattener.waiting + kept > WAITING:
            yield _batch(runs, flattener, lengths)
            runs, lengths, kept = [], [flattener.gathered], 0
    if runs:
        yield _batch(runs, flattener, lengths)


def _extend(runs: list[Run], run: Run) -> None:
    """Add a run of one process, to the one before where it follows on that."""
    last = runs[-1] if runs else None
    if last and last.kept == run.kept and last.end == run.first:
        runs[-1] = last._replace(end=run.end)
    else:
        runs.append(run)


def _batch(runs: list[Run], flattener: Flattener, lengths: list[list[int]]) -> Batch:
    import numpy as np

    return Batch(tuple(runs), dict(flattener.take()), np.array(lengths, np.int64))
