"""Stage 4, release: states that differ from what the ledger last published become releases."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pregon.json_lines import JsonLinesWriter, read_lines
from pregon.ledger import Ledger
from pregon.stages.redacted import REDACTED, WITHDRAWN
from transforms.releases import (
    MergeRules,
    NoStage,
    NotJson,
    Previous,
    Release,
    UnmergeableState,
    make_release,
    state_hash,
)

CHUNK = 2_000
"""States that are compared with the ledger at once."""

_OCID = re.compile(rb'\{"ocid":("(?:[^"\\]|\\.)*")').match
"""The ocid, first in the line of a state: asking the ledger needs no more of it."""


@dataclass(frozen=True)
class ReleaseCounts:
    """What became of the states of a bucket; `dates` counts the releases by the rule that their date follows."""

    processes: int
    releases: int
    quarantined: int
    dates: Mapping[str, int] = field(default_factory=dict, compare=False)
    #: processes that the ledger knows
    known: int = field(default=0, compare=False)


def release_states(
    states: Path,
    provenance: Path,
    target: Path,
    moved: Path,
    ledger: Ledger,
    *,
    rules: MergeRules,
    language: str,
    as_of: datetime,
    earlier: Path | None = None,
    withdrawn: Collection[str] = (),
) -> ReleaseCounts:
    """Write to `target` one line per new release, and one per process whose releases can't be made (`problem`).

    Releases of one process follow each other; all but the last are `followed`, and have no compiled release here.
    `compiled` is None for a first release: the compiled release then is the release itself under another head.
    To `moved` goes one line per process with nothing new to say whose source rows are others than the ledger knows.
    `provenance` has a line for each of the states, in their order. `earlier` has states that processes without any
    release were in before, in the same order. No release is made of `withdrawn` processes.
    """
    counts: Counter[str] = Counter()
    dates: Counter[str] = Counter()
    unchanged: list[tuple[str, str]] = []
    past = _Earlier(earlier)
    with JsonLinesWriter(target) as out:
        for chunk in _chunks(states):
            previous = ledger.previous([ocid for ocid, _ in chunk])
            counts["known"] += len(previous)
            for ocid, raw in chunk:
                counts["processes"] += 1
                if ocid in withdrawn:
                    counts["quarantined"] += 1
                    out.write({"ocid": ocid, "problem": {"code": REDACTED, "message": WITHDRAWN}})
                    past.skip(ocid)
                    continue
                before = previous.get(ocid)
                making = _Making(ocid, before, rules, language, as_of)
                try:
                    for at, document in past.of(ocid):
                        # What was released before is never told anew, should the states be of a time before that.
                        if before is None:
                            making.take_earlier(document, at)
                    # Read one at a time: thousands of open documents would push one another out of the processor's
                    # cache.
                    state = orjson.loads(raw)
                    making.take(state["state"], state["modified"])
                except (UnmergeableState, NoStage, NotJson) as error:
                    past.skip(ocid)
                    counts["quarantined"] += 1
                    out.write({"ocid": ocid, "problem": {"code": type(error).__name__, "message": str(error)}})
                    continue
                if making.made:
                    counts["releases"] += len(making.made)
                    dates.update(made.date_rule for made in making.made)
                    for line in making.lines():
                        out.write(line)
                elif before is not None:
                    # A ledger that was restored from a publication may not know it yet.
                    unchanged.append((ocid, before.state_hash or state_hash(state["state"])))
    with JsonLinesWriter(moved) as out:
        for line in _moved(unchanged, provenance, ledger):
            out.write(line)
    return ReleaseCounts(
        counts["processes"], counts["releases"], counts["quarantined"], dict(sorted(dates.items())), counts["known"]
    )


class _Making:
    """The new releases of one process, each made from what was known after the one before."""

    def __init__(self, ocid: str, before: Previous | None, rules: MergeRules, language: str, as_of: datetime) -> None:
        self.ocid = ocid
        self.known = before
        self.rules = rules
        self.language = language
        self.as_of = as_of
        self.made: list[Release] = []

    def take(self, state: dict[str, Any], modified: str | None) -> None:
        """Make a release of a state, if it says anything new; raises what `make_release` raises."""
        made = make_release(self.ocid, state, modified, self.known, self.as_of, self.rules, self.language)
        if made is not None:
            if self.made:
                # Only the last one's is written: a process may have thousands of releases.
                self.made[-1] = replace(self.made[-1], compiled={})
            self.made.append(made)
            self.known = made.as_previous(self.known)
        elif self.made:
            # The state says the same in another order: it is the one to compare with from now on.
            self.made[-1] = replace(self.made[-1], state_hash=state_hash(state))

    def take_earlier(self, state: dict[str, Any], at: str) -> None:
        """Make a release of an earlier state; one that no tag could name waits for the next."""
        with suppress(NoStage):
            self.take(state, at)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Give what is written of the releases."""
        last = self.made[-1]
        for made in self.made:
            line = {
                "ocid": self.ocid,
                "release": made.release,
                "compiled": made.compiled if made is last and made.previous_id else None,
                "state_hash": made.state_hash,
                "previous": made.previous_id,
            }
            yield line if made is last else {**line, "followed": True}


class _Earlier:
    """Earlier states, asked for process by process in the order in which they were written."""

    def __init__(self, path: Path | None) -> None:
        self._lines = map(_with_ocid, read_lines(path)) if path is not None else iter(())
        self._next = next(self._lines, None)

    def of(self, ocid: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give event and state of those of a process."""
        while self._next is not None and self._next[0] == ocid:
            line = orjson.loads(self._next[1])
            self._next = next(self._lines, None)
            yield line["at"], line["state"]

    def skip(self, ocid: str) -> None:
        """Leave out what is left of a process."""
        while self._next is not None and self._next[0] == ocid:
            self._next = next(self._lines, None)


def _moved(unchanged: list[tuple[str, str]], provenance: Path, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Give ocid, state hash and provenance of those whose provenance differs from the ledger's; compared as text."""
    lines = read_lines(provenance) if unchanged else iter(())
    for start in range(0, len(unchanged), CHUNK):
        chunk = unchanged[start : start + CHUNK]
        known = ledger.provenance_json([ocid for ocid, _ in chunk])
        for ocid, known_hash in chunk:
            head = orjson.dumps({"ocid": ocid})[:-1] + b","
            line = next(line for line in lines if line.startswith(head))
            if line != b"".join((head, b'"provenance":', known[ocid], b"}")):
                yield {"ocid": ocid, "state_hash": known_hash, "provenance": orjson.loads(line)["provenance"]}


def _chunks(states: Path) -> Iterator[list[tuple[str, bytes]]]:
    """Give ocid and line of each state, `CHUNK` at a time."""
    lines = map(_with_ocid, read_lines(states))
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _with_ocid(line: bytes) -> tuple[str, bytes]:
    found = _OCID(line)
    return (orjson.loads(found[1]) if found else orjson.loads(line)["ocid"]), line
