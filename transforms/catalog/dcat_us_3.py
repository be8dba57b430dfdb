"""The catalogue as DCAT-US 3.0, which is rolled out while 1.1 is still what most harvest: what `data.v3.json` holds.

Two sets of schemas circulate; where they disagree this follows the one of the General Services Administration
(https://github.com/GSA/dcat-us, `jsonschema/definitions`), as harvesters of the United States do. Its objects have no
`@context`: the schema gives each name its meaning.
"""

import json
from collections.abc import Mapping
from typing import Any

from transforms.catalog.described import DATA_PACKAGE, OCDS, Described, Distribution

DATA_V3 = "data.v3.json"

_STANDARD = "https://resources.data.gov/dcat-us/3.0.0"
_WORDS = {"R/P1D": "daily", "R/P1W": "weekly", "R/P1M": "monthly", "R/P3M": "quarterly", "R/P1Y": "annually"}


def data_v3_json(described: Described) -> bytes:
    """Write `data.v3.json`: the same dataset as `data.json`; other languages stand in the fields that end in `Map`."""
    publication, language = described.publication, described.language
    agent = {"@type": "Organization", "@id": publication.publisher_uri, "name": publication.publisher_name}
    catalogue: dict[str, Any] = {
        "@id": publication.url(DATA_V3),
        "@type": "Catalog",
        "title": described.titles[language],
        "description": described.descriptions[language],
        **_others("title", described.titles, language),
        **_others("description", described.descriptions, language),
        "publisher": {**agent, "@type": "Agent"},
        "homepage": _document(publication.url(), described.titles[language]),
        "language": [language],
        "modified": described.modified,
        "conformsTo": _standard(_STANDARD, "DCAT-US 3.0"),
        "dataset": [_dataset(described, agent)],
    }
    return json.dumps(catalogue, ensure_ascii=False, indent=1).encode() + b"\n"


def _dataset(described: Described, agent: Mapping[str, str]) -> dict[str, Any]:
    publication, language = described.publication, described.language
    words = described.words[language]
    found: dict[str, Any] = {
        "@id": described.uri,
        "@type": "Dataset",
        "identifier": {"@id": described.uri, "@type": "Identifier", "notation": described.uri},
        "title": described.titles[language],
        **_others("title", described.titles, language),
        "description": described.descriptions[language],
        **_others("description", described.descriptions, language),
        "keyword": described.keywords[language],
        **_others("keyword", described.keywords, language),
        "publisher": dict(agent),
        "contactPoint": [
            {
                "@type": "Kind",
                "fn": publication.contact_name or publication.publisher_name,
                "hasEmail": f"mailto:{publication.contact_email}",
            }
        ],
        **({"issued": described.issued} if described.issued else {}),
        "modified": described.modified,
        "accessRights": words["rights"],
        "rights": [words["rights"]],
        "accrualPeriodicity": _WORDS.get(publication.accrual_periodicity, publication.accrual_periodicity),
        "language": [publication.source_language],
        "landingPage": _document(described.home(language), described.titles[language]),
        "conformsTo": [_standard(OCDS, "Open Contracting Data Standard 1.1")],
        "spatial": [{"@type": "Location", "prefLabel": f"{publication.name_in(language)}, {publication.country}"}],
        "version": described.manifest.snapshot,
        "page": [_document(one.url, described.words[language]["documents"][one.kind]) for one in described.documents],
    }
    if described.period:
        first, last = described.period
        found["temporal"] = [{"@type": "PeriodOfTime", "startDate": first, "endDate": last}]
    if described.dictionary:
        found["describedBy"] = {
            "@type": "Distribution",
            "title": words["documents"]["dictionary"],
            "downloadURL": publication.url(described.dictionary),
            "mediaType": "text/csv",
            "format": "CSV",
        }
    if described.distributions:
        found["distribution"] = [_distribution(one, described) for one in described.distributions]
    return found


def _distribution(one: Distribution, described: Described) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": one.uri,
        "@type": "Distribution",
        "title": one.titles[described.language],
        "description": one.descriptions[described.language],
        "accessURL": described.home(described.language),
        "downloadURL": one.url,
        "mediaType": one.file.media_type,
        "format": one.file.format,
        "byteSize": str(one.file.bytes),
        "license": described.publication.licence_uri,
        "modified": one.file.published[:10],
        "checksum": {"@type": "Checksum", "algorithm": "SHA-256", "checksumValue": one.file.sha256},
    }
    if one.compressed_as:
        found["compressFormat"] = one.compressed_as
    if one.packaged_as:
        found["packageFormat"] = one.packaged_as
    if one.standard:
        found["conformsTo"] = [_standard(one.standard, "OCDS 1.1" if one.standard == OCDS else "RFC 4180")]
    if one.file.format == "CSV" and one.file.content == "tables":
        found["describedBy"] = {
            "@type": "Distribution",
            "title": described.words[described.language]["documents"]["data_package"],
            "downloadURL": described.publication.url(DATA_PACKAGE),
            "mediaType": "application/json",
        }
    return found


def _standard(uri: str, title: str) -> dict[str, Any]:
    return {"@id": uri, "@type": "Standard", "title": title, "identifier": {"@type": "Identifier", "notation": uri}}


def _document(url: str, title: str) -> dict[str, str]:
    return {"@type": "Document", "title": title, "accessURL": url}


def _others(name: str, said: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Give a field's map with what it says in other languages than the first."""
    others = {one: value for one, value in said.items() if one != language}
    return {f"{name}Map": others} if others else {}
