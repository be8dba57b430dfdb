"""What a snapshot of a publication holds, as its manifest tells it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self, get_args

Content = Literal[
    "releases", "records", "compiled", "tables", "page", "catalogue", "dictionary", "redactions", "commits", "report",
    "changes", "feed", "api",
]  # fmt: skip


def is_yearly(segment: str) -> bool:
    """Tell whether a segment is a year or `undated`: those together are everything, each entry once."""
    return segment.isdigit() or segment == "undated"


TableFormat = Literal["csv", "xlsx", "parquet", "sqlite"]
TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)
"""The formats that tables can have."""

PortalResource = Literal["xlsx", "csv", "sqlite", "tables", "releases", "records", "compiled", "dictionary"]
"""What the dataset of a portal can have as a resource; `tables` are rows that the portal itself holds."""
USUAL_RESOURCES: tuple[PortalResource, ...] = ("xlsx", "csv", "tables", "releases", "compiled", "dictionary")
"""One form for each kind of user; of the packages those of releases, because a collector takes one kind of package."""

FULL = "full"
BULK: tuple[Content, ...] = ("releases", "records", "compiled", "tables")
"""What readers come for; `commits` only tells how the releases can be put back in the order of their commit."""


@dataclass(frozen=True)
class PublishedFile:
    """One file of a snapshot.

    `rows` counts releases, records or processes; in Parquet, where each table has a file of its own, the rows of that
    table; pages have none. `unpacked` is the size
    in bytes after decompression. `fingerprint` tells whether the file has to be built again.
    """

    path: str
    content: Content
    segment: str
    format: str
    media_type: str
    sha256: str
    bytes: int
    published: str
    fingerprint: str
    rows: int | None = None
    unpacked: int | None = None


@dataclass(frozen=True)
class TableColumn:
    """A column: OCDS path without indexes, and JSON type."""

    path: str
    type: str = "string"


@dataclass(frozen=True)
class TableSummary:
    """A table of the publication, and its number of rows over all segments and in each of them."""

    name: str
    chain: tuple[str, ...]
    links: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    rows: int
    segments: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """What the public may know of a redaction.

    `ocid` None: in every process. `path` (without ids of entries) None: the process as a whole.
    """

    number: int
    moment: datetime
    ocid: str | None
    path: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What `manifest.json` holds.

    `fingerprint` covers ledger, configuration and code: two snapshots with the same one are the same publication.
    `as_of` is that of the build, `published` that of the newest commit, `issued` that of the first one, None where
    nothing was committed. `redactions` is the number of the newest
    redaction that it obeys: a snapshot with a lower one may hold what was taken back since. `country` and `time_zone`
    are the city's: numbers and dates are written accordingly. `hub` is the WebSub hub of the feeds, and `base_url` the
    address under which it knows them; both None where the city has no hub.
    """

    snapshot: str
    city: str
    name: Mapping[str, str]
    synthetic: bool = False
    country: str = "US"
    time_zone: str = "UTC"
    as_of: str
    published: str
    issued: str | None = None
    code_version: str
    fingerprint: str
    counts: Mapping[str, int]
    files: tuple[PublishedFile, ...]
    tables: tuple[TableSummary, ...] = ()
    redactions: int = 0
    hub: str | None = None
    base_url: str | None = None

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read the text of a manifest; raises `ValueError`, `TypeError` or `KeyError` where it isn't one."""
        data: dict[str, Any] = json.loads(text)
        data["files"] = tuple(PublishedFile(**one) for one in data["files"])
        data["tables"] = tuple(
            TableSummary(
                name=one["name"],
                chain=tuple(one["chain"]),
                links=tuple(one["links"]),
                columns=tuple(TableColumn(**column) for column in one["columns"]),
                rows=one["rows"],
                segments=one.get("segments", {}),
            )
            for one in data["tables"]
        )
        return cls(**data)

    def to_json(self) -> bytes:
        """Write the manifest, files by path."""
        data = {
            **vars(self),
            "name": dict(self.name),
            "counts": dict(self.counts),
            "tables": [
                {**vars(one), "columns": [vars(column) for column in one.columns], "segments": dict(one.segments)}
                for one in self.tables
            ],
            "files": [
                {name: value for name, value in vars(one).items() if value is not None}
                for one in sorted(self.files, key=lambda file: file.path)
            ],
        }
        for name in ("hub", "base_url"):
            if data[name] is None:
                del data[name]
        return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"

    def files_of(self, content: Content, segment: str | None = None) -> list[PublishedFile]:
        """List the files of one content, by path."""
        return [one for one in self.files if one.content == content and segment in {None, one.segment}]

    def segments_of(self, content: Content) -> list[str]:
        """List the segments that have files of one content: `full`, the newest year first, `undated` last."""
        names = {one.segment for one in self.files if one.content == content}
        years = sorted((name for name in names if name.isdigit()), reverse=True)
        return [name for name in (FULL, *years, "undated") if name in names]

    def months_of(self, content: Content) -> list[str]:
        """List the months that have files of one content, the newest first."""
        names = {one.segment for one in self.files if one.content == content}
        return sorted((name for name in names if not is_yearly(name) and name != FULL), reverse=True)
