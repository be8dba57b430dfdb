"""The profile of a city: each source opened, its tables read and profiled one after the other."""

import os
import shutil
import tempfile
from pathlib import Path

from pregon.duck import session
from pregon.lake import Lake
from pregon.memory import give_back
from pregon.profiling.links import Linked, find_links
from pregon.profiling.reading import Tell, read_table
from pregon.profiling.tables import linked_columns, profile_table
from pregon.sources.connector import Place
from pregon.sources.kinds import kind_of
from pregon.stages.context import CityContext
from transforms.profile.model import Profile, SourceProfile, TableProfile

MEMORY = "160MB"
"""Memory of a query, unless `PREGON_MEMORY` says otherwise: with what reads beside it, below 500 MB in all."""
_MONTH_FIRST = frozenset({"US", "PR", "PH", "FM", "MH", "PW", "GU", "AS", "VI"})
"""Countries that write the month before the day."""


def profile_city(
    context: CityContext, *, from_dir: Path | None = None, sample: int | None = None, tell: Tell | None = None
) -> Profile:
    """Profile every table of a city's sources.

    Nothing is written but work files, which are gone at the end. `sample`: read the first so many rows of each table.

    Raises:
        SourceError: a source or a table can't be read.
        QueryFailed: there is no room to count.
    """
    city = context.city
    limit = None if os.environ.get("PREGON_MEMORY") else MEMORY
    sources: list[SourceProfile] = []
    linked: list[Linked] = []
    with tempfile.TemporaryDirectory(prefix="pregon-profile-") as name:
        scratch = Path(name)
        for spec in context.sources(from_dir):
            tables: list[TableProfile] = []
            # What is downloaded is kept in a lake of its own, which is gone at the end.
            place = Place(context.home.root, scratch, from_dir, Lake(scratch / "lake"), work=spec.name)
            with kind_of(spec).open(spec, place) as connector:
                for table in spec.tables:
                    rows = scratch / spec.name / table.name / "rows"
                    rows.mkdir(parents=True)
                    folder = rows.parent
                    read = read_table(connector, table, rows, sample=sample, tell=tell)
                    _give_back()
                    with session(folder, about=f"profile of {spec.name}.{table.name}", limit=limit) as connection:
                        made = profile_table(
                            connection,
                            read,
                            folder,
                            as_of=context.as_of,
                            month_first=city.country in _MONTH_FIRST,
                            extensions=city.extensions,
                            currency=city.currency,
                            tell=tell,
                        )
                    # Only the digests are needed any further.
                    shutil.rmtree(rows)
                    tables.append(made)
                    linked += linked_columns(spec.name, made, folder)
            sources.append(SourceProfile(name=spec.name, kind=spec.kind, tables=tuple(tables)))
        with session(scratch, about="links between tables", limit=limit) as connection:
            links = find_links(connection, linked)
    return Profile(
        city=city.slug,
        name={"en": city.name.en, "es": city.name.es},
        language=city.language,
        as_of=context.as_of.isoformat(timespec="seconds"),
        sample=sample,
        sources=tuple(sources),
        links=links,
    )


def _give_back() -> None:
    """Return what reading freed to the system: counting needs the room."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    give_back()
