"""What the README of each folder of real data says that a correct import must do, as far as extraction goes."""

from pathlib import Path
from typing import Any

import pytest
from made_up_sources import files, image, rejects, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import EmptyKeyError, SourceEncodingError

TORONTO = {"number": "Document Number", "supplier": "Successful Supplier", "award": "Award"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, folder: Path, **options: Any) -> Manifest:
    return run(lake, files(table(**options)), folder)


def test_chicago_has_20000_records_and_ids_stay_text(lake: Lake, reference: Path) -> None:
    columns = {"number": "Purchase Order (Contract) Number", "revision": "Revision Number", "amount": "Award Amount"}
    manifest = extracted(
        lake, reference / "data/chicago", file="contracts_20k.csv", columns=columns, key=("number", "revision")
    )
    entry = manifest.tables["things"]
    assert (entry.rows_read, entry.image.rows, entry.rejected) == (20_000, 20_000, {})
    rows = image(lake, manifest)
    assert len({row["number"] for row in rows}) == 13_258
    assert sum(not row["number"].isdigit() for row in rows) > 0
    assert all("." in row["amount"] for row in rows)


@pytest.mark.parametrize(
    ("file", "columns", "key", "rows"),
    [
        ("Awarded Contracts.csv", TORONTO, ("number", "supplier"), 7_613),
        ("All Solicitations.csv", {"number": "Document Number", "wards": "Wards"}, ("number",), 917),
        ("Non-Competitive Contracts.csv", {"number": "Workspace Number", "wards": "Wards"}, ("number",), 2_931),
    ],
)
def test_toronto_is_read_whole_and_every_row_is_accounted_for(
    lake: Lake, reference: Path, file: str, columns: dict[str, str], key: tuple[str, ...], rows: int
) -> None:
    manifest = extracted(lake, reference / "data/toronto", file=file, columns=columns, key=key)
    entry = manifest.tables["things"]
    assert entry.rows_read == rows
    assert entry.image.rows + sum(entry.rejected.values()) == rows
    assert len(rejects(lake, manifest)) == sum(entry.rejected.values())


def test_toronto_has_eight_solicitations_without_number(lake: Lake, reference: Path) -> None:
    manifest = extracted(
        lake,
        reference / "data/toronto",
        file="All Solicitations.csv",
        columns={"number": "Document Number"},
        key=("number",),
    )
    assert manifest.tables["things"].rejected["empty_key"] == 8


def test_toronto_tells_the_word_none_from_zero(lake: Lake, reference: Path) -> None:
    manifest = extracted(
        lake,
        reference / "data/toronto",
        file="Awarded Contracts.csv",
        columns=TORONTO,
        key=("row",),
        row_number="row",
        null_values=["None"],
    )
    amounts = [row["award"] for row in image(lake, manifest)]
    assert len(amounts) == 7_613
    assert "None" not in amounts
    assert sum(amount is None for amount in amounts) == 7_613 - 7_223 + 80
    assert sum(amount is not None and amount.strip("0.") == "" for amount in amounts) == 118


def test_scottsdale_is_windows_1252_and_nothing_else(lake: Lake, reference: Path) -> None:
    columns = {"id": "SolicitationID", "title": "Title", "description": "Description"}
    folder = reference / "data/scottsdale"
    with pytest.raises(SourceEncodingError, match="is not utf-8"):
        extracted(lake, folder, file="solicitations.csv", columns=columns, encoding="utf-8")
    manifest = extracted(lake, folder, file="solicitations.csv", columns=columns, encoding="windows-1252")
    entry = manifest.tables["things"]
    assert (entry.rows_read, entry.image.rows) == (6_026, 6_026)
    text = "".join(f"{row['title']}{row['description']}" for row in image(lake, manifest))
    assert not any("\x80" <= character <= "\x9f" for character in text)
    assert "’" in text
    detected = run(lake, files(table(file="solicitations.csv", columns=columns)), folder, day=1)
    assert detected.tables["things"].notes["encoding"] == "windows-1252"
    assert detected.tables["things"].changed == {}


def test_bogota_gets_row_numbers_because_it_has_no_key(lake: Lake, reference: Path) -> None:
    columns = {"estado": "estado_contrato", "valor": "valor_del_contrato"}
    manifest = extracted(
        lake,
        reference / "data/colombia_secop",
        file="contratos_dnp_2020_v1.csv",
        columns=columns,
        key=("fila",),
        row_number="fila",
    )
    rows = image(lake, manifest)
    assert len(rows) == 5_277
    assert {row["fila"] for row in rows} == {str(number) for number in range(1, 5_278)}
    assert "2870993010534" in {row["valor"] for row in rows}
    assert "En ejecución" in {row["estado"] for row in rows}


def test_new_york_lies_in_a_wrapper_and_leaves_out_what_is_empty(lake: Lake, reference: Path) -> None:
    folder = reference / "data/nyc"
    options: dict[str, Any] = {"file": "money_default_open.json", "records": "notices"}
    manifest = extracted(
        lake, folder, **options, columns=("request_id", "pin", "contract_amount", "vendor_name"), key=("request_id",)
    )
    rows = image(lake, manifest)
    assert len(rows) == 40
    assert sum(row["pin"] is None for row in rows) == 3
    assert manifest.tables["things"].notes["never_present"] == ["contract_amount", "vendor_name"]
    with pytest.raises(EmptyKeyError):
        run(lake, files(table(**options, columns=("request_id", "vendor_name"), key=("vendor_name",))), folder, day=1)
