"""A table as a dataset of a Socrata portal: names of fields, types, values of rows, and what it says of itself.

Rules: https://dev.socrata.com/docs/datatypes/, https://dev.socrata.com/docs/row-identifiers.html and
https://dev.socrata.com/publishers/soda-producer/upsert.html. Field names are those that Socrata itself makes of the
headers of our CSV tables.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from transforms.catalog.described import row_of
from transforms.publication import Publication
from transforms.snapshot import TableSummary
from transforms.tables.cells import joined
from transforms.tables.plan import POINTER, Column, Table
from transforms.texts import texts

KEY = "row_key"
"""The row identifier of every table but that of the processes: a row's `ocid`, followed by its `pointer`."""

LONGEST_FIELD = 60
"""Characters of a field name. Longer ones are cut, and end in a part of the checksum of the whole path."""

_DIGEST = 6

FLOATING = frozenset({"calendar_date", "floating_timestamp"})
FIXED = frozenset({"fixed_timestamp", "date"})
NUMBERS = frozenset({"number", "money"})
URL = "url"

_PROPOSED = {"decimal": "number", "integer": "number", "boolean": "checkbox", "timestamp": "calendar_date"}
_FITTING: dict[str, frozenset[str]] = {
    "decimal": NUMBERS,
    "integer": NUMBERS,
    "boolean": frozenset({"checkbox"}),
    "timestamp": FLOATING | FIXED,
}
_TEXT = frozenset({"text"})
_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.ASCII)

LICENCES = {
    "creativecommons.org/publicdomain/zero/1.0": "CC0_10",
    "creativecommons.org/licenses/by/4.0": "CC_40_BY",
    "creativecommons.org/licenses/by-sa/4.0": "CC_40_BY_SA",
    "creativecommons.org/licenses/by/3.0": "CC_30_BY",
    "creativecommons.org/licenses/by-sa/3.0": "CC_30_BY_SA",
    "opendatacommons.org/licenses/pddl": "PDDL",
    "opendatacommons.org/licenses/by": "ODC_BY",
    "opendatacommons.org/licenses/odbl": "ODBL",
}
"""Names that Socrata has for licences, by their addresses without scheme and final slash."""

Encode = Callable[[Any], Any]


@dataclass(frozen=True)
class SocrataColumn:
    """A column. `field` is its name at the portal, `path` its OCDS path, `kind` our logical type of its values."""

    field: str
    path: str
    kind: str

    @property
    def proposed(self) -> str:
        """The type that a column should be created with."""
        return URL if self._holds_addresses else _PROPOSED.get(self.kind, "text")

    @property
    def fitting(self) -> frozenset[str]:
        """The types of Socrata that hold its values."""
        return _FITTING.get(self.kind, _TEXT | {URL} if self._holds_addresses else _TEXT)

    @property
    def _holds_addresses(self) -> bool:
        return self.kind == "string" and self.path.rpartition("/")[2] in ("url", "uri")


