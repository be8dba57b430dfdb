"""Which releases a JSON document holds, in whatever shape publishers give them.

Packages of releases or records, bare releases and records, arrays of any of these, several documents in a row, JSON
Lines. Nothing is interpreted: a release is kept as its publisher wrote it, keys sorted, and is told from others by what
it says of itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pregon.sources.files.jsondocument import Found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse, strict=False)
"""Decodes documents: numbers as they will be published, so that writing one otherwise is no change."""

COLUMNS = ("ocid", "kind", "id", "date", "version", "place", "document")
"""Columns of every table of this kind; all are text.

`kind` is `release` or `compiled`. `id` is the release's, `compiled` for a compiled release, of which a process has one.
`version` is that of the package, null without one. `place` numbers the releases of a record, whose order counts.
"""
KEY = ("ocid", "kind", "id")

STREAMED = frozenset({"releases", "records"})
LINKED_RELEASES, VERSIONED_RELEASES = "linked_releases", "versioned_releases"

_LINK_MEMBERS = 3
_PACKAGE = frozenset({"publisher", "publishedDate", "uri", "license", "publicationPolicy", "extensions"})
_RELEASE = frozenset({"ocid", "tag", "initiationType"})
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Stray:
    """A value that is no release, with what it is."""

    value: Any
    problem: str


Row = dict[str, str | None]


@dataclass(slots=True)
class Shapes:
    """Finds the releases of documents, one after the other; `counts` tells what was passed over."""

    counts: dict[str, int] = field(default_factory=dict)

    def document(self, values: Iterable[Found]) -> Iterator[Row | Stray]:
        """Give the releases of what `JsonDocument.values` gives with `STREAMED`."""
        current = _Object(-1)
        for found in values:
            if found.number != current.number:
                yield from self._rest(current)
                current = _Object(found.number)
            if found.begins:
                current.streamed = True
            elif found.streamed:
                yield from self._element(found, current)
            elif found.member is not None:
                current.members[found.member] = found.value
            else:
                yield from self.value(found.value)
        yield from self._rest(current)

    def value(self, value: Any, version: str | None = None, depth: int = 0) -> Iterator[Row | Stray]:
        """Give the releases of a document that is in memory as a whole."""
        if isinstance(value, list) and depth < _DEPTH:
            for element in value:
                yield from self.value(element, version, depth + 1)
        elif not isinstance(value, Mapping):
            yield Stray(value, "is no object")
        elif isinstance(value.get("records"), list):
            for record in value["records"]:
                yield from self._record(record, _version(value))
        elif isinstance(value.get("releases"), list) and "ocid" not in value:
            for release in value["releases"]:
                yield from self._release(release, _version(value))
        elif value.keys() & {"releases", "compiledRelease", "versionedRelease"}:
            yield from self._record(value, version)
        elif value.keys() & _RELEASE:
            yield from self._release(value, version)
        elif not value.keys() & _PACKAGE:
            yield Stray(value, "is neither a release nor a record, nor a package of them")

    def _element(self, found: Found, current: "_Object") -> Iterator[Row | Stray]:
        version = _version(current.members)
        if found.member == "records":
            yield from self._record(found.value, version)
        else:
            # Only in a record does the order count; packages are put together as it comes.
            place = current.place if "ocid" in current.members else 0
            current.place += 1
            yield from self._release(found.value, version, place)

    def _rest(self, current: "_Object") -> Iterator[Row | Stray]:
        """Give what an object's other members hold when all of it has been seen."""
        members = current.members
        if current.streamed:
            yield from self._compiled(members, _version(members))
        elif members:
            yield from self.value(members)

    def _record(self, record: Any, version: str | None) -> Iterator[Row | Stray]:
        if not isinstance(record, Mapping):
            yield Stray(record, "is no record, since it is no object")
            return
        releases = record.get("releases")
        for place, release in enumerate(releases if isinstance(releases, list) else ()):
            yield from self._release(release, version, place)
        yield from self._compiled(record, version)

    def _compiled(self, record: Mapping[str, Any], version: str | None) -> Iterator[Row | Stray]:
        compiled = record.get("compiledRelease")
        if isinstance(compiled, Mapping):
            yield _row(compiled, "compiled", version, 0)
        if "versionedRelease" in record:
            self._count(VERSIONED_RELEASES)

    def _release(self, release: Any, version: str | None, place: int = 0) -> Iterator[Row | Stray]:
        if not isinstance(release, Mapping):
            yield Stray(release, "is no release, since it is no object")
        elif "url" in release and len(release) <= _LINK_MEMBERS:
            self._count(LINKED_RELEASES)
        else:
            tag = release.get("tag")
            compiled = tag == "compiled" or (isinstance(tag, list) and "compiled" in tag)
            yield _row(release, "compiled" if compiled else "release", version, place)

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


@dataclass(slots=True)
class _Object:
    """What is known of an object at the top while it is read."""

    number: int
    members: dict[str, Any] = field(default_factory=dict)
    streamed: bool = False
    place: int = 0


def _row(release: Mapping[str, Any], kind: str, version: str | None, place: int) -> Row | Stray:
    try:
        document = json.dumps(release, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except ValueError as error:
        return Stray(str(release), f"can't be written as JSON ({error})")
    return {
        "ocid": _text(release.get("ocid")),
        "kind": kind,
        "id": kind if kind == "compiled" else _text(release.get("id")),
        "date": _text(release.get("date")),
        "version": version,
        "place": f"{place:06d}",
        "document": document,
    }


def _version(package: Mapping[str, Any]) -> str | None:
    return _text(package.get("version"))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
