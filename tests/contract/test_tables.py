"""The tools of those who use tables open every format, and find what the records say: counts, texts, sums, times."""

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from openpyxl import load_workbook

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.tables import TableOptions

AMOUNT = "contracts/implementation/transactions/value/amount"
DATE = "contracts/implementation/transactions/date"
PAYMENTS = "contracts_implementation_transactions"

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")', "@SUM(1)", "\t=1", " edges ", "a\r\nb", "two\nlines", "<b>&amp;</b>",
    "_x000D_", "bell\x07", "0008", "1E5", "ñandú €  ¦ ", "'quoted", "x" * 40_000, "\ue000",
)  # fmt: skip


@pytest.fixture(scope="module")
def source() -> MemorySource:
    made = made_up_source(24)
    for number, text in enumerate(HOSTILE):
        release, compiled = process(200 + number, "2023")
        for one in (release, compiled):
            one["tender"]["description"] = text
            one["tender"]["hasEnquiries"] = bool(number % 2)
            one["tender"]["value"]["amount"] = 1_234_567_890_123.45 + number
        made.commit(release, compiled)
    made.commit(*process(99, "0001"))
    return made


@pytest.fixture(scope="module")
def snapshot(source: MemorySource, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return build_snapshot(
        tmp_path_factory.mktemp("public"), source, PUBLICATION, as_of=datetime(2026, 3, 2, tzinfo=UTC), code_version="1"
    )


@pytest.fixture(scope="module")
def tables(snapshot: Snapshot) -> Path:
    return snapshot.path / "bulk/tables"


def descriptions(source: MemorySource) -> dict[str, str]:
    return {ocid: compiled["tender"]["description"] for ocid, compiled in source.compiled_of.items()}


def payments(source: MemorySource) -> list[dict[str, Any]]:
    return [
        transaction
        for compiled in source.compiled_of.values()
        for contract in compiled.get("contracts", [])
        for transaction in contract["implementation"]["transactions"]
    ]


def paid(source: MemorySource) -> Decimal:
    return sum((Decimal(repr(one["value"]["amount"])) for one in payments(source)), Decimal(0))


def test_every_format_has_as_many_rows_as_the_manifest_says(snapshot: Snapshot, tables: Path) -> None:
    expected = {table.name: table.rows for table in snapshot.manifest.tables}
    assert sum(expected.values()) > 500
    with zipfile.ZipFile(tables / "full.csv.zip") as archive:
        found = {
            name.removesuffix(".csv"): sum(1 for _ in csv.reader(io.TextIOWrapper(archive.open(name), "utf-8"))) - 1
            for name in archive.namelist()
        }
    assert found == expected
    with closing(sqlite3.connect(tables / "full.sqlite")) as connection:
        found = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in expected}
    assert found == expected
    assert {file.stem: pq.read_metadata(file).num_rows for file in (tables / "full.parquet").iterdir()} == expected
    with closing(load_workbook(tables / "full.xlsx", read_only=True)) as workbook:
        about = {row[1]: row[0] for row in workbook.worksheets[0].iter_rows(values_only=True) if row[1] in expected}
        assert {
            name: sum(1 for _ in workbook[sheet].iter_rows(values_only=True)) - 1 for name, sheet in about.items()
        } == expected


def test_pandas_reads_texts_as_they_are_from_every_format(source: MemorySource, tables: Path) -> None:
    expected = descriptions(source)
    frame = pd.read_parquet(tables / "full.parquet/processes.parquet")
    assert dict(zip(frame["ocid"], frame["tender/description"], strict=True)) == expected
    with closing(sqlite3.connect(tables / "full.sqlite")) as connection:
        frame = pd.read_sql_query('SELECT ocid, "tender/description" FROM processes', connection)
    assert dict(zip(frame["ocid"], frame["tender/description"], strict=True)) == expected
    columns = columns_of(tables / "full.xlsx", "processes")
    frame = pd.read_excel(tables / "full.xlsx", sheet_name="processes", dtype=str, keep_default_na=False)
    found = dict(zip(frame[columns["ocid"]], frame[columns["tender/description"]], strict=True))
    for ocid, text in expected.items():
        if text == "_x000D_":
            continue  # escaped as Excel does; pandas gives the escape
        shown = text.replace("\r\n", "\n").replace("\x07", "")
        assert found[ocid] == (shown if len(shown) <= 32_767 else shown[:32_766] + "…")


def columns_of(workbook: Path, table: str) -> dict[str, str]:
    """OCDS path → name of the column, as the sheet of columns tells."""
    with closing(load_workbook(workbook, read_only=True)) as opened:
        rows = opened.worksheets[1].iter_rows(min_row=2, values_only=True)
        return {row[2]: row[1] for row in rows if row[0] == table}


def test_amounts_are_decimal_and_times_are_instants_in_parquet(source: MemorySource, tables: Path) -> None:
    with duckdb.connect() as connection:
        [(total, kind, moment, count)] = connection.execute(
            f'SELECT sum("{AMOUNT}"), any_value(typeof("{AMOUNT}")), any_value(typeof("{DATE}")), count("{DATE}")'
            " FROM read_parquet(?)",
            [str(tables / f"full.parquet/{PAYMENTS}.parquet")],
        ).fetchall()
        [(largest,)] = connection.execute(
            'SELECT max("tender/value/amount") FROM read_parquet(?)', [str(tables / "full.parquet/processes.parquet")]
        ).fetchall()
    assert (total, kind, moment, count) == (
        paid(source), "DECIMAL(38,9)", "TIMESTAMP WITH TIME ZONE", len(payments(source)),
    )  # fmt: skip
    # A floating-point number has not these digits exactly.
    assert largest == Decimal("1234567890123.45") + len(HOSTILE) - 1


