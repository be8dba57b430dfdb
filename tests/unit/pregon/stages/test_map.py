"""From prepared tables to states, on a city of a few lines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pregon.json_lines import read_json_lines
from pregon.pipeline import Run, extract, map_states, prepare

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
