"""The catalogue as DCAT-AP 3 in JSON-LD and in Turtle: the same graph.

Rules: https://semiceu.github.io/DCAT-AP/releases/3.0.0/. Every node has a URI, none is blank: so the graph is the same
each time it is written, and a portal knows again what it harvested. Each resource that is referred to says what it is,
because the ranges of DCAT-AP ask for it.

Two choices are made for portals that run ckanext-dcat: a format is a node of the older class `dct:IMT` too, whose label
becomes the format of the resource (a bare URI would), and the media type is the one that the server sends, so that an
archive is not taken for the file in it; what is around the file is in `dcat:compressFormat` and `dcat:packageFormat`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from transforms.catalog.described import OCDS, Described, Distribution

if TYPE_CHECKING:
    from rdflib import Literal, URIRef

CATALOG_JSONLD = "catalog.jsonld"
CATALOG_TTL = "catalog.ttl"

_AUTHORITY = "http://publications.europa.eu/resource/authority"
_SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
_IANA = "https://www.iana.org/assignments/media-types/"

_CONTEXT: dict[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_FREQUENCIES = {
    "R/P1D": "DAILY",
    "R/P1W": "WEEKLY",
    "R/P1M": "MONTHLY",
    "R/P3M": "QUARTERLY",
    "R/P1Y": "ANNUAL",
    "irregular": "IRREG",
}
_LANGUAGES = {"en": "ENG", "es": "SPA", "fr": "FRA", "pt": "POR", "de": "DEU", "it": "ITA", "ca": "CAT"}
"""Those of the European authority list that cities have asked for; others go by the Library of Congress."""

_THEMES = {"GOVE": "government", "ECON": "economy"}

_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|\\^`]")

Node = dict[str, Any]


def catalog_jsonld(described: Described) -> bytes:
    """Write the catalogue as JSON-LD, its context within it."""
    graph = [_with_iris(node) for node in _nodes(described)]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1).encode() + b"\n"


def catalog_ttl(described: Described) -> bytes:
    """Write the same graph as Turtle."""
    from rdflib import RDF, Graph, URIRef

    graph = Graph(bind_namespaces="none")
    for prefix, namespace in _CONTEXT.items():
        graph.bind(prefix, namespace)
    for node in map(_with_iris, _nodes(described)):
        subject = URIRef(node["@id"])
        for name, values in node.items():
            for value in values if isinstance(values, list) else [values]:
                if name == "@type":
                    graph.add((subject, RDF.type, URIRef(_expanded(value))))
                elif name != "@id":
                    graph.add((subject, URIRef(_expanded(name)), _term(value)))
    return graph.serialize(format="turtle", encoding="utf-8")


def _term(value: "str | Mapping[str, str]") -> "URIRef | Literal":
    """Give the term of RDF for a value of JSON-LD."""
    from rdflib import Literal, URIRef

    if isinstance(value, str):
        return Literal(value)
    if "@id" in value:
        return URIRef(value["@id"])
    if "@language" in value:
        return Literal(value["@value"], lang=value["@language"])
    # As it is written: rdflib would write a checksum in capitals.
    return Literal(value["@value"], datatype=URIRef(_expanded(value["@type"])), normalize=False)


def _expanded(name: str) -> str:
    prefix, _, rest = name.partition(":")
    return f"{_CONTEXT[prefix]}{rest}"


def _with_iris(node: Node) -> Node:
    """Give a node whose references are IRIs: an address may hold signs that no IRI has, and Turtle can't be written."""
    return {name: _iri(value) if name == "@id" else _with_iri(value) for name, value in node.items()}


def _with_iri(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_iri(one) for one in value]
    return _to(_iri(value["@id"])) if isinstance(value, dict) and "@id" in value else value


def _iri(address: str) -> str:
    """Write the signs that RFC 3987 keeps out of an IRI as their percent-encoded bytes."""
    return _NOT_IN_IRIS.sub(lambda found: quote(found[0]), address)


