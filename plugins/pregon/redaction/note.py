"""What a redaction that is under way has to remember, so that it can be killed at any moment and repeated.

The texts that are being removed are in it, because the ledger forgets them before the last file does. It lies in a file
that only its owner can read, in HOME/internal/<city>, and is removed at the end.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import orjson

from pregon.home import Home
from pregon.redaction.targets import Target


@dataclass(frozen=True)
class Note:
    """One redaction under way.

    `numbers` are those on record, one for each target; `rows` gives the source rows (`table:key`) behind what goes, by
    ocid; `texts` what is looked for in internal files, `named` those of them that a person named by a path; `done`
    is what each finished step said, `left` what it leaves to a person.
    """

    as_of: datetime
    reason: str
    author: str
    targets: tuple[Target, ...]
    texts: frozenset[str]
    named: frozenset[str]
    rows: Mapping[str, Sequence[str]]
    releases: int
    processes: int
    numbers: tuple[int, ...] = ()
    masked: bool = False
    done: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def same_as(self, targets: Sequence[Target]) -> bool:
        """Tell whether this is the redaction of these targets."""
        return {str(one) for one in self.targets} == {str(one) for one in targets}

    def told(self, step: str, done: Sequence[str], left: Sequence[str] = ()) -> Self:
        """Give the note with what a step did, and what it leaves to a person."""
        return replace(self, done={**self.done, step: list(done)}, left={**self.left, step: list(left)})


def note_path(home: Home, slug: str) -> Path:
    """Name the file of the redaction that is under way."""
    return home.internal(slug) / "redaction-under-way.json"


def write_note(home: Home, slug: str, note: Note) -> None:
    """Keep a note, whole or not at all, readable by its owner alone."""
    path = note_path(home, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        value = {**asdict(note), "texts": sorted(note.texts), "named": sorted(note.named)}
        file.write(orjson.dumps(value))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_note(home: Home, slug: str) -> Note | None:
    """Read the note of the redaction that is under way, None if there is none."""
    try:
        value: dict[str, Any] = orjson.loads(note_path(home, slug).read_bytes())
    except FileNotFoundError:
        return None
    return Note(
        **{
            **value,
            "as_of": datetime.fromisoformat(value["as_of"]),
            "targets": tuple(Target(**one) for one in value["targets"]),
            "texts": frozenset(value["texts"]),
            "named": frozenset(value["named"]),
            "numbers": tuple(value["numbers"]),
        }
    )


def remove_note(home: Home, slug: str) -> None:
    """Forget a redaction that is complete."""
    path = note_path(home, slug)
    path.unlink(missing_ok=True)
    path.with_suffix(".new").unlink(missing_ok=True)
