"""Loading a table into CKAN's datastore in place: readers never see it empty, and only what differs is sent.

Rows are known by their key. What the portal holds is read and compared with the table, by a digest of each row; new
rows are inserted, changed ones written over, vanished ones deleted. So a load that was killed is completed by the next,
and a repeated one sends nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pregon.publication.tables.reading import table_batches
from pregon.publishers.ckan_api import CkanApi
from transforms.catalog.ckan_tables import DatastoreTable
from transforms.snapshot import Manifest

AT_ONCE = 5_000
"""Rows in one request."""


def load(api: CkanApi, resource: str, table: DatastoreTable, folder: Path, manifest: Manifest) -> None:
    """Make the rows of a resource those of a table of the snapshot in `folder`. Raises `TargetFailed`."""
    about = f"table {table.name}"
    _shape(api, resource, table, about)
    ids = [column.id for column in table.columns]
    held = {table.key_of(row): (table.digest(row), number) for number, *row in api.rows(resource, ids, about)}
    changed = False
    for change in _changes(table, folder, manifest, held):
        changed = True
        if change.method == "delete":
            api.delete_rows(resource, change.numbers, about)
        else:
            api.write_rows(resource, change.method, change.records, about)
    if changed:
        api.count_rows(resource, about)


def differences(api: CkanApi, resource: str, table: DatastoreTable, folder: Path, manifest: Manifest) -> int:
    """Count the rows of a resource that are not those of the table: read back, every one of them."""
    about = f"table {table.name}"
    ids = [column.id for column in table.columns]
    held = {table.key_of(row): table.digest(row) for _, *row in api.rows(resource, ids, about)}
    wrong = 0
    for row in _rows(table, folder, manifest):
        wrong += held.pop(table.key_of(row), None) != table.digest(row)
    return wrong + len(held)


def _rows(table: DatastoreTable, folder: Path, manifest: Manifest) -> Iterator[tuple[Any, ...]]:
    for batch in table_batches(folder, manifest, table.name, rows=AT_ONCE):
        yield from table.written([batch.column(column.path).to_pylist() for column in table.columns])


@dataclass(frozen=True)
class _Change:
    """Records that are inserted or written over, or the numbers of rows that go."""

    method: str
    records: list[dict[str, Any]]
    numbers: list[int]


def _changes(
    table: DatastoreTable, folder: Path, manifest: Manifest, held: dict[tuple[Any, ...], tuple[bytes, int]]
) -> Iterator[_Change]:
    ids = [column.id for column in table.columns]
    waiting: dict[str, list[dict[str, Any]]] = {"insert": [], "upsert": []}
    for row in _rows(table, folder, manifest):
        digest, _ = held.pop(table.key_of(row), (None, 0))
        if digest == table.digest(row):
            continue
        method = "upsert" if digest else "insert"
        waiting[method].append(dict(zip(ids, row, strict=True)))
        if len(waiting[method]) == AT_ONCE:
            yield _Change(method, waiting[method], [])
            waiting[method] = []
    yield from (_Change(method, records, []) for method, records in waiting.items() if records)
    if held:
        yield _Change("delete", [], sorted(number for _, number in held.values()))


def _shape(api: CkanApi, resource: str, table: DatastoreTable, about: str) -> None:
    """Give the resource the columns of the table. One whose type changes is taken away, and comes back empty."""
    there = api.table(resource, about)
    # `_id` is CKAN's own.
    held = {one["id"]: _field(one) for one in there["fields"] if one["id"] != "_id"} if there else {}
    wanted = {one["id"]: one for one in table.fields}
    kept = {name: one for name, one in held.items() if name in wanted and one["type"] == wanted[name]["type"]}
    if len(kept) < len(held):
        if set(table.key) <= set(kept):
            api.datastore("create", resource, about, fields=list(kept.values()), delete_fields=True)
        else:
            api.datastore("delete", resource, about)
            kept = {}
    if held != wanted:
        # Those that there are keep their places; new ones come after them.
        fields = [wanted[name] for name in (*kept, *(name for name in wanted if name not in kept))]
        api.datastore("create", resource, about, fields=fields, primary_key=list(table.key))


def _field(held: dict[str, Any]) -> dict[str, Any]:
    info = held.get("info") or {}
    return {
        "id": held["id"],
        "type": held["type"],
        "info": {"label": info.get("label", ""), "notes": info.get("notes", "")},
    }
