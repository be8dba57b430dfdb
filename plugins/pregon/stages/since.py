"""What a run looks at: the newest images, and the rows that changed since the last commit."""

from collections.abc import Mapping
from dataclasses import dataclass

from pregon.images import ImageMissingError, table_view_sql
from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.manifest import read as read_manifest
from pregon.stages.context import CityContext


@dataclass(frozen=True)
class Since:
    """SELECTs for DuckDB by source table. `before` is None where everything has to be looked at."""

    images: Mapping[str, str]
    before: Mapping[str, str] | None
    changed: Mapping[str, str]


def since_last_commit(context: CityContext, lake: Lake, manifest: Manifest) -> Since:
    """Compare the manifest with the one that the ledger last took.

    Everything is looked at on the first run, after a change of configuration or code, and where the image of that time
    can no longer be read: then the ledger alone tells what is new.
    """
    images = {name: table_view_sql(lake, manifest, name) for _, name, _ in context.city.tables()}
    head = context.ledger.head()
    if head is None or head.fingerprint != context.transform.fingerprint:
        return Since(images, None, {})
    try:
        earlier = read_manifest(lake, context.city.slug, head.manifest)
        before = {name: table_view_sql(lake, earlier, name) for name in images}
    except ImageMissingError:
        return Since(images, None, {})
    changed = {
        name: f"SELECT _row FROM ({table_view_sql(lake, manifest, name, include_deleted=True)})"
        f" WHERE _manifest > {head.manifest}"
        for name in images
    }
    return Since(images, before, changed)
