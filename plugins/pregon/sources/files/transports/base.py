"""What every transport does, and what is told of a file before it is fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_LISTED = 100_000
"""More files in the folder of a table are a wrong folder."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as its server tells of it.

    `name` is the path that the pattern of the table is compared with. `size` counts bytes, None where it is not told
    before. `identity` differs when the content does, as far as the server can be trusted with that; None: it can't.
    """

    name: str
    size: int | None = None
    identity: str | None = None


class Transport(Protocol):
    """Reaches the files of one table."""

    def listing(self) -> list[Remote]:
        """Give the files of the folder, more than the table means where the server can't choose.

        Raises:
            SourceError: the server does not answer, or refuses; the folder is not there.
        """
        ...

    def settle(self, files: Sequence[Remote]) -> None:
        """Make sure that nobody is still writing these.

        Raises:
            FileNotSettled: somebody is.
        """
        ...

    def fetch(self, file: Remote, target: Path, *, unless: str | None = None) -> str | None:
        """Save a file, and give its identity now, empty where the server can't be trusted with one.

        `unless`: where that still is its identity, nothing is saved; then None is given.

        Raises:
            SourceError: it is not there, can't be had, or is larger than a source's file may be.
        """
        ...
