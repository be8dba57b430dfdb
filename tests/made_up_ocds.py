"""OCDS as a publisher that nobody knows has published it: releases of two processes, in every shape there is."""

import json
from typing import Any

PREFIX = "ocds-213czf"
BUYER = {"id": "HAMLET-B1", "name": "Hamlet"}
FIRM = {"id": "HAMLET-F1", "name": "Lamps & Sons"}


def party(reference: dict[str, Any], role: str, **members: Any) -> dict[str, Any]:
    return {**reference, "roles": [role], **members}


def release(number: int, process: str, date: str, tag: str, **sections: Any) -> dict[str, Any]:
    """A release of OCDS 1.1 with buyer and parties."""
    return {
        "ocid": f"{PREFIX}-{process}",
        "id": f"r{number}",
        "date": date,
        "tag": [tag],
        "initiationType": "tender",
        "language": "en",
        "buyer": BUYER,
        "parties": [party(BUYER, "buyer", contactPoint={"name": "A. Clerk", "email": "clerk@hamlet.example"})],
        **sections,
    }


def award(identifier: str, amount: Any, **members: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "status": "active",
        "date": "2026-02-01T00:00:00Z",
        "value": {"amount": amount, "currency": "USD"},
        "suppliers": [FIRM],
        **members,
    }


def releases() -> list[dict[str, Any]]:
    """Two processes: one with tender, change and award, another with a tender alone."""
    supplier = [party(BUYER, "buyer"), party(FIRM, "supplier")]
    return [
        release(1, "P1", "2026-01-01T00:00:00Z", "tender", tender={"id": "T1", "title": "Lamps", "status": "active"}),
        release(2, "P1", "2026-01-10T09:30:00-06:00", "tenderUpdate", tender={"id": "T1", "title": "Street lamps"}),
        release(3, "P1", "2026-02-01T00:00:00Z", "award", awards=[award("A1", 1200.5)], parties=supplier),
        release(4, "P2", "2026-01-05T00:00:00Z", "tender", tender={"id": "T2", "title": "Benches", "status": "active"}),
    ]


HEAD = {
    "uri": "https://hamlet.example/package.json",
    "version": "1.1",
    "publishedDate": "2026-02-02T00:00:00Z",
    "publisher": {"name": "Hamlet"},
}


def package(*of: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A release package."""
    return {**HEAD, "releases": list(of), **members}


def record(*of: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A record with whole releases."""
    return {"ocid": of[0]["ocid"], "releases": list(of), **members}


def shapes() -> dict[str, str]:
    """Shape → the same four releases, written so."""
    one, two, three, four = releases()
    records = [record(one, two, three), record(four)]
    written: dict[str, Any] = {
        "release package": package(one, two, three, four),
        "release package, its head last": {"releases": [one, two, three, four], **HEAD},
        "record package": {**HEAD, "records": records},
        "record package, its head last": {"records": records, **HEAD},
        "array of release packages": [package(one, two), package(), package(three, four)],
        "array of record packages": [{**HEAD, "records": [one]} for one in records],
        "array of releases": [one, two, three, four],
        "array of records": records,
    }
    several = {
        "releases in a row": [one, two, three, four],
        "packages in a row": [package(one, two, three), package(four)],
        "records in a row": records,
    }
    texts = {name: json.dumps(value) for name, value in written.items()}
    texts |= {name: "\n".join(map(json.dumps, values)) + "\n" for name, values in several.items()}
    texts["releases in a row, laid out"] = "\n".join(json.dumps(value, indent=2) for value in (one, two, three, four))
    return texts
