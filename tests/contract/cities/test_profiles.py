"""What a profile says of real files is what is known of them (the README of each says how that was found)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from pregon.city import read_city
from pregon.home import Home
from pregon.profiling import profile_city
from pregon.stages.context import CityContext
from transforms.profile.model import ColumnProfile, Profile, TableProfile

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)

Profiled = Callable[[str, str], Profile]


@pytest.fixture(scope="module")
def profiled(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Profiled:
    """Profile a city's downloaded files, once: (slug, folder of the reference data)."""

    @cache
    def made(slug: str, folder: str) -> Profile:
        context = CityContext(read_city(slug), Home(tmp_path_factory.mktemp(slug)), AS_OF)
        return profile_city(context, from_dir=reference / "data" / folder)

    return made


def table(profile: Profile, name: str) -> TableProfile:
    [found] = [one for source in profile.sources for one in source.tables if one.name == name]
    return found


def column(found: TableProfile, name: str) -> ColumnProfile:
    [one] = [each for each in found.columns if each.name == name]
    return one


def rows(found: ColumnProfile, code: str) -> int:
    return sum(one.rows for one in found.findings if one.code == code)


def best(found: TableProfile) -> dict[str, str]:
    """Column → the first path that is proposed."""
    return {one.name: one.proposals[0].path for one in found.columns if one.proposals}


def test_chicago(profiled: Profiled) -> None:
    made = profiled("chicago", "chicago")
    contracts = table(made, "contracts")
    assert contracts.rows == 20_000
    assert contracts.key.holds
    assert column(contracts, "contract_number").distinct.count == 13_258
    assert not column(contracts, "contract_number").unique
    assert column(contracts, "contract_number").kind == "identifier"
    assert column(contracts, "contract_number").looks["token"] == 14_145
    amount = column(contracts, "award_amount")
    assert (rows(amount, "negative_amounts"), rows(amount, "zero_amounts")) == (2_877, 4_751)
    ranged = amount.range
    assert ranged is not None
    assert (ranged.lowest, ranged.highest) == ("-136000000", "407832364")
    assert {word.value: word.rows for word in column(contracts, "specification_number").null_words} == {
        "99999999999": 814
    }
    assert column(contracts, "specification_number").missing + column(contracts, "specification_number").blank == 1_279
    assert column(contracts, "start_date").missing + column(contracts, "start_date").blank == 5_594
    [impossible] = [one for one in column(contracts, "start_date").findings if one.code == "years_out_of_range"]
    assert {"07/01/0201", "01/01/0204"} <= set(impossible.examples)
    assert column(contracts, "start_date").date_formats[0].form == "MM/DD/YYYY"
    assert column(contracts, "start_date").date_formats[0].decided == "values"
    assert rows(column(contracts, "description"), "line_breaks") == 15
    assert column(contracts, "contract_pdf").source_name == "Contract PDF"
    assert all(example.masked for example in column(contracts, "address_1").frequent)
    assert {"contract_number": "contracts/id", "vendor_name": "awards/suppliers/name", "department": "buyer/name",
            "start_date": "contracts/period/startDate", "procurement_type": "tender/procurementMethodDetails",
            "revision_number": "contracts/amendments/id"}.items() <= best(contracts).items()  # fmt: skip
    [link] = made.links
    assert (link.column, link.other, link.key) == ("portal.contracts.vendor_id", "portal.vendors.vendor_id", True)
    assert link.share == pytest.approx(808 / 3_726, abs=0.03)
    assert [one.source_name for one in table(made, "vendors").undeclared] == ["VENDOR"]


