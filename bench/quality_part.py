"""Steps of the benchmark of checking, each a process of its own with the environment of Pregón; prints one JSON object.

`quality_part.py validate PACKAGE SECONDS` validates the parsed releases of a package until that CPU time is used up;
`quality_part.py parts PACKAGE` says what each part of checking a package takes;
`quality_part.py lines PACKAGE FILE BYTES` writes its releases as JSON Lines, of as many processes as fill that size.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from expectations.assessment import Assessor
from pregon.checking import check_file
from pregon.checking.extensions import declared_extensions
from pregon.checking.quality import Quality
from pregon.checking.reading import JsonText
from pregon.checking.rules import rules_for, schema_errors
from pregon.memory import paused_collection

Release = dict[str, Any]


def validate(file: str, seconds: str) -> dict[str, Any]:
    """Validate parsed releases: with the schema alone, and with the rules that it can't state as well."""
    package = orjson.loads(Path(file).read_bytes())
    extensions = declared_extensions(package.get("extensions")).ids
    rules = rules_for(extensions)
    schema, content = rules.release, rules.content

    def by_schema(release: Release) -> None:
        for _ in schema_errors(schema, release):
            pass

    def by_all(release: Release) -> None:
        by_schema(release)
        content.release(release, lambda *_: None, compiled=False)

    return {
        "releases": len(package["releases"]),
        "schema": _rate(by_schema, package["releases"], float(seconds)),
        "structure": _rate(by_all, package["releases"], float(seconds)),
    }


def _rate(check: Callable[[Release], None], releases: list[Release], seconds: float) -> float:
    check(releases[0])  # compiles what is compiled once
    started = time.process_time()
    for done, release in enumerate(itertools.cycle(releases), start=1):
        check(release)
        if not done % 100 and time.process_time() - started > seconds:
            return round(done / (time.process_time() - started), 1)
    raise AssertionError


def parts(file: str) -> dict[str, Any]:
    """Measure the parts of a check alone, and the check as a whole; what is left goes to what holds them together."""
    path = Path(file)
    package = orjson.loads(path.read_bytes())
    releases = package.pop("releases")
    extensions = declared_extensions(package.get("extensions")).ids
    rules, assessor = rules_for(extensions), Assessor(extensions)
    content = rules.content
    for warm in (rules.release, assessor.assess({})):
        del warm

    def read() -> None:
        with path.open("rb") as stream:
            for document in JsonText(stream).documents():
                for _ in document.entries or ():
                    pass

    def whole() -> Iterator[float]:
        with Quality() as quality:
            started = time.process_time()
            check_file(path, quality=quality)
            yield time.process_time() - started
            quality.result()
            yield time.process_time() - started

    found = {
        "reading": _seconds(read),
        "schema": _seconds(lambda: [list(schema_errors(rules.release, one)) for one in releases]),
        "other rules of structure": _seconds(
            lambda: [content.release(one, lambda *_: None, compiled=False) for one in releases]
        ),
        "checks of processes": _seconds(lambda: [assessor.assess(one) for one in releases]),
        "structure, as a whole": _seconds(lambda: check_file(path)),
    }
    *_, everything = whole()
    found["everything"] = everything
    named = ("reading", "schema", "other rules of structure", "checks of processes")
    found["facts, summary and the rest"] = everything - sum(found[name] for name in named)
    return {"releases": len(releases), "seconds": {name: round(seconds, 2) for name, seconds in found.items()}}


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def lines(file: str, target: str, size: str) -> dict[str, Any]:
    """Write releases one a line, each of a process of its own, until the file has the size."""
    releases = orjson.loads(Path(file).read_bytes())["releases"]
    written = count = 0
    with Path(target).open("wb") as stream:
        for release in itertools.cycle(releases):
            count += 1
            written += stream.write(orjson.dumps({**release, "ocid": f"{release['ocid']}-{count}"}) + b"\n")
            if written >= int(size):
                return {"releases": count, "bytes": written}
    raise AssertionError


if __name__ == "__main__":
    with paused_collection():
        print(json.dumps({"validate": validate, "parts": parts, "lines": lines}[sys.argv[1]](*sys.argv[2:])))
