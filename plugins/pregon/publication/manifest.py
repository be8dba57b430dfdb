"""A snapshot on disk: reading, writing and verifying it against its manifest."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

from pregon.errors import PregonError
from transforms.packages import rfc3339
from transforms.snapshot import Content, Manifest, PublishedFile

MANIFEST = "manifest.json"


class BrokenSnapshot(PregonError):
    """A snapshot isn't what its manifest says; `problems` lists each file."""

    def __init__(self, snapshot: Path, problems: list[str]) -> None:
        listed = "; ".join(problems[:5]) + (f" and {len(problems) - 5} more" if len(problems) > 5 else "")
        super().__init__(f"snapshot {snapshot.name} is damaged: {listed}", hint="build the publication again")
        self.snapshot = snapshot
        self.problems = problems


def read_manifest(snapshot: Path) -> Manifest:
    """Read the manifest of a snapshot folder.

    Raises `BrokenSnapshot` where there is none or it can't be understood.
    """
    try:
        return Manifest.from_json((snapshot / MANIFEST).read_bytes())
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BrokenSnapshot(snapshot, [f"{MANIFEST} can't be read ({error})"]) from error


def read_current(root: Path) -> tuple[Path, Manifest] | None:
    """Read the promoted snapshot of a city's public folder; None where nothing is published or it is unreadable."""
    try:
        snapshot = (root / "current").resolve(strict=True)
        return snapshot, read_manifest(snapshot)
    except (FileNotFoundError, BrokenSnapshot):
        return None


def describe(
    snapshot: Path,
    path: str,
    *,
    content: Content,
    segment: str,
    format: str,  # noqa: A002 - the word of DCAT
    media_type: str,
    published: datetime,
    fingerprint: str,
    rows: int | None = None,
    unpacked: int | None = None,
) -> PublishedFile:
    """Describe a finished file: checksum and size are read from disk."""
    file = snapshot / path
    return PublishedFile(
        path=path,
        content=content,
        segment=segment,
        format=format,
        media_type=media_type,
        sha256=checksum(file),
        bytes=file.stat().st_size,
        published=rfc3339(published),
        fingerprint=fingerprint,
        rows=rows,
        unpacked=unpacked,
    )


def is_intact(snapshot: Path, file: PublishedFile) -> bool:
    """Tell whether a file of a snapshot is there, with the bytes that its description names."""
    path = snapshot / file.path
    return path.is_file() and checksum(path) == file.sha256


def checksum(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def verify(snapshot: Path) -> Manifest:
    """Compare every file of a snapshot with its manifest.

    Raises `BrokenSnapshot` naming each file that is missing, changed or not listed.
    """
    manifest = read_manifest(snapshot)
    problems = []
    for one in manifest.files:
        file = snapshot / one.path
        if not file.is_file():
            problems.append(f"{one.path} is missing")
        elif file.stat().st_size != one.bytes or checksum(file) != one.sha256:
            problems.append(f"{one.path} has other bytes than when it was built")
    listed = {one.path for one in manifest.files} | {MANIFEST}
    found = {file.relative_to(snapshot).as_posix() for file in snapshot.rglob("*") if not file.is_dir()}
    problems += [f"{path} is not in the manifest" for path in sorted(found - listed)]
    if problems:
        raise BrokenSnapshot(snapshot, problems)
    return manifest


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's list of files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
