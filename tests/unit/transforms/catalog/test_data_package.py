"""The data package has a schema for each table, made of the plan and never of the data."""

import json
from dataclasses import replace
from typing import Any

from made_up_catalogue import FILES, MANIFEST, described, without_files

from transforms.catalog import data_package_json


def resources(**changes: Any) -> dict[str, dict[str, Any]]:
    text = data_package_json(described(**changes))
    assert text
    return {one["name"]: one for one in json.loads(text)["resources"]}


def test_columns_are_those_of_the_file_with_types_that_tools_know() -> None:
    found = resources()
    assert [(one["name"], one["type"]) for one in found["awards"]["schema"]["fields"]] == [
        ("ocid", "string"), ("pointer", "string"), ("awards/id", "string"), ("awards/date", "datetime"),
    ]  # fmt: skip
    assert [one["type"] for one in found["processes"]["schema"]["fields"]] == ["string", "number", "boolean"]
    # Any structure is a text in CSV; a name in capitals is written small.
    assert found["tender_madeup"]["innerpath"] == "tender_madeUp.csv"
    assert found["tender_madeup"]["schema"]["fields"][-1] == {
        "name": "tender/madeUp/thing", "type": "string", "title": "tender/madeUp/thing",
    }  # fmt: skip


def test_titles_are_in_the_first_language() -> None:
    assert resources(languages=("es", "en"))["processes"]["schema"]["fields"][1]["title"].startswith("Licitación")


def test_keys_lead_to_the_process_and_to_the_entry_around_a_row() -> None:
    found = resources()["awards_suppliers"]["schema"]
    assert found["primaryKey"] == ["ocid", "pointer"]
    assert [(one["fields"], one["reference"]["resource"]) for one in found["foreignKeys"]] == [
        (["ocid"], "processes"), (["ocid", "awards/id"], "awards"),
    ]  # fmt: skip


def test_files_that_tools_would_take_for_something_else_are_left_out() -> None:
    paths = {one["path"] for one in resources().values()}
    assert "bulk/tables/full.csv.zip" in paths
    assert not [path for path in paths if path.endswith((".xlsx", ".parquet"))]
    assert "commits.csv.gz" not in paths


def test_without_csv_there_are_no_tables_and_without_files_no_package() -> None:
    text = data_package_json(described(replace(MANIFEST, files=FILES[:6])))
    assert text
    assert all("schema" not in one for one in json.loads(text)["resources"])
    assert data_package_json(described(without_files())) is None
