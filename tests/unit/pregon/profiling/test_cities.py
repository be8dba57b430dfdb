"""A city's sources are profiled as they are declared: only declared columns are read, and nothing is kept."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from city_copies import copy_city

from pregon.city import read_city
from pregon.home import Home
from pregon.profiling import profile_city
from pregon.profiling.reading import as_text
from pregon.sources.base import ColumnSpec, SourceError, TableSpec
from pregon.stages.context import CityContext
from pregon.synth import generate
from pregon.synth.schema import KEYS
from transforms.profile.model import Profile, TableProfile

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
HIDDEN = {
    "vendors": ("tax_id", "email", "phone", "bank_account", "internal_notes"),
    "solicitations": ("buyer_name", "buyer_email", "buyer_phone", "evaluator_comments", "internal_notes"),
    "payments": ("bank_account",),
}
"""Columns that the city does not declare."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with a small Riverbend."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "sources").mkdir()
    generate(f"sqlite:///{folder}/sources/riverbend.sqlite", processes=150, seed=5, as_of=AS_OF)
    return folder


@pytest.fixture(scope="module")
def riverbend(home: Path) -> Profile:
    return profile_city(CityContext(read_city("riverbend"), Home(home), AS_OF))


def table(profile: Profile, name: str) -> TableProfile:
    [found] = [one for source in profile.sources for one in source.tables if one.name == name]
    return found


def test_every_table_and_declared_column_is_there(riverbend: Profile) -> None:
    city = read_city("riverbend")
    declared = {name: list(one.columns) for source in city.sources.values() for name, one in source.tables.items()}
    assert {one.name: [column.name for column in one.columns] for one in riverbend.sources[0].tables} == declared


def test_rows_are_those_of_the_database(riverbend: Profile, home: Path) -> None:
    with sqlite3.connect(home / "sources" / "riverbend.sqlite") as database:
        for one in riverbend.sources[0].tables:
            [(rows,)] = database.execute(f"SELECT count(*) FROM {one.name}").fetchall()
            assert (one.name, one.rows + sum(one.rejected.values()), one.expected) == (one.name, rows, rows)
    database.close()


def test_undeclared_columns_are_named_and_never_read(riverbend: Profile, home: Path) -> None:
    vendors = table(riverbend, "vendors")
    suspected = {one.source_name: {found.data for found in one.personal} for one in vendors.undeclared}
    assert suspected["tax_id"] == {"tax_id"}
    assert suspected["contact_name"] == {"person"}
    assert suspected["bank_account"] == {"bank_account"}
    said = riverbend.model_dump_json()
    with sqlite3.connect(home / "sources" / "riverbend.sqlite") as database:
        for name, columns in HIDDEN.items():
            for one in columns:
                for (value,) in database.execute(f"SELECT DISTINCT {one} FROM {name} WHERE length({one}) > 6"):
                    assert value not in said, (name, one)
    database.close()


def test_every_reference_that_the_city_maps_is_found(riverbend: Profile) -> None:
    """The mapping hangs child tables on their parents by these columns."""
    found = {(link.column.split(".", 1)[1], link.other.split(".", 1)[1]) for link in riverbend.links}
    assert {
        ("line_items.sol_no", "solicitations.sol_no"), ("bids.sol_no", "solicitations.sol_no"),
        ("bids.vendor_id", "vendors.vendor_id"), ("award_suppliers.award_no", "awards.award_no"),
        ("contracts.award_no", "awards.award_no"), ("invoices.contract_no", "contracts.contract_no"),
        ("payments.contract_no", "contracts.contract_no"), ("solicitations.dept_code", "departments.dept_code"),
        ("subcontractor_payments.sub_vendor_id", "vendors.vendor_id"),
    } <= found  # fmt: skip


def test_declared_keys_are_candidates_where_they_hold(riverbend: Profile) -> None:
    for one in riverbend.sources[0].tables:
        if one.key.holds and len(KEYS[one.name]) == 1:
            assert KEYS[one.name] in [candidate.columns for candidate in one.key.candidates]


