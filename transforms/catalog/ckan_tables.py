"""A table as CKAN's datastore holds it: columns with types, titles and notes, a key, and its rows as JSON.

Types are those of PostgreSQL. Numbers travel as texts, because JSON's numbers lose digits on their way through most
libraries; PostgreSQL reads them exactly. Arrays of texts become one text, as in CSV.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from transforms.ocds import FieldTable, UnknownField, field_table, full_title
from transforms.snapshot import TableColumn, TableSummary
from transforms.tables.cells import composed
from transforms.tables.plan import POINTER
from transforms.texts import texts

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL."""

_TYPES = {"decimal": "numeric", "integer": "int8", "boolean": "bool", "timestamp": "timestamptz"}
_DIGEST = 16


@dataclass(frozen=True)
class DatastoreColumn:
    """A column. `id` is its name at the portal, `path` in our tables, `type` one of PostgreSQL, `kind` ours."""

    id: str
    path: str
    type: str
    kind: str
    label: str
    notes: str

    @property
    def field(self) -> dict[str, Any]:
        """The column as `datastore_create` takes it."""
        return {"id": self.id, "type": self.type, "info": {"label": self.label, "notes": self.notes}}


@dataclass(frozen=True)
class DatastoreTable:
    """A table; `key` are the ids of the columns that are its key."""

    name: str
    title: str
    columns: tuple[DatastoreColumn, ...]
    key: tuple[str, ...]
    rows: int

    @cached_property
    def fields(self) -> list[dict[str, Any]]:
        """The columns as `datastore_create` takes them."""
        return [column.field for column in self.columns]

    def fingerprint(self, sha256: str) -> str:
        """Tell the content apart from any other: of the file that its rows come from, and of the columns."""
        text = json.dumps([sha256, self.fields, self.key], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def written(self, columns: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
        """Write columns of Python values, in the order of the table, as rows for `datastore_upsert`."""
        written = [
            _written(_WRITERS.get(column.kind) or _text, values)
            for column, values in zip(self.columns, columns, strict=True)
        ]
        return zip(*written, strict=True)

    def digest(self, row: Sequence[Any]) -> bytes:
        """Tell a row apart from any other, whether it was written here or read back from the portal."""
        same = [
            None if value is None else _SAME.get(column.type, str)(value)
            for column, value in zip(self.columns, row, strict=True)
        ]
        return hashlib.blake2b(json.dumps(same, ensure_ascii=True).encode(), digest_size=_DIGEST).digest()

    def key_of(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Give the key of a row."""
        return tuple(row[place] for place in self._key_places)

    @cached_property
    def _key_places(self) -> list[int]:
        ids = [column.id for column in self.columns]
        return [ids.index(one) for one in self.key]


def datastore_table(summary: TableSummary, extensions: Iterable[str], language: Literal["en", "es"]) -> DatastoreTable:
    """Lay out a table for the datastore, with titles and notes in a language."""
    fields = field_table(extensions)
    own = [*_keys(summary), *summary.columns]
    ids = column_ids([column.path for column in own])
    columns = tuple(
        _column(name, column, fields, language, summary.chain[-1] if summary.chain else "")
        for name, column in zip(ids, own, strict=True)
    )
    key = ("ocid", POINTER) if summary.chain else ("ocid",)
    return DatastoreTable(summary.name, _table_title(summary, fields, language), columns, key, summary.rows)


def column_ids(paths: Sequence[str]) -> list[str]:
    """Name columns by their OCDS paths; one that is too long for PostgreSQL keeps its end, and is told from others.

    >>> column_ids(["awards/id"])
    ['awards/id']
    """
    return [_short(path) for path in paths]


def _short(path: str) -> str:
    if len(path.encode()) <= LONGEST_NAME:
        return path
    mark = hashlib.sha256(path.encode()).hexdigest()[:6]
    end = path.encode()[-(LONGEST_NAME - len(mark) - 1) :].decode(errors="ignore").partition("/")[2]
    return f"{mark}/{end}" if end else f"{mark}/{path.encode()[-40:].decode(errors='ignore')}"


def _keys(summary: TableSummary) -> list[TableColumn]:
    if not summary.chain:
        return []
    return [TableColumn("ocid"), TableColumn(POINTER), *(TableColumn(link) for link in summary.links)]


def _table_title(summary: TableSummary, fields: FieldTable, language: Literal["en", "es"]) -> str:
    if not summary.chain:
        processes: str = texts(language)["facts"]["processes"]
        return processes
    try:
        return full_title(fields, summary.chain[-1], language)
    except UnknownField:
        return summary.chain[-1]


def _column(
    name: str, column: TableColumn, fields: FieldTable, language: Literal["en", "es"], above: str
) -> DatastoreColumn:
    words = texts(language, "dictionary")
    kind = words["types"][column.type]
    field = fields.get(column.path)
    if column.path == POINTER:
        label, notes = texts(language, "workbook")["pointer"], words["pointer"]
    elif field is None:
        label, notes = column.path, kind
    else:
        label = full_title(fields, column.path, language)
        if above and column.path.startswith(above + "/"):
            label = label.removeprefix(full_title(fields, above, language) + " › ")
        notes = "; ".join(filter(None, [column.path, kind, field.codelist]))
    return DatastoreColumn(name, column.path, _TYPES.get(column.type, "text"), column.type, label, notes)


def _written(write: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    return [None if value is None else write(value) for value in values]


def _text(value: Any) -> str:
    # PostgreSQL has no character of number 0 in a text.
    plain = composed(value) if isinstance(value, list) else str(value)
    return plain.replace("\0", "\ufffd")


def _number(value: Any) -> str:
    # Arrow gives all nine digits after the point; those that say nothing are left out.
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


_WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "decimal": _number,
    "integer": str,
    "boolean": bool,
    "timestamp": lambda value: value.astimezone(UTC).isoformat(),
}


def _same_number(value: Any) -> str:
    return _number(Decimal(str(value)))


_SAME: Mapping[str, Callable[[Any], str]] = {
    "numeric": _same_number,
    "int8": str,
    "bool": lambda value: "true" if value else "false",
    "timestamptz": lambda value: datetime.fromisoformat(value).astimezone(UTC).isoformat(),
}
