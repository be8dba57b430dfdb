"""What is to be announced to a recipient: a snapshot that it was not told of, and what differs from what it knows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pregon.announcing.told import Told
from transforms.snapshot import Manifest, PublishedFile


@dataclass(frozen=True)
class Due:
    """An announcement of a snapshot that is due to one recipient.

    `number` counts the announcements to it. `known` are the files that it knows of, by path with their SHA-256.
    `previous` is the snapshot that it was told of before; `targets` those that have this one. `topics` are feeds that
    it was told of already, in an attempt that ended early.
    """

    manifest: Manifest
    address: str
    number: int
    previous: str | None
    known: Mapping[str, str]
    targets: tuple[str, ...]
    topics: tuple[str, ...] = ()

    @property
    def changed(self) -> list[PublishedFile]:
        """Files that are new to the recipient, or have other bytes than those it knows, by path."""
        return [one for one in announced(self.manifest) if self.known.get(one.path) != one.sha256]

    @property
    def removed(self) -> list[str]:
        """Paths that the recipient knows, and that are there no more."""
        return sorted(self.known.keys() - {one.path for one in announced(self.manifest)})

    def told(self, topics: tuple[str, ...] = (), *, done: bool = True) -> Told:
        """Say what the recipient was told."""
        files = {one.path: one.sha256 for one in announced(self.manifest)}
        return Told(
            self.address, self.number, self.manifest.snapshot, self.previous, self.targets, files, dict(self.known),
            topics, done,
        )  # fmt: skip


def announced(manifest: Manifest) -> list[PublishedFile]:
    """Give the files that are told of: all but the pages of the API, of which there are thousands."""
    return [one for one in manifest.files if one.content != "api"]


def due(
    manifest: Manifest, told: Told | None, address: str, targets: Collection[str] = (), *, again: bool = False
) -> Due | None:
    """Tell what a recipient at an address has to be told of a snapshot; None where it knows.

    It is told again of a snapshot that has reached `targets` since, because what it may have fetched from there was
    older, and where somebody asks for it (`again`). An attempt that ended early is gone on with.
    """
    there = tuple(sorted(targets))
    if told is None or told.address != address:
        return Due(manifest, address, 1, None, {}, there)
    if told.snapshot != manifest.snapshot:
        previous = told.snapshot if told.done else told.previous
        return Due(manifest, address, told.number + 1, previous, told.known(), there)
    if again or set(there) - set(told.targets):
        return Due(manifest, address, told.number + 1, told.previous, told.before, there)
    if told.done:
        return None
    return replace(Due(manifest, address, told.number, told.previous, told.before, there), topics=told.topics)
