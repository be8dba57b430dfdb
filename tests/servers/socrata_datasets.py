"""Datasets of the Socrata test server: rows with system fields, and the changes that publishers make to them."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Clock:
    """The server's time: it stands still until something changes, and then moves on by a second."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def tick(self, seconds: float = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass
class Stored:
    """A row: its number (row ids are numbers that are written as scrambled texts), its values, and its stamps."""

    number: int
    values: dict[str, Any]
    created: datetime
    updated: datetime

    @property
    def row_id(self) -> str:
        digest = hashlib.md5(str(self.number).encode(), usedforsecurity=False).hexdigest()
        return f"row-{digest[:4]}-{digest[4:8]}~{digest[8:12]}"

    def all_values(self) -> dict[str, Any]:
        return {
            ":id": self.row_id,
            ":created_at": _fixed(self.created),
            ":updated_at": _fixed(self.updated),
            **self.values,
        }


@dataclass
class Dataset:
    """A dataset. `types` gives field → type, `names` field → display name where it differs.

    `clip`: more rows than this are never given at once, whatever is asked for. `most`: asking for more is refused, as
    SODA 2.0 does. `private`: only for those who sign in. `has_ids`: false for a view that groups, which has no system
    fields. `stale`: queries are answered from a copy that lags behind. `rows_updated_at` is set by changes, and by
    tests that want it to lie.
    """

    dataset: str
    types: dict[str, str]
    clock: Clock
    names: dict[str, str] = field(default_factory=dict)
    clip: int | None = None
    most: int | None = None
    private: bool = False
    has_ids: bool = True
    stale: bool = False
    rows: list[Stored] = field(default_factory=list)
    rows_updated_at: int = 0
    view_last_modified: int = 0
    _next: int = 1
    _numbers: dict[str, int] = field(default_factory=dict)

    def decode(self, row_id: str) -> int | None:
        """Give the number behind a row id, also of a row that is gone; None if it is none of this dataset."""
        return self._numbers.get(row_id)

    def insert(self, *rows: Mapping[str, Any], at: datetime | None = None) -> None:
        """Add rows, all with one stamp; `at`: with a stamp of the past, as a slow transaction leaves it."""
        stamp = at or self.clock.tick()
        for values in rows:
            self._add(values, stamp, stamp)
        self._changed()

    def update(self, where: Callable[[dict[str, Any]], bool], **changes: Any) -> int:
        """Change rows in place: the id stays, `:updated_at` moves; give how many there were."""
        stamp = self.clock.tick()
        found = [row for row in self.rows if where(row.values)]
        for row in found:
            row.values = _plain({**row.values, **changes})
            row.updated = stamp
        self._changed()
        return len(found)

    def delete(self, where: Callable[[dict[str, Any]], bool]) -> int:
        """Remove rows, and give how many there were."""
        before = len(self.rows)
        self.clock.tick()
        self.rows = [row for row in self.rows if not where(row.values)]
        self._changed()
        return before - len(self.rows)

    def replace(self, rows: Iterable[Mapping[str, Any]] | None = None) -> None:
        """Publish everything anew, as many publishers do each night: new ids and one stamp for all rows."""
        values = [dict(row) for row in rows] if rows is not None else [row.values for row in self.rows]
        stamp = self.clock.tick()
        self.rows = []
        for row in values:
            self._add(row, stamp, stamp)
        self._changed()

    def drop_column(self, name: str) -> None:
        """Remove a column, and its values."""
        del self.types[name]
        for row in self.rows:
            row.values.pop(name, None)
        self.view_last_modified = int(self.clock.tick().timestamp())

    def metadata(self) -> dict[str, Any]:
        """Give what `/api/views/{id}.json` answers."""
        hidden = {":@computed_region_awaf_s7ux": "number"} if self.has_ids else {}
        columns = [
            {
                "id": 1_000 + place,
                "name": self.names.get(name, name),
                "fieldName": name,
                "dataTypeName": declared,
                "renderTypeName": declared,
                "position": place,
            }
            for place, (name, declared) in enumerate({**self.types, **hidden}.items(), 1)
        ]
        return {
            "id": self.dataset,
            "name": f"Dataset {self.dataset}",
            "assetType": "dataset",
            "createdAt": int(START.timestamp()),
            "publicationDate": int(START.timestamp()),
            "rowsUpdatedAt": self.rows_updated_at,
            "viewLastModified": self.view_last_modified,
            "viewType": "tabular",
            "columns": columns,
        }

    def _add(self, values: Mapping[str, Any], created: datetime, updated: datetime) -> None:
        row = Stored(self._next, _plain(values), created, updated)
        if unknown := row.values.keys() - self.types.keys():
            raise ValueError(f"{self.dataset} has no columns {unknown}")
        self._next += 1
        self._numbers[row.row_id] = row.number
        self.rows.append(row)

    def _changed(self) -> None:
        self.rows_updated_at = int(self.clock.now.timestamp())


def read_csv(path: Path, headers: Mapping[str, str], types: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the rows of a downloaded CSV file as the API shows them: `headers` gives field → header of the file.

    The export writes `MM/DD/YYYY` where the API writes floating timestamps; empty cells are absent.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {name: _served(cell, types[name]) for name, header in headers.items() if (cell := row[header])}
            for row in csv.DictReader(stream)
        ]


def read_json(path: Path, records: str) -> list[dict[str, Any]]:
    """Give the objects of a JSON file's array at `records`."""
    found = json.loads(path.read_text(encoding="utf-8"))[records]
    return [dict(row) for row in found]


def _served(cell: str, declared: str) -> Any:
    if declared == "calendar_date" and "/" in cell:
        month, day, year = cell.split("/")
        return f"{year}-{month}-{day}T00:00:00.000"
    return {"url": cell} if declared == "url" else cell


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _fixed(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
