"""Records: everything known of one process (OCDS 1.1 "Records").

A record holds all releases of an ocid, oldest first, either all embedded or all linked, and what they say together.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import orjson

from transforms.errors import TransformError
from transforms.releases.merging import Document, first_compiled, merge_release
from transforms.releases.rules import MergeRules
from transforms.releases.versioned import versioned_release


class ForeignRelease(TransformError):
    """A release of one process was offered for the record of another."""

    def __init__(self, ocid: str, foreign: str) -> None:
        super().__init__(f"a release of {foreign} can't stand in the record of {ocid}")
        self.ocid = ocid
        self.foreign = foreign


@dataclass(frozen=True)
class RecordForm:
    """What every record of a publication holds beside its compiled release.

    Its releases, embedded or linked (never some of both), and with `versioned` each value that each field ever had.
    """

    releases: Literal["embedded", "linked"] = "embedded"
    versioned: bool = False

    def copies(self, releases: int) -> int:
        """Return how often an award or contract may stand in a record of so many releases, for limits on packages."""
        return 1 + self.versioned + (releases if self.releases == "embedded" else 0)


class LinkedRelease(NamedTuple):
    """A release published elsewhere: the package's URL with `#` and the release's id, its date and tags."""

    url: str
    date: str
    tag: tuple[str, ...] = ()

    def entry(self) -> Document:
        """Return the link as it stands in a record."""
        entry: Document = {"url": self.url, "date": self.date}
        if self.tag:
            entry["tag"] = list(self.tag)
        return entry


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
    links = [link.entry() for link in sorted(releases, key=lambda link: link.date)]
    return _record(ocid, links, compiled, versioned)


def record_json(ocid: str, releases: Sequence[bytes], compiled: bytes, *, versioned: bytes | None = None) -> bytes:
    """Return the JSON of a record from JSON texts that are not read again.

    `releases` are the texts of the process's releases, oldest first, as the ledger keeps them, or of the links to all
    of them; nothing is checked.
    """
    tail = b'],"compiledRelease":' + compiled
    if versioned is not None:
        tail += b',"versionedRelease":' + versioned
    return b'{"ocid":' + orjson.dumps(ocid) + b',"releases":[' + b",".join(releases) + tail + b"}"


def compiled_json(releases: Sequence[bytes], rules: MergeRules) -> bytes:
    """Return the JSON of a process's compiled release from the texts of its releases, oldest first.

    The texts are as the ledger keeps them: checked, so that no id is twice in an array, and without white space.
    Raises UnmergeableState.
    """
    text, *later = releases
    # Merging changes a first release only where it says that something is not there.
    silent = not any(mark in text for mark in _NOTHING)
    if silent and not later and (head := _head(text)):
        # The only release, which is the usual case, says the same under another head: its text is not read.
        ocid, date = head[1], head[2]
        return b'{"ocid":"%b","id":"%b-%b","date":"%b","tag":["compiled"]%b' % (
            ocid, ocid, date, date, text[head.end() :],
        )  # fmt: skip
    first = orjson.loads(text)
    compiled = first_compiled(first) if silent else merge_release(None, first, rules)
    for text in later:
        compiled = merge_release(compiled, orjson.loads(text), rules)
    return orjson.dumps(compiled)


def versioned_json(releases: Sequence[bytes], rules: MergeRules) -> bytes:
    """Return the JSON of a process's versioned release from the texts of its releases. Raises UnmergeableState."""
    return orjson.dumps(versioned_release(map(orjson.loads, releases), rules))


_NOTHING = (b"null", b"{}", b"[]")
_head = re.compile(rb'\{"ocid":"((?:[^"\\]|\\.)*)","id":"[^"\\]*","date":"([^"\\]*)","tag":\[[^\]]*\]').match


def _record(
    ocid: str, releases: Sequence[Mapping[str, Any]], compiled: Mapping[str, Any], versioned: Mapping[str, Any] | None
) -> Document:
    made: Document = {"ocid": ocid, "releases": list(releases), "compiledRelease": compiled}
    if versioned is not None:
        made["versionedRelease"] = versioned
    return made
