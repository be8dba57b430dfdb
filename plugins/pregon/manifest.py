"""The manifest of one extract: what was read, where it lies, and from where the next extract goes on.

It is written after everything it names, so its existence means that the extract is durable; the watermark of the next
extract is read from it and from nowhere else. It holds no duration and no machine's paths: the same extract gives the
same bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

import orjson

from pregon.errors import PregonError
from pregon.lake import Lake, Ref

FORMAT = 2
Mode = Literal["full", "incremental", "unchanged"]

_NAME = re.compile(r"(\d{6,})\.json")


class ManifestError(PregonError):
    """A manifest that is missing, unreadable, or in the way."""

    def __init__(self, city: str, number: int | None, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{city}: manifest{'' if number is None else f' {number}'}: {problem}", hint=hint)
        self.city = city
        self.number = number


@dataclass(frozen=True, slots=True)
class Mark:
    """Number and clock of the last manifest that was used; the manifest itself may be lost."""

    number: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a table was read.

    `value` is the highest cursor value seen so far (ISO text without zone for naive timestamps), never after the
    run's clock; `since` is the lower bound that this extract used, None for a full read.
    """

    cursor: str
    value: str | None
    since: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values; `since` is called `from`."""
        return {"cursor": self.cursor, "value": self.value, "from": self.since}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(cursor=value["cursor"], value=value["value"], since=value["from"])


@dataclass(frozen=True, slots=True)
class Image:
    """The parts of which the current image of a table consists at this manifest.

    `base` covers every row known when it was made (the raw parts themselves after a first read); each of `deltas`,
    oldest first, holds the rows that changed later. `rows` counts live rows, `deleted` those marked as deleted.
    """

    base: tuple[Ref, ...]
    deltas: tuple[Ref, ...] = ()
    rows: int = 0
    deleted: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "base": [ref.to_json() for ref in self.base],
            "deltas": [ref.to_json() for ref in self.deltas],
            "rows": self.rows,
            "deleted": self.deleted,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            base=tuple(Ref.from_json(ref) for ref in value["base"]),
            deltas=tuple(Ref.from_json(ref) for ref in value["deltas"]),
            rows=value["rows"],
            deleted=value["deleted"],
        )


@dataclass(frozen=True, slots=True)
class Rejects:
    """The rows of a table that can't be used at this manifest, whichever extract read them; `reasons` counts them."""

    parts: tuple[Ref, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {"parts": [ref.to_json() for ref in self.parts], "reasons": dict(self.reasons)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(parts=tuple(Ref.from_json(ref) for ref in value["parts"]), reasons=value["reasons"])


@dataclass(frozen=True, slots=True)
class TableManifest:
    """What one extract knows of one table.

    `rows_read` = rows in `parts` + all of `rejected` (reason → count; the rows themselves lie in `rejects`): both tell
    of this extract alone. `image` and `unusable` tell of the table as it is known now. `mode` is
    `unchanged` when the source's bytes were those of an earlier manifest: parts and rejects are then that manifest's.
    `columns` gives name → declared type, `fingerprint` identifies the configuration under which it was read,
    `signature` the bytes of a file source. `changed` counts how the image moved: new, changed, restored, deleted.
    `observed` gives all columns of the source → type in its words, `whole_rows` and `filled` the rows of the last full
    read and the values of each column then.
    `notes` tells what a person may want to know (files, encoding, added columns …).
    """

    name: str
    source: str
    mode: Mode
    rows_read: int
    parts: tuple[Ref, ...]
    rejects: Ref | None
    rejected: Mapping[str, int]
    watermark: Watermark | None
    key: tuple[str, ...]
    columns: Mapping[str, str]
    fingerprint: str
    signature: str | None
    image: Image
    unusable: Rejects
    changed: Mapping[str, int]
    observed: Mapping[str, str] = field(default_factory=dict)
    whole_rows: int | None = None
    filled: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values; columns stay in the declared order."""
        return {
            "name": self.name,
            "source": self.source,
            "mode": self.mode,
            "rows_read": self.rows_read,
            "parts": [ref.to_json() for ref in self.parts],
            "rejects": self.rejects.to_json() if self.rejects else None,
            "rejected": dict(self.rejected),
            "watermark": self.watermark.to_json() if self.watermark else None,
            "key": list(self.key),
            "columns": [{"name": name, "type": type_} for name, type_ in self.columns.items()],
            "fingerprint": self.fingerprint,
            "signature": self.signature,
            "image": self.image.to_json(),
            "unusable": self.unusable.to_json(),
            "changed": dict(self.changed),
            "observed": [[name, type_] for name, type_ in self.observed.items()],
            "whole_rows": self.whole_rows,
            "filled": dict(self.filled),
            "notes": dict(self.notes),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            name=value["name"],
            source=value["source"],
            mode=value["mode"],
            rows_read=value["rows_read"],
            parts=tuple(Ref.from_json(ref) for ref in value["parts"]),
            rejects=Ref.from_json(value["rejects"]) if value["rejects"] else None,
            rejected=value["rejected"],
            watermark=Watermark.from_json(value["watermark"]) if value["watermark"] else None,
            key=tuple(value["key"]),
            columns={column["name"]: column["type"] for column in value["columns"]},
            fingerprint=value["fingerprint"],
            signature=value["signature"],
            image=Image.from_json(value["image"]),
            unusable=Rejects.from_json(value["unusable"]),
            changed=value["changed"],
            observed=dict(value["observed"]),
            whole_rows=value["whole_rows"],
            filled=value["filled"],
            notes=value["notes"],
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One extract of one city.

    `previous` is the number of the manifest it goes on from, `config` the fingerprint of all sources.
    """

    number: int
    city: str
    as_of: datetime
    previous: int | None
    config: str
    tables: Mapping[str, TableManifest]

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "format": FORMAT,
            "number": self.number,
            "city": self.city,
            "as_of": self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "previous": self.previous,
            "config": self.config,
            "tables": {name: table.to_json() for name, table in self.tables.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            number=value["number"],
            city=value["city"],
            as_of=datetime.strptime(value["as_of"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            previous=value["previous"],
            config=value["config"],
            tables={name: TableManifest.from_json(table) for name, table in sorted(value["tables"].items())},
        )


def check_as_of(as_of: datetime) -> datetime:
    """Give `as_of` in UTC.

    Raises:
        ValueError: it has no zone, or fractions of a second (they would be lost in the manifest).
    """
    if as_of.tzinfo is None or as_of.microsecond:
        message = f"as_of must have a zone and whole seconds, not {as_of.isoformat()}"
        raise ValueError(message)
    return as_of.astimezone(UTC)


def run_id(as_of: datetime) -> str:
    """Give the name of the run of this clock: `20260102T030405Z`."""
    return f"{check_as_of(as_of):%Y%m%dT%H%M%SZ}"


def latest(lake: Lake, city: str) -> Manifest | None:
    """Give the newest manifest of a city, None before its first extract."""
    found = numbers(lake, city)
    return read(lake, city, found[-1]) if found else None


def numbers(lake: Lake, city: str) -> list[int]:
    """Give the numbers of a city's manifests, ascending."""
    names = (key.rpartition("/")[2] for key in lake.list(f"{city}/manifests"))
    return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))


def read(lake: Lake, city: str, number: int) -> Manifest:
    """Give one manifest.

    Raises:
        ManifestError: it does not exist, is damaged, or was written by another version of this program.
    """
    key = _key(city, number)
    if not lake.exists(key):
        raise ManifestError(city, number, "does not exist", hint="run an extract first")
    try:
        value = lake.read_json(key)
        if value["format"] != FORMAT:
            older = value["format"] < FORMAT
            raise ManifestError(
                city,
                number,
                f"has format {value['format']}, this version reads format {FORMAT}",
                hint=f"remove the folder {city} of the lake: sources are read anew, only what changed is released"
                if older
                else "update Pregón",
            )
        return Manifest.from_json(value)
    except (KeyError, TypeError, ValueError) as error:  # orjson's error is a ValueError
        raise ManifestError(
            city, number, f"is damaged ({error!r})", hint=f"restore {key} in the lake from a backup"
        ) from error


def write(lake: Lake, manifest: Manifest) -> Manifest:
    """Store a manifest once: the same again is fine, another one under its number is refused.

    Raises:
        ManifestError: another manifest already has this number.
    """
    key = _key(manifest.city, manifest.number)
    if lake.exists(key):
        if lake.read_json(key) != orjson.loads(orjson.dumps(manifest.to_json())):
            raise ManifestError(
                manifest.city,
                manifest.number,
                "another extract has written it already",
                hint="two extracts of one city ran at the same time; run again",
            )
        return manifest
    lake.put_json(key, manifest.to_json())
    return manifest


def remove(lake: Lake, city: str, number: int) -> None:
    """Take a manifest back that nothing was made from."""
    lake.remove(_key(city, number))


def _key(city: str, number: int) -> str:
    return f"{city}/manifests/{number:06d}.json"
