"""The history of one process as people ask for it: its releases, what each changed, and where that comes from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from transforms.releases.changes import Change, changes
from transforms.releases.dates import Rule as DateRule
from transforms.releases.merging import Document, first_compiled, merge_release
from transforms.releases.rules import MergeRules


@dataclass(frozen=True, slots=True)
class Recorded:
    """A release with what the ledger has beside it.

    `run` and `as_of` are those of the run that committed it, `manifest` numbers the extract it came from;
    `publication` is the first snapshot it was published in, None where none is on record.
    """

    release: Mapping[str, Any]
    previous_id: str | None
    date_rule: DateRule
    sequence: int
    run: str
    as_of: str
    manifest: int
    publication: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A release, what it changed, and what was known after it (the compiled release)."""

    recorded: Recorded
    changes: tuple[Change, ...]
    compiled: Document


class Value(NamedTuple):
    """What a field was from a release on; `kind` removed: it has no value any more."""

    step: Step
    change: Change


@dataclass(frozen=True)
class ProcessHistory:
    """All steps of a process, oldest first; `steps` may be cut at a time, and then say what was known then.

    `provenance` is of the state as it is now: pairs of an entry's path and a source row, `table:key`. `held` are
    reasons for which a newer state is held back, `redactions` what was taken out of the releases afterwards.
    """

    city: str
    name: Mapping[str, str]
    ocid: str
    steps: tuple[Step, ...]
    provenance: Sequence[tuple[str, str]]
    held: Sequence[Mapping[str, str | None]] = ()
    redactions: Sequence[Mapping[str, str | None]] = ()
    #: releases that came after the time at which the history was cut
    later: int = 0

    @property
    def state(self) -> Document:
        """What is known after the last step; nothing if there is none."""
        return self.steps[-1].compiled if self.steps else {}

    def rows(self, change: Change) -> list[str]:
        """Return the source rows behind a field's entry as it is now; none for an entry that is not there any more.

        Of an entry without rows of its own, those of the entry around it; what lies in no entry comes from the
        process's own rows.
        """
        entry = change.entry
        while True:
            found = [row for path, row in self.provenance if path == entry]
            if found or not entry:
                return list(dict.fromkeys(found))
            around = max(
                (path for path, _ in self.provenance if path and entry.startswith(f"{path}/")), key=len, default=""
            )
            if not around:
                return []
            entry = around

    def values(self, path: str) -> dict[str, list[Value]]:
        """Return, for each field at or below `path` (with or without entry ids), the values it had, oldest first."""
        found: dict[str, list[Value]] = {}
        for step in self.steps:
            for change in step.changes:
                if change.lies_in(path):
                    found.setdefault(change.path, []).append(Value(step, change))
        return found


def steps(recorded: Iterable[Recorded], rules: MergeRules) -> Iterator[Step]:
    """Tell for each release, oldest first, what it changed. Raises UnmergeableState."""
    compiled: Document | None = None
    for one in recorded:
        release = dict(one.release)
        after = first_compiled(release) if compiled is None else merge_release(compiled, release, rules)
        yield Step(one, tuple(changes(compiled, after, rules)), after)
        compiled = after
