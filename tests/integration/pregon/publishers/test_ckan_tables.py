"""Rows in the datastore of a real CKAN are those of the table, to the last digit."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from servers.portal import ORGANIZATION, CkanPortal

from pregon.publishers import TargetFailed, push
from pregon.publishers.ckan import CkanPublisher
from pregon.publishers.ckan_datastore import differences
from transforms.catalog.ckan import CkanSettings
from transforms.catalog.ckan_tables import datastore_table
from transforms.ocds.columns import arrow_type_of
from transforms.snapshot import Manifest, PublishedFile, TableColumn, TableSummary

from .conftest import OFFICIAL

pytestmark = pytest.mark.integration

COLUMNS = {
    "awards/id": "string",
    "awards/title": "string",
    "awards/value/amount": "decimal",
    "awards/items/quantity": "integer",
    "awards/hasOptions": "boolean",
    "awards/date": "timestamp",
    "awards/roles": "list<string>",
    "awards/aVeryLongNameThatSomebodyThoughtOf/whichDoesNotFit/intoSixtyThreeBytes": "string",
}
LONG = "awards/aVeryLongNameThatSomebodyThoughtOf/whichDoesNotFit/intoSixtyThreeBytes"
NOTHING = dict.fromkeys(COLUMNS)


@dataclass(frozen=True)
class Made:
    """A snapshot with one table, `awards`."""

    path: Path
    manifest: Manifest


def made(folder: Path, rows: Sequence[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> Made:
    types = {"ocid": "string", "pointer": "string", **columns}
    schema = pa.schema([(name, arrow_type_of(kind)) for name, kind in types.items()])
    data = [
        {"ocid": f"ocds-abc123-{number // 2}", "pointer": f"/awards/{number % 2}", **row}
        for number, row in enumerate(rows)
    ]
    file = folder / "bulk/tables/full.parquet/awards.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(data, schema), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    published = PublishedFile(
        path="bulk/tables/full.parquet/awards.parquet", content="tables", segment="full", format="Parquet",
        media_type="application/vnd.apache.parquet", sha256=digest, bytes=file.stat().st_size,
        published="2026-03-01T05:00:00Z", fingerprint=digest, rows=len(rows),
    )  # fmt: skip
    summary = TableSummary(
        "awards", ("awards",), (), tuple(TableColumn(name, kind) for name, kind in columns.items()), len(rows)
    )
    manifest = Manifest(
        snapshot=f"20260302T050000Z-{digest[:8]}", city="lindenau", name=OFFICIAL.name, as_of="2026-03-02T05:00:00Z",
        published="2026-03-01T05:00:00Z", code_version="1", fingerprint=digest, counts={}, files=(published,),
        tables=(summary,),
    )  # fmt: skip
    return Made(folder, manifest)


def send(snapshot: Made) -> None:
    settings = CkanSettings("lindenau-contracting", ORGANIZATION, resources=("tables",), datastore=("awards",))
    push(CkanPublisher("open_data", settings, OFFICIAL), snapshot.path, snapshot.manifest, OFFICIAL)


def held(portal: CkanPortal) -> dict[str, Any]:
    (resource,) = portal.action("package_show", id="lindenau-contracting")["resources"]
    found: dict[str, Any] = portal.action("datastore_search", resource_id=resource["id"], limit=100, sort="_id")
    return found


def column(portal: CkanPortal, name: str) -> list[Any]:
    return [one[name] for one in held(portal)["records"]]


def test_types_titles_and_values_are_those_of_the_table(portal: CkanPortal, tmp_path: Path) -> None:
    instant = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)
    rows = [
        {
            **NOTHING,
            "awards/id": "0042",
            "awards/title": '=HYPERLINK("http://evil.example")',
            "awards/value/amount": Decimal("12345678901234567890123456789.123456789"),
            "awards/items/quantity": 2**63 - 1,
            "awards/hasOptions": False,
            "awards/date": instant,
            "awards/roles": ["buyer", "a;b"],
            LONG: "long",
        },
        {
            **NOTHING,
            "awards/id": "",
            "awards/title": "Árbol 🌳 \u202e \\ \" '; DROP TABLE",
            "awards/value/amount": Decimal("-0.1"),
        },
        {**NOTHING, "awards/title": "a\0b\n\tc", "awards/value/amount": Decimal(0), "awards/items/quantity": -(2**63)},
        {**NOTHING, "awards/date": datetime(1, 1, 2, tzinfo=UTC), "awards/hasOptions": True},
    ]
    snapshot = made(tmp_path, rows)
    send(snapshot)
    found = held(portal)
    assert found["total"] == 4
    types = {one["id"]: one["type"] for one in found["fields"]}
    short = next(name for name in types if name.endswith("intoSixtyThreeBytes"))
    assert types == {
        "_id": "int", "ocid": "text", "pointer": "text", "awards/id": "text", "awards/title": "text",
        "awards/value/amount": "numeric", "awards/items/quantity": "int8", "awards/hasOptions": "bool",
        "awards/date": "timestamptz", "awards/roles": "text", short: "text",
    }  # fmt: skip
    assert len(short.encode()) <= 63
    labels = {one["id"]: one.get("info", {}).get("label") for one in found["fields"]}
    assert labels["awards/value/amount"] == "Award value › Amount"
    assert labels["pointer"] == "Place in the process"
    assert column(portal, "awards/id") == ["0042", "", None, None], "an empty text is not null"
    assert column(portal, "awards/title") == [
        '=HYPERLINK("http://evil.example")', "Árbol 🌳 \u202e \\ \" '; DROP TABLE", "a\ufffdb\n\tc", None,
    ]  # fmt: skip
    assert column(portal, "awards/items/quantity") == [2**63 - 1, None, -(2**63), None]
    assert column(portal, "awards/hasOptions") == [False, None, None, True]
    assert column(portal, "awards/roles") == ["buyer;a\\;b", None, None, None]
    moments = [datetime.fromisoformat(one) if one else None for one in column(portal, "awards/date")]
    assert moments == [instant, None, None, datetime(1, 1, 2, tzinfo=UTC)]
    dump = httpx.get(f"{portal.url}/datastore/dump/{found['resource_id']}", timeout=60).text
    assert "12345678901234567890123456789.123456789" in dump
    assert ",-0.1," in dump
    send(snapshot)
    assert held(portal) == found, "what is read back is known as the same"


def test_a_table_that_changes_its_columns_keeps_its_place(portal: CkanPortal, tmp_path: Path) -> None:
    row = {"awards/id": "1", "awards/title": "Trees", "awards/status": "active", "awards/value/amount": Decimal(10)}
    before = {
        "awards/id": "string",
        "awards/title": "string",
        "awards/status": "string",
        "awards/value/amount": "decimal",
    }
    send(made(tmp_path, [row, row], before))
    first = held(portal)
    after = {
        "awards/date": "timestamp",
        "awards/value/amount": "string",
        "awards/title": "string",
        "awards/id": "string",
    }
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    changed = {"awards/id": "1", "awards/title": "Trees", "awards/value/amount": "ten", "awards/date": moment}
    send(made(tmp_path, [changed, changed], after))
    second = held(portal)
    assert second["resource_id"] == first["resource_id"]
    assert {one["id"]: one["type"] for one in second["fields"]} == {
        "_id": "int", "ocid": "text", "pointer": "text", "awards/id": "text", "awards/title": "text",
        "awards/value/amount": "text", "awards/date": "timestamptz",
    }  # fmt: skip
    assert [one["_id"] for one in second["records"]] == [one["_id"] for one in first["records"]], (
        "rows are written over"
    )
    assert column(portal, "awards/value/amount") == ["ten", "ten"]


def test_rows_go_come_and_change_without_the_others(portal: CkanPortal, tmp_path: Path) -> None:
    rows = [{**NOTHING, "awards/id": str(number), "awards/title": "Trees"} for number in range(40)]
    send(made(tmp_path, rows))
    numbers = {one["awards/id"]: one["_id"] for one in held(portal)["records"]}
    kept = [{**row, "awards/title": "Lindens"} if row["awards/id"] == "7" else row for row in rows[:30]]
    last = made(tmp_path, kept)
    send(last)
    found = {one["awards/id"]: one for one in held(portal)["records"]}
    assert len(found) == held(portal)["total"] == 30
    assert all(one["_id"] == numbers[key] for key, one in found.items())
    assert found["7"]["awards/title"] == "Lindens"
    send(made(tmp_path, []))
    assert held(portal)["total"] == 0


def test_a_row_that_is_not_as_it_was_sent_is_counted(portal: CkanPortal, tmp_path: Path) -> None:
    snapshot = made(tmp_path, [{**NOTHING, "awards/id": str(number)} for number in range(3)])
    send(snapshot)
    identity = held(portal)["resource_id"]
    key = {"ocid": "ocds-abc123-0", "pointer": "/awards/0", "awards/id": "forged"}
    portal.action("datastore_upsert", resource_id=identity, records=[key], method="update", force=True)
    (summary,) = snapshot.manifest.tables
    table = datastore_table(summary, OFFICIAL.extensions, "en")
    target = CkanPublisher("open_data", CkanSettings("lindenau-contracting", ORGANIZATION), OFFICIAL)
    assert differences(target.api, identity, table, snapshot.path, snapshot.manifest) == 1


def test_a_value_that_the_portal_can_not_hold_is_told(portal: CkanPortal, tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=1)
    snapshot = made(tmp_path, [{**NOTHING, "awards/date": moment}])
    wrong = replace(snapshot.manifest.tables[0], columns=(TableColumn("awards/date", "integer"),))
    with pytest.raises(TargetFailed, match="table awards") as caught:
        send(Made(snapshot.path, replace(snapshot.manifest, tables=(wrong,))))
    assert not caught.value.retryable
