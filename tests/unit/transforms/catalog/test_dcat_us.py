"""`data.json` is a valid DCAT-US 1.1 catalogue that agrees with the manifest."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from made_up_publication import PUBLICATION, MemorySource, made_up_source

from pregon.publication.build import build_snapshot
from transforms.catalog import Described, data_json

TEXT = {"type": "string", "minLength": 1}
DAY = r"^\d{4}-\d{2}-\d{2}$"
# What the Project Open Data schema v1.1 demands, in our own words; its federal codes are for federal agencies only.
CATALOGUE: dict[str, Any] = {
    "type": "object",
    "required": ["conformsTo", "dataset"],
    "properties": {
        "@type": {"const": "dcat:Catalog"},
        "conformsTo": {"const": "https://project-open-data.cio.gov/v1.1/schema"},
        "describedBy": {"type": "string", "format": "uri"},
        "dataset": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": [
                    "title",
                    "description",
                    "keyword",
                    "modified",
                    "publisher",
                    "contactPoint",
                    "identifier",
                    "accessLevel",
                ],
                "properties": {
                    "@type": {"const": "dcat:Dataset"},
                    "title": TEXT,
                    "description": TEXT,
                    "identifier": TEXT,
                    "keyword": {"type": "array", "minItems": 1, "items": TEXT},
                    "modified": {"type": "string", "pattern": DAY},
                    "accessLevel": {"enum": ["public", "restricted public", "non-public"]},
                    "rights": {**TEXT, "maxLength": 255},
                    "license": {"type": "string", "format": "uri"},
                    "landingPage": {"type": "string", "format": "uri"},
                    "accrualPeriodicity": {"type": "string", "pattern": r"^R/P\d+[YMWD]$|^irregular$"},
                    "temporal": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}$"},
                    "language": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"}},
                    "references": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"format": "uri"}},
                    "publisher": {"required": ["name"], "properties": {"name": TEXT}},
                    "contactPoint": {
                        "required": ["fn", "hasEmail"],
                        "properties": {"fn": TEXT, "hasEmail": {"pattern": "^mailto:.+@.+$"}},
                    },
                    "distribution": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": True,
                        "items": {
                            "required": ["downloadURL", "mediaType", "format", "title"],
                            "properties": {
                                "@type": {"const": "dcat:Distribution"},
                                "downloadURL": {"type": "string", "format": "uri"},
                                "mediaType": {"pattern": r"^[-\w]+/[-\w]+(\.[-\w]+)*([+][-\w]+)?$"},
                                "byteSize": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
            },
        },
    },
}


def catalogue(folder: Path, source: MemorySource, **changes: Any) -> tuple[dict[str, Any], Any]:
    publication = replace(PUBLICATION, **changes)
    snapshot = build_snapshot(folder, source, publication, as_of=datetime(2026, 3, 2, tzinfo=UTC), code_version="1")
    found: dict[str, Any] = json.loads((snapshot.path / "data.json").read_bytes())
    return found, snapshot.manifest


def test_the_catalogue_is_valid(tmp_path: Path) -> None:
    validator = Draft202012Validator(CATALOGUE, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found, _ = catalogue(tmp_path, made_up_source())
    assert list(validator.iter_errors(found)) == []
    found["dataset"][0]["landingPage"] = "not a URL"
    assert len(list(validator.iter_errors(found))) == 1


def test_each_bulk_file_is_one_distribution(tmp_path: Path) -> None:
    found, manifest = catalogue(tmp_path, made_up_source())
    listed = {one["downloadURL"]: one for one in found["dataset"][0]["distribution"]}
    # Parquet has a file for each table: those of all years are listed, those of single years are not. Nor are months.
    bulk = [
        one
        for one in manifest.files
        if one.path.startswith("bulk/")
        and (one.format != "Parquet" or one.segment == "full")
        and not re.fullmatch(r"[0-9]{4}-[0-9]{2}", one.segment)
    ]
    assert any(re.fullmatch(r"[0-9]{4}-[0-9]{2}", one.segment) for one in manifest.files)
    assert len(listed) == len(bulk) == len({one["title"] for one in listed.values()})
    for one in bulk:
        entry = listed[f"https://data.lindenau.example/contracting/{one.path}"]
        assert (entry["byteSize"], entry["mediaType"]) == (one.bytes, one.media_type)
        # Collectors take every resource labelled JSON for an OCDS package.
        assert (entry["format"] == "JSON") == one.path.endswith(".json.zip")


def test_the_dataset_says_what_it_is(tmp_path: Path) -> None:
    found, _ = catalogue(tmp_path, made_up_source())
    dataset = found["dataset"][0]
    assert dataset["modified"] == "2026-03-01"
    assert dataset["temporal"] == "2024-01-01/2026-12-31"
    assert dataset["describedBy"] == "https://data.lindenau.example/contracting/dictionary.en.csv"
    assert "synthetic" in dataset["description"]
    assert "unofficial" in dataset["description"]
    real, _ = catalogue(tmp_path / "b", made_up_source(), synthetic=False, ocid_prefix="ocds-abc123")
    assert "synthetic" not in real["dataset"][0]["description"]


def test_the_first_language_is_that_of_the_titles(tmp_path: Path) -> None:
    found, _ = catalogue(tmp_path, made_up_source(), languages=("es", "en"))
    assert found["dataset"][0]["title"] == "Registros de contratación de Ciudad de Lindenau (OCDS)"


@pytest.mark.parametrize("base", ["https://x.example/a", "https://x.example/a/"])
def test_addresses_have_one_slash(tmp_path: Path, base: str) -> None:
    found, manifest = catalogue(tmp_path, MemorySource(), base_url=base)
    assert found["@id"] == "https://x.example/a/data.json"
    assert "distribution" not in json.loads(data_json(Described(manifest, PUBLICATION)))["dataset"][0]
