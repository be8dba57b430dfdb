"""Chicago and Bogotá by their production configuration, from a portal that serves the reference rows."""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from city_copies import copy_city, edit
from city_import import AS_OF, Imported, import_city
from servers.socrata import SocrataServer
from servers.socrata_datasets import Dataset, read_csv

from pregon.manifest import TableManifest, latest

pytestmark = pytest.mark.integration

CONTRACTS = {
    "purchase_order_description": "Purchase Order Description",
    "purchase_order_contract_number": "Purchase Order (Contract) Number",
    "revision_number": "Revision Number",
    "specification_number": "Specification Number",
    "contract_type": "Contract Type",
    "start_date": "Start Date",
    "end_date": "End Date",
    "approval_date": "Approval Date",
    "department": "Department",
    "vendor_name": "Vendor Name",
    "vendor_id": "Vendor ID",
    "address_1": "Address 1",
    "address_2": "Address 2",
    "city": "City",
    "state": "State",
    "zip": "Zip",
    "award_amount": "Award Amount",
    "procurement_type": "Procurement Type",
    "contract_pdf": "Contract PDF",
}
CONTRACT_TYPES = dict.fromkeys(CONTRACTS, "text") | {
    "start_date": "calendar_date",
    "end_date": "calendar_date",
    "approval_date": "calendar_date",
    "award_amount": "money",
    "contract_pdf": "url",
}
VENDORS = {
    "vendor_id": "VENDOR ID",
    "vendor": "VENDOR",
    "address_line_1": "ADDRESS LINE 1",
    "address_line_2": "ADDRESS LINE 2",
    "city": "CITY",
    "state": "STATE",
    "zip_code": "ZIP CODE",
}

Run = Callable[[], Imported]


@pytest.fixture
def server() -> Iterator[SocrataServer]:
    with SocrataServer() as server:
        yield server


@pytest.fixture
def city(server: SocrataServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Run]:
    """Give what runs a city a day later each time: (slug, address of its portal, which the server stands in for)."""

    def prepared(slug: str, portal: str) -> Run:
        copy = copy_city(slug, tmp_path / "cities")
        edit(copy / "city.yaml", f"url: {portal}\n", f"url: {server.url}\n    private_addresses: true\n")
        monkeypatch.setenv("PREGON_CITIES", str(copy.parent))
        days = iter(range(100))

        def run() -> Imported:
            imported = import_city(slug, None, tmp_path / "home", AS_OF + timedelta(days=next(days)))
            server.clock.tick(86_400)
            return imported

        return run

    return prepared


def entry(imported: Imported, table: str) -> TableManifest:
    """What the newest manifest says of a table."""
    manifest = latest(imported.run.lake, imported.run.city.slug)
    assert manifest is not None
    return manifest.tables[table]


# Chicago --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def contracts(server: SocrataServer, reference: Path) -> Dataset:
    folder = reference / "data" / "chicago"
    server.dataset(
        "5wd9-d675",
        dict.fromkeys(VENDORS, "text"),
        read_csv(folder / "vendors.csv", VENDORS, CONTRACT_TYPES | dict.fromkeys(VENDORS, "text")),
    )
    rows = read_csv(folder / "contracts_20k.csv", CONTRACTS, CONTRACT_TYPES)
    return server.dataset("rsxa-ify5", CONTRACT_TYPES, rows)


@pytest.fixture
def chicago(city: Callable[[str, str], Run], contracts: Dataset) -> Run:
    return city("chicago", "https://data.cityofchicago.org")


def test_chicago_says_the_same_from_its_portal_as_from_its_files(
    chicago: Run, server: SocrataServer, reference: Path, tmp_path: Path
) -> None:
    found = chicago()
    states, findings = found.states, found.findings
    files = import_city("chicago", reference / "data" / "chicago", tmp_path / "home", AS_OF + timedelta(days=7))

    # Rows without any date are the same rows to the byte; what is made of all the others is the same.
    assert len(files.states) > 13_000
    assert files.states == {ocid: states[ocid] for ocid in files.states}
    assert set(files.findings) <= set(findings)
    assert files.releases == []
    assert found.tables["contracts"]["rows"] == 20_000
    asked = {name.strip() for page in server.pages for name in page.parameters["$select"].split(",")}
    assert asked == {":id", ":updated_at", *CONTRACTS, *VENDORS} - {"vendor"}


def test_chicago_reads_only_what_changed(chicago: Run, contracts: Dataset, server: SocrataServer) -> None:
    # In the portal the rows came over months, not in one load.
    for place, row in enumerate(contracts.rows):
        row.updated = row.created = row.created - timedelta(minutes=20_000 - place)
    first = chicago()
    assert entry(first, "contracts").mode == "full"
    number = "T001-MADE-UP"
    contracts.insert({"purchase_order_contract_number": number, "revision_number": "0", "award_amount": "100"})

    second = chicago()

    assert entry(second, "contracts").mode == "incremental"
    assert entry(second, "contracts").rows_read <= 2 * 24 * 60 + 2
    assert entry(second, "vendors").mode == "unchanged"
    assert [line["ocid"] for line in second.releases] == [f"ocds-213czf-chicago-{number}"]

    # The portal loads everything anew overnight: new ids, new stamps, the same contracts but for one amount.
    contracts.update(lambda row: row["purchase_order_contract_number"] == number, award_amount="250.00")
    contracts.replace()
    third = chicago()

    assert entry(third, "contracts").mode == "full"
    assert "20,001 of 20,001" in entry(third, "contracts").notes["regenerated"]
    assert entry(third, "contracts").changed["changed"] == 1
    (line,) = third.releases
    assert line["release"]["contracts"][0]["value"]["amount"] == 250
    assert entry(chicago(), "contracts").mode == "unchanged"


