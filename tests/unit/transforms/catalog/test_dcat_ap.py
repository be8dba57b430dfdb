"""The graph of DCAT-AP has a URI for every node, whatever a city's texts are."""

import json
from typing import Any

import pytest
from made_up_catalogue import HOSTILE, described, without_files
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from transforms.catalog import catalog_jsonld, catalog_ttl
from transforms.catalog.described import Described


def parsed(made: Described) -> Graph:
    return Graph().parse(data=catalog_ttl(made), format="turtle")


def test_both_forms_name_the_same_nodes() -> None:
    nodes = {node["@id"] for node in json.loads(catalog_jsonld(described()))["@graph"]}
    assert nodes == {str(subject) for subject in parsed(described()).subjects()}


def test_the_uri_of_the_dataset_stays_whatever_changes() -> None:
    changes: list[dict[str, Any]] = [{}, {"languages": ("es",)}, {"publisher_name": "Other"}, {"synthetic": False}]
    found = {str(one) for change in changes for one in parsed(described(**change)).subjects(RDF.type, DCAT.Dataset)}
    assert found == {"https://data.lindenau.example/contracting/dataset/ocds"}


@pytest.mark.parametrize("field", ["publisher_name", "licence_name", "contact_name"])
def test_texts_are_kept_as_they_are(field: str) -> None:
    assert HOSTILE in {str(value) for value in parsed(described(**{field: HOSTILE})).objects()}


@pytest.mark.parametrize("field", ["publisher_uri", "licence_uri", "publication_policy", "contact_email"])
def test_an_address_that_is_no_iri_becomes_one_in_both_forms(field: str) -> None:
    made = described(**{field: 'https://x.example/a b"<c>{d}|e^`\\'})
    address = "https://x.example/a%20b%22%3Cc%3E%7Bd%7D%7Ce%5E%60%5C"
    assert any(str(one).endswith(address) for one in parsed(made).objects())
    assert address in catalog_jsonld(made).decode()


def test_checksums_are_in_small_letters() -> None:
    assert ("0a" * 32).encode() in catalog_ttl(described())
    assert ("0A" * 32).encode() not in catalog_ttl(described())


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        ("es", "http://publications.europa.eu/resource/authority/language/SPA"),
        ("yi", "http://id.loc.gov/vocabulary/iso639-1/yi"),
    ],
)
def test_every_language_has_a_uri(code: str, uri: str) -> None:
    found = parsed(described(source_language=code))
    [dataset] = found.subjects(RDF.type, DCAT.Dataset)
    assert found.value(dataset, DCTERMS.language) == URIRef(uri)
    assert (URIRef(uri), RDF.type, DCTERMS.LinguisticSystem) in found


def test_nothing_published_is_a_dataset_without_distributions() -> None:
    found = parsed(described(without_files()))
    assert set(found.subjects(RDF.type, DCAT.Dataset))
    assert not set(found.subjects(RDF.type, DCAT.Distribution))