def test_paths_that_the_city_maps_are_proposed(riverbend: Profile) -> None:
    proposed = {
        f"{one.name}.{column.name}": column.proposals[0].path
        for one in riverbend.sources[0].tables
        for column in one.columns
        if column.proposals
    }
    expected = {
        "solicitations.title": "tender/title",
        "solicitations.status_code": "tender/status",
        "solicitations.published_at": "tender/tenderPeriod/startDate",
        "solicitations.closes_at": "tender/tenderPeriod/endDate",
        "solicitations.bids_received": "tender/numberOfTenderers",
        "solicitations.estimate": "tender/value/amount",
        "line_items.quantity": "tender/items/quantity",
        "line_items.unspsc": "tender/items/classification/id",
        "bids.amount": "bids/details/value/amount",
        "awards.awarded_on": "awards/date",
        "contracts.signed_on": "contracts/dateSigned",
        "contracts.amount": "contracts/value/amount",
        "payments.amount": "contracts/implementation/transactions/value/amount",
        "questions.answer": "tender/enquiries/answer",
        "vendors.legal_name": "awards/suppliers/name",
    }
    assert {name: proposed.get(name) for name in expected} == expected


def test_the_json_is_read_again_as_it_was_written(riverbend: Profile) -> None:
    assert Profile.model_validate_json(riverbend.model_dump_json()) == riverbend


def test_a_source_that_can_not_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there"):
        profile_city(CityContext(read_city("riverbend"), Home(tmp_path), AS_OF))


def test_values_are_read_as_the_source_has_them() -> None:
    types = {"id": "integer", "sum": "decimal", "at": "timestamp"}
    columns = {name: ColumnSpec(name.upper(), declared) for name, declared in types.items()}
    spec = TableSpec("t", ("id",), columns, cursor="at", options={"null_values": ("x",), "header": 1})
    read = as_text(spec)
    assert {name: one.type for name, one in read.columns.items()} == {**types, "sum": "text"}
    assert dict(read.options) == {"header": 1}


@pytest.fixture
def scottsdale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CityContext:
    """A city of one file, with thirty rows."""
    copy_city("scottsdale", tmp_path / "cities")
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))
    header = "SolicitationID,Solicitation,SoliciationType,Title,CloseDate,Status,Estimate,StaffContact,Description"
    ends = '1900-01-01 00:00:00,Awarded,$0,"Jane Example, Buyer",x'
    rows = [f'{n},24PB{n:03},Public Bid,"PUBLIC BID<BR>Thing {n}",{ends}' for n in range(30)]
    (tmp_path / "solicitations.csv").write_text("\n".join([header, *rows]) + "\n", encoding="cp1252")
    return CityContext(read_city("scottsdale"), Home(tmp_path), AS_OF)


def test_files_are_profiled_from_a_folder(scottsdale: CityContext, tmp_path: Path) -> None:
    made = profile_city(scottsdale, from_dir=tmp_path)
    [found] = made.sources[0].tables
    assert [one.source_name for one in found.undeclared] == ["StaffContact", "Description"]
    assert found.undeclared_known
    assert 'null_values: ["1900-01-01 00:00:00"]' in found.city_yaml
    assert "Jane" not in made.model_dump_json()


@pytest.mark.parametrize(("asked", "rows", "sampled"), [(10, 10, True), (30, 30, False), (40, 30, False)])
def test_a_sample_is_said_to_be_one(
    scottsdale: CityContext, tmp_path: Path, asked: int, rows: int, sampled: bool
) -> None:
    made = profile_city(scottsdale, from_dir=tmp_path, sample=asked)
    [found] = made.sources[0].tables
    assert (made.sample, found.rows, found.sampled) == (asked, rows, sampled)
    assert [one.source_name for one in found.undeclared] == ["StaffContact", "Description"]


def test_nothing_is_left_behind(scottsdale: CityContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    before = sorted(tmp_path.rglob("*"))
    profile_city(scottsdale, from_dir=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
