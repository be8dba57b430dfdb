"""What a run looks at: the newest images, and the rows that changed since the last commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pregon.images import table_view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.stages.context import CityContext


@dataclass(frozen=True)
class Since:
    """SELECTs for DuckDB by source table. `earlier` is None where everything has to be looked at."""

    images: Mapping[str, str]
    earlier: Path | None
    changed: Mapping[str, str]


def rows_key(city: str, manifest: int) -> str:
    """Key of the list of source rows and the processes they serve, as of the commit of a manifest."""
    return f"{city}/committed/{manifest:06d}/rows.parquet"


def since_last_commit(context: CityContext, lake: Lake, manifest: Manifest, *, full: bool = False) -> Since:
    """Compare the manifest with the one that the ledger last took.

    Everything is looked at in a `full` run, on the first run, after a change of configuration or code, and where the
    list of rows of the last commit is gone: then the ledger alone tells what is new.
    """
    images = {name: table_view_sql(lake, manifest, name) for _, name, _ in context.city.tables()}
    head = context.ledger.head()
    if full or head is None or head.fingerprint != context.transform.fingerprint:
        return Since(images, None, {})
    key = rows_key(context.city.slug, head.manifest)
    if not lake.exists(key):
        return Since(images, None, {})
    changed = {
        name: f"SELECT _row FROM ({table_view_sql(lake, manifest, name, include_deleted=True)})"
        f" WHERE _manifest > {head.manifest}"
        for name in images
    }
    return Since(images, lake.local(key), changed)
