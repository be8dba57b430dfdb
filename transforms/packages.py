"""OCDS 1.1 release and record packages, assembled from serialized releases without parsing them again.

ocdskit's `combine.package_releases` and `combine.package_records` build a package as one object in memory. Here they
build the envelope of an empty package, which `ocdskit.util` serializes; the envelope is cut open at its last array and
the bytes of the ledger are put between: the same package, in memory that does not grow with it. (ocdskit's own way to
stream, `json_dump` over a generator, would parse and serialize every release again.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from transforms.errors import TransformError
from transforms.publication import Publication

Kind = Literal["releases", "records"]

VERSION = "1.1"
SEPARATOR = b",\n"

# https://standard.open-contracting.org/1.1/en/guidance/build/hosting/ : per package at most 1 GB, 10 MB zipped,
# 250,000 awards or contracts. Decimal units, the stricter reading.
MAXIMUM_BYTES = 1_000_000_000
MAXIMUM_ZIPPED_BYTES = 10_000_000
MAXIMUM_AWARDS = 250_000

UNDATED = "undated"
_PLAUSIBLE_YEARS = range(1900, 2101)


class BrokenLine(TransformError):
    """A serialized release or record is not one line of JSON, so it can't be a line of JSON Lines."""

    def __init__(self, kind: str, beginning: bytes) -> None:
        super().__init__(f"a serialized entry of {kind} holds a line break: {beginning[:80]!r}")
        self.kind = kind


@dataclass(frozen=True)
class Envelope:
    """The bytes of a package before its first and after its last entry."""

    head: bytes
    tail: bytes


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as OCDS dates are written: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def segment_of(date: str | None) -> str:
    """Name the yearly segment of a release date: its four digits, or `undated`.

    Dates such as year 1 are undated too: a file of their own would never be found (OCDS reference, section 8).
    """
    year = (date or "")[:4]
    if year.isascii() and year.isdigit() and len(year) == 4 and int(year) in _PLAUSIBLE_YEARS:
        return year
    return UNDATED


def envelope(
    publication: Publication, kind: Kind, *, path: str, published: datetime, links: Mapping[str, str] | None = None
) -> Envelope:
    """Build the metadata of the package whose address is `path` under the publication's base.

    `published` is the `as_of` of the newest commit that touched the package, never the hour of the build. With `links`
    (`next` and `prev` to paths) the package is a page of several, as the extension `pagination` has it.
    """
    from ocdskit.combine import package_records, package_releases
    from ocdskit.util import json_dumps

    publisher = {
        "name": publication.publisher_name,
        "scheme": publication.publisher_scheme,
        "uid": publication.publisher_uid,
        "uri": publication.publisher_uri,
    }
    build = package_releases if kind == "releases" else package_records
    package: dict[str, Any] = build(
        [],
        uri=publication.url(path),
        publisher={name: value for name, value in publisher.items() if value},
        published_date=rfc3339(published),
        version=VERSION,
        extensions=list(publication.extension_urls if links is None else paged(publication).extension_urls),
    )
    entries = package.pop(kind)
    package |= {"license": publication.licence_uri, "publicationPolicy": publication.publication_policy}
    if links is not None:
        package["links"] = {name: publication.url(target) for name, target in links.items()}
    package[kind] = entries
    text: bytes = json_dumps(package).encode()
    return Envelope(head=text[:-2] + b"\n", tail=b"\n" + text[-2:] + b"\n")


def paged(publication: Publication) -> Publication:
    """Give the publication with the extension that pages need."""
    return replace(publication, extensions=tuple(dict.fromkeys((*publication.extensions, "pagination"))))


def count_awards(body: bytes) -> int:
    """Count the awards and contracts of one serialized release, for the limit on packages.

    Only a body that has any is parsed, which costs a fifth of compressing it.
    """
    if b'"awards":' not in body and b'"contracts":' not in body:
        return 0
    return count_awards_of(orjson.loads(body))


def count_awards_of(release: dict[str, Any]) -> int:
    """Count the awards and contracts of one release."""
    return len(release.get("awards") or ()) + len(release.get("contracts") or ())


def json_lines(kind: str, lines: Sequence[bytes]) -> bytes:
    """Join serialized entries to JSON Lines.

    Raises `BrokenLine` where an entry is not on one line.
    """
    text = b"\n".join(lines) + b"\n"
    if text.count(b"\n") != len(lines):
        raise BrokenLine(kind, next(line for line in lines if b"\n" in line))
    return text


def package_entries(lines: Sequence[bytes]) -> bytes:
    """Join serialized entries as they stand in a package's array."""
    return SEPARATOR.join(lines)