def _nodes(described: Described) -> Iterator[Node]:
    publication, manifest = described.publication, described.manifest
    shared = list(_shared(described))
    yield {
        "@id": f"{described.uri}#catalog",
        "@type": "dcat:Catalog",
        "dct:title": _said(described.titles),
        "dct:description": _said(described.descriptions),
        "dct:publisher": _to(publication.publisher_uri),
        "foaf:homepage": _to(publication.url()),
        "dct:language": [_to(language_uri(one)) for one in publication.languages],
        "dct:license": _to(publication.licence_uri),
        "dct:modified": _date(described.modified),
        **({"dct:issued": _date(described.issued)} if described.issued else {}),
        "dcat:themeTaxonomy": _to(f"{_AUTHORITY}/data-theme"),
        "dct:spatial": _to(_place(described)),
        "dcat:dataset": _to(described.uri),
    }
    dataset: Node = {
        "@id": described.uri,
        "@type": "dcat:Dataset",
        "dct:identifier": described.uri,
        "dct:title": _said(described.titles),
        "dct:description": _said(described.descriptions),
        "dcat:keyword": [
            {"@value": word, "@language": language} for language, words in described.keywords.items() for word in words
        ],
        "dct:publisher": _to(publication.publisher_uri),
        "dcat:contactPoint": _to(f"{described.uri}#contact"),
        "dct:modified": _date(described.modified),
        **({"dct:issued": _date(described.issued)} if described.issued else {}),
        "dct:accrualPeriodicity": _to(frequency_uri(publication.accrual_periodicity)),
        "dct:language": _to(language_uri(publication.source_language)),
        "dct:conformsTo": _to(OCDS),
        "dct:accessRights": _to(f"{_AUTHORITY}/access-right/PUBLIC"),
        "dct:spatial": _to(_place(described)),
        "dcat:theme": [_to(f"{_AUTHORITY}/data-theme/{code}") for code in _THEMES],
        "dcat:landingPage": _to(publication.url()),
        "foaf:page": [_to(one.url) for one in described.documents],
        "owl:versionInfo": manifest.snapshot,
        "dcat:version": manifest.snapshot,
        "dcat:distribution": [_to(one.uri) for one in described.distributions],
    }
    if described.period:
        dataset["dct:temporal"] = _to(f"{described.uri}#period")
    yield dataset
    for one in described.distributions:
        yield from _distribution(one, described)
    yield from shared


def _distribution(one: Distribution, described: Described) -> Iterator[Node]:
    found: Node = {
        "@id": one.uri,
        "@type": "dcat:Distribution",
        "dct:title": _said(one.titles),
        "dct:description": _said(one.descriptions),
        "dcat:accessURL": _to(described.home(described.language)),
        "dcat:downloadURL": _to(one.url),
        "dcat:byteSize": {"@value": str(one.file.bytes), "@type": "xsd:nonNegativeInteger"},
        "dcat:mediaType": _to(_IANA + one.file.media_type),
        "dct:format": _to(_format(described, one)),
        "dct:license": _to(described.publication.licence_uri),
        "dct:modified": _date(one.file.published[:10]),
        "dct:language": _to(language_uri(described.publication.source_language)),
        "dcatap:availability": _to(f"{_AUTHORITY}/planned-availability/STABLE"),
        "spdx:checksum": _to(f"{one.uri}#sha256"),
    }
    if one.standard:
        found["dct:conformsTo"] = _to(one.standard)
    if one.compressed_as:
        found["dcat:compressFormat"] = _to(_IANA + one.compressed_as)
    if one.packaged_as:
        found["dcat:packageFormat"] = _to(_IANA + one.packaged_as)
    yield found
    yield {
        "@id": f"{one.uri}#sha256",
        "@type": "spdx:Checksum",
        "spdx:algorithm": _to(_SHA256),
        "spdx:checksumValue": {"@value": one.file.sha256, "@type": "xsd:hexBinary"},
    }