@dataclass(frozen=True)
class SocrataTable:
    """A table. `identifier` is the field that is its row identifier, and the first of its `columns`."""

    name: str
    identifier: str
    columns: tuple[SocrataColumn, ...]

    @classmethod
    def of(cls, summary: TableSummary) -> "SocrataTable":
        """Lay out the dataset of a table of a snapshot; the same columns always have the same fields."""
        own = tuple(Column(one.path, one.type) for one in summary.columns)
        table = Table(summary.name, summary.chain, summary.links, own)
        fields = field_names(table.header)
        columns = tuple(
            SocrataColumn(field, path, kind)
            for field, path, kind in zip(fields, table.header, table.types, strict=True)
        )
        if not table.chain:
            first = next(one for one in columns if one.path == "ocid")
            return cls(table.name, first.field, (first, *(one for one in columns if one is not first)))
        return cls(table.name, KEY, (SocrataColumn(KEY, KEY, "string"), *columns))

    @property
    def composed_key(self) -> bool:
        """Whether the row identifier is made of `ocid` and pointer."""
        return self.identifier == KEY

    def key(self, row: Mapping[str, Any]) -> str:
        """Give the row identifier of a row by path."""
        return f"{row['ocid']}{row[POINTER]}" if self.composed_key else str(row["ocid"])

    def encoder(self, types: Mapping[str, str], zone: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Give what writes a row by path as the API takes it, for a dataset whose fields have `types`.

        Every column is named: what is absent has to be null, or an upsert would keep what was there.
        """
        city = ZoneInfo(zone)
        own = [(one.field, one.path, _encoder(one.kind, types[one.field], city)) for one in self.columns[1:]]

        def encode(row: Mapping[str, Any]) -> dict[str, Any]:
            written = {self.identifier: self.key(row)}
            for field, path, value in own:
                written[field] = value(row[path])
            return written

        return encode


def field_names(paths: Sequence[str]) -> list[str]:
    """Name the field of each path: small letters, digits and underscores, as Socrata makes them of headers.

    Of paths that would have the same name each gets a part of its checksum, so that a name depends on no order.
    """
    plain = [_plain(path) for path in paths]
    shared = Counter([*plain, KEY])
    return [name if shared[name] == 1 else _marked(name, path) for name, path in zip(plain, paths, strict=True)]


def _plain(path: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", path.lower()).strip("_") or "column"
    if name[0].isdigit():
        name = f"_{name}"
    return _marked(name, path) if len(name) > LONGEST_FIELD else name


def _marked(name: str, path: str) -> str:
    digest = hashlib.sha256(path.encode()).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST_FIELD - _DIGEST - 1].rstrip('_')}_{digest}"


def _encoder(kind: str, declared: str, zone: ZoneInfo) -> Encode:
    """Give what writes a value of one of our types for a column of a Socrata type; null stays null."""
    write: Encode
    if kind in ("decimal", "integer"):
        write = _number
    elif kind == "boolean":
        write = bool
    elif kind == "timestamp":
        write = _fixed if declared in FIXED else _floating(zone)
    elif declared == URL:
        write = _address
    elif kind == "list<string>":
        write = joined
    else:
        write = str
    return lambda value: None if value is None or value == "" or value == [] else write(value)


def _number(value: Decimal | int) -> str:
    """Write a number exactly: as a text, because JSON's numbers are binary ones to most who read them."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fixed(moment: datetime) -> str:
    return _milliseconds(moment.astimezone(UTC)) + "Z"


def _floating(zone: ZoneInfo) -> Encode:
    return lambda moment: _milliseconds(moment.astimezone(zone))


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _address(text: str) -> dict[str, str]:
    """Write an address; a text that is none becomes the description, so that it is not lost."""
    return {"url": text} if _ADDRESS.fullmatch(text) else {"description": text}


def comparable(value: Any, declared: str) -> Any:
    """Give a value of a column, as it was written or as it was read back, in a form that can be compared."""
    if value is None:
        return None
    if declared in NUMBERS:
        return Decimal(str(value))
    if declared == "checkbox":
        return str(value).lower() == "true"
    if declared in FLOATING:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    if declared in FIXED:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if declared == URL:
        return {name: text for name, text in value.items() if text} if isinstance(value, dict) else {"url": value}
    return value


def dataset_metadata(summary: TableSummary, publication: Publication, *, floating: bool) -> dict[str, Any]:
    """Give what a dataset says of itself, as `/api/views` holds it, in the first language of the publication.

    `floating`: the portal holds times without a zone, so the description names it. A licence that Socrata has no name
    for is left to the portal.
    """
    language = publication.languages[0]
    words, common, said = texts(language), texts(language, "catalogue"), texts(language, "socrata")
    table = summary.name.replace("_", " ") if summary.chain else said["main"]
    parts = [row_of(summary, words), common["about"], said["files"].format(url=publication.url())]
    if floating:
        parts.append(said["zones"].format(zone=publication.time_zone))
    if publication.synthetic:
        parts.insert(0, texts(language, "feeds")["synthetic"])
    found: dict[str, Any] = {
        "name": said["title"].format(city=publication.name_in(language), table=table),
        "description": " ".join(parts),
        "attribution": publication.publisher_name,
        "attributionLink": publication.publisher_uri,
        "tags": sorted({str(one).lower() for one in common["keywords"]}),
    }
    licence = LICENCES.get(publication.licence_uri.partition("://")[2].rstrip("/"))
    return {**found, "licenseId": licence} if licence else found
