"""rdflib reads both forms of the DCAT-AP catalogue as one graph, which obeys the rules of DCAT-AP 3."""

import pyshacl
import pytest
from catalogue_files import DATASET, OFFICIAL, graph, publish
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SH, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from pregon.publication.build import Snapshot

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
SPDX = Namespace("http://spdx.org/rdf/terms#")

# The rules of DCAT-AP 3.0 (https://semiceu.github.io/DCAT-AP/releases/3.0.0/) for the classes in use: what is mandatory
# or recommended, how often it may occur, and what it has to be.
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix r5r: <http://data.europa.eu/r5r/> .
@prefix : <urn:shapes:> .

:Catalogue a sh:NodeShape ; sh:targetClass dcat:Catalog ; sh:nodeKind sh:IRI ;
  sh:property [ sh:path dct:title ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dct:description ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dcat:dataset ; sh:minCount 1 ; sh:class dcat:Dataset ] ;
  sh:property [ sh:path foaf:homepage ; sh:maxCount 1 ; sh:class foaf:Document ] ;
  sh:property [ sh:path dct:license ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ;
  sh:property [ sh:path dct:language ; sh:minCount 2 ; sh:class dct:LinguisticSystem ] ;
  sh:property [ sh:path dct:issued ; sh:maxCount 1 ; sh:datatype xsd:date ] ;
  sh:property [ sh:path dct:modified ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] .

:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:nodeKind sh:IRI ;
  sh:property [ sh:path dct:title ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dct:description ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dcat:keyword ; sh:minCount 2 ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dct:identifier ; sh:minCount 1 ; sh:maxCount 1 ] ;
  sh:property [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dcat:contactPoint ; sh:minCount 1 ; sh:class vcard:Kind ] ;
  sh:property [ sh:path dcat:theme ; sh:minCount 1 ; sh:class skos:Concept ] ;
  sh:property [ sh:path dct:spatial ; sh:minCount 1 ; sh:class dct:Location ] ;
  sh:property [ sh:path dct:temporal ; sh:minCount 1 ; sh:class dct:PeriodOfTime ] ;
  sh:property [ sh:path dcat:distribution ; sh:minCount 1 ; sh:class dcat:Distribution ] ;
  sh:property [ sh:path dct:accessRights ; sh:maxCount 1 ; sh:class dct:RightsStatement ] ;
  sh:property [ sh:path dct:accrualPeriodicity ; sh:maxCount 1 ; sh:class dct:Frequency ] ;
  sh:property [ sh:path dct:conformsTo ; sh:class dct:Standard ] ;
  sh:property [ sh:path dct:language ; sh:class dct:LinguisticSystem ] ;
  sh:property [ sh:path dcat:landingPage ; sh:class foaf:Document ] ;
  sh:property [ sh:path foaf:page ; sh:class foaf:Document ] ;
  sh:property [ sh:path dct:issued ; sh:maxCount 1 ; sh:datatype xsd:date ] ;
  sh:property [ sh:path dct:modified ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] .

:Distribution a sh:NodeShape ; sh:targetClass dcat:Distribution ; sh:nodeKind sh:IRI ;
  sh:property [ sh:path dct:title ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dct:description ; sh:minCount 2 ; sh:uniqueLang true ; sh:languageIn ( "en" "es" ) ] ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dcat:downloadURL ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dcat:byteSize ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ] ;
  sh:property [ sh:path dcat:mediaType ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:MediaType ] ;
  sh:property [ sh:path dct:format ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:MediaTypeOrExtent ] ;
  sh:property [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ;
  sh:property [ sh:path r5r:availability ; sh:minCount 1 ; sh:maxCount 1 ; sh:class skos:Concept ] ;
  sh:property [ sh:path spdx:checksum ; sh:minCount 1 ; sh:maxCount 1 ; sh:class spdx:Checksum ] ;
  sh:property [ sh:path dcat:compressFormat ; sh:maxCount 1 ; sh:class dct:MediaType ] ;
  sh:property [ sh:path dcat:packageFormat ; sh:maxCount 1 ; sh:class dct:MediaType ] ;
  sh:property [ sh:path dct:conformsTo ; sh:class dct:Standard ] ;
  sh:property [ sh:path dct:modified ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] .

:Checksum a sh:NodeShape ; sh:targetClass spdx:Checksum ;
  sh:property [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:maxCount 1 ; sh:class spdx:ChecksumAlgorithm ] ;
  sh:property [ sh:path spdx:checksumValue ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:hexBinary ;
                sh:pattern "^[0-9a-f]{64}$" ] .

:Agent a sh:NodeShape ; sh:targetClass foaf:Agent ; sh:property [ sh:path foaf:name ; sh:minCount 1 ] .
:Kind a sh:NodeShape ; sh:targetClass vcard:Kind ;
  sh:property [ sh:path vcard:fn ; sh:minCount 1 ] ;
  sh:property [ sh:path vcard:hasEmail ; sh:minCount 1 ; sh:nodeKind sh:IRI ] .
:Concept a sh:NodeShape ; sh:targetClass skos:Concept ; sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ] .
:Period a sh:NodeShape ; sh:targetClass dct:PeriodOfTime ;
  sh:property [ sh:path dcat:startDate ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] ;
  sh:property [ sh:path dcat:endDate ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] .
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return publish(tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="module")
def found(snapshot: Snapshot) -> Graph:
    return graph(snapshot.path / "catalog.ttl")


