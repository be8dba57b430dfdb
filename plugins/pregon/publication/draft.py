"""A snapshot while it is being made: its hidden folder, its list of files, and what it takes over unchanged."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pregon.publication.kept_pieces import KeptPieces
from pregon.publication.manifest import is_intact
from pregon.publication.source import Segment
from transforms.packages import rfc3339
from transforms.publication import Publication
from transforms.snapshot import FULL, Content, Manifest, PublishedFile


@dataclass
class Draft:
    """An unfinished snapshot. `previous` is the promoted one, from which unchanged files are linked.

    `kept` knows the pieces of those that changed.
    """

    folder: Path
    publication: Publication
    code_version: str
    previous: tuple[Path, Manifest] | None
    kept: KeptPieces = field(default_factory=KeptPieces)
    files: list[PublishedFile] = field(default_factory=list)

    def fingerprint(self, content: Content, segment: Segment, *more: str) -> str:
        """Sum up what the bytes of a file depend on."""
        return digest(self.code_version, content, segment.fingerprint, rfc3339(segment.published), *more)

    def reuse(
        self,
        content: Content,
        segment: str,
        format: str,  # noqa: A002
        fingerprint: str,
        *,
        intact: bool = False,
    ) -> bool:
        """Link the files of an unchanged segment from the promoted snapshot; tell whether that was possible.

        With `intact` their checksums must be right too: they are going to be read.
        """
        if not self.previous:
            return False
        folder, manifest = self.previous
        found = [one for one in manifest.files_of(content, segment) if one.format == format]
        if not found or not all(one.fingerprint == fingerprint and _is_whole(folder, one) for one in found):
            return False
        if intact and not all(is_intact(folder, one) for one in found):
            return False
        for one in found:
            self.take_over(folder, one)
        return True

    def take_over_whole(self, one: PublishedFile) -> bool:
        """Link a file of the promoted snapshot if it is there; tell whether that was possible."""
        if not self.previous or not _is_whole(self.previous[0], one):
            return False
        self.take_over(self.previous[0], one)
        return True

    def take_over(self, folder: Path, one: PublishedFile) -> None:
        """Link a file of the promoted snapshot, which is in `folder`."""
        target = self.folder / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(folder / one.path, target)
        self.files.append(one)


def digest(*parts: str) -> str:
    """SHA-256 of texts that hold no line breaks of their own."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def whole(parts: Sequence[Segment]) -> list[Segment]:
    """Give the segment `full` of all parts; none where there is nothing, because an empty package is not valid."""
    if not parts:
        return []
    return [
        Segment(
            name=FULL,
            entries=sum(part.entries for part in parts),
            published=max(part.published for part in parts),
            fingerprint=digest(*(f"{part.name} {part.fingerprint}" for part in parts)),
        )
    ]


def link_or_copy(source: Path, target: Path) -> None:
    """Link a file, or copy it with its time where the file system can't link."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _is_whole(folder: Path, one: PublishedFile) -> bool:
    file = folder / one.path
    return file.is_file() and file.stat().st_size == one.bytes
