"""Every source of a city opened once, and every table asked for what can be told without reading it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pregon.lake import Lake
from pregon.sources.base import SourceError, SourceSpec
from pregon.sources.connector import Place
from pregon.sources.kinds import kind_of
from pregon.sources.trial.model import Check, failed
from pregon.sources.trial.tables import try_table

Tell = Callable[[str, int], None]


def try_sources(
    sources: Iterable[SourceSpec], *, home: Path, from_dir: Path | None = None, tell: Tell | None = None
) -> list[Check]:
    """Check connection, tables, permissions, columns, types, counts and keys; nothing is kept and nothing raised."""
    with tempfile.TemporaryDirectory(prefix="pregon-test-") as name:
        scratch = Path(name)
        found: list[Check] = []
        for source in sources:
            # What is downloaded to look at it is gone at the end.
            place = Place(home, scratch, from_dir, Lake(scratch / "lake"), work=source.name)
            for check in _try_source(source, place):
                found.append(check)
                if tell:
                    tell("checks", len(found))
        return found


def _try_source(source: SourceSpec, place: Place) -> Iterator[Check]:
    reached = False
    try:
        with kind_of(source).open(source, place) as connector:
            reached = True
            yield Check(source.name, None, "connection", "ok", "can be opened")
            for table in source.tables:
                yield from try_table(connector, source, table)
    except SourceError as error:
        told = failed(source.name, error.table if reached else None, "connection", error)
        yield told if not reached else Check(told.source, told.table, "table", "failed", told.message, told.hint)
