"""What a part of the benchmark of sources is: a source of made-up rows, and two ways to copy it to Parquet."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITY = "riverbend"

Step = Callable[[Path, int], int]
"""Given the folder and the number of rows, does one thing and says how many rows there were."""


def _nothing(_folder: Path) -> AbstractContextManager[Any]:
    return nullcontext()


@dataclass(frozen=True)
class Part:
    """One kind of source.

    `steps` has `make` (the source, in the folder), `pregon` (the extract stage, with its lake in `folder/lake`) and
    `reference` (the copy that it is compared with, described by `reference`). `target` is the ratio that is promised.
    `running` may hold a server while the steps run; it is given the folder.
    """

    name: str
    program: str
    reference: str
    target: float
    steps: Mapping[str, Step] = field(default_factory=dict)
    running: Callable[[Path], AbstractContextManager[Any]] = _nothing


def extracted(folder: Path, source: Any) -> int:
    """Run the extract stage on one source with one table; give the rows that its manifest tells of."""
    from pregon.lake import Lake
    from pregon.sources.extract import Extraction, extract

    manifest = extract(Extraction(Lake(folder / "lake"), CITY, [source], AS_OF, folder, from_dir=folder))
    [table] = manifest.tables.values()
    return table.rows_read


def run_step(part: Part) -> None:
    """Do the step that the command line names, and print its rows and the CPU seconds that passed before it."""
    step, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    before = time.process_time()
    print(json.dumps({"rows": part.steps[step](folder, rows), "start": before}))