def test_every_segment_has_the_same_schema_in_parquet_and_sqlite(tables: Path) -> None:
    for name in ("processes", PAYMENTS):
        schemas = {str(pq.read_schema(folder / f"{name}.parquet")) for folder in tables.glob("*.parquet")}
        assert len(schemas) == 1
    definitions = set()
    for file in tables.glob("*.sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            definitions.add(str(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()))
    assert len(definitions) == 1


def test_the_database_holds_together(source: MemorySource, tables: Path) -> None:
    with closing(sqlite3.connect(tables / "full.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute(f'PRAGMA foreign_key_list("{PAYMENTS}")').fetchall()
        total = connection.execute("SELECT sum(amount) FROM view_payments").fetchone()[0]
        views = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
        for view in views:
            assert connection.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0
        # A row of a nested table is led to the entry around it.
        orphans = connection.execute(
            "SELECT count(*) FROM awards_suppliers s LEFT JOIN awards a ON a.ocid = s.ocid AND a.pointer = s.parent"
            " WHERE a.ocid IS NULL"
        ).fetchone()[0]
    assert orphans == 0
    assert total == pytest.approx(float(paid(source)))
    assert views == {
        "view_tenders", "view_award_suppliers", "view_contracts", "view_payments", "view_bids", "view_supplier_totals",
    }  # fmt: skip


def test_a_supplier_s_awards_are_added_once(source: MemorySource, tables: Path) -> None:
    expected: dict[str, Decimal] = {}
    for compiled in source.compiled_of.values():
        for award in compiled.get("awards", []):
            [supplier] = award["suppliers"]
            known = expected.get(supplier["id"], Decimal(0))
            expected[supplier["id"]] = known + Decimal(repr(award["value"]["amount"]))
    with closing(sqlite3.connect(tables / "full.sqlite")) as connection:
        found = dict(
            connection.execute("SELECT supplier_id, amount_of_awards_alone FROM view_supplier_totals").fetchall()
        )
    assert found == {supplier: pytest.approx(float(total)) for supplier, total in expected.items()}


@pytest.fixture(scope="module")
def converted(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook's sheets as LibreOffice reads them, one CSV file each."""
    if not shutil.which("soffice"):
        pytest.skip("soffice is not installed: Debian package libreoffice-calc-nogui")
    folder = tmp_path_factory.mktemp("libreoffice")
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    subprocess.run(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
         "--convert-to", every_sheet, "--outdir", str(folder), str(tables / "full.xlsx")],
        check=True, capture_output=True, timeout=180, env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    return folder


def sheet(converted: Path, name: str) -> list[list[str]]:
    with (converted / f"full-{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_libreoffice_agrees_with_the_records(source: MemorySource, tables: Path, converted: Path) -> None:
    name = next(one.stem[5:] for one in converted.glob("full-*transactions.csv"))
    header, *rows = sheet(converted, name)
    columns = columns_of(tables / "full.xlsx", name)
    amount, moment = header.index(columns[AMOUNT]), header.index(columns[DATE])
    assert sum(Decimal(row[amount]) for row in rows) == paid(source)
    zone = ZoneInfo(PUBLICATION.time_zone)
    expected = sorted(
        one["date"]  # there are no days before 1900 in a workbook
        if one["date"] < "1900"
        else datetime.fromisoformat(one["date"]).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        for one in payments(source)
    )
    assert sorted(row[moment] for row in rows) == expected
    header, *rows = sheet(converted, "processes")
    texts = {
        row[0]: row[header.index(columns_of(tables / "full.xlsx", "processes")["tender/description"])] for row in rows
    }
    for ocid, text in descriptions(source).items():
        shown = text.replace("\r\n", "\n").replace("\x07", "")
        assert texts[ocid] == (shown if len(shown) <= 32_767 else shown[:32_766] + "…")


def test_a_workbook_has_a_frozen_header_in_the_chosen_language(source: MemorySource, tmp_path: Path) -> None:
    for language, title in (("en", "Tender › Tender title"), ("es", "Licitación › Título de la licitación")):
        made = build_snapshot(
            tmp_path / language, source, PUBLICATION, as_of=datetime(2026, 3, 2, tzinfo=UTC), code_version="1",
            formats=("xlsx",), tables=TableOptions(workbook_language=language),
        )  # fmt: skip
        workbook = load_workbook(made.path / "bulk/tables/2024.xlsx")
        processes = workbook["processes"]
        assert processes.freeze_panes == "B2"
        assert title in {cell.value for cell in processes[1]}
        assert all(cell.data_type != "f" for sheet in workbook for row in sheet.iter_rows() for cell in row)
        amounts = next(
            column for column in processes.iter_cols() if column[0].value.endswith(("Amount", "Importe", "Monto"))
        )
        assert amounts[1].number_format == "#,##0.00##"


def test_duckdb_counts_by_year_as_the_manifest_does(snapshot: Snapshot, tables: Path) -> None:
    items = next(table for table in snapshot.manifest.tables if table.name == "tender_items")
    with duckdb.connect() as connection:
        found = {
            folder.stem: connection.execute(
                "SELECT count(*) FROM read_parquet(?)", [str(folder / "tender_items.parquet")]
            ).fetchall()[0][0]
            for folder in tables.glob("*.parquet")
        }
    assert found == {**items.segments, "full": items.rows}
    assert json.loads((snapshot.path / "manifest.json").read_bytes())["tables"][0]["segments"]["2023"] == len(HOSTILE)
