"""Riverbend's folder and its generator fit each other."""

import csv
import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pregon.city import City, read_city
from pregon.synth import generate
from pregon.synth.schema import CURSORLESS, INTERNAL_COLUMNS, KEYS, TABLES

CODES = {
    "solicitations.status_code": ("tender_status",),
    "solicitations.method_code": ("method", "method_details", "method_rationale"),
    "solicitations.category_code": ("category", "category_additional"),
    "solicitations.award_basis": ("award_criteria",),
    "solicitations.submission_code": ("submission_method", "submission_details"),
    "solicitations.set_aside_code": ("set_aside",),
    "solicitation_documents.doc_type": ("document_type",),
    "bids.status_code": ("bid_status",),
    "awards.status_code": ("award_status",),
    "contracts.status_code": ("contract_status",),
    "contract_amendments.reason_code": ("amendment_reason",),
    "purchase_orders.status_code": ("order_status",),
    "invoices.status_code": ("invoice_status",),
    "vendors.size_code": ("scale",),
}


@pytest.fixture(scope="module")
def city() -> City:
    return read_city("riverbend")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("riverbend") / "riverbend.sqlite"
    generate(f"sqlite:///{path}", processes=1500, seed=4, as_of=dt.date(2026, 6, 1))
    return path


def test_the_city_says_that_it_is_synthetic(city: City) -> None:
    assert city.synthetic
    assert not city.official


def test_every_declared_column_exists_with_the_right_key_and_cursor(city: City) -> None:
    for _, name, table in city.tables():
        assert set(table.columns) <= set(TABLES[name].c.keys()), name
        assert table.key == KEYS[name]
        assert (table.cursor is None) == (name in CURSORLESS)
        assert (table.deletions == "mark") == (name in CURSORLESS)


def test_no_internal_column_is_ever_read(city: City) -> None:
    for _, name, table in city.tables():
        assert set(table.columns).isdisjoint(INTERNAL_COLUMNS.get(name, ())), name
    assert "plan_holders" not in {name for _, name, _ in city.tables()}


@pytest.mark.parametrize("column", CODES)
def test_every_code_of_the_source_has_a_meaning(column: str, city: City, database: Path) -> None:
    table, name = column.split(".")
    with closing(sqlite3.connect(database)) as connection:
        found = {row[0].strip().upper() for row in connection.execute(f"SELECT DISTINCT {name} FROM {table}") if row[0]}
    for codelist in CODES[column]:
        with (city.folder / "codelists" / f"{codelist}.csv").open(encoding="utf-8") as file:
            known = {row["source"] for row in csv.DictReader(file)}
        # Drafts are held back before their status is looked at.
        assert found - {"", "DRAFT"} <= known, codelist


def test_every_codelist_is_used_by_the_mapping(city: City) -> None:
    mapping = (city.folder / "mapping.yaml").read_text(encoding="utf-8")
    for path in (city.folder / "codelists").glob("*.csv"):
        assert f"codelist: {path.stem}}}" in mapping, path.name
