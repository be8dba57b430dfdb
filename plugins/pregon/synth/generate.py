"""Writing a whole synthetic database: vendors first, then process after process in batches."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pregon.synth.award import award_rows
from pregon.synth.database import opened
from pregon.synth.days import Days, as_local_date, stream_seed
from pregon.synth.errors import DatabaseNotEmptyError, SynthesisRangeError
from pregon.synth.facts import PROCESS_STREAM, facts_of
from pregon.synth.load import (
    Loader,
    create_indexes,
    create_tables,
    existing_tables,
    is_complete,
    loader_for,
    own_names,
    write_state,
)
from pregon.synth.mess import add_mess, is_messy
from pregon.synth.schema import TABLES
from pregon.synth.tender import Batch, tender_rows
from pregon.synth.world import World, department_rows, stream

Progress = Callable[[str, int], None]
"""Called with a word, `processes`, and how many were made so far."""

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: day it stands for, number of the newest process, rows added by table, changes by kind."""

    as_of: dt.date
    processes: int
    rows: dict[str, int]
    changes: dict[str, int] = field(default_factory=dict)


def generate(
    url: str,
    *,
    processes: int = 2000,
    seed: int = 1,
    as_of: dt.date | dt.datetime,
    progress: Progress | None = None,
    replace: bool = False,
) -> Summary:
    """Write Riverbend's e-procurement database, as it stood at the start of the local day of `as_of`.

    The same processes, seed and day give the same content; process i is the same however many there are.
    Raises DatabaseNotEmptyError if the database holds tables, unless `replace` is given or they are the generator's own
    and were not finished. Other tables are left alone. Raises SynthesisRangeError if `processes` is below 1.
    """
    if processes < 1:
        raise SynthesisRangeError("processes", processes, "at least 1")
    today = as_local_date(as_of)
    with opened(url) as engine:
        tables = existing_tables(engine)
        if tables and not replace:
            unfinished = set(tables) <= set(own_names()) and "synth_state" in tables
            if unfinished:
                with engine.connect() as connection:
                    unfinished = not is_complete(connection)
            if not unfinished:
                raise DatabaseNotEmptyError(tables)
        create_tables(engine)
        world = World(seed, Days(today))
        with engine.connect() as connection:
            counter = Counter(loader_for(connection, bulk=True))
            _write_pools(world, processes, counter)
            _write_processes(world, processes, counter, progress)
            connection.commit()
        create_indexes(engine)
        with engine.begin() as connection:
            write_state(
                connection,
                {
                    "seed": seed,
                    "processes": processes,
                    "base": today.isoformat(),
                    "today": 0,
                    "round": 0,
                    "change": 0,
                    "vendors": len(world.registered),
                },
            )
        return Summary(today, processes, counter.rows)


class Counter:
    """Writes batches and counts their rows."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.rows = dict.fromkeys(TABLES, 0)

    def flush(self, batch: Batch, *, commit: bool = True) -> None:
        """Write and forget what a batch holds."""
        for name, rows in batch.items():
            if rows:
                self._loader.write(TABLES[name], rows)
                self.rows[name] += len(rows)
                rows.clear()
        if commit:
            self._loader.commit()


def empty_batch() -> Batch:
    """Make a batch that has a place for every table."""
    return {name: [] for name in TABLES}


def _write_pools(world: World, processes: int, counter: Counter) -> None:
    batch = empty_batch()
    batch["departments"].extend(department_rows())
    for vendor, certifications in world.make_vendors(0, world.vendor_count(processes), 0):
        batch["vendors"].append(vendor)
        batch["vendor_certifications"].extend(certifications)
        if len(batch["vendors"]) >= _BATCH:
            counter.flush(batch)
    counter.flush(batch)


def _write_processes(world: World, processes: int, counter: Counter, progress: Progress | None) -> None:
    batch = empty_batch()
    rng = stream(world.seed)
    for number in range(1, processes + 1):
        rng.seed(stream_seed(world.seed, PROCESS_STREAM, number))
        # The spare normal deviate of the stream before must not leak into this one: seed() drops it.
        since = {name: len(rows) for name, rows in batch.items()} if is_messy(number) else None
        facts = facts_of(world, rng, number, 0)
        offers = tender_rows(world, rng, facts, 0, batch)
        award_rows(world, rng, facts, 0, offers, batch)
        if since is not None:
            add_mess(world, number, since, batch)
        if number % _BATCH == 0:
            counter.flush(batch)
            if progress:
                progress("processes", number)
    counter.flush(batch)
    if progress:
        progress("processes", processes)
