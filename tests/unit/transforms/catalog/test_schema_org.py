"""What search engines read can stand in a page, and says what they ask for."""

import json

import pytest
from made_up_catalogue import HOSTILE, described, without_files

from transforms.catalog import dataset_json


def test_it_has_what_search_engines_ask_for_in_each_language() -> None:
    for language, other in (("en", "https://data.lindenau.example/contracting/index.es.html"),
                            ("es", "https://data.lindenau.example/contracting/")):  # fmt: skip
        found = json.loads(dataset_json(described(), language))
        assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
        assert 50 <= len(found["description"]) <= 5_000
        assert found["sameAs"] == [other]
        assert (found["datePublished"], found["dateModified"]) == ("2025-01-01", "2026-03-01")
        assert found["temporalCoverage"] == "2024-01-01/2025-12-31"
        assert found["license"].startswith("https://")
        assert found["variableMeasured"] == ["ocid", "tender/value/amount", "tender/hasEnquiries"]
    assert "Registros de contratación" in json.loads(dataset_json(described(), "es"))["name"]


def test_only_whole_files_are_named() -> None:
    found = json.loads(dataset_json(described(), "en"))
    assert [one["contentUrl"].rpartition("/")[2] for one in found["distribution"]] == [
        "full.xlsx", "full.csv.zip", "full.jsonl.gz", "full-001.json.zip", "full-002.json.zip",
    ]  # fmt: skip
    assert all(len(one["sha256"]) == 64 and one["contentSize"] == "1000 B" for one in found["distribution"])


@pytest.mark.parametrize("field", ["publisher_name", "licence_uri", "contact_name", "contact_email"])
def test_no_text_ends_the_element_it_stands_in(field: str) -> None:
    text = dataset_json(described(**{field: HOSTILE}), "en")
    assert not set("<>&\u2028\u2029") & set(text)
    assert HOSTILE in json.dumps(json.loads(text), ensure_ascii=False).encode().decode().replace('\\"', '"')


def test_a_long_description_is_cut() -> None:
    found = json.loads(dataset_json(described(name={"en": "Long" * 2_000}), "en"))
    assert len(found["description"]) == 5_000


def test_what_is_not_there_is_absent() -> None:
    found = json.loads(dataset_json(described(without_files(), languages=("en",)), "en"))
    assert {"sameAs", "distribution", "temporalCoverage", "variableMeasured", "datePublished"}.isdisjoint(found)
