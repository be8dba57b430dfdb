"""Packages without fault, and a great many with one fault in each release or record: every kind of fault there is."""

import copy
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from unit.transforms.ocds.documents import CHANGES, DELETE, Steps, apply, example, positions

from pregon.checking.content import Content
from transforms.ocds import extension_urls, release_schema

Json = dict[str, Any]

TOGETHER = 40
"""Entries in a package."""

EXTENSIONS = ("bids", "lots", "location", "enquiries", "process_title", "budget", "participation_fee")


class Spoiled(NamedTuple):
    """A release with one fault, and what was done to it."""

    what: str
    document: Json


def faultless(extensions: tuple[str, ...]) -> Json:
    """A release with a value at every path that is not deprecated, and whose organizations are in its parties."""
    release: Json = example(release_schema(extensions))
    release |= {"ocid": "ocds-213czf-1", "id": "r1"}
    for _ in range(3):  # what is deprecated may hold what is, too
        for steps in _findings(release, extensions, "deprecated_field", "empty_field"):
            _remove(release, steps)
    return release


def _findings(release: Json, extensions: tuple[str, ...], *codes: str) -> list[Steps]:
    found: list[Steps] = []
    Content(extensions).release(
        release, lambda code, steps, _: found.append(steps) if code in codes else None, compiled=False
    )
    return found


def _remove(document: Any, steps: Steps) -> None:
    for step in steps[:-1]:
        if step not in document and not isinstance(document, list):
            return
        document = document[step]
    if isinstance(document, dict):
        document.pop(steps[-1], None)


def spoiled(extensions: tuple[str, ...]) -> Iterator[Spoiled]:
    """Give releases with one fault each."""
    release = faultless(extensions)
    whole = example(release_schema(extensions))

    def changed(what: str, change: Callable[[Json], None]) -> Spoiled:
        document = copy.deepcopy(release)
        change(document)
        return Spoiled(what, document)

    places = [place for place in positions(release) if place not in (("ocid",), ("id",))]
    # Each place is changed in two ways; one after the other all ways come to all kinds of places.
    for number, place in enumerate(places):
        for way in (number % len(CHANGES), (number + 5) % len(CHANGES)):
            change = CHANGES[way]
            said = "deleted" if change is DELETE else json.dumps(change)
            yield changed(f"{_pointer(place)} {said}", lambda one, p=place, c=change: apply(one, p, c))
    for place in [(), *places]:
        value = _at(release, place)
        if isinstance(value, dict):
            yield changed(f"{_pointer(place)}/colour added", lambda one, p=place: _at(one, p).update(colour="blue"))
        if isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]:
            for other in (value[0]["id"], f"{value[0]['id']}"):
                yield changed(
                    f"{_pointer(place)} has the id {other!r} twice",
                    lambda one, p=place, o=other: _at(one, p).append({**_at(one, p)[0], "id": o, "title": "Other"}),
                )
    for steps in _findings(whole, extensions, "deprecated_field"):
        holder = _at(release, steps[:-1])
        if isinstance(holder, dict):
            value = _at(whole, steps)
            yield changed(f"{_pointer(steps)} added", lambda one, s=steps, v=value: _at(one, s[:-1]).update({s[-1]: v}))
    for ocid in ("213czf-1", "ocds-213czf", "OCDS-213czf-1", "ocds-213CZF-1", "ocds-213cz-1", " ocds-213czf-1"):
        yield changed(f"the ocid {ocid!r}", lambda one, o=ocid: one.update(ocid=o))


def _at(document: Any, steps: Steps) -> Any:
    for step in steps:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _pointer(steps: Steps) -> str:
    return "".join(f"/{step}" for step in steps)


def package(extensions: tuple[str, ...], **entries: Any) -> Json:
    declared = {"extensions": list(extension_urls(extensions))} if extensions else {}
    head = {"uri": "https://city.example/1", "version": "1.1", "publishedDate": "2030-01-01T00:00:00Z"}
    return {**head, "publisher": {"name": "City"}, **declared, **entries}