def _shared(described: Described) -> Iterator[Node]:
    """Give every node that others refer to, once."""
    publication = described.publication
    yield {
        "@id": publication.publisher_uri,
        "@type": ["foaf:Agent", "foaf:Organization"],
        "foaf:name": publication.publisher_name,
        "foaf:homepage": _to(publication.publisher_uri),
        **({"foaf:mbox": _to(f"mailto:{publication.contact_email}")} if publication.contact_email else {}),
    }
    yield {
        "@id": f"{described.uri}#contact",
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": publication.contact_name or publication.publisher_name,
        **({"vcard:hasEmail": _to(f"mailto:{publication.contact_email}")} if publication.contact_email else {}),
        "vcard:hasURL": _to(publication.url()),
    }
    if described.period:
        first, last = described.period
        yield {
            "@id": f"{described.uri}#period",
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _date(first),
            "dcat:endDate": _date(last),
        }
    names = {language: publication.name_in(language) for language in publication.languages}
    yield {"@id": _place(described), "@type": "dct:Location", "skos:prefLabel": _said(names)}
    yield {"@id": publication.licence_uri, "@type": "dct:LicenseDocument", "dct:title": publication.licence_name}
    standards = {OCDS: "Open Contracting Data Standard 1.1"}
    standards |= {one.standard: "RFC 4180" for one in described.distributions if one.standard not in (None, OCDS)}
    for uri, title in standards.items():
        yield {"@id": uri, "@type": "dct:Standard", "dct:title": title}
    yield from _documents(described)
    for one in {_format(described, one): one for one in described.distributions}.values():
        # The older class comes first: ckanext-dcat takes the first it finds.
        yield {
            "@id": _format(described, one),
            "@type": ["dct:IMT", "dct:MediaTypeOrExtent"],
            "rdfs:label": one.file.format,
        }
    media_types = {one.file.media_type for one in described.distributions}
    media_types |= {one for each in described.distributions for one in (each.compressed_as, each.packaged_as) if one}
    for media_type in sorted(media_types):
        yield {"@id": _IANA + media_type, "@type": "dct:MediaType"}
    yield from _authorities(described)


def _documents(described: Described) -> Iterator[Node]:
    pages = {described.publication.url(): described.titles}
    for one in described.documents:
        languages = [one.language] if one.language else described.publication.languages
        pages[one.url] = {language: described.words[language]["documents"][one.kind] for language in languages}
    for url, titles in pages.items():
        yield {"@id": url, "@type": "foaf:Document", "dct:title": _said(titles)}


def _authorities(described: Described) -> Iterator[Node]:
    """Say of each term of an authority list what it is: a graph that is read alone can't know."""
    publication, words = described.publication, described.words
    languages = dict.fromkeys((publication.source_language, *publication.languages))
    for uri in dict.fromkeys(map(language_uri, languages)):
        yield {"@id": uri, "@type": "dct:LinguisticSystem"}
    yield {"@id": frequency_uri(publication.accrual_periodicity), "@type": "dct:Frequency"}
    yield {"@id": f"{_AUTHORITY}/access-right/PUBLIC", "@type": "dct:RightsStatement"}
    yield {
        "@id": f"{_AUTHORITY}/data-theme",
        "@type": "skos:ConceptScheme",
        "dct:title": _said({language: texts["themes"]["scheme"] for language, texts in words.items()}),
    }
    for code, name in _THEMES.items():
        yield {
            "@id": f"{_AUTHORITY}/data-theme/{code}",
            "@type": "skos:Concept",
            "skos:prefLabel": _said({language: texts["themes"][name] for language, texts in words.items()}),
            "skos:inScheme": _to(f"{_AUTHORITY}/data-theme"),
        }
    yield {"@id": _SHA256, "@type": "spdx:ChecksumAlgorithm"}
    yield {"@id": f"{_AUTHORITY}/planned-availability/STABLE", "@type": "skos:Concept", "skos:prefLabel": "Stable"}


def _to(uri: str) -> dict[str, str]:
    return {"@id": uri}


def _said(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": value, "@language": language} for language, value in values.items()]


def _date(day: str) -> dict[str, str]:
    return {"@value": day, "@type": "xsd:date"}


def _place(described: Described) -> str:
    return f"{described.uri}#place"


def _format(described: Described, one: Distribution) -> str:
    return f"{described.uri}#format-{one.file.format.replace(' ', '-')}"


def frequency_uri(interval: str) -> str:
    """Give the European authority list's name for how often data are published (`R/P1D` is DAILY)."""
    return f"{_AUTHORITY}/frequency/{_FREQUENCIES.get(interval, 'OTHER')}"


def language_uri(code: str) -> str:
    """Give the European authority list's name for a language, or that of the Library of Congress."""
    known = _LANGUAGES.get(code)
    return f"{_AUTHORITY}/language/{known}" if known else f"http://id.loc.gov/vocabulary/iso639-1/{code}"