# Bogotá ---------------------------------------------------------------------------------------------------------------

KEPT = (
    "ciudad", "tipo_de_contrato", "estado_contrato", "modalidad_de_contratacion", "fecha_de_firma",
    "fecha_de_inicio_del_contrato", "fecha_de_fin_del_contrato", "valor_del_contrato",
)  # fmt: skip
MADE_UP = (
    "id_contrato", "proceso_de_compra", "referencia_del_contrato", "codigo_entidad", "nombre_entidad", "nit_entidad",
    "descripcion_del_proceso", "objeto_del_contrato", "justificacion_modalidad_de", "codigo_proveedor",
    "tipodocproveedor", "documento_proveedor", "proveedor_adjudicado", "es_grupo", "es_pyme", "ultima_actualizacion",
    "departamento", "orden",
)  # fmt: skip
PERSONAL = (
    "nombre_representante_legal", "domicilio_representante_legal", "nombre_supervisor",
    "n_mero_de_documento_supervisor", "nombre_del_banco", "n_mero_de_cuenta", "nombre_ordenador_del_gasto",
)  # fmt: skip


def contrato(number: int, row: dict[str, str]) -> dict[str, Any]:
    """A row of the extract, with what its author cut made up again: two contracts to a purchase."""
    return {
        **{name: row[name] or None for name in KEPT},
        "id_contrato": f"CO1.PCCNTR.{number}",
        "proceso_de_compra": f"CO1.BDOS.{number // 2}",
        "codigo_entidad": "700000001",
        "nombre_entidad": "SECRETARÍA DE PRUEBA",
        "nit_entidad": "899999999",
        "tipodocproveedor": "NIT",
        "documento_proveedor": str(800_000_000 + number % 50),
        "codigo_proveedor": str(number % 50),
        "proveedor_adjudicado": f"CONSTRUCCIONES DE PRUEBA {number % 50} SAS",
        "es_pyme": "Si" if number % 2 else "No Definido",
        "ultima_actualizacion": "2024-04-01T00:00:00.000",
        "departamento": "Distrito Capital de Bogotá",
        "orden": "Territorial",
        **dict.fromkeys(PERSONAL, "ROSA PRUEBA"),
    }


@pytest.fixture
def contratos(server: SocrataServer, reference: Path) -> Dataset:
    extract = reference / "data" / "colombia_secop" / "contratos_dnp_2020_v1.csv"
    with extract.open(encoding="utf-8", newline="") as stream:
        rows = [contrato(number, row) for number, row in enumerate(csv.DictReader(stream), 1)]
    elsewhere = [{**row, "id_contrato": f"{row['id_contrato']}-N", "orden": "Nacional"} for row in rows[:500]]
    elsewhere += [{**row, "id_contrato": f"{row['id_contrato']}-A", "departamento": "Antioquia"} for row in rows[:500]]
    return server.dataset("jbjy-vk9h", dict.fromkeys((*KEPT, *MADE_UP, *PERSONAL), "text"), [*rows, *elsewhere])


def test_bogota_by_its_production_configuration(
    city: Callable[[str, str], Run], contratos: Dataset, server: SocrataServer
) -> None:
    bogota = city("bogota", "https://www.datos.gov.co")
    first = bogota()

    table = first.tables["contratos_electronicos"]
    assert table["rows"] == table["released"] == 5_277
    assert set(first.states) == {f"bogota-CO1.BDOS.{number // 2}" for number in range(1, 5_278)}
    assert not first.held
    assert first.verdict.quarantined == 0
    selected = {name.strip() for page in server.pages for name in page.parameters["$select"].split(",")}
    assert not selected & set(PERSONAL)

    # The nation's dataset is published anew, amounts in another form: nothing changed.
    for row in contratos.rows:
        row.values["valor_del_contrato"] += ".000000"
    contratos.replace()
    second = bogota()
    assert entry(second, "contratos_electronicos").mode == "full"
    assert second.releases == []
    assert entry(bogota(), "contratos_electronicos").mode == "unchanged"

    # An amount changes, and `ultima_actualizacion` does not.
    contratos.update(lambda row: row["id_contrato"] == "CO1.PCCNTR.8", valor_del_contrato="12345678901")
    fourth = bogota()
    (line,) = fourth.releases
    assert line["ocid"] == "ocds-213czf-bogota-CO1.BDOS.4"
    (changed,) = line["release"]["contracts"]
    assert changed["value"]["amount"] == 12_345_678_901
