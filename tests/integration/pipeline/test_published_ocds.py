"""A city that has OCDS already: its processes keep their ids, and gain a history, checks and feeds."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Outcome, pregon
from made_up_ocds import FIRM, award, party, release, releases, shapes
from publication_files import json_lines, unpack_bulk

from pregon.home import Home
from pregon.ledger import Ledger

pytestmark = pytest.mark.integration

CITY = """\
name: {{en: Hamlet, es: Aldea}}
ocid_prefix: {prefix}
country: US
publisher: {{name: Hamlet, uri: "https://hamlet.example"}}
licence: {{name: CC0 1.0, uri: "https://creativecommons.org/publicdomain/zero/1.0/"}}
publication_policy: https://hamlet.example/policy
base_url: https://hamlet.example/data
language: en
time_zone: America/Chicago
currency: USD
schedule: "0 5 * * *"
contacts: {{owner: Purchasing, email: data@hamlet.example}}
sources:
  published: {{kind: ocds, tables: {{releases: {{file: "{file}"}}}}}}
disclosure: {{persons: {{}}, contact_points: withhold}}
quality: {{quarantine_stop: 1}}
"""


@dataclass
class Town:
    """A city, the folder of its documents, and what it publishes."""

    root: Path
    sources: Path
    days: int = 0

    def write(self, mapping: str = "documents: {table: releases, persons: none}\n", **city: str) -> None:
        folder = self.root / "cities" / "hamlet"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "city.yaml").write_text(CITY.format(**{"prefix": "ocds-213czf", "file": "*.json*", **city}))
        (folder / "mapping.yaml").write_text(mapping)

    def put(self, *documents: Any, name: str = "all.json") -> None:
        (self.sources / name).write_text("\n".join(map(json.dumps, documents)))

    def run(self) -> Outcome:
        self.days += 1
        clock = f"2026-03-{self.days:02d}T12:00:00Z"
        return pregon("run", "hamlet", "--from", self.sources, "--home", self.root / "home", "--as-of", clock)

    @property
    def current(self) -> Path:
        return self.root / "home" / "public" / "hamlet" / "current"

    @property
    def summary(self) -> dict[str, Any]:
        newest = max((self.root / "home" / "internal" / "hamlet" / "runs").glob("*/summary.json"))
        return json.loads(newest.read_bytes())

    def compiled(self) -> list[dict[str, Any]]:
        return json_lines(self.current, "compiled/full")

    def released(self) -> list[dict[str, Any]]:
        ledger = Ledger.open(Home(self.root / "home").ledger("hamlet"), "hamlet")
        return [json.loads(one.json) for one in ledger.releases()]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))
    (tmp_path / "sources").mkdir()
    made = Town(tmp_path, tmp_path / "sources")
    made.write()
    return made


def ran(town: Town) -> None:
    outcome = town.run()
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("shape", ["release package", "array of records", "releases in a row"])
def test_what_is_published_does_not_depend_on_the_shape(town: Town, shape: str) -> None:
    (town.sources / "all.json").write_text(shapes()[shape])
    ran(town)
    one, two = town.compiled()
    assert (one["ocid"], two["ocid"]) == ("ocds-213czf-P1", "ocds-213czf-P2")
    assert one["tender"] == {"id": "T1", "title": "Street lamps", "status": "active"}
    assert one["awards"] == [award("A1", 1200.5)]
    assert one["date"] == "2026-02-01T00:00:00Z"
    assert [entry["id"] for entry in one["parties"]] == ["HAMLET-B1", "HAMLET-F1"]
    assert "clerk" not in json.dumps([one, two])
    assert town.summary["tables"]["releases"]["released"] == 4


def test_nothing_new_gives_no_release_and_a_new_release_gives_one(town: Town) -> None:
    town.put(*releases())
    ran(town)
    assert [one["tag"] for one in town.released()] == [["tender", "award"], ["tender"]]
    ran(town)
    assert len(town.released()) == 2
    later = release(
        5, "P2", "2026-02-20T00:00:00Z", "award", awards=[award("A9", 70)], parties=[party(FIRM, "supplier")]
    )
    town.put(later, name="more.json")
    ran(town)
    *_, newest = town.released()
    assert (newest["ocid"], newest["date"], newest["tag"]) == ("ocds-213czf-P2", "2026-02-20T00:00:00Z", ["award"])
    assert "tender" not in newest
    assert len(town.released()) == 3


def test_what_was_published_once_stays_where_the_publisher_drops_its_old_releases(town: Town) -> None:
    town.put(*releases())
    ran(town)
    *_, last = releases()
    town.put(last)
    town.write(file="*.json", mapping="documents: {table: releases, persons: none}\n")
    outcome = town.run()
    assert outcome.code == 0, outcome.err
    assert [one["ocid"] for one in town.compiled()] == ["ocds-213czf-P1", "ocds-213czf-P2"]


FOREIGN = ["ocds-abc123-P1", "OCDS-213CZF-P2", "P3", "ocds-213czfP4", " ocds-213czf-P5", "ocds-213czf-P6"]


def foreign() -> list[dict[str, Any]]:
    return [{**releases()[0], "ocid": ocid} for ocid in FOREIGN]


def test_an_ocid_of_another_prefix_is_held_back_never_made_over(town: Town) -> None:
    town.put(*foreign())
    ran(town)
    assert [one["ocid"] for one in town.compiled()] == ["ocds-213czf-P6"]
    assert town.summary["tables"]["releases"]["reasons"] == {"rejected": 5}


def test_an_ocid_of_a_prefix_that_the_city_names_is_published_as_it_is(town: Town) -> None:
    town.put(*foreign())
    town.write(mapping="documents: {table: releases, persons: none, prefixes: [ocds-abc123, OCDS-213CZF]}\n")
    ran(town)
    assert sorted(one["ocid"] for one in town.compiled()) == ["OCDS-213CZF-P2", "ocds-abc123-P1"]


def test_a_process_that_can_not_be_published_is_held_back_with_its_release_named(town: Town) -> None:
    one, two, three, four = releases()
    three["awards"].append({"title": "no id"})
    town.put(one, two, three, {**four, "tender": {"id": "T2", "status": "odd"}})
    ran(town)
    assert [entry["ocid"] for entry in town.compiled()] == ["ocds-213czf-P2"]
    assert town.summary["tables"]["releases"]["reasons"] == {"process_quarantined": 3}
    codes = {(finding["path"], finding["code"]) for finding in town.summary["findings"]}
    assert ("tender/status", "invalid_value") in codes


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("documents: {table: release, persons: none}\n", "documents.table: there is no table 'release'"),
        ("documents: {table: releases}\n", "documents.persons: is missing"),
        ("documents: {table: releases, persons: none}\nbindings: {}\n", "documents: goes without bindings"),
        ("documents: {table: releases, persons: none, prefix: [a]}\n", "prefix: is not a known key"),
    ],
)
def test_a_mapping_of_documents_that_is_wrong_is_refused_with_its_line(town: Town, mapping: str, problem: str) -> None:
    town.put(*releases())
    town.write(mapping=mapping)
    outcome = town.run()
    assert outcome.code != 0
    assert problem in outcome.err.replace("\n", " ")


def test_a_table_of_another_kind_holds_no_documents(town: Town) -> None:
    town.put(*releases())
    city = CITY.format(prefix="ocds-213czf", file="x").replace(
        'kind: ocds, tables: {releases: {file: "x"}}',
        "kind: files, tables: {releases: {file: x.csv, key: [a], columns: [a, ocid]}}",
    )
    (town.root / "cities" / "hamlet" / "city.yaml").write_text(city)
    outcome = town.run()
    assert "it must be a table of a source of kind ocds" in outcome.err.replace("\n", " ")


def test_the_city_may_filter_its_releases_in_prepare_sql(town: Town) -> None:
    town.put(*releases())
    town.write(mapping="documents: {table: wanted, persons: none}\n")
    (town.root / "cities" / "hamlet" / "prepare.sql").write_text(
        "CREATE VIEW wanted AS SELECT * FROM releases WHERE ocid LIKE '%P2';\n"
    )
    ran(town)
    assert [one["ocid"] for one in town.compiled()] == ["ocds-213czf-P2"]
    assert town.summary["tables"]["releases"]["reasons"] == {"unused": 3}


REAL = {
    "jalisco/releases": "ocds-xs1qbl",
    "jalisco/records": "ocds-xs1qbl",
    "portland": "ocds-ptecst",
    "uk_english": "ocds-b5fd17",
}
ADDITIONAL = {"all_additional_fields", "additional_fields", "additional_fields_count"}


def ocids_of(folder: Path) -> set[str]:
    """All ocids that the documents of a folder hold, wherever they stand."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.update([value["ocid"]] if "ocid" in value else [])
            for member in value.values():
                look(member)
        elif isinstance(value, list):
            for member in value:
                look(member)

    for path in folder.glob("*.json"):
        look(json.loads(path.read_bytes()))
    return found


