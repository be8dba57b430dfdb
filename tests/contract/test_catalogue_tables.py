"""frictionless reads the data package of a publication: every row of every table, its types, keys and references."""

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from catalogue_files import publish, read
from frictionless import Package, system

from pregon.publication.build import Snapshot
from pregon.publication.tables import TableOptions


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return publish(tmp_path_factory.mktemp("public"))


def _report(folder: Path) -> list[dict[str, Any]]:
    """What `frictionless validate datapackage.json` says, by resource. A process of its own: it leaves files open."""
    command = [Path(sys.executable).with_name("frictionless"), "validate", "datapackage.json", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    tasks: list[dict[str, Any]] = json.loads(done.stdout)["tasks"]
    assert (done.returncode == 0) is all(task["valid"] for task in tasks)
    return tasks


def _faults(folder: Path) -> list[tuple[str, str]]:
    """Resource and kind of every fault."""
    return [(task["name"], error["type"]) for task in _report(folder) for error in task["errors"]]


def test_frictionless_finds_no_fault_in_any_row(snapshot: Snapshot) -> None:
    report = _report(snapshot.path)
    assert [error for task in report for error in task["errors"]] == []
    tables = {task["name"]: task["stats"]["rows"] for task in report if task["type"] == "table"}
    assert tables == {table.name.lower(): table.rows for table in snapshot.manifest.tables}
    assert sum(tables.values()) > 100


# frictionless leaves the archive open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_types_are_those_of_the_field_table_and_values_arrive_as_such(snapshot: Snapshot) -> None:
    with system.use_context(trusted=True):  # the path of the file is absolute
        package = Package(str(snapshot.path / "datapackage.json"))
        awards = package.get_table_resource("awards").read_rows()
        fields = {field.name: field.type for field in package.get_table_resource("awards").schema.fields}
    assert fields["awards/value/amount"] == "number"
    assert fields["awards/date"] == "datetime"
    assert {kind for name, kind in fields.items() if name.endswith("id") or name == "pointer"} == {"string"}
    assert {row["awards/value/amount"] for row in awards} == {Decimal(900)}
    assert all(row["awards/date"].tzinfo for row in awards)


def test_tables_refer_to_the_process_and_to_what_is_around_a_row(snapshot: Snapshot) -> None:
    resources = {one["name"]: one for one in read(snapshot.path, "datapackage.json")["resources"]}
    suppliers = resources["awards_suppliers"]["schema"]
    assert suppliers["primaryKey"] == ["ocid", "pointer"]
    assert [(key["fields"], key["reference"]["resource"]) for key in suppliers["foreignKeys"]] == [
        (["ocid"], "processes"),
        (["ocid", "awards/id"], "awards"),
    ]
    assert resources["processes"]["schema"]["primaryKey"] == ["ocid"]
    assert "foreignKeys" not in resources["processes"]["schema"]


def _spoiled(snapshot: Path, folder: Path, change: Any) -> Path:
    """Copy a publication, and change the rows of its table of awards."""
    shutil.copytree(snapshot, folder)
    archive = folder / "bulk/tables/full.csv.zip"
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    header, *rows = csv.reader(io.StringIO(members["awards.csv"].decode(), newline=""))
    text = io.StringIO()
    csv.writer(text).writerows([header, *change(header, rows)])
    members["awards.csv"] = text.getvalue().encode()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    # What is in the archive is to be judged, and not that its bytes are others.
    package = json.loads((folder / "datapackage.json").read_bytes())
    for one in package["resources"]:
        one.pop("bytes")
        one.pop("hash")
    (folder / "datapackage.json").write_text(json.dumps(package))
    return folder


def _twice(header: list[str], rows: list[list[str]]) -> list[list[str]]:
    return [*rows, rows[0]]


def _words(header: list[str], rows: list[list[str]]) -> list[list[str]]:
    place = header.index("awards/value/amount")
    return [[*rows[0][:place], "a lot", *rows[0][place + 1 :]], *rows[1:]]


def _stranger(header: list[str], rows: list[list[str]]) -> list[list[str]]:
    return [["ocds-213czf-nowhere", *rows[0][1:]], *rows[1:]]


@pytest.mark.parametrize(
    ("change", "fault"), [(_twice, "primary-key"), (_words, "type-error"), (_stranger, "foreign-key")]
)
def test_frictionless_would_find_what_is_wrong(snapshot: Snapshot, tmp_path: Path, change: Any, fault: str) -> None:
    found = _faults(_spoiled(snapshot.path, tmp_path / "spoiled", change))
    assert fault in {kind for name, kind in found if name.startswith("awards")}


def test_a_damaged_archive_is_noticed(snapshot: Snapshot, tmp_path: Path) -> None:
    shutil.copytree(snapshot.path, tmp_path / "copy")
    package = json.loads((tmp_path / "copy/datapackage.json").read_bytes())
    package["resources"][0]["hash"] = "sha256:" + "0" * 64
    (tmp_path / "copy/datapackage.json").write_text(json.dumps(package))
    assert _faults(tmp_path / "copy") == [("processes", "hash-count")]


def test_tables_with_a_byte_order_mark_are_read_as_well(tmp_path: Path) -> None:
    made = publish(tmp_path, tables=TableOptions(byte_order_mark=True))
    assert read(made.path, "datapackage.json")["resources"][0]["encoding"] == "utf-8-sig"
    assert _faults(made.path) == []
