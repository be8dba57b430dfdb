"""From prepared tables to states, on a city of a few lines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from unit.pregon.stages import town

from pregon.json_lines import read_json_lines
from pregon.pipeline import Run, extract, map_states, prepare
from transforms.mapping.assemble import MappingFinding, State

CITY = """\
name: {en: Testville, es: Villa Prueba}
synthetic: true
ocid_prefix: ocds-213czf
country: US
publisher: {name: Testville, uri: "https://testville.example"}
licence: {name: CC0 1.0, uri: "https://creativecommons.org/publicdomain/zero/1.0/"}
publication_policy: https://testville.example/policy
base_url: https://testville.example/data
language: en
time_zone: America/Chicago
currency: USD
schedule: "0 5 * * *"
contacts: {owner: Purchasing, email: data@testville.example}
sources:
  files:
    kind: files
    tables:
      contracts: {file: contracts.csv, key: [number], columns: [number]}
      changes: {file: changes.csv, key: [number, code], columns: [number, code, approved]}
disclosure: {persons: {}, contact_points: withhold}
"""

MAPPING = """\
process: {table: contracts, key: number, ocid: "{number}"}
bindings:
  awards/status: {value: active}
  contracts/awardID: {from: agreements.number}
  contracts/amendments/date: {from: changes.approved}
tables:
  awards: {array: awards, parent: contracts, on: number, id: number}
  agreements: {array: contracts, parent: contracts, on: number, id: number}
  changes: {array: contracts/amendments, parent: agreements, on: number, id: code}
"""

FILES = {
    "contracts.csv": "number\nC1\n",
    "changes.csv": "number,code,approved\nC1,Z9,2020-03-01\nC1,10,2020-02-01\nC1,D404,2020-01-01\n",
}


@dataclass(frozen=True)
class Mapped:
    """States and findings (path, code, value, row)."""

    states: list[dict[str, Any]]
    findings: list[list[str]]

    @property
    def amendments(self) -> list[str]:
        return [entry["id"] for state in self.states for entry in state["contracts"][0]["amendments"]]


@pytest.fixture
def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Mapped]:
    """Give what a `prepare.sql` leads to."""

    def run_stages(prepare_sql: str) -> Mapped:
        folder = tmp_path / "cities" / "testville"
        folder.mkdir(parents=True)
        (folder / "city.yaml").write_text(CITY)
        (folder / "mapping.yaml").write_text(MAPPING)
        (folder / "prepare.sql").write_text(prepare_sql)
        for name, text in FILES.items():
            (tmp_path / name).write_text(text)
        monkeypatch.setenv("PREGON_CITIES", str(folder.parent))
        run = Run.start("testville", home=tmp_path, as_of=datetime(2026, 1, 1, tzinfo=UTC), from_dir=tmp_path)
        prepared = prepare(run, extract(run))
        parts = [map_states(run, prepared, bucket) for bucket in prepared.buckets]
        states = [line["state"] for part in parts for line in read_json_lines(run.lake.local(part.key))]
        notes = run.lake.list(f"{run.work}/findings")
        return Mapped(states, [line for key in notes for line in read_json_lines(run.lake.local(key))])

    return run_stages


AGREEMENTS = """
    CREATE VIEW awards AS SELECT * FROM contracts;
    CREATE VIEW agreements AS SELECT * FROM contracts;
