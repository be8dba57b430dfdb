"""What a recipient was told last: kept in `HOME/internal/<city>/announced`, so that nobody is told twice."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True)
class Told:
    """The last announcement to one recipient.

    `address` names who it was, so that another hub under the same name is told everything. `files` are those of the
    snapshot by path with their SHA-256, `before` those that the recipient knew of until then. `targets` are those that
    had the snapshot. `topics` are the feeds that the hub was told of while an announcement is not `done`.
    """

    address: str
    number: int
    snapshot: str
    previous: str | None
    targets: tuple[str, ...]
    files: Mapping[str, str]
    before: Mapping[str, str]
    topics: tuple[str, ...] = ()
    done: bool = True

    def known(self) -> dict[str, str]:
        """Give the files that the recipient knows of, with their SHA-256: of what it was not told, the state before."""
        if self.done:
            return dict(self.files)
        told = set(self.topics)
        return {**self.before, **{path: checksum for path, checksum in self.files.items() if path in told}}


def read_told(file: Path) -> Told | None:
    """Read what a recipient was told last; None where it was told nothing, or nobody knows any more."""
    try:
        found = orjson.loads(file.read_bytes())
        return Told(**{**found, "targets": tuple(found["targets"]), "topics": tuple(found["topics"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_told(file: Path, told: Told) -> None:
    """Keep what a recipient was told, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(dataclasses.asdict(told), option=orjson.OPT_INDENT_2) + b"\n")
    new.replace(file)
