"""Records: everything known of one process (OCDS 1.1 "Records").

A record holds all releases of an ocid, oldest first, either all embedded or all linked, and what they say together.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from ocdsmerge import VersionedRelease

from transforms.errors import TransformError
from transforms.releases.merging import Document
from transforms.releases.rules import MergeRules


class ForeignRelease(TransformError):
    """A release of one process was offered for the record of another."""

    def __init__(self, ocid: str, foreign: str) -> None:
        super().__init__(f"a release of {foreign} can't stand in the record of {ocid}")
        self.ocid = ocid
        self.foreign = foreign


class LinkedRelease(NamedTuple):
    """A release published elsewhere: the package's URL with `#` and the release's id, its date and tags."""

    url: str
    date: str
    tag: tuple[str, ...] = ()


def linked_release(package_url: str, release: Mapping[str, Any]) -> LinkedRelease:
    """Return the link to a release that is in the package at `package_url`."""
    return LinkedRelease(f"{package_url}#{release['id']}", release["date"], tuple(release["tag"]))


def record(
    ocid: str,
    releases: Iterable[Mapping[str, Any]],
    compiled: Mapping[str, Any],
    *,
    versioned: Mapping[str, Any] | None = None,
) -> Document:
    """Return a record with its releases embedded, oldest first. Raises ForeignRelease."""
    embedded = sorted(releases, key=itemgetter("date"))
    for release in embedded:
        if release["ocid"] != ocid:
            raise ForeignRelease(ocid, release["ocid"])
    return _record(ocid, embedded, compiled, versioned)


def linked_record(
    ocid: str,
    releases: Iterable[LinkedRelease],
    compiled: Mapping[str, Any],
    *,
    versioned: Mapping[str, Any] | None = None,
) -> Document:
    """Return a record which links its releases, oldest first."""
    links = []
    for link in sorted(releases, key=lambda link: link.date):
        entry: Document = {"url": link.url, "date": link.date}
        if link.tag:
            entry["tag"] = list(link.tag)
        links.append(entry)
    return _record(ocid, links, compiled, versioned)


def record_json(ocid: str, releases: Sequence[bytes], compiled: bytes, *, versioned: bytes | None = None) -> bytes:
    """Return the JSON of a record with its releases embedded, from JSON texts that are not read again.

    `releases` are the texts of the process's releases, oldest first, as the ledger keeps them; nothing is checked.
    """
    tail = b'],"compiledRelease":' + compiled
    if versioned is not None:
        tail += b',"versionedRelease":' + versioned
    return b'{"ocid":' + orjson.dumps(ocid) + b',"releases":[' + b",".join(releases) + tail + b"}"


def versioned_release(releases: Iterable[Mapping[str, Any]], rules: MergeRules) -> Document:
    """Return the versioned release: every value each field ever had, made by the reference merge library."""
    versioned = VersionedRelease(merge_rules=rules.for_ocdsmerge())
    versioned.extend([dict(release) for release in releases])
    merged: Document = versioned.asdict()
    return merged


def _record(
    ocid: str, releases: Sequence[Mapping[str, Any]], compiled: Mapping[str, Any], versioned: Mapping[str, Any] | None
) -> Document:
    made: Document = {"ocid": ocid, "releases": list(releases), "compiledRelease": compiled}
    if versioned is not None:
        made["versionedRelease"] = versioned
    return made
