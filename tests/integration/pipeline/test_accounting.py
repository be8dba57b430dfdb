"""Every source row is in exactly one place: counted here without Pregón, by csv and sqlite3."""

import csv
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from publication_files import json_lines

from pregon.city import read_city
from pregon.synth.schema import KEYS

from .conftest import CITIES, Published, PublishedCity

pytestmark = pytest.mark.integration


def _summary(city: Published) -> dict[str, Any]:
    path = city.home / "internal" / city.slug / "runs" / city.runs[-1] / "summary.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _rows_of_file(path: Path, encoding: str) -> int:
    with path.open(encoding=encoding, newline="") as file:
        return sum(1 for row in csv.reader(file) if row) - 1


def _rows_in_source(city: Published) -> dict[str, int]:
    configured = read_city(city.slug)
    if city.from_dir is None:
        with closing(sqlite3.connect(city.database)) as connection:
            return {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for _, name, _ in configured.tables()
            }
    rows = {}
    for source in configured.sources.values():
        for name, table in source.tables.items():
            # Read from a folder, a table is what its local variant says, whatever its source is in production.
            variants = [*([source.local.tables[name]] if source.local else []), table]
            file, encoding = (
                next((found for one in variants if (found := getattr(one, option, None))), None)
                for option in ("file", "encoding")
            )
            assert file is not None
            rows[name] = _rows_of_file(city.from_dir / file, encoding or "utf-8")
    return rows


@pytest.mark.parametrize("slug", CITIES)
def test_the_summary_accounts_for_every_row(slug: str, published: PublishedCity) -> None:
    city = published(slug)
    tables = _summary(city)["tables"]
    assert {name: entry["rows"] for name, entry in tables.items()} == _rows_in_source(city)
    for name, entry in tables.items():
        assert entry["released"] + entry["quarantined"] == entry["rows"], name
        assert sum(entry["reasons"].values()) == entry["quarantined"], name


def _quarantined_rows(city: Published) -> Counter[str]:
    """Rows in the ledger's quarantine by table; findings of processes are left out, rows are counted once."""
    rows = {(found.row.table, found.row.row) for found in city.ledger().quarantined() if found.row.ocid is None}
    return Counter(table for table, _ in rows)


@pytest.mark.parametrize("slug", CITIES)
def test_quarantine_holds_each_row_that_is_not_released_with_its_reason(slug: str, published: PublishedCity) -> None:
    city = published(slug)
    quarantined = list(city.ledger().quarantined())
    for found in quarantined:
        assert found.row.table, found
        assert found.row.row, found
        assert found.row.reason, found
        assert found.row.message, found
    expected = {name: entry["quarantined"] for name, entry in _summary(city)["tables"].items() if entry["quarantined"]}
    held = _quarantined_rows(city)
    for name, entry in _summary(city)["tables"].items():
        if processes := entry["reasons"].get("process_quarantined"):
            held[name] += processes
    assert dict(held) == expected


def _served_rows(city: Published) -> dict[str, set[str]]:
    """Source rows that serve a process, by table: the list that the last commit left."""
    files = list((city.home / "lake" / city.slug / "committed").rglob("rows.parquet"))
    assert len(files) == 1
    served: dict[str, set[str]] = {}
    for name in pq.read_table(files[0], columns=["_row"]).column("_row").to_pylist():
        table, _, row = name.partition(":")
        served.setdefault(table, set()).add(row)
    return served


@pytest.mark.parametrize("slug", CITIES)
def test_a_process_stands_for_every_released_row(slug: str, published: PublishedCity) -> None:
    city = published(slug)
    served = _served_rows(city)
    expected = {name: entry["released"] for name, entry in _summary(city)["tables"].items() if entry["released"]}
    assert {name: len(rows) for name, rows in served.items()} == expected


@pytest.mark.parametrize("slug", CITIES)
def test_provenance_names_rows_that_serve_a_process(slug: str, published: PublishedCity) -> None:
    city = published(slug)
    served = _served_rows(city)
    ledger = city.ledger()
    ocids = [process.ocid for process in ledger.processes(with_releases=False)]
    for ocid, entries in ledger.provenance(ocids).items():
        assert entries, ocid
        for _, name in entries:
            table, _, row = name.partition(":")
            assert row in served[table], (ocid, name)


def _keys_in_source(city: Published, table: str) -> Counter[tuple[str, ...]]:
    columns = ", ".join(f"coalesce(trim({name}), '')" for name in KEYS[table])
    with closing(sqlite3.connect(city.database)) as connection:
        return Counter(connection.execute(f"SELECT {columns} FROM {table}"))


def _quarantined_keys(city: Published) -> tuple[dict[str, set[str]], Counter[str]]:
    """Keys in quarantine by table, and how many rows of each could not be used as rows at all."""
    held: dict[str, set[str]] = {}
    unusable: Counter[str] = Counter()
    for found in city.ledger().quarantined():
        assert found.row.ocid is None, "no process of the synthetic city breaks the schema"
        if "#" in found.row.row:
            unusable[found.row.table] += 1
        else:
            assert found.row.row not in held.setdefault(found.row.table, set()), found
            held[found.row.table].add(found.row.row)
    return held, unusable


def test_every_key_of_the_database_is_in_one_place(riverbend: Published) -> None:
    served = _served_rows(riverbend)
    held, _ = _quarantined_keys(riverbend)
    for _, table, _ in read_city("riverbend").tables():
        keys = {"|".join(key) for key in _keys_in_source(riverbend, table) if all(key)}
        assert not held.get(table, set()) & served.get(table, set()), table
        assert held.get(table, set()) | served.get(table, set()) == keys, table


def test_second_rows_of_a_key_and_rows_without_one_are_in_quarantine(riverbend: Published) -> None:
    _, unusable = _quarantined_keys(riverbend)
    expected: Counter[str] = Counter()
    for _, table, _ in read_city("riverbend").tables():
        keys = _keys_in_source(riverbend, table)
        expected[table] = sum(keys.values()) - sum(all(key) for key in keys)
    assert unusable == +expected


ENTRIES = {
    "awards": "awards",
    "contracts": "contracts",
    "contracts/implementation/transactions": "payments",
    "contracts/amendments": "contract_amendments",
    "tender/documents": "solicitation_documents",
    "tender/enquiries": "questions",
}
"""Array → the table whose rows are its entries, their key the id."""


def _ids(release: Any, path: list[str]) -> set[str]:
    if isinstance(release, list):
        return {found for entry in release for found in _ids(entry, path)}
    if not path:
        return {release["id"]}
    return _ids(release.get(path[0], []), path[1:]) if isinstance(release, dict) else set()


def test_each_row_of_the_database_is_an_entry_that_readers_find(riverbend: Published) -> None:
    compiled = json_lines(riverbend.current, "compiled/full")
    held, _ = _quarantined_keys(riverbend)
    solicitations = {key[0] for key in _keys_in_source(riverbend, "solicitations")}
    released = solicitations - held.get("solicitations", set()) - {""}
    assert {release["ocid"] for release in compiled} == {f"ocds-213czf-{number}" for number in released}
    for path, table in ENTRIES.items():
        keys = {key[0] for key in _keys_in_source(riverbend, table)} - {""}
        assert _ids(compiled, path.split("/")) == keys - held.get(table, set()), path
