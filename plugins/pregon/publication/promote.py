"""The stage `promote`: one pointer, `current`, names the snapshot that readers see.

The pointer is a symbolic link that is replaced by renaming another one over it, which POSIX makes atomic: a reader
resolves it to the old snapshot or to the new one.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pregon.errors import PregonError
from pregon.publication.manifest import BrokenSnapshot, read_current, read_manifest, sync_folder, verify
from transforms.snapshot import Manifest

CURRENT = "current"
KEPT_SNAPSHOTS = 5


class UnknownSnapshot(PregonError):
    """There is no snapshot with this id; `known` lists those there are."""

    def __init__(self, identifier: str, known: list[str]) -> None:
        super().__init__(f"there is no snapshot {identifier!r}", hint=f"there are: {', '.join(known) or 'none'}")
        self.identifier = identifier
        self.known = known


class RollbackRefused(PregonError):
    """The snapshot is older than a redaction: it still holds what was redacted."""

    def __init__(self, identifier: str, obeyed: int, redactions: int) -> None:
        super().__init__(
            f"snapshot {identifier} was made before redaction {redactions} (it obeys those up to {obeyed})",
            hint="it would publish again what was redacted; build a new snapshot instead, and remove this one. If the"
            " ledger is new, made from what was published, put its redactions on record again first: pregon redact"
            " … --anyway, as redactions.json lists them",
        )
        self.identifier = identifier
        self.obeyed = obeyed
        self.redactions = redactions


@dataclass(frozen=True)
class Promotion:
    """What a promotion did: the snapshot readers see, the one they saw before, and those removed as too old."""

    snapshot: Path
    manifest: Manifest
    before: str | None
    removed: tuple[str, ...]


def refuse_older(manifest: Manifest, redactions: int) -> None:
    """Raise `RollbackRefused` where a snapshot was made before the newest redaction, of number `redactions`.

    It is told by what the snapshot obeys, not by its date: one that comes back from a backup is refused too.
    """
    if manifest.redactions < redactions:
        raise RollbackRefused(manifest.snapshot, manifest.redactions, redactions)


@dataclass(frozen=True)
class Retention:
    """Which snapshots stay beside the current one: at most so many, the newest, and of the last so many days.

    `permanent` are the names of those whose addresses were promised: they stay whatever their age.
    """

    count: int = KEPT_SNAPSHOTS
    days: int | None = None
    permanent: frozenset[str] = frozenset()

    def too_old(self, others: Sequence[Manifest], current: Manifest) -> list[str]:
        """Name those of the other snapshots, newest first, that go. What is old is told by the current one's time."""
        ordinary = [one for one in others if one.snapshot not in self.permanent]
        kept = ordinary[: self.count]
        if self.days is not None:
            oldest = datetime.fromisoformat(current.as_of) - timedelta(days=self.days)
            kept = [one for one in kept if datetime.fromisoformat(one.as_of) >= oldest]
        return [one.snapshot for one in ordinary if one not in kept]


def promote(snapshot: Path, *, retention: Retention = Retention(), redactions: int = 0) -> Promotion:
    """Verify a snapshot and make it the one that readers see; a second call changes nothing.

    Others that the `retention` does not keep are removed. `redactions` is the number of the newest one on
    record; those that the current snapshot obeys count too, so that nobody has to ask the ledger. Raises
    `RollbackRefused`, and `BrokenSnapshot` where a file isn't what the manifest says; the pointer then stays where it
    is.
    """
    snapshot = snapshot.resolve()
    root = snapshot.parent.parent
    current = read_current(root)
    refuse_older(read_manifest(snapshot), max(redactions, current[1].redactions if current else 0))
    manifest = verify(snapshot)
    before = current[1].snapshot if current else None
    if before != manifest.snapshot:
        sync_folder(snapshot)
        point(root, snapshot)
    return Promotion(snapshot, manifest, before, _remove_old(root, manifest, retention))


def point(root: Path, snapshot: Path) -> None:
    """Replace the pointer `current` below `root` atomically."""
    link = root / f".{CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("snapshots") / snapshot.name)
    link.replace(root / CURRENT)
    sync_folder(root)


def snapshots(root: Path) -> list[Manifest]:
    """List the snapshots of a city's public folder, the newest first; unreadable ones are left out."""
    found = []
    for folder in (root / "snapshots").glob("[!.]*"):
        try:
            found.append(read_manifest(folder))
        except BrokenSnapshot:
            continue
    return sorted(found, key=lambda manifest: (manifest.as_of, manifest.snapshot), reverse=True)


def rollback(root: Path, identifier: str | None = None, *, redactions: int = 0) -> Promotion:
    """Promote an older snapshot: the one named, else the newest that is older than the current one.

    `redactions` is the number of the newest redaction: a snapshot made before it is refused. Nothing is removed. Raises
    `UnknownSnapshot`, `RollbackRefused`, `BrokenSnapshot`.
    """
    manifest = chosen(root, identifier)
    return promote(root / "snapshots" / manifest.snapshot, retention=Retention(sys.maxsize), redactions=redactions)


def chosen(root: Path, identifier: str | None = None) -> Manifest:
    """Give the snapshot that is named, else the newest that is older than the current one; raises `UnknownSnapshot`."""
    known = snapshots(root)
    names = [manifest.snapshot for manifest in known]
    if identifier is None:
        current = read_current(root)
        older = [one for one in known if current and one.as_of < current[1].as_of]
        if not older:
            raise UnknownSnapshot("older than the current one", names)
        return older[0]
    manifest = next((one for one in known if one.snapshot == identifier), None)
    if manifest is None:
        raise UnknownSnapshot(identifier, names)
    return manifest


def remove_older(root: Path, redactions: int) -> tuple[str, ...]:
    """Remove every snapshot that was made before a redaction, and what is left of unfinished ones; give their names.

    The current one is never removed: promote a newer one first. A folder whose manifest can't be read is removed too,
    because nobody can say what it holds.
    """
    current = read_current(root)
    removed = []
    for folder in sorted((root / "snapshots").glob("*")):
        try:
            older = read_manifest(folder).redactions < redactions
        except BrokenSnapshot:
            older = True
        if folder.is_dir() and (older or folder.name.startswith(".")) and (not current or folder != current[0]):
            if folder.name.startswith("."):
                shutil.rmtree(folder)
            else:
                _remove(root, folder.name)
            removed.append(folder.name)
    return tuple(removed)


def _remove_old(root: Path, current: Manifest, retention: Retention) -> tuple[str, ...]:
    others = [manifest for manifest in snapshots(root) if manifest.snapshot != current.snapshot]
    removed = retention.too_old(others, current)
    for name in removed:
        _remove(root, name)
    return tuple(removed)


def _remove(root: Path, name: str) -> None:
    """Hide a snapshot first, so that a kill in between leaves none that looks whole."""
    hidden = root / "snapshots" / f".{name}.partial"
    (root / "snapshots" / name).rename(hidden)
    shutil.rmtree(hidden)
    # A build that was killed here removes what is left of it.


def resolve_current(root: Path) -> Path | None:
    """Give the folder of the promoted snapshot, or None; cheap, for servers."""
    try:
        return root / (root / CURRENT).readlink()
    except OSError:
        return None
