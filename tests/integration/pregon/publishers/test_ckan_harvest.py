"""A portal that harvests our catalogue with ckanext-dcat gets the dataset that the catalogue describes.

What reads it is the parser of the real harvester, in CKAN's own environment; what it makes of it CKAN accepts.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from servers.portal import ORGANIZATION, CkanPortal

from pregon.publication.build import Snapshot

from .conftest import OFFICIAL, Publish

pytestmark = pytest.mark.integration

IANA = "https://www.iana.org/assignments/media-types/"
TITLES = {"City of Lindenau contracting records (OCDS)", "Registros de contratación de Ciudad de Lindenau (OCDS)"}


@pytest.fixture
def settings(portal: CkanPortal, tmp_path: Path) -> Path:
    """Settings of the portal with a list of licences by their own addresses, which CKAN's list has not."""
    licence = {
        "id": "cc-zero", "title": "CC0", "url": OFFICIAL.licence_uri, "status": "active", "family": "",
        "maintainer": "",
        "domain_content": True, "domain_data": True, "domain_software": True, "od_conformance": "approved",
        "osd_conformance": "not reviewed", "is_generic": False, "is_okd_compliant": True, "is_osi_compliant": False,
    }  # fmt: skip
    (tmp_path / "licences.json").write_text(json.dumps([licence]))
    found = tmp_path / "harvest.ini"
    address = (tmp_path / "licences.json").as_uri()
    text = portal.settings.read_text().replace("use = egg:ckan\n", f"use = egg:ckan\nlicenses_group_url = {address}\n")
    found.write_text(text)
    return found


def harvested(portal: CkanPortal, settings: Path, file: Path, form: str) -> dict[str, Any]:
    """What ckanext-dcat makes of a catalogue, created on the portal as its harvester does."""
    done = subprocess.run(
        [portal.python.parent / "ckan", "-c", settings, "dcat", "consume", file, "-f", form],
        cwd=settings.parent, check=False, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (dataset,) = json.loads(done.stdout)
    created: dict[str, Any] = portal.action(
        "package_create", **{**dataset, "name": f"harvested-{form}", "owner_org": ORGANIZATION}
    )
    return created


def agrees(found: dict[str, Any], made: Snapshot) -> None:
    extras = {one["key"]: one["value"] for one in found["extras"]}
    assert found["title"] in TITLES
    assert found["license_id"] == "cc-zero"
    assert extras["uri"] == extras["identifier"] == OFFICIAL.url("dataset/ocds")
    assert json.loads(extras["language"]) == ["http://publications.europa.eu/resource/authority/language/ENG"]
    assert extras["frequency"].endswith("/DAILY")
    assert extras["publisher_name"] == "City of Lindenau"
    assert (extras["temporal_start"][:10], extras["temporal_end"][:10]) == ("2024-01-01", "2026-12-31")
    assert extras["contact_email"].removeprefix("mailto:") == "opendata@lindenau.example"
    assert {"procurement", "contratación pública"} <= {one["name"] for one in found["tags"]}
    held = {one["url"].removeprefix(OFFICIAL.url()): one for one in found["resources"]}
    files = {one.path: one for one in made.manifest.files}
    assert {"bulk/tables/full.xlsx", "bulk/releases/2026.json.zip", "bulk/compiled/full.jsonl.gz"} <= set(held)
    assert set(held) <= set(files)
    for path, one in held.items():
        assert (int(one["size"]), one["hash"]) == (files[path].bytes, files[path].sha256)
        assert (one["mimetype"].removeprefix(IANA), one["format"]) == (files[path].media_type, files[path].format)
    packages = {path for path in held if path.endswith(".json.zip")}
    assert packages == {path for path, one in held.items() if one["format"] == "JSON"}, "collectors take exactly these"


def test_both_forms_of_the_catalogue_become_the_dataset_that_they_describe(
    portal: CkanPortal, settings: Path, publish: Publish
) -> None:
    made = publish()
    for form in ("jsonld", "ttl"):
        agrees(harvested(portal, settings, made.path / f"catalog.{form}", form), made)
