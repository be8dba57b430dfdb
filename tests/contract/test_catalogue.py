"""The catalogue holds what is published, in every form the same; official schemas judge it where they are at hand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from catalogue_files import BASE, DATASET, OFFICIAL, graph, publish, read, sha256
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from pregon.publication.build import Snapshot

FORMS = ("data.json", "data.v3.json", "catalog.jsonld", "catalog.ttl", "datapackage.json")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return publish(tmp_path_factory.mktemp("public"))


# Agreement with the manifest ------------------------------------------------------------------------------------------


def _listed(snapshot: Path) -> dict[str, dict[str, tuple[int, str | None]]]:
    """By form of the catalogue: path of every file that it names → bytes and SHA-256 (None where a form has none)."""
    from rdflib import DCAT, URIRef

    spdx = "http://spdx.org/rdf/terms#"
    found: dict[str, dict[str, tuple[int, str | None]]] = {form: {} for form in FORMS}
    for one in read(snapshot, "data.json")["dataset"][0]["distribution"]:
        found["data.json"][one["downloadURL"]] = (one["byteSize"], None)
    for one in read(snapshot, "data.v3.json")["dataset"][0]["distribution"]:
        found["data.v3.json"][one["downloadURL"]] = (int(one["byteSize"]), one["checksum"]["checksumValue"])
    for form in ("catalog.jsonld", "catalog.ttl"):
        triples = graph(snapshot / form)
        for distribution in triples.objects(URIRef(DATASET), DCAT.distribution):
            size = triples.value(distribution, DCAT.byteSize)
            checksum = triples.value(
                triples.value(distribution, URIRef(f"{spdx}checksum")), URIRef(f"{spdx}checksumValue")
            )
            found[form][str(triples.value(distribution, DCAT.downloadURL))] = (int(str(size)), str(checksum).lower())
    for one in read(snapshot, "datapackage.json")["resources"]:
        found["datapackage.json"][BASE + one["path"]] = (one["bytes"], one["hash"].removeprefix("sha256:"))
    return {form: {url.removeprefix(BASE): facts for url, facts in files.items()} for form, files in found.items()}


def test_every_form_names_the_files_with_the_bytes_and_checksums_that_they_have(snapshot: Snapshot) -> None:
    listed = _listed(snapshot.path)
    for form, files in listed.items():
        for path, (size, checksum) in files.items():
            file = snapshot.path / path
            assert (form, path, file.stat().st_size) == (form, path, size)
            assert checksum in (None, sha256(file)), (form, path)
    bulk = {
        one.path for one in snapshot.manifest.files
        if one.path.startswith("bulk/") and (one.format != "Parquet" or one.segment == "full")
        and not re.fullmatch(r"[0-9]{4}-[0-9]{2}", one.segment)
    }  # fmt: skip
    for form in FORMS[:-1]:
        assert set(listed[form]) == bulk, form
    # Tools would take these for tables of their own kind.
    plain = {path for path in bulk if not path.endswith((".xlsx", ".parquet"))}
    assert set(listed["datapackage.json"]) == plain


def test_the_manifest_lists_the_catalogue_with_the_media_types_by_which_portals_know_it(snapshot: Snapshot) -> None:
    found = {one.path: (one.content, one.media_type) for one in snapshot.manifest.files if one.path in FORMS}
    assert found == {
        "data.json": ("catalogue", "application/json"),
        "data.v3.json": ("catalogue", "application/json"),
        "catalog.jsonld": ("catalogue", "application/ld+json"),
        "catalog.ttl": ("catalogue", "text/turtle"),
        "datapackage.json": ("catalogue", "application/json"),
    }


def test_what_is_referred_to_is_there(snapshot: Snapshot) -> None:
    files = {one.path for one in snapshot.manifest.files} | {"manifest.json", "", "dataset/ocds"}
    text = "".join((snapshot.path / form).read_text(encoding="utf-8") for form in FORMS)
    paths = {urlsplit(address).path.removeprefix("/contracting/") for address in re.findall(rf"{BASE}[^\"\s>#]*", text)}
    # Distributions have URIs of their own below the dataset's.
    assert {path for path in paths if not path.startswith("dataset/ocds/")} - files == set()
    assert {"policy.html", "policy.es.html", "dictionary.html", "dictionary.es.html"} <= paths


def test_the_catalogue_is_the_same_bytes_whatever_the_order_of_hashes(snapshot: Snapshot, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from catalogue_files import publish;"
        "print(publish(Path(sys.argv[1])).path)"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        again = Path(done.stdout.strip())
        for name in (*FORMS, "index.html", "policy.html", "dictionary.es.html"):
            assert (again / name).read_bytes() == (snapshot.path / name).read_bytes(), name


# DCAT-US --------------------------------------------------------------------------------------------------------------


if OFFICIAL.is_dir():

    def test_the_official_schema_of_dcat_us_1_1_finds_no_fault(snapshot: Snapshot) -> None:
        base = "https://project-open-data.cio.gov/v1.1/schema/"
        loaded = {path.name: json.loads(path.read_bytes()) for path in (OFFICIAL / "dcat-us-1.1").glob("*.json")}
        # The codes of federal agencies are for federal agencies.
        loaded["dataset.json"]["required"] = [
            name for name in loaded["dataset.json"]["required"] if name not in ("bureauCode", "programCode")
        ]
        resources = [
            (base + name + end, Resource.from_contents(schema, DRAFT4))
            for name, schema in loaded.items()
            for end in ("", "#")
        ]
        validator = Draft4Validator(
            loaded["catalog.json"], registry=Registry().with_resources(resources),
            format_checker=Draft4Validator.FORMAT_CHECKER,
        )  # fmt: skip
        found = read(snapshot.path, "data.json")
        assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)] == []
        found["dataset"][0]["contactPoint"]["hasEmail"] = "opendata@lindenau.example"
        assert len(list(validator.iter_errors(found))) == 1


TEXT = {"type": "string", "minLength": 1}
DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
IRI = {"type": "string", "pattern": "^https?://"}


def _object(kind: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["@type", *required],
        "properties": {"@type": {"const": kind}, "@id": IRI, **properties},
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


IDENTIFIER = _object("Identifier", ["notation"], notation=TEXT)
STANDARD = _object("Standard", ["title"], title=TEXT, identifier=IDENTIFIER)
DOCUMENT = _object("Document", ["title", "accessURL"], title=TEXT, accessURL=IRI)
MAP = {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "minProperties": 1}
CHECKSUM = _object(
    "Checksum",
    ["algorithm", "checksumValue"],
    algorithm=TEXT,
    checksumValue={"type": "string", "pattern": "^[0-9a-f]{64}$"},
)
DISTRIBUTION = _object(
    "Distribution", ["title", "downloadURL", "mediaType"],
    title=TEXT, description=TEXT, accessURL=IRI, downloadURL=IRI,
    mediaType={"pattern": r"^[a-z]+/[-+.\w]+$"}, format=TEXT,
    byteSize={"type": "string", "pattern": "^[0-9]+$"}, license=TEXT, modified=DAY, checksum=CHECKSUM,
    compressFormat=TEXT, packageFormat=TEXT, conformsTo=_list(STANDARD), describedBy={"type": "object"},
)  # fmt: skip
# What the schemas of https://github.com/GSA/dcat-us demand of the fields that are in use, in our own words.
DCAT_US_3 = _object(
    "Catalog", ["title", "description", "publisher", "dataset"],
    title=TEXT, titleMap=MAP, description=TEXT, descriptionMap=MAP,
    publisher=_object("Agent", ["name"], name=TEXT), homepage=DOCUMENT,
    language=_list({"type": "string", "pattern": "^[a-z]{2}$"}), modified=DAY, conformsTo=STANDARD,
    dataset=_list(
        _object(
            "Dataset", ["title", "description", "publisher", "contactPoint", "identifier"],
            title=TEXT, titleMap=MAP, description=TEXT, descriptionMap=MAP, identifier=IDENTIFIER,
            keyword=_list(TEXT), keywordMap={**MAP, "additionalProperties": _list(TEXT)},
            publisher=_object("Organization", ["name"], name=TEXT),
            contactPoint=_list(
                _object("Kind", ["fn", "hasEmail"], fn=TEXT, hasEmail={"type": "string", "pattern": "^mailto:.+@.+$"})
            ),
            issued=DAY, modified=DAY, accessRights=TEXT, rights=_list(TEXT),
            accrualPeriodicity={
                "anyOf": [
                    {"enum": ["daily", "weekly", "monthly", "quarterly", "annually", "irregular"]},
                    {"type": "string", "pattern": "^R/P.+$"},
                ]
            },
            language=_list({"type": "string", "pattern": "^[a-z]{2}$"}),
            landingPage=DOCUMENT, conformsTo=_list(STANDARD),
            spatial=_list(_object("Location", ["prefLabel"], prefLabel=TEXT)),
            temporal=_list(_object("PeriodOfTime", ["startDate", "endDate"], startDate=DAY, endDate=DAY)),
            version=TEXT, page=_list(DOCUMENT), describedBy=DISTRIBUTION, distribution=_list(DISTRIBUTION),
        )
    ),
)  # fmt: skip


def test_the_catalogue_obeys_dcat_us_3(snapshot: Snapshot) -> None:
    validator = Draft202012Validator(DCAT_US_3)
    found = read(snapshot.path, "data.v3.json")
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)] == []
    dataset = found["dataset"][0]
    assert dataset["identifier"]["notation"] == DATASET
    assert dataset["titleMap"] == {"es": "Registros de contratación de Ciudad de Lindenau (OCDS)"}
    for broken in ({"identifier": DATASET}, {"accrualPeriodicity": "now and then"}, {"issued": "R/P1D"}):
        changed = {**found, "dataset": [{**dataset, **broken}]}
        assert len(list(validator.iter_errors(changed))) == 1, broken


def test_both_versions_of_dcat_us_say_the_same(snapshot: Snapshot) -> None:
    [first], [third] = (read(snapshot.path, name)["dataset"] for name in ("data.json", "data.v3.json"))
    assert (first["identifier"], first["title"], first["description"]) == (
        third["identifier"]["notation"], third["title"], third["description"],
    )  # fmt: skip
    assert first["temporal"] == "/".join(third["temporal"][0].values()).removeprefix("PeriodOfTime/")
    assert first["references"] == [one["accessURL"] for one in third["page"]]
    assert [one["downloadURL"] for one in first["distribution"]] == [
        one["downloadURL"] for one in third["distribution"]
    ]
    assert (first["issued"], first["modified"]) == (third["issued"], third["modified"]) == ("2026-03-01", "2026-03-01")


# Data Package ---------------------------------------------------------------------------------------------------------


if OFFICIAL.is_dir():

    def test_the_official_profile_of_data_packages_finds_no_fault(snapshot: Snapshot) -> None:
        profile = json.loads((OFFICIAL / "datapackage-2.0/datapackage.json").read_bytes())
        validator = Draft7Validator(profile, format_checker=Draft7Validator.FORMAT_CHECKER)
        found = read(snapshot.path, "datapackage.json")
        assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)] == []
        del found["resources"][0]["path"]
        assert list(validator.iter_errors(found))
