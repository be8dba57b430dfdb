"""What a run looks at: the newest images, and the rows that changed since the last commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pregon.images import table_view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.stages.again import select_again
from pregon.stages.context import CityContext
from pregon.stages.prepare import ROWS


@dataclass(frozen=True)
class Since:
    """SELECTs for DuckDB by source table. `earlier` is the folder that the last commit kept, see `prepare_tables`.

    It is None where everything has to be looked at. `cancelled` gives, for tables whose vanished rows cancel their
    process, the `_row` of these.
    """

    images: Mapping[str, str]
    cancelled: Mapping[str, str]
    earlier: Path | None
    changed: Mapping[str, str]


def kept_key(city: str, manifest: int) -> str:
    """Key of the folder of what is kept of a run's preparation, as of the commit of a manifest."""
    return f"{city}/committed/{manifest:06d}"


def rows_key(city: str, manifest: int) -> str:
    """Key of the list of source rows and the processes they serve, as of the commit of a manifest."""
    return f"{kept_key(city, manifest)}/{ROWS}"


def since_last_commit(
    context: CityContext, lake: Lake, manifest: Manifest, *, full: bool = False, again: Path | None = None
) -> Since:
    """Compare the manifest with the one that the ledger last took; rows in `again` count as changed.

    Everything is looked at in a `full` run, on the first run, after a change of configuration or code, and where the
    list of rows of the last commit is gone: then the ledger alone tells what is new.
    """
    cancelling = {name for _, name, table in context.city.tables() if table.deletions == "cancel"}
    images = {
        name: table_view_sql(lake, manifest, name, keep_deleted=name in cancelling)
        for _, name, _ in context.city.tables()
    }
    cancelled = {
        name: f"SELECT _row FROM ({table_view_sql(lake, manifest, name, include_deleted=True)}) WHERE _deleted"
        for name in sorted(cancelling)
    }
    head = context.ledger.head()
    if full or head is None or head.fingerprint != context.transform.fingerprint:
        return Since(images, cancelled, None, {})
    rows = rows_key(context.city.slug, head.manifest)
    if not lake.exists(rows):
        return Since(images, cancelled, None, {})
    changed = {
        name: f"SELECT _row FROM ({table_view_sql(lake, manifest, name, include_deleted=True)})"
        f" WHERE _manifest > {head.manifest}" + (f" UNION ALL {select_again(again, name)}" if again is not None else "")
        for name in images
    }
    return Since(images, cancelled, lake.local(rows).parent, changed)