def test_json_ld_and_turtle_are_one_graph_without_blank_nodes(snapshot: Snapshot, found: Graph) -> None:
    other = graph(snapshot.path / "catalog.jsonld")
    assert len(found) > 500
    assert isomorphic(found, other)
    assert not any(isinstance(term, BNode) for triple in found for term in triple)


def _faults(data: Graph, shapes: Graph, inference: str = "none") -> set[tuple[str, str]]:
    """Path and value of every violation."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference=inference)
    assert isinstance(report, Graph)
    return {
        (
            str(report.value(one, SH.resultPath)).rpartition("/")[2].rpartition("#")[2],
            str(report.value(one, SH.focusNode)),
        )
        for one in report.subjects(SH.resultSeverity, SH.Violation)
    }


def test_the_graph_obeys_dcat_ap(found: Graph) -> None:
    shapes = Graph().parse(data=SHAPES, format="turtle")
    assert _faults(found, shapes) == set()
    broken = Graph() + found
    some = URIRef(f"{DATASET}/tables/full.csv.zip")
    broken.remove((some, DCAT.accessURL, None))
    broken.set((some, DCTERMS.license, Literal("CC0")))
    assert _faults(broken, shapes) == {("accessURL", str(some)), ("license", str(some))}


if OFFICIAL.is_dir():

    def test_the_official_shapes_find_no_fault(found: Graph) -> None:
        folder = OFFICIAL / "dcat-ap-3"
        assert _faults(found, Graph().parse(folder / "range.ttl")) == set()
        # They ask of each value that it is an rdfs:Resource, which it is by inference alone.
        assert _faults(found, Graph().parse(folder / "dcat-ap-SHACL.ttl"), "rdfs") == set()
        # An older set still asks for sizes as xsd:decimal.
        assert {path for path, _ in _faults(found, Graph().parse(folder / "shapes.ttl"))} <= {"byteSize"}


def test_a_harvester_like_ckanext_dcat_finds_what_it_makes_a_dataset_of(found: Graph) -> None:
    [dataset] = found.subjects(RDF.type, DCAT.Dataset)
    assert str(dataset) == DATASET == str(found.value(dataset, DCTERMS.identifier))
    assert {title.language for title in found.objects(dataset, DCTERMS.title) if isinstance(title, Literal)} == {
        "en",
        "es",
    }
    contact = found.value(dataset, DCAT.contactPoint)
    assert str(found.value(contact, VCARD.fn)) == "Procurement Office"
    assert str(found.value(contact, VCARD.hasEmail)) == "mailto:opendata@lindenau.example"
    publisher = found.value(dataset, DCTERMS.publisher)
    assert str(found.value(publisher, FOAF.name)) == "City of Lindenau"
    assert found.value(publisher, FOAF.mbox)
    period = found.value(dataset, DCTERMS.temporal)
    assert [str(found.value(period, one)) for one in (DCAT.startDate, DCAT.endDate)] == ["2024-01-01", "2026-12-31"]
    assert found.value(found.value(dataset, DCTERMS.spatial), SKOS.prefLabel)
    formats = {}
    for one in found.objects(dataset, DCAT.distribution):
        kind = found.value(one, DCTERMS.format)
        # The first class that a node has is all that the harvester looks at.
        assert next(found.objects(kind, RDF.type)) == DCTERMS.IMT
        formats[str(found.value(one, DCAT.downloadURL)).rpartition("/contracting/")[2]] = str(
            found.value(kind, RDFS.label)
        )
    assert formats["bulk/tables/full.csv.zip"] == "CSV"
    # Collectors of OCDS data take resources labelled exactly JSON for packages.
    assert {path for path, label in formats.items() if label == "JSON"} == {
        path for path in formats if path.endswith(".json.zip")
    }
    assert {str(one) for one in found.objects(predicate=SPDX.algorithm)} == {f"{SPDX}checksumAlgorithm_sha256"}
