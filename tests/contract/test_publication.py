"""Independent tools open what is published: OCP's validator, ocdskit, pandas, DuckDB and the usual decompressors."""

import gzip
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.build import Snapshot, build_snapshot
from transforms.ocds import release_schema
from transforms.records import RecordForm
from transforms.releases import MergeRules, merge_releases
from transforms.tables import unescape_formula


@pytest.fixture(scope="module")
def source() -> MemorySource:
    made = made_up_source(24)
    made.commit(*process(99, "0001"))
    return made


@pytest.fixture(scope="module")
def snapshot(source: MemorySource, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return build_snapshot(
        tmp_path_factory.mktemp("public"),
        source,
        PUBLICATION,
        as_of=datetime(2026, 3, 2, tzinfo=UTC),
        code_version="1",
    )


@pytest.fixture(scope="module")
def unpacked(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JSON files, decompressed by the standard library."""
    folder = tmp_path_factory.mktemp("unpacked")
    for file in snapshot.path.glob("bulk/*/*"):
        content = folder / file.parent.name
        content.mkdir(exist_ok=True)
        if file.is_dir() or file.suffix in {".xlsx", ".sqlite"}:
            continue
        if file.suffix == ".gz":
            (content / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
        else:
            tables = file.name.endswith(".csv.zip")
            zipfile.ZipFile(file).extractall(content / file.name.split(".")[0] if tables else content)
    return folder


def test_the_official_validator_finds_nothing(unpacked: Path, judge: Callable[..., dict[str, Any]]) -> None:
    packages = sorted(unpacked.glob("re*/*.json"))
    # Of releases and of records all, three years and what has no date; of releases the months, too.
    assert len(packages) == 2 * 5 + 3
    assert {file: findings for file, findings in judge(*packages).items() if findings} == {}


@pytest.mark.parametrize("releases", ["embedded", "linked"])
@pytest.mark.parametrize("versioned", [False, True], ids=["compiled", "versioned"])
def test_the_official_validator_finds_nothing_in_records_of_any_form(
    tmp_path: Path,
    judge: Callable[..., dict[str, Any]],
    releases: Literal["embedded", "linked"],
    versioned: bool,
) -> None:
    rules = MergeRules.from_schema(release_schema(PUBLICATION.extensions))
    source = made_up_source(5)
    source.commit(*process(99, "0001"))
    for ocid, earlier in source.releases_of.items():
        head = {"ocid": ocid, "id": f"later-{ocid}", "date": "2026-06-01T00:00:00Z", "tag": ["tenderUpdate"]}
        tender = {"id": earlier[0]["tender"]["id"], "title": None, "items": [{"id": "1", "quantity": 7}]}
        later = {**head, "initiationType": "tender", "language": "en", "tender": tender}
        source.commit(later, merge_releases([*earlier, later], rules))
    snapshot = build_snapshot(
        tmp_path,
        source,
        PUBLICATION,
        as_of=datetime(2026, 3, 2, tzinfo=UTC),
        code_version="1",
        formats=("packages",),
        records=RecordForm(releases, versioned),
        rules=rules,
    )
    for file in (snapshot.path / "bulk/records").glob("*.zip"):
        zipfile.ZipFile(file).extractall(tmp_path)
    packages = sorted(tmp_path.glob("*.json"))
    assert len(packages) == 5
    assert {file: findings for file, findings in judge(*packages).items() if findings} == {}


def test_ocdskit_recognises_every_file(unpacked: Path) -> None:
    from ocdskit.util import detect_format

    expected = {
        "releases/*.json": ("release package", False),
        "records/*.json": ("record package", False),
        "releases/*.jsonl": ("release", True),
        "records/*.jsonl": ("record", True),
        "compiled/*.jsonl": ("compiled release", True),
    }
    for pattern, verdict in expected.items():
        files = list(unpacked.glob(pattern))
        assert files
        for file in files:
            kind, concatenated, _ = detect_format(str(file))
            assert (str(kind), concatenated or file.stem == "undated") == (
                verdict[0],
                verdict[1] or file.stem == "undated",
            )


def test_ocdskit_compiles_releases_to_our_records(unpacked: Path, source: MemorySource, reference: Path) -> None:
    from ocdskit.combine import merge

    schema = json.loads((reference / "ocds/1.1.5/release-schema.json").read_bytes())
    package = json.loads((unpacked / "releases/full.json").read_bytes())
    merged = {one["ocid"]: one for one in merge([package], schema=schema)}
    assert merged == source.compiled_of


@pytest.mark.parametrize("tool", ["gzip", "unzip"])
def test_command_line_tools_test_the_archives(snapshot: Snapshot, tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed: Debian package {tool}")
    pattern, command = ("bulk/*/*.gz", ["gzip", "-t"]) if tool == "gzip" else ("bulk/*/*.zip", ["unzip", "-tq"])
    for file in snapshot.path.glob(pattern):
        subprocess.run([*command, file], check=True, capture_output=True)


def test_pandas_and_duckdb_agree_with_the_records(snapshot: Snapshot, unpacked: Path, source: MemorySource) -> None:
    items = [(c["ocid"], item) for c in source.compiled_of.values() for item in c["tender"]["items"]]
    paid = sum(
        transaction["value"]["amount"]
        for compiled in source.compiled_of.values()
        for contract in compiled.get("contracts", [])
        for transaction in contract["implementation"]["transactions"]
    )
    with zipfile.ZipFile(snapshot.path / "bulk/tables/full.csv.zip") as archive:
        frame = pd.read_csv(archive.open("tender_items.csv"), dtype={"tender/items/id": "string"})
        payments = pd.read_csv(archive.open("contracts_implementation_transactions.csv"))
        titles = pd.read_csv(archive.open("processes.csv"))["tender/title"].map(unescape_formula)
    assert sorted(zip(frame["ocid"], frame["tender/items/id"], strict=True)) == sorted((o, i["id"]) for o, i in items)
    assert payments["contracts/implementation/transactions/value/amount"].sum() == paid
    assert set(titles) == {compiled["tender"]["title"] for compiled in source.compiled_of.values()}
    with duckdb.connect() as connection:
        [(rows, total)] = connection.execute(
            'SELECT count(*), sum("contracts/implementation/transactions/value/amount") FROM read_csv(?)',
            [str(unpacked / "tables/full/contracts_implementation_transactions.csv")],
        ).fetchall()
        [(processes,)] = connection.execute(
            "SELECT count(*) FROM read_json(?, format = 'newline_delimited')",
            [str(snapshot.path / "bulk/compiled/full.jsonl.gz")],
        ).fetchall()
    assert (rows, total) == (len(payments), paid)
    assert (
        processes
        == len(source.compiled_of)
        == len(pd.read_json(snapshot.path / "bulk/compiled/full.jsonl.gz", lines=True))
    )


def test_every_segment_holds_the_same_columns_in_duckdb(unpacked: Path) -> None:
    found = set()
    for file in unpacked.glob("tables/*/contracts.csv"):
        with duckdb.connect() as connection:
            described = connection.execute(
                "DESCRIBE SELECT * FROM read_csv(?, all_varchar = true)", [str(file)]
            ).fetchall()
        found.add(tuple(column[0] for column in described))
    assert len(found) == 1
