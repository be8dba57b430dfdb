"""What the stages of a city share is made from its folder, once, and refused where it could not work."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.pregon.stages.town import MAPPING, TABLES

from pregon.city import City, InvalidCity, read_city
from pregon.home import Home
from pregon.stages.context import CityContext

CITY: dict[str, Any] = {
    "name": {"en": "Lampton", "es": "Villa Lámpara"},
    "ocid_prefix": "ocds-213czf",
    "country": "US",
    "publisher": {"name": "Lampton", "uri": "https://lampton.example"},
    "licence": {"name": "CC0 1.0", "uri": "https://creativecommons.org/publicdomain/zero/1.0/"},
    "publication_policy": "https://lampton.example/policy",
    "base_url": "https://lampton.example/data",
    "language": "es",
    "time_zone": "America/Chicago",
    "currency": "USD",
    "schedule": "0 5 * * *",
    "contacts": {"owner": "Purchasing", "email": "data@lampton.example"},
    "extensions": ["organizationClassification"],
    "sources": {"books": {"kind": "sql", "url": "sqlite:///books.sqlite", "tables": TABLES}},
    "disclosure": {"persons": {"supplier": "pseudonym"}, "contact_points": "withhold"},
}


@pytest.fixture(autouse=True)
def _cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))


def context(tmp_path: Path, **changes: Any) -> CityContext:
    folder = tmp_path / "cities" / "lampton"
    (folder / "codelists").mkdir(parents=True, exist_ok=True)
    (folder / "codelists" / "tender_status.csv").write_text("source,code\nO,active\n")
    (folder / "mapping.yaml").write_text(MAPPING)
    (folder / "city.yaml").write_text(yaml.safe_dump({**CITY, **changes}, allow_unicode=True))
    city: City = read_city("lampton")
    return CityContext(city, Home(tmp_path / "home"), datetime(2026, 3, 1, tzinfo=UTC))


def problems(tmp_path: Path, **changes: Any) -> list[str]:
    with pytest.raises(InvalidCity) as refused:
        _ = context(tmp_path, **changes).plan
    return refused.value.problems


def test_a_plan_is_made_of_the_citys_folder(tmp_path: Path) -> None:
    assert context(tmp_path).plan.process_table == "calls"


def test_events_need_rows_that_say_when_they_held(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, history="events")
    assert problem.startswith("cities/lampton/city.yaml:")
    assert "history: events can't be rebuilt: no mapped table has a column _since or _until" in problem
    sql = "CREATE VIEW lines AS SELECT *, CAST(NULL AS DATE) AS _since FROM source.lines;"
    (tmp_path / "cities" / "lampton" / "prepare.sql").write_text(sql)
    assert context(tmp_path, history="events").plan.tables[1].since == "DATE"


@pytest.mark.parametrize(
    ("disclosure", "problem"),
    [
        ({"conditions": [{"path": "bidz", "unless": {"tender/status": ["active"]}}]}, "'bidz' is not a path of OCDS"),
        (
            {"conditions": [{"path": "awards", "unless": {"tender/state": ["active"]}}]},
            "'tender/state' is not a path of OCDS",
        ),
        (
            {"conditions": [{"path": "tender/items", "unless": {"awards/status": ["pending"]}}]},
            "'awards/status' has several values in a process",
        ),
        (
            {"conditions": [{"path": "tender/items", "when": {"tender/submissionMethod": ["written"]}}]},
            "'tender/submissionMethod' has several values in a process",
        ),
        ({"persons": {"suplier": "publish"}}, "no party has this role; did you mean 'supplier'?"),
    ],
)
def test_a_decision_that_would_withhold_nothing_is_refused(
    tmp_path: Path, disclosure: dict[str, Any], problem: str
) -> None:
    found = problems(tmp_path, disclosure={**CITY["disclosure"], **disclosure})
    assert any(problem in line for line in found), found


def test_an_extension_that_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, extensions=["organisationClassification"])
    assert "city.yaml" in found
    assert "organizationClassification" in found


def test_the_key_of_pseudonyms_is_made_once_for_nobody_else_to_read(tmp_path: Path) -> None:
    first = context(tmp_path).disclosure
    assert len(first.pseudonym_key) == 32
    assert context(tmp_path).disclosure.pseudonym_key == first.pseudonym_key
    (key,) = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert key.is_relative_to(tmp_path / "home" / "internal" / "lampton")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_no_key_is_made_where_nobody_gets_a_pseudonym(tmp_path: Path) -> None:
    rules = context(tmp_path, disclosure={"persons": {"supplier": "publish"}, "contact_points": "withhold"}).disclosure
    assert rules.pseudonym_key == b""
    assert not (tmp_path / "home").exists()


def test_conditions_are_taken_over_as_they_are_written(tmp_path: Path) -> None:
    conditions = [
        {"path": "awards/items", "unless": {"tender/status": ["active"]}},
        {"path": "awards", "when": {"tender/status": ["complete", "cancelled"]}},
    ]
    rules = context(tmp_path, disclosure={**CITY["disclosure"], "conditions": conditions}).disclosure
    assert [(rule.path, rule.test, sorted(rule.values), rule.when) for rule in rules.conditions] == [
        (("awards", "items"), ("tender", "status"), ["active"], False),
        (("awards",), ("tender", "status"), ["cancelled", "complete"], True),
    ]


def test_the_language_of_the_source_comes_first_on_public_pages(tmp_path: Path) -> None:
    assert context(tmp_path).publication.languages == ("es", "en")


FILES = {
    "portal": {
        "kind": "files",
        "tables": {
            **{name: {**table, "file": f"https://x.example/{name}.csv"} for name, table in TABLES.items()},
            "calls": {
                "file": "https://x.example/calls.csv",
                "quote": "",
                "member": "*.csv",
                "encoding": "utf-8",
                "key": ["call_no"],
                "columns": {"call_no": None, "title": {"from": "Title of call"}, "state": None},
            },
        },
        "local": {
            "tables": {"calls": {"file": "calls.xlsx", "key": ["title"], "columns": {"title": {"from": "Titel"}}}}
        },
    }
}


def test_a_local_variant_says_only_what_differs(tmp_path: Path) -> None:
    made = context(tmp_path, sources=FILES)
    (remote,), (local,) = made.sources(None), made.sources(tmp_path)
    calls = {source: next(table for table in spec.tables if table.name == "calls")
             for source, spec in (("remote", remote), ("local", local))}  # fmt: skip
    assert calls["remote"].options["file"] == "https://x.example/calls.csv"
    assert calls["remote"].columns["title"].source_name == "Title of call"
    assert calls["remote"].key == ("call_no",)
    assert calls["local"].options["file"] == "calls.xlsx"
    assert calls["local"].columns["title"].source_name == "Titel"
    assert calls["local"].columns["call_no"].source_name == "call_no"
    assert calls["local"].key == ("title",)
    assert calls["local"].options["encoding"] == "utf-8"
    assert (calls["local"].options["quote"], calls["local"].options["member"]) == ("", "*.csv")


def test_what_a_local_variant_does_not_name_is_fetched_as_in_production(tmp_path: Path) -> None:
    on_server = {**FILES["portal"], "connection": "drop", "private_addresses": True, "requests": {"tries": 2}}
    (local,) = context(tmp_path, sources={"portal": on_server}).sources(tmp_path)
    assert (local.kind, local.connection) == ("files", "drop")
    assert local.options == {"private_addresses": True, "requests": {"tries": 2}}


def test_a_local_variant_is_read_whole_and_as_texts(tmp_path: Path) -> None:
    portal = {
        "kind": "socrata",
        "url": "https://data.lampton.example",
        "tables": {
            "permits": {
                "dataset": "abcd-1234",
                "key": ["permit_no"],
                "cursor": "updated",
                "overlap": "2d",
                "columns": {
                    "permit_no": None,
                    "fee": {"from": "fee_usd", "type": "decimal"},
                    "updated": {"from": ":updated_at", "type": "timestamptz"},
                },
            }
        },
        "local": {"tables": {"permits": {"file": "p.csv", "columns": {"fee": {"from": "Fee"}}, "absent": ["updated"]}}},
    }
    made = context(tmp_path, sources={**CITY["sources"], "portal": portal})

    (production,) = made.sources(None)[1].tables
    local = made.sources(tmp_path)[1]
    (table,) = local.tables
    assert (production.cursor, production.types["fee"]) == ("updated", "decimal")
    assert local.kind == "files"
    assert (table.cursor, table.overlap.total_seconds()) == (None, 0)
    assert set(table.types.values()) == {"text"}
    assert table.read_columns == {"permit_no": "permit_no", "fee": "Fee"}
