"""`data.v3.json` says in the first language what it says, and in maps what it says in the others."""

import json
from typing import Any

import pytest
from made_up_catalogue import described, without_files

from transforms.catalog import data_v3_json
from transforms.snapshot import Manifest


def dataset(manifest: Manifest | None = None, **changes: Any) -> dict[str, Any]:
    made = described(manifest, **changes) if manifest else described(**changes)
    [found] = json.loads(data_v3_json(made))["dataset"]
    return dict(found)


def test_other_languages_stand_in_maps() -> None:
    found = dataset()
    assert found["title"] == "City of Lindenau contracting records (OCDS)"
    assert found["titleMap"] == {"es": "Registros de contratación de Ciudad de Lindenau (OCDS)"}
    assert "compras públicas" in found["keywordMap"]["es"]
    assert set(dataset(languages=("es", "en"))["titleMap"]) == {"en"}
    assert "titleMap" not in dataset(languages=("en",))


@pytest.mark.parametrize(
    ("interval", "word"), [("R/P1D", "daily"), ("R/P1W", "weekly"), ("irregular", "irregular"), ("R/P2D", "R/P2D")]
)
def test_the_frequency_is_a_word_where_there_is_one(interval: str, word: str) -> None:
    assert dataset(accrual_periodicity=interval)["accrualPeriodicity"] == word


def test_a_distribution_has_licence_checksum_and_size() -> None:
    [csv] = [one for one in dataset()["distribution"] if one["format"] == "CSV"]
    assert csv["checksum"] == {"@type": "Checksum", "algorithm": "SHA-256", "checksumValue": "0a" * 32}
    assert (csv["byteSize"], csv["license"]) == ("1000", "https://creativecommons.org/publicdomain/zero/1.0/")
    assert csv["packageFormat"] == "application/zip"
    assert csv["describedBy"]["downloadURL"].endswith("/datapackage.json")


def test_what_is_not_there_is_absent() -> None:
    assert {"distribution", "temporal", "issued", "describedBy"}.isdisjoint(dataset(without_files()))
