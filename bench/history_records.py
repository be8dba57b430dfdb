"""Records of a file of releases, as Pregón makes them: the part of the benchmark of histories beside OCDS Kit.

With the environment of Pregón; each command prints one JSON object:
`history_records.py compile RELEASES SCHEMA FILE` writes compiled releases as lines;
`history_records.py versioned RELEASES SCHEMA FILE` writes a record package: embedded, compiled and versioned releases;
`history_records.py compare OURS THEIRS` says how many entries of two such files say the same.
RELEASES are lines, in any order, each as Pregón publishes it; SCHEMA is the release schema with its extensions.
"""

import hashlib
import json
import mmap
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from transforms.packages import SEPARATOR, envelope
from transforms.publication import Publication
from transforms.records import compiled_json, record_json, versioned_json
from transforms.releases import MergeRules

_HEAD = re.compile(rb'\{"ocid":"((?:[^"\\]|\\.)*)","id":"[^"]*","date":"([^"]*)"')


def compile_releases(releases: str, schema: str, target: str) -> dict[str, Any]:
    """Write the compiled release of every process, by ocid."""
    rules = _rules(schema)
    count = 0
    with Path(target).open("wb") as file:
        for count, (_, texts) in enumerate(_histories(Path(releases)), 1):  # noqa: B007 - the last one is told
            file.write(compiled_json(texts, rules) + b"\n")
    return {"processes": count}


def version_releases(releases: str, schema: str, target: str) -> dict[str, Any]:
    """Write the record package of all processes, by ocid."""
    rules = _rules(schema)
    frame = envelope(_PUBLICATION, "records", path="records.json", published=datetime(2026, 1, 1, tzinfo=UTC))
    count = 0
    with Path(target).open("wb") as file:
        file.write(frame.head)
        for count, (ocid, texts) in enumerate(_histories(Path(releases)), 1):
            if count > 1:
                file.write(SEPARATOR)
            file.write(record_json(ocid, texts, compiled_json(texts, rules), versioned=versioned_json(texts, rules)))
        file.write(frame.tail)
    return {"processes": count}


def _histories(file: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Give the releases of each process, oldest first. Only their places are held in memory."""
    places: dict[bytes, list[tuple[bytes, int, int]]] = defaultdict(list)
    with file.open("rb") as opened:
        end = 0
        for line in opened:
            start, end = end, end + len(line)
            head = _HEAD.match(line)
            if head is None:
                raise ValueError(f"{file}: byte {start}: this is no line of Pregón's releases")
            places[head[1]].append((head[2], start, end - 1))
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
            for ocid in sorted(places):
                history = sorted(places[ocid], key=lambda place: place[0])
                yield orjson.loads(b'"%b"' % ocid), [text[first:last] for _, first, last in history]


def _rules(schema: str) -> MergeRules:
    return MergeRules.from_schema(orjson.loads(Path(schema).read_bytes()))


_PUBLICATION = Publication(
    slug="riverbend",
    name={"en": "Riverbend"},
    publisher_name="Riverbend",
    publisher_uri="https://riverbend.example/",
    licence_name="CC0 1.0",
    licence_uri="https://creativecommons.org/publicdomain/zero/1.0/",
    publication_policy="https://riverbend.example/policy",
    base_url="https://data.riverbend.example",
    ocid_prefix="ocds-213czf",
    country="US",
)


def compare(ours: str, theirs: str) -> dict[str, Any]:
    """Count the entries that say the same in both files, those of each, and those whose bytes differ in order only."""
    mine = {one["ocid"]: _digest(one) for one in _entries(Path(ours))}
    entries = equal = 0
    for one in _entries(Path(theirs)):
        entries += 1
        equal += mine.get(one["ocid"]) == _digest(one)
    return {"ours": len(mine), "theirs": entries, "equal": equal}


def _entries(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".jsonl":
        with file.open("rb") as lines:
            yield from map(orjson.loads, lines)
        return
    import ijson  # a package with versioned releases is too large to be read at once

    with file.open("rb") as opened:
        yield from ijson.items(opened, "records.item", use_float=True)


def _digest(entry: dict[str, Any]) -> bytes:
    return hashlib.sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).digest()


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "compile": compile_releases,
    "versioned": version_releases,
    "compare": compare,
}

if __name__ == "__main__":
    before = time.process_time()
    print(json.dumps({**COMMANDS[sys.argv[1]](*sys.argv[2:]), "start": before}))
