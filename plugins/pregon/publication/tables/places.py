"""Where the rows of each process stand in the files of a segment, kept for the next build.

A process that has not changed has the same rows: the next build takes them out of the files before, as they stand. What
is kept holds no value of a process: its ocid, a hash of its state, and sizes. Where it is missing, damaged, or of other
files than those that were promoted, rows are made anew, and the files are the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

_SHAPE = 1
"""Number of the layout of the file."""

_KEY = b"pregon"


@dataclass(frozen=True)
class Written:
    """The files of one format: their paths with SHA-256, and what their rows depend on beside the processes.

    `sizes` are the bytes that each process has in each table, where the format needs them; -1 is not known.
    """

    basis: str
    files: Mapping[str, str]
    sizes: "NDArray[int64] | None" = None

    @cached_property
    def offsets(self) -> "NDArray[int64] | None":
        """Where the bytes of each process begin in each table; one more at the end."""
        return None if self.sizes is None else _summed(self.sizes)


@dataclass(frozen=True)
class RowPlaces:
    """The processes of a segment, each as (ocid, state) in the order of ocids, with its rows in each table, counted."""

    states: Sequence[tuple[str, str]]
    rows: "NDArray[int64]"
    formats: Mapping[str, Written] = field(default_factory=dict)

    @cached_property
    def offsets(self) -> "NDArray[int64]":
        """Where the rows of each process begin in each table; one more at the end."""
        return _summed(self.rows)

    def numbers(self, states: Iterable[tuple[str, str]]) -> list[int]:
        """Give the number that each (ocid, state) has here, -1 where it is not here."""
        known = {state: number for number, state in enumerate(self.states)}
        return [known.get(state, -1) for state in states]


def _summed(sizes: "NDArray[int64]") -> "NDArray[int64]":
    import numpy as np

    offsets = np.zeros((len(sizes) + 1, sizes.shape[1]), np.int64)
    np.cumsum(sizes, axis=0, out=offsets[1:])
    return offsets


class KeptPlaces:
    """A folder with the places of rows, a file for each segment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial: dict[Path, Path] = {}

    def noted(self, segment: str) -> RowPlaces | None:
        """Read what was noted of a segment, or else is kept."""
        file = self._file(segment)
        return self._at(self._partial.get(file, file))

    def read(self, segment: str) -> RowPlaces | None:
        """Read what is kept of a segment; None where there is nothing that can be used."""
        return self._at(self._file(segment))

    def _at(self, file: Path) -> RowPlaces | None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(file)
            told: dict[str, Any] = json.loads((table.schema.metadata or {})[_KEY])
            if told["shape"] != _SHAPE:
                return None
            numbers = range(told["tables"])

            def matrix(prefix: str) -> "NDArray[int64]":
                columns = [table.column(f"{prefix}/{number}").to_numpy() for number in numbers]
                return np.column_stack(columns) if columns else np.zeros((len(table), 0), np.int64)

            return RowPlaces(
                [(one["ocid"], one["state"]) for one in table.select(["ocid", "state"]).to_pylist()],
                matrix("rows"),
                {
                    name: Written(one["basis"], one["files"], matrix(name) if one["sizes"] else None)
                    for name, one in told["formats"].items()
                },
            )
        except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
            return None

    def write(self, segment: str, places: RowPlaces) -> None:
        """Note the places of a segment; those before are kept until `settle`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        numbers = range(places.rows.shape[1])
        ocids, states = zip(*places.states, strict=True) if places.states else ((), ())
        columns: dict[str, Any] = {"ocid": pa.array(ocids, pa.string()), "state": pa.array(states, pa.string())}
        columns |= {f"rows/{number}": places.rows[:, number] for number in numbers}
        for name, one in places.formats.items():
            if one.sizes is not None:
                columns |= {f"{name}/{number}": one.sizes[:, number] for number in numbers}
        told = {
            "shape": _SHAPE,
            "tables": len(numbers),
            "formats": {
                name: {"basis": one.basis, "files": dict(one.files), "sizes": one.sizes is not None}
                for name, one in places.formats.items()
            },
        }
        table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(told).encode()})
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(segment)
        partial = file.with_name(f".{file.name}.partial")
        pq.write_table(table, partial, compression="zstd")
        self._partial[file] = partial
        self._partial[file] = partial

    def settle(self, segments: Iterable[str]) -> None:
        """Put what was noted in its place, and remove what is kept of other segments: the snapshot is whole."""
        for file, partial in self._partial.items():
            partial.replace(file)
        self._partial.clear()
        wanted = {self._file(segment) for segment in segments}
        if self._folder.is_dir():
            for file in self._folder.iterdir():
                if file not in wanted:
                    file.unlink()

    def _file(self, segment: str) -> Path:
        return self._folder / f"{segment}.parquet"
