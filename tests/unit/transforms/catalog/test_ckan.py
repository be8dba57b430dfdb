"""What a publication is as a dataset of CKAN."""

from dataclasses import replace
from typing import Any

import pytest
from made_up_catalogue import FILES, MANIFEST, PAGES, PUBLICATION, file

from transforms.catalog import Described
from transforms.catalog.ckan import CkanSettings, ckan_dataset, ckan_resources, licence_id, missing_tables
from transforms.snapshot import PublishedFile

SETTINGS = CkanSettings("lindenau-contracting", "city-of-lindenau")
MORE = (
    file("bulk/releases/full.json.zip", "releases", "full", "JSON"),
    file("bulk/releases/2025.json.zip", "releases", "2025", "JSON"),
    file("bulk/releases/2024.json.zip", "releases", "2024", "JSON"),
    file("bulk/tables/full.parquet/processes.parquet", "tables", "full", "Parquet"),
    file("dictionary.en.csv", "dictionary", "full", "CSV"),
    file("dictionary.es.csv", "dictionary", "full", "CSV"),
    file("dictionary.html", "page", "full", "HTML"),
    file("dictionary.es.html", "page", "full", "HTML"),
)


def described(*more: PublishedFile, **changes: Any) -> Described:
    return Described(replace(MANIFEST, files=(*FILES, *more)), replace(PUBLICATION, **changes), PAGES)


def dataset(one: Described | None = None, **settings: Any) -> dict[str, Any]:
    return ckan_dataset(one or described(), replace(SETTINGS, **settings))


def extras(found: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["value"] for one in found["extras"]}


def keys(one: Described, **settings: Any) -> list[str]:
    return [resource.key for resource in ckan_resources(one, replace(SETTINGS, **settings))]


def test_a_dataset_says_what_the_catalogue_says_in_the_city_s_language() -> None:
    english, spanish = dataset(), dataset(language="es")
    assert (english["name"], english["owner_org"]) == ("lindenau-contracting", "city-of-lindenau")
    assert english["title"] == extras(spanish)["title_en"] == "City of Lindenau contracting records (OCDS)"
    assert spanish["title"] == extras(english)["title_es"] == "Registros de contratación de Ciudad de Lindenau (OCDS)"
    assert "title_en" not in extras(english)
    assert english["url"] == "https://data.lindenau.example/contracting/"
    assert spanish["url"].endswith("/index.es.html")
    assert {"name": "contratación pública"} in spanish["tags"]


def test_what_says_how_far_a_push_has_come_is_not_part_of_it() -> None:
    said = extras(dataset())
    assert said["pregon_city"] == "lindenau"
    assert not {"pregon_snapshot", "pregon_redactions"} & set(said)


def test_what_is_absent_stays_absent() -> None:
    said = extras(dataset(Described(replace(MANIFEST, files=(), issued=None), PUBLICATION)))
    assert not {"issued", "temporal_start", "temporal_end"} & set(said)
    assert all(said.values())


def test_the_city_s_own_extras_fields_and_tags_are_added() -> None:
    found = dataset(
        extras={"Department": "Finance", "frequency": ""}, fields={"theme": "economy"}, tags=("a/b & c", "x")
    )
    assert extras(found)["Department"] == "Finance"
    assert "frequency" not in extras(found), "an empty one takes ours away"
    assert found["theme"] == "economy"
    assert {"name": "a b c"} in found["tags"]
    assert {"name": "x"} not in found["tags"], "CKAN's tags have two characters at least"
    assert len(found["tags"]) == len({one["name"] for one in found["tags"]})


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc-zero"),
        ("https://creativecommons.org/licenses/by/4.0/", "cc-by"),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", "cc-by"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "cc-by-sa"),
        ("https://opendatacommons.org/licenses/pddl/", "odc-pddl"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "other-open"),
        ("https://lindenau.example/licence", "other-open"),
    ],
)
def test_licences_have_ckan_s_names(uri: str, name: str) -> None:
    assert licence_id(uri) == name


def test_resources_come_in_the_order_in_which_people_want_them() -> None:
    assert keys(described(*MORE)) == [
        "bulk/tables/full.xlsx", "bulk/tables/full.csv.zip", "datastore/processes", "datastore/awards",
        "bulk/releases/full.json.zip", "bulk/compiled/full.jsonl.gz", "dictionary.html", "dictionary.en.csv",
    ]  # fmt: skip
    assert keys(described(*MORE), resources=("releases", "dictionary"), language="es") == [
        "bulk/releases/full.json.zip", "dictionary.es.html", "dictionary.es.csv",
    ]  # fmt: skip


def test_years_have_resources_where_the_city_wants_them() -> None:
    assert keys(described(*MORE), resources=("releases", "compiled"), years=1) == [
        "bulk/releases/full.json.zip", "bulk/compiled/full.jsonl.gz",
        "bulk/releases/2025.json.zip", "bulk/compiled/2025.jsonl.gz",
    ]  # fmt: skip
    assert len(keys(described(*MORE), resources=("releases",), years=9)) == 3


def test_packages_alone_have_the_format_that_collectors_take() -> None:
    chosen = ("xlsx", "csv", "tables", "releases", "records", "compiled", "dictionary")
    found = ckan_resources(described(*MORE), replace(SETTINGS, resources=chosen, years=9))
    taken = {one.key for one in found if one.fields["format"] == "JSON"}
    assert taken == {one.key for one in found if one.key.endswith(".json.zip")}
    assert "bulk/records/full-001.json.zip" in taken


def test_a_resource_links_to_the_file_or_holds_it() -> None:
    linked = {one.key: one for one in ckan_resources(described(*MORE), SETTINGS)}
    held = {one.key: one for one in ckan_resources(described(*MORE), replace(SETTINGS, link=False))}
    workbook = "bulk/tables/full.xlsx"
    assert linked[workbook].fields["url"] == f"https://data.lindenau.example/contracting/{workbook}"
    assert not linked[workbook].uploaded
    assert held[workbook].uploaded
    assert held[workbook].fields["hash"] == "0a" * 32
    assert linked[workbook].modified == "2026-02-28T23:30:00"
    assert not held["dictionary.html"].uploaded, "a page belongs to its pages"
    assert not held["datastore/awards"].uploaded


def test_every_field_of_a_resource_is_a_text() -> None:
    for one in ckan_resources(described(*MORE), SETTINGS):
        assert all(isinstance(value, str) and value for value in one.fields.values())
        assert one.fields["pregon"] == one.key


def test_the_hash_of_a_table_tells_its_rows_and_its_columns() -> None:
    def hashes(one: Described, **settings: Any) -> str:
        found = {two.key: two for two in ckan_resources(one, replace(SETTINGS, **settings))}
        return found["datastore/awards"].fields["pregon_hash"]

    usual = hashes(described())
    assert usual == hashes(described())
    assert usual != hashes(described(), language="es"), "titles are in another language"
    other = [replace(one, sha256="0b" * 32) for one in FILES]
    assert usual != hashes(Described(replace(MANIFEST, files=tuple(other)), PUBLICATION, PAGES))


def test_tables_that_were_asked_for_and_are_not_there_are_named() -> None:
    assert missing_tables(described(), SETTINGS) == ()
    assert missing_tables(described(), replace(SETTINGS, datastore=("awards", "bids", "processes"))) == (
        "bids",
        "processes",
    )
    assert keys(described(), resources=("tables",), datastore=()) == []
