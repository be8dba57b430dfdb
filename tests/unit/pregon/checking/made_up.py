"""OCDS documents without fault, to be spoiled by tests."""

import copy
import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

RELEASE: Json = {
    "ocid": "ocds-213czf-lamp-1",
    "id": "1",
    "date": "2026-01-05T00:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "parties": [{"id": "US-EX-1", "name": "Lamp Office", "roles": ["buyer"]}],
    "buyer": {"id": "US-EX-1", "name": "Lamp Office"},
    "tender": {
        "id": "T1",
        "title": "Street lamps",
        "status": "active",
        "value": {"amount": 1200.5, "currency": "USD"},
        "items": [{"id": "1", "description": "Lamps"}, {"id": "2", "description": "Poles"}],
    },
}

LOTS = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json"


def release(**changes: Any) -> Json:
    """A release; a field given as None is left out."""
    made = {**copy.deepcopy(RELEASE), **changes}
    return {key: value for key, value in made.items() if value is not None}


def tender(**changes: Any) -> Json:
    """A release whose tender has these fields."""
    return release(tender={**copy.deepcopy(RELEASE["tender"]), **changes})


def compiled(**changes: Any) -> Json:
    return release(**{"id": "ocds-213czf-lamp-1-2026-01-05T00:00:00Z", "tag": ["compiled"], **changes})


def release_package(*releases: Any, **changes: Any) -> Json:
    package = {
        "uri": "https://city.example/releases.json",
        "version": "1.1",
        "publishedDate": "2026-02-01T00:00:00Z",
        "publisher": {"name": "City"},
        "releases": list(releases) or [release()],
        **changes,
    }
    return {key: value for key, value in package.items() if value is not None}


def record(*releases: Json, **changes: Any) -> Json:
    made = {
        "ocid": RELEASE["ocid"],
        "releases": list(releases) or [release()],
        "compiledRelease": compiled(),
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def record_package(*records: Json, **changes: Any) -> Json:
    package = release_package(**changes)
    del package["releases"]
    return {**package, "records": list(records) or [record()]}


def write(folder: Path, document: Any, name: str = "file.json") -> Path:
    """Write a document as JSON, a list of bytes or text as it is."""
    file = folder / name
    if isinstance(document, bytes):
        file.write_bytes(document)
    else:
        file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file
