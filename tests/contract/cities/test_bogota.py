"""Bogotá's contracts of SECOP II: what a correct import must do, on made-up rows and on the real extract."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from city_import import Imported

from pregon.city import read_city

PERSONAL = (
    "representante_legal",
    "supervisor",
    "ordenador",
    "banco",
    "cuenta",
    "domicilio",
    "g_nero",
    "identificaci_n",
)
"""Parts of the names of columns about persons and bank accounts, as the dataset has them."""


@pytest.fixture
def production(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_up: Callable[..., Imported]
) -> Callable[..., Imported]:
    """Import made-up rows in the form that the portal gives, with the columns that the local extract lacks."""
    folder = tmp_path / "cities" / "bogota"
    shutil.copytree(repository / "cities" / "bogota", folder)
    configured = yaml.safe_load((folder / "city.yaml").read_text(encoding="utf-8"))
    source = configured["sources"]["secop"]
    source["local"] = {"tables": {"contratos_electronicos": {"file": "export.csv"}}}
    (folder / "city.yaml").write_text(yaml.safe_dump(configured, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("PREGON_CITIES", str(folder.parent))
    columns = [name for name in source["tables"]["contratos_electronicos"]["columns"] if name != "fila"]

    def imported(*rows: Mapping[str, str]) -> Imported:
        return made_up("bogota", {"export.csv": [{**dict.fromkeys(columns, ""), **row} for row in rows]})

    return imported


def row(number: str = "1", **changes: str) -> dict[str, str]:
    return {
        "id_contrato": f"CO1.PCCNTR.{number}",
        "proceso_de_compra": "CO1.BDOS.7",
        "codigo_entidad": "700",
        "nombre_entidad": "SECRETARÍA DE PRUEBA",
        "nit_entidad": "899000000",
        "estado_contrato": "En ejecución",
        "modalidad_de_contratacion": "Licitación pública",
        "tipo_de_contrato": "Obra",
        "fecha_de_firma": "2024-05-06T09:01:27.000",
        "fecha_de_inicio_del_contrato": "2024-05-07T00:00:00.000",
        "fecha_de_fin_del_contrato": "2025-05-06T00:00:00.000",
        "valor_del_contrato": "3000000001",
        "codigo_proveedor": "71",
        "tipodocproveedor": "NIT",
        "documento_proveedor": "800000001",
        "proveedor_adjudicado": "CONSTRUCCIONES DE PRUEBA SAS",
        "es_grupo": "No",
        **changes,
    }


def test_contracts_of_one_purchase_are_one_process(production: Callable[..., Imported]) -> None:
    found = production(row("1"), row("2", valor_del_contrato="5"), row("3", proceso_de_compra="CO1.BDOS.8"))

    assert [entry["id"] for entry in found.states["bogota-CO1.BDOS.7"]["contracts"]] == ["CO1.PCCNTR.1", "CO1.PCCNTR.2"]
    assert len(found.states["bogota-CO1.BDOS.8"]["contracts"]) == 1


def test_a_contract_tells_what_its_row_says(production: Callable[..., Imported]) -> None:
    state = production(row()).states["bogota-CO1.BDOS.7"]

    assert state["contracts"] == [
        {
            "id": "CO1.PCCNTR.1",
            "awardID": "CO1.PCCNTR.1",
            "status": "active",
            "dateSigned": "2024-05-06T09:01:27-05:00",
            "period": {"startDate": "2024-05-07T00:00:00-05:00", "endDate": "2025-05-06T23:59:59-05:00"},
            "value": {"amount": 3_000_000_001, "currency": "COP"},
        }
    ]
    assert state["buyer"] == {"id": "CO-SECOP-ENTIDAD-700", "name": "SECRETARÍA DE PRUEBA"}
    assert state["awards"][0]["suppliers"] == [{"id": "CO-SECOP-PROVEEDOR-71", "name": "CONSTRUCCIONES DE PRUEBA SAS"}]


@pytest.mark.parametrize("kind", ["Cédula de Ciudadanía", "Cédula de Extranjería", "Otro", ""])
def test_a_supplier_without_a_firm_s_tax_number_is_treated_as_a_person(
    production: Callable[..., Imported], kind: str
) -> None:
    found = production(row(tipodocproveedor=kind, documento_proveedor="1020304050", proveedor_adjudicado="ROSA PRUEBA"))

    assert "suppliers" not in found.states["bogota-CO1.BDOS.7"]["awards"][0]
    assert "ROSA" not in str(found.states)
    assert "1020304050" not in str(found.states)


def test_a_group_of_bidders_is_no_person(production: Callable[..., Imported]) -> None:
    found = production(row(tipodocproveedor="Otro", es_grupo="Si", proveedor_adjudicado="CONSORCIO PRUEBA"))

    assert found.parties("supplier")[0]["name"] == "CONSORCIO PRUEBA"


def test_words_for_nothing_are_nothing(production: Callable[..., Imported]) -> None:
    found = production(row(proveedor_adjudicado="No Definido", codigo_proveedor="No Definido"))

    assert "suppliers" not in found.states["bogota-CO1.BDOS.7"]["awards"][0]


def test_an_amount_written_with_decimals_is_the_same_amount(production: Callable[..., Imported]) -> None:
    amounts = [
        entry["value"]["amount"]
        for entry in production(row("1", valor_del_contrato="0"), row("2", valor_del_contrato="0.000000")).entries(
            "contracts"
        )
    ]

    assert amounts == [0, 0]


def test_unknown_states_and_methods_are_counted(production: Callable[..., Imported]) -> None:
    found = production(row(estado_contrato="Embrujado", modalidad_de_contratacion="Trueque"))

    assert sorted((path, value) for path, code, value, _ in found.findings if code == "unknown_code") == [
        ("contracts/status", "embrujado"),
        ("tender/procurementMethod", "Trueque"),
    ]


def test_production_makes_no_ocid_from_a_row_number(production: Callable[..., Imported]) -> None:
    found = production(row(), row(id_contrato=""))

    assert set(found.states) == {"bogota-CO1.BDOS.7"}
    assert found.tables["contratos_electronicos"]["reasons"] == {"empty_key": 1}


def test_columns_of_persons_and_accounts_are_never_asked_for() -> None:
    table = read_city("bogota").sources["secop"].tables["contratos_electronicos"]
    select = [column.source_name or name for name, column in table.columns.items()]

    assert not [name for name in (*select, *table.columns) if any(part in name for part in PERSONAL)]


# The real extract -----------------------------------------------------------------------------------------------------


@pytest.fixture
def city(real: Callable[[str, str], Imported]) -> Imported:
    return real("bogota", "colombia_secop")


def test_every_record_is_released(city: Imported) -> None:
    assert city.tables["contratos_electronicos"]["rows"] == 5277
    assert city.tables["contratos_electronicos"]["released"] == 5277
    assert len(city.states) == 5277
    assert not city.held
    assert city.verdict.quarantined == 0


def test_the_extract_s_processes_are_named_after_row_numbers(city: Imported) -> None:
    assert set(city.states) == {f"bogota-fila-{number}" for number in range(1, 5278)}


def test_states_of_contracts_follow_the_code_list(city: Imported) -> None:
    statuses = Counter(entry["status"] for entry in city.entries("contracts"))

    assert statuses == {"active": 2519 + 1060 + 565 + 336 + 2, "terminated": 486 + 309}
    assert "unknown_code" not in city.kinds


def test_pesos_are_exact(city: Imported) -> None:
    amounts = [entry["value"]["amount"] for entry in city.entries("contracts")]

    assert all(isinstance(amount, int) for amount in amounts)
    assert max(amounts) == 2_870_993_010_534
    assert amounts.count(0) == 15


def test_dates_are_local_and_missing_ones_stay_so(city: Imported) -> None:
    contracts: list[dict[str, Any]] = city.entries("contracts")

    assert sum("startDate" not in entry["period"] for entry in contracts) == 28
    assert {entry["dateSigned"][-6:] for entry in contracts} == {"-05:00"}
    ends = sorted(entry["period"]["endDate"] for entry in contracts)
    assert (ends[0][:4], ends[-1][:4]) == ("2016", "2037")
    # 845 by the clock; those signed in the course of their first day are no finding.
    assert 0 < city.kinds["signed after its start"] <= 845


def test_accents_survive_and_releases_are_in_spanish(city: Imported) -> None:
    details = Counter(state["tender"]["procurementMethodDetails"] for state in city.states.values())

    assert details["Contratación directa"] == 4690
    assert details["Mínima cuantía"] == 121
    assert city.run.city.language == "es"
    assert {line["release"]["language"] for line in city.releases} == {"es"}