"""


def test_entries_stand_in_the_order_of_their_ids(mapped: Callable[[str], Mapped]) -> None:
    assert mapped(AGREEMENTS).amendments == ["10", "Z9", "D404"]


def test_a_column_order_decides_before_the_ids(mapped: Callable[[str], Mapped]) -> None:
    ordered = "CREATE VIEW changes AS SELECT *, row_number() OVER (ORDER BY approved) AS _order FROM source.changes;"

    assert mapped(AGREEMENTS + ordered).amendments == ["D404", "10", "Z9"]


def test_each_line_of_findings_is_one_finding_of_its_row(mapped: Callable[[str], Mapped]) -> None:
    noted = (
        "CREATE VIEW changes AS SELECT *, CASE code WHEN 'Z9' THEN 'late' || chr(10) || 'odd' END AS _findings"
        " FROM source.changes;"
    )

    assert mapped(AGREEMENTS + noted).findings == [
        ["", "note", "late", "changes:C1|Z9"],
        ["", "note", "odd", "changes:C1|Z9"],
    ]


# Values, on rows that need no run -------------------------------------------------------------------------------------


def mapped_call(tmp_path: Path, *, mapping: str = town.MAPPING, sql: str = "", **rows: Any) -> State:
    """The state of C1."""
    prepared = town.Town(tmp_path, mapping=mapping, prepare_sql=sql).prepare({**town.ROWS, **rows})
    return prepared.states()["C1"]


def test_a_source_code_becomes_the_code_of_the_list(tmp_path: Path) -> None:
    state = mapped_call(tmp_path, calls=[("C1", "Lamps", " O ")])
    assert state.document["tender"]["status"] == "active"
    assert state.findings == []


def test_a_code_that_the_list_drops_is_absent_without_a_finding(tmp_path: Path) -> None:
    state = mapped_call(tmp_path, calls=[("C1", "Lamps", "X")])
    assert "status" not in state.document["tender"]
    assert state.findings == []


def test_a_code_that_the_list_does_not_have_is_absent_with_a_finding(tmp_path: Path) -> None:
    state = mapped_call(tmp_path, calls=[("C1", "Lamps", "?")])
    assert "status" not in state.document["tender"]
    assert state.findings == [MappingFinding("tender/status", "unknown_code", "?", "calls:C1")]


def test_a_cell_of_several_codes_is_translated_one_by_one(tmp_path: Path) -> None:
    mapping = town.MAPPING.replace(
        "tender/status: {from: calls.state, codelist: tender_status}",
        "tender/submissionMethod: {from: calls.state, codelist: tender_status, split: ';'}",
    )
    state = mapped_call(tmp_path, mapping=mapping, calls=[("C1", "Lamps", "O; C;O;X;?")])
    assert state.document["tender"]["submissionMethod"] == ["active", "complete"]
    assert [(finding.code, finding.value) for finding in state.findings] == [("unknown_code", "?")]


@pytest.mark.parametrize(("cell", "amount"), [("5", "5"), ("5.0", "5"), ("5.50", "5.5"), ("1234567.89", "1234567.89")])
def test_a_whole_amount_is_written_without_a_fraction(tmp_path: Path, cell: str, amount: str) -> None:
    state = mapped_call(tmp_path, payments=[("P1", "K1", cell)])
    (payment,) = state.document["contracts"][0]["implementation"]["transactions"]
    assert orjson.dumps(payment["value"]["amount"]).decode() == amount


def test_an_amount_that_can_not_be_read_is_absent_with_the_cell_in_a_finding(tmp_path: Path) -> None:
    state = mapped_call(tmp_path, payments=[("P1", "K1", "about 5")])
    assert state.document["contracts"][0]["implementation"]["transactions"] == [{"id": "P1"}]
    path = "contracts/implementation/transactions/value/amount"
    assert state.findings == [MappingFinding(path, "not_a_number", "about 5", "payments:P1")]


def test_organizations_may_stand_on_the_rows_of_a_mapped_table(tmp_path: Path) -> None:
    party = """
  office:
    table: calls
    key: title
    id: "OFFICE-{title}"
    bindings: {name: {from: calls.title}}
    references: [{path: buyer, from: calls.title, role: buyer}]
"""
    state = mapped_call(tmp_path, mapping=town.MAPPING + party)
    assert state.document["buyer"] == {"id": "OFFICE-Lamps", "name": "Lamps"}
    assert state.document["parties"][0]["roles"] == ["buyer"]


def test_an_organization_that_is_rejected_is_unknown(tmp_path: Path) -> None:
    sql = "CREATE VIEW vendors AS SELECT *, CASE vendor_no WHEN '1' THEN 'gone' END AS _reject FROM source.vendors;"
    state = mapped_call(tmp_path, sql=sql)
    assert state.document["awards"][0]["suppliers"] == [{"id": "V-1"}]
    assert [finding.code for finding in state.findings] == ["unknown_organization"]


def test_entries_inside_a_party_that_say_the_same_stand_once(tmp_path: Path) -> None:
    mapping = town.MAPPING.replace(", on: vendor_no, id: cert_no", ", on: vendor_no")
    certificates = [("X1", "1", "small"), ("X2", "1", "small"), ("X3", "1", "local")]
    state = mapped_call(tmp_path, mapping=mapping, certificates=certificates)
    assert state.document["parties"][0]["details"]["classifications"] == [
        {"description": "small"},
        {"description": "local"},
    ]


def test_states_come_in_the_order_of_their_keys_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    calls = [(key, "t", "O") for key in ("C2", "C10", "C1")]
    prepared = town.Town(tmp_path).prepare({"calls": calls})
    assert list(prepared.states()) == ["C1", "C10", "C2"]


def test_two_preparations_of_the_same_rows_give_the_same_states(tmp_path: Path) -> None:
    lampton = town.Town(tmp_path)
    turned = {name: list(reversed(entries)) for name, entries in town.ROWS.items()}
    assert lampton.prepare(town.ROWS).states() == lampton.prepare(turned).states()
