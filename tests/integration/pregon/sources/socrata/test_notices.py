"""New York's City Record: keys without a value are absent, and the table has the same columns on every page."""

from pathlib import Path

import pytest
from read_sources import read
from servers.socrata import SocrataServer
from servers.socrata_datasets import read_json

from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec

pytestmark = pytest.mark.integration

TYPES = dict.fromkeys(
    ("request_id", "agency_name", "type_of_notice_description", "category_description", "short_title", "pin",
     "selection_method_description", "contract_amount", "vendor_name", "contact_name"),
    "text",
) | {"start_date": "calendar_date", "due_date": "calendar_date"}  # fmt: skip
COLUMNS = [name for name in TYPES if name != "contact_name"]


@pytest.mark.parametrize("page_rows", [1, 3, 40, 1_000])
def test_notices_have_the_same_columns_whatever_the_page(
    server: SocrataServer, reference: Path, tmp_path: Path, page_rows: int
) -> None:
    notices = read_json(reference / "data" / "nyc" / "money_default_open.json", "notices")
    server.dataset("dg92-zbpx", TYPES, notices)
    table = TableSpec(
        "notices",
        ("request_id",),
        {name: ColumnSpec(name, "timestamp" if name == "due_date" else "text") for name in COLUMNS},
        options={
            "dataset": "dg92-zbpx",
            "where": "type_of_notice_description = 'Solicitation' AND due_date > '2026-08-15'",
            "page_rows": page_rows,
        },
    )
    source = SourceSpec("record", "socrata", (table,), server.url, options={"private_addresses": True})

    found = read(source, tmp_path)

    assert found.expected == len(found.rows) == len(notices) == 40
    assert {tuple(row) for row in found.rows.values()} == {tuple(COLUMNS)}
    assert sum(row["pin"] is None for row in found.rows.values()) == 3
    assert {row["vendor_name"] for row in found.rows.values()} == {None}
    assert all(row["due_date"].tzinfo is None for row in found.rows.values())
    assert {notice["request_id"]: notice["short_title"] for notice in notices} == {
        row["request_id"]: row["short_title"] for row in found.rows.values()
    }
