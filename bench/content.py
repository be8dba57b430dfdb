"""Work on published files that a benchmark needs but does not measure, in a process of its own, which may be large.

With the environment of Pregón; each command prints one JSON object:
`content.py unpack SNAPSHOT FOLDER` writes the full files of a snapshot without their compression;
`content.py count FILE…` counts releases and values of release packages, and lists their paths;
`content.py lines PACKAGE FILE` writes the records of a package one a line;
`content.py compare COMPILED FILE` says whether a tool's output holds the processes of Pregón's compiled releases;
`content.py tables FOLDER` counts the rows of CSV files;
`content.py schema FILE` writes the release schema with Riverbend's extensions;
`content.py query CONFIG` runs Nightingale's SQL query alone and says how long that took.
"""

import csv
import gzip
import hashlib
import json
import sqlite3
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from pregon.city import read_city
from transforms.ocds import release_schema


def unpack(snapshot: str, folder: str) -> dict[str, Any]:
    """Write packages as they are in their archives, and lines without gzip."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    packages = []
    for archive in sorted(Path(snapshot, "bulk/releases").glob("full*.json.zip")):
        with zipfile.ZipFile(archive) as opened:
            (name,) = opened.namelist()
            opened.extract(name, target)
            packages.append(str(target / name))
    records = target / "records.jsonl"
    with gzip.open(Path(snapshot, "bulk/records/full.jsonl.gz")) as source, records.open("wb") as lines:
        while piece := source.read(1 << 20):
            lines.write(piece)
    return {"packages": packages, "records": str(records)}


def count(*files: str) -> dict[str, Any]:
    """Count what packages say: releases, values (leaves other than null), and paths without indexes."""
    releases = values = 0
    paths: set[str] = set()
    for file in files:
        package = orjson.loads(Path(file).read_bytes())
        releases += len(package["releases"])
        for path in _leaves(package.pop("releases"), ""):
            values += 1
            paths.add(path)
    return {"releases": releases, "values": values, "paths": sorted(paths)}


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, f"{path}/{key}")
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, path)
    elif value is not None:
        yield path


def lines(package: str, target: str) -> dict[str, Any]:
    """Write the records of a package one a line."""
    records = orjson.loads(Path(package).read_bytes())["records"]
    with Path(target).open("wb") as file:
        file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
    return {"records": len(records)}


def compare(compiled: str, file: str) -> dict[str, Any]:
    """Compare compiled releases (gzipped lines) with a package of releases or records, or with compiled lines.

    `entries` and `ocids` are those of the file, `missing` and `extra` processes that only one of the two has, and
    `equal` the compiled releases in it that say the same: as records hold them or as they are, without their ids, which
    every tool makes in its own way.
    """
    ours: dict[str, bytes] = {}
    with gzip.open(compiled) as opened:
        for line in opened:
            one = orjson.loads(line)
            ours[one["ocid"]] = _digest(one)
    entries = equal = 0
    theirs: set[str] = set()
    for entry in _entries(Path(file)):
        entries += 1
        theirs.add(entry["ocid"])
        equal += _digest(entry.get("compiledRelease", entry)) == ours.get(entry["ocid"])
    missing, extra = len(ours.keys() - theirs), len(theirs - ours.keys())
    return {"entries": entries, "ocids": len(theirs), "missing": missing, "extra": extra, "equal": equal}


def _entries(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".jsonl":
        with file.open("rb") as lines:
            yield from map(orjson.loads, lines)
        return
    package = orjson.loads(file.read_bytes())
    yield from package["records"] if "records" in package else package["releases"]


def _digest(release: dict[str, Any]) -> bytes:
    said = {name: value for name, value in release.items() if name != "id"}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


def tables(folder: str) -> dict[str, Any]:
    """Count the rows of CSV files, without their headers."""
    rows = {}
    for file in sorted(Path(folder).glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as opened:
            rows[file.stem] = sum(1 for _ in csv.reader(opened)) - 1
    return {"rows": rows}


def schema(target: str) -> dict[str, Any]:
    """Write the schema that ocdskit would otherwise fetch from the network."""
    Path(target).write_text(json.dumps(release_schema(read_city("riverbend").extensions)), encoding="utf-8")
    return {}


def query(config: str) -> dict[str, Any]:
    """Run the query of a configuration of Nightingale and fetch its rows as Nightingale does."""
    settings = tomllib.loads(Path(config).read_text(encoding="utf-8"))
    connection = sqlite3.connect(settings["datasource"]["connection"])
    connection.row_factory = sqlite3.Row
    before = time.process_time()
    rows = sum(1 for row in connection.execute(settings["mapping"]["selector"]) if dict(row))
    return {"rows": rows, "cpu": time.process_time() - before}


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "unpack": unpack,
    "count": count,
    "lines": lines,
    "compare": compare,
    "tables": tables,
    "schema": schema,
    "query": query,
}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