def test_toronto(profiled: Profiled) -> None:
    made = profiled("toronto", "toronto")
    awarded = table(made, "awarded")
    assert [one.rows for source in made.sources for one in source.tables] == [917, 7_613, 2_931]
    award = column(awarded, "award")
    assert {word.value: (word.rows, word.declared) for word in award.null_words} == {"None": (80, True)}
    assert award.filled == 7_223
    assert award.kind == "money"
    assert rows(award, "run_together_amounts") > 10
    assert rows(award, "unit_prices") == 1
    assert awarded.key.made == "content"
    assert column(awarded, "document_number").distinct.count == 6_343
    assert {one.source_name: {found.data for found in one.personal} for one in awarded.undeclared} == {
        "_id": set(), "Buyer Name": {"person"}, "Buyer Email": {"email"}, "Buyer Phone Number": {"phone"},
        "Supplier Address": {"address"},
    }  # fmt: skip
    assert "person" in {one.data for one in column(awarded, "supplier").personal}
    said = made.model_dump_json()
    assert "Buyer0" not in said
    assert "@toronto.example" not in said
    assert not any("Pat Sample" in example.value for one in awarded.columns for example in (*one.frequent, *one.random))
    category = column(table(made, "solicitations"), "category")
    assert "Goods and Services / Goods & Services" in {text for one in category.findings for text in one.examples}
    other = table(made, "noncompetitive")
    assert rows(column(other, "supplier"), "withheld_names") == 52
    assert column(other, "wards").kind == "empty"
    assert best(awarded) | {"description": ""} == {
        "document_number": "tender/id", "rfx_type": "tender/procurementMethodDetails",
        "category": "tender/mainProcurementCategory", "supplier": "awards/suppliers/name",
        "award": "awards/value/amount",
        "award_date": "awards/date",
        "division": "buyer/name", "wards": "tender/items/deliveryLocation/description",
        "description": "",
    }  # fmt: skip
    [link] = made.links
    assert (link.found, link.key) == (18, False)


def test_scottsdale(profiled: Profiled) -> None:
    found = table(profiled("scottsdale", "scottsdale"), "solicitations")
    assert found.rows == 6_026
    closing = column(found, "close_date")
    sentinels = sum(word.rows for word in closing.null_words)
    assert sentinels + sum("1900" in text for one in closing.findings for text in one.examples) == 1_033
    assert any("1933" in text for one in closing.findings for text in one.examples)
    assert '"1900-01-01 00:00:00"' in found.city_yaml
    assert rows(column(found, "title"), "markup") == 6_026
    estimate = column(found, "estimate")
    assert estimate.kind == "range"
    assert (rows(estimate, "amount_ranges"), rows(estimate, "zero_amounts")) == (872, 2_635 + 516)
    assert {example.value: example.rows for example in column(found, "status").frequent}["Awarded"] == 5_926
    assert column(found, "solicitation_type").distinct.count == 13
    assert {one.source_name for one in found.undeclared if one.personal} == {"StaffContact"}
    assert best(found)["close_date"] == "tender/tenderPeriod/endDate"


def test_bogota(profiled: Profiled) -> None:
    made = profiled("bogota", "colombia_secop")
    found = table(made, "contratos_electronicos")
    assert (made.language, found.rows) == ("es", 5_277)
    states = {example.value: example.rows for example in column(found, "estado_contrato").frequent}
    assert states["En ejecución"] == 2_519
    assert len(states) == 7
    ranged = column(found, "valor_del_contrato").range
    assert ranged is not None
    assert (ranged.lowest, ranged.highest) == ("0", "2870993010534")
    assert rows(column(found, "valor_del_contrato"), "zero_amounts") == 15
    begin = column(found, "fecha_de_inicio_del_contrato")
    assert begin.kind == "timestamp"
    assert begin.missing + begin.blank == 28
    assert best(found) == {
        "ciudad": "parties/address/locality", "tipo_de_contrato": "tender/mainProcurementCategory",
        "modalidad_de_contratacion": "tender/procurementMethodDetails", "estado_contrato": "contracts/status",
        "fecha_de_firma": "contracts/dateSigned", "fecha_de_inicio_del_contrato": "contracts/period/startDate",
        "fecha_de_fin_del_contrato": "contracts/period/endDate", "valor_del_contrato": "contracts/value/amount",
    }  # fmt: skip
