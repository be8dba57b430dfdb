"""Stage 4, release: states that differ from what the ledger last published become releases."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pregon.json_lines import JsonLinesWriter, read_lines
from pregon.ledger import Ledger
from transforms.releases import MergeRules, NoStage, NotJson, UnmergeableState, make_release, state_hash

CHUNK = 2_000
"""States that are compared with the ledger at once."""

_OCID = re.compile(rb'\{"ocid":("(?:[^"\\]|\\.)*")').match
"""The ocid, first in the line of a state: asking the ledger needs no more of it."""


@dataclass(frozen=True)
class ReleaseCounts:
    """What became of the states of a bucket."""

    processes: int
    releases: int
    quarantined: int
    #: processes that the ledger knows
    known: int = 0


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
) -> ReleaseCounts:
    """Write to `target` one line per new release, and one per state that can't become one (`problem`).

    `compiled` is None for a first release: the compiled release then is the release itself under another head. To
    `moved` goes one line per process with nothing new to say whose source rows are others than the ledger knows.
    `provenance` has a line for each of the states, in their order.
    """
    counts: Counter[str] = Counter()
    unchanged: list[tuple[str, str]] = []
    with JsonLinesWriter(target) as out:
        for chunk in _chunks(states):
            previous = ledger.previous([ocid for ocid, _ in chunk])
            counts["known"] += len(previous)
            for ocid, raw in chunk:
                counts["processes"] += 1
                # Read one at a time: thousands of open documents would push one another out of the processor's cache.
                state = orjson.loads(raw)
                try:
                    made = make_release(
                        ocid, state["state"], state["modified"], previous.get(ocid), as_of, rules, language
                    )
                except (UnmergeableState, NoStage, NotJson) as error:
                    counts["quarantined"] += 1
                    out.write({"ocid": ocid, "problem": {"code": type(error).__name__, "message": str(error)}})
                    continue
                if made is None:
                    # A ledger that was restored from a publication may not know it yet.
                    unchanged.append((ocid, previous[ocid].state_hash or state_hash(state["state"])))
                    continue
                counts["releases"] += 1
                out.write(
                    {
                        "ocid": ocid,
                        "release": made.release,
                        "compiled": made.compiled if made.previous_id else None,
                        "state_hash": made.state_hash,
                        "previous": made.previous_id,
                    }
                )
    with JsonLinesWriter(moved) as out:
        for line in _moved(unchanged, provenance, ledger):
            out.write(line)
    return ReleaseCounts(counts["processes"], counts["releases"], counts["quarantined"], counts["known"])


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
