"""A city's ledger, restored from what was published."""

from collections.abc import Callable
from pathlib import Path

from pregon.ledger import Restored, RestoredRelease
from pregon.publication.promote import snapshots
from pregon.publication.restoring import RestorablePublication, find_restorable
from pregon.stages.context import CityContext
from pregon.stages.publish import record_promotion

Tell = Callable[[str, int], None]


def restore_ledger(
    context: CityContext, place: Path, *, redacted: bool = False, tell: Tell | None = None
) -> tuple[RestorablePublication, Restored]:
    """Fill the city's empty ledger from the publication at a place; give that, and what was put back.

    Safe to repeat after a kill: the releases come in one transaction. `redacted` takes releases too that were
    rewritten. Raises what `find_restorable` and `Ledger.restore` raise.
    """
    found = find_restorable(place, context.city.slug)
    restored = context.ledger.restore(
        found.runs,
        (RestoredRelease(*release) for release in found.releases(tell)),
        found.compiled(),
        context.merge_rules,
        redacted=redacted,
    )
    kept = snapshots(found.folder.parent.parent) if found.folder.parent.name == "snapshots" else [found.manifest]
    for manifest in reversed(kept):
        if manifest.counts["releases"] <= restored.releases:
            record_promotion(context.ledger, manifest)
    return found, restored