@pytest.mark.parametrize("folder", REAL)
def test_what_real_publishers_have_published_is_published_again_without_an_error(
    town: Town, reference: Path, judge: Callable[..., Any], tmp_path: Path, folder: str
) -> None:
    town.sources = reference / "data" / "ocds_native" / folder
    town.write(prefix=REAL[folder], file="*.json")
    ran(town)
    assert {one["ocid"] for one in town.compiled()} == ocids_of(town.sources)
    (tmp_path / "files").mkdir()
    packages = [path for path in unpack_bulk(town.current, tmp_path / "files") if path.suffix == ".json"]
    for findings in judge(*packages).values():
        checks = findings.pop("additional_checks", {})
        assert not any(checks.values())
        assert findings.keys() <= ADDITIONAL
    ran(town)
    assert len(town.released()) == len(town.compiled())


def test_portland_s_record_gives_the_compiled_release_that_portland_published(town: Town, reference: Path) -> None:
    town.sources = reference / "data" / "ocds_native" / "portland"
    town.write(prefix="ocds-ptecst", file="*.json")
    ran(town)
    [found] = town.compiled()
    published = json.loads((town.sources / "first_record.json").read_bytes())["compiledRelease"]
    for one in published["parties"]:
        one.pop("contactPoint", None)
    head = ("id", "date", "tag", "language", "initiationType")
    assert {name: value for name, value in found.items() if name not in head} == {
        name: value for name, value in published.items() if name not in head
    }
    assert not [one for one in town.summary["findings"] if one["code"] == "compiled_differs"]


def test_what_is_wrong_with_real_documents_is_told(town: Town, reference: Path) -> None:
    town.sources = reference / "data" / "ocds_native" / "uk_english"
    town.write(prefix="ocds-b5fd17", file="*.json")
    ran(town)
    table = town.summary["tables"]["releases"]
    assert (table["rows"], table["released"], table["reasons"]) == (201, 200, {"duplicate_key": 1})
    found = {(one["path"], one["code"]): one["count"] for one in town.summary["findings"]}
    assert found["awards/documents/url", "invalid_value"] == 1
    assert found["tender/documents/url", "invalid_value"] == 1
    assert found["awards/suppliers", "repeated_id"] == 1
    assert found["parties", "repeated_id"] == 1
    assert found["tender/suitability", "additional_field"] == 190
