"""From prepared tables to states, on a city of a few lines."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from pregon.city import read_city
from pregon.home import Home
from pregon.stages.context import CityContext
from pregon.stages.map import map_bucket
from pregon.stages.prepare import prepare_tables
from transforms.mapping.assemble import State

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

IMAGES = {
    "contracts": "SELECT 'C1' AS number, 'C1' AS _row",
    "changes": """
        SELECT * FROM (VALUES ('C1', 'Z9', '2020-03-01', 'C1|Z9'), ('C1', '10', '2020-02-01', 'C1|10'),
                              ('C1', 'D404', '2020-01-01', 'C1|D404')) AS t(number, code, approved, _row)
    """,
}


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[State]]:
    """Give the states that a `prepare.sql` leads to."""

    def run(prepare_sql: str) -> list[State]:
        folder = tmp_path / "cities" / "testville"
        folder.mkdir(parents=True)
        (folder / "city.yaml").write_text(CITY)
        (folder / "mapping.yaml").write_text(MAPPING)
        (folder / "prepare.sql").write_text(dedent(prepare_sql))
        monkeypatch.setenv("PREGON_CITIES", str(folder.parent))
        context = CityContext(read_city("testville"), Home(tmp_path), datetime(2026, 1, 1, tzinfo=UTC))
        out, scratch = tmp_path / "out", tmp_path / "scratch"
        out.mkdir()
        scratch.mkdir()
        prepared = prepare_tables(
            context.city, context.transform, context.plan, images=IMAGES, before=None, changed={}, scratch=scratch,
            folder=out,
        )  # fmt: skip
        return [
            state
            for bucket in prepared.buckets
            for state in map_bucket(
                context.city, context.plan, context.disclosure, folder=out, bucket=bucket, scratch=scratch / "map"
            )
        ]

    return run


AGREEMENTS = """
    CREATE VIEW awards AS SELECT * FROM contracts;
    CREATE VIEW agreements AS SELECT * FROM contracts;
"""


def _amendments(states: list[State]) -> list[str]:
    return [entry["id"] for state in states for entry in state.document["contracts"][0]["amendments"]]


def test_entries_stand_in_the_order_of_their_ids(states: Callable[[str], list[State]]) -> None:
    assert _amendments(states(AGREEMENTS)) == ["10", "Z9", "D404"]


def test_a_column_order_decides_before_the_ids(states: Callable[[str], list[State]]) -> None:
    ordered = "CREATE VIEW changes AS SELECT *, row_number() OVER (ORDER BY approved) AS _order FROM source.changes;"

    assert _amendments(states(AGREEMENTS + ordered)) == ["D404", "10", "Z9"]


def test_each_line_of_findings_is_one_finding_of_its_row(states: Callable[[str], list[State]]) -> None:
    noted = (
        "CREATE VIEW changes AS SELECT *, CASE code WHEN 'Z9' THEN 'late' || chr(10) || 'odd' END AS _findings"
        " FROM source.changes;"
    )

    findings = states(AGREEMENTS + noted)[0].findings

    assert [(found.code, found.value, found.row) for found in findings] == [
        ("note", "late", "changes:C1|Z9"),
        ("note", "odd", "changes:C1|Z9"),
    ]