def spoiled_packages(extensions: tuple[str, ...]) -> Iterator[tuple[list[str], Json]]:
    """Give release packages of spoiled releases, with what was done to each."""
    faults = spoiled(extensions)
    while some := list(islice(faults, TOGETHER)):
        for number, one in enumerate(some):
            one.document["id"] = f"r{number}"
            if one.document.get("ocid") == "ocds-213czf-1":
                one.document["ocid"] = f"ocds-213czf-1-{number}"
        yield [one.what for one in some], package(extensions, releases=[one.document for one in some])


def spoiled_record_packages(extensions: tuple[str, ...]) -> Iterator[tuple[list[str], Json]]:
    """Give record packages whose records have one fault each: their own, or in a release or the compiled release."""
    release = faultless(extensions)

    def record(**changes: Any) -> Json:
        compiled = {**copy.deepcopy(release), "tag": ["compiled"], "id": "c"}
        made = {"ocid": release["ocid"], "releases": [copy.deepcopy(release)], "compiledRelease": compiled, **changes}
        return {key: value for key, value in made.items() if value is not DELETE}

    link = {"url": "https://city.example/1#r1", "date": "2026-01-01T00:00:00Z", "tag": ["tender"]}
    own = {
        "no ocid": record(ocid=DELETE),
        "ocid is a number": record(ocid=7),
        "no releases": record(releases=DELETE),
        "empty releases": record(releases=[]),
        "releases are null": record(releases=None),
        "releases are a text": record(releases="r1"),
        "a field more": record(colour="blue"),
        "compiled release is a text": record(compiledRelease="c"),
        "linked releases": record(releases=[link]),
        "a link without url": record(releases=[{k: v for k, v in link.items() if k != "url"}]),
        "a link that is none": record(releases=[{**link, "url": "no address"}]),
        "a link without date": record(releases=[{k: v for k, v in link.items() if k != "date"}]),
        "a release twice": record(releases=[copy.deepcopy(release), {**copy.deepcopy(release), "language": "es"}]),
        "no compiled release": record(compiledRelease=DELETE),
    }
    yield list(own), _numbered(package(extensions, records=list(own.values())))
    faults = list(spoiled(extensions))[::9]
    for start in range(0, len(faults), TOGETHER):
        some = faults[start : start + TOGETHER]
        held = [
            record(compiledRelease=_compiled(one.document)) if number % 2
            else record(releases=[one.document])
            for number, one in enumerate(some)
        ]  # fmt: skip
        yield [one.what for one in some], _numbered(package(extensions, records=held))


def _compiled(release: Json) -> Json:
    """A spoiled release as compiled release, where its tag is not what is spoiled."""
    return {**release, "tag": ["compiled"]} if release.get("tag") == ["planning"] else release


def _numbered(found: Json) -> Json:
    """Give each record an ocid of its own, and its releases the same."""
    for number, record in enumerate(found["records"]):
        ocid = f"ocds-213czf-1-{number}"
        releases = record.get("releases")
        for one in [record, record.get("compiledRelease"), *(releases if isinstance(releases, list) else ())]:
            if isinstance(one, dict) and one.get("ocid") == "ocds-213czf-1":
                one["ocid"] = ocid
    return found


def spoiled_heads(extensions: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """Give packages that say one thing wrong of themselves."""
    sound = package(extensions, releases=[faultless(extensions)])
    for key in ("uri", "version", "publishedDate", "publisher", "extensions", "license", "publicationPolicy"):
        for change in CHANGES:
            document = copy.deepcopy(sound)
            if change is DELETE and key not in document:
                continue
            apply(document, (key,), change)
            yield f"/{key} {'deleted' if change is DELETE else json.dumps(change)}", document
    for key, value in (("colour", "blue"), ("publisher", {"scheme": "US-EX"}), ("publisher", {"name": "C", "x": 1})):
        yield f"/{key} {value}", {**copy.deepcopy(sound), key: value}
    for value in ([], None, {}, "r", [7], [None]):
        yield f"/releases {value}", {**copy.deepcopy(sound), "releases": value}
