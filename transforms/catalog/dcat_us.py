"""The catalogue as DCAT-US 1.1 (Project Open Data metadata schema v1.1): what `data.json` holds."""

import json
from typing import Any

from transforms.catalog.described import DATA_PACKAGE, OCDS, Described, Distribution, flat

SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"


def data_json(described: Described) -> bytes:
    """Write `data.json`: one dataset with one distribution for each bulk file.

    Titles are in the first public language; keywords are in all of them, because they are what is searched. Holds the
    fields that the federal profile demands, but for its two codes of federal agencies.
    """
    publication = described.publication
    language = described.language
    words = described.words[language]
    dataset: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "identifier": described.uri,
        "title": described.titles[language],
        "description": described.descriptions[language],
        "keyword": flat(described.keywords),
        "theme": [words["theme"]],
        "modified": described.modified,
        **({"issued": described.issued} if described.issued else {}),
        "accessLevel": "public",
        "rights": words["rights"],
        "license": publication.licence_uri,
        "publisher": {"@type": "org:Organization", "name": publication.publisher_name},
        "contactPoint": {
            "@type": "vcard:Contact",
            "fn": publication.contact_name or publication.publisher_name,
            "hasEmail": f"mailto:{publication.contact_email}",
        },
        "accrualPeriodicity": publication.accrual_periodicity,
        "language": [publication.source_language],
        "landingPage": publication.url(),
        "conformsTo": OCDS,
        **_dictionary(described),
        "spatial": f"{publication.name_in(language)}, {publication.country}",
        "references": list(dict.fromkeys(one.url for one in described.documents)),
        "distribution": [_distribution(one, described) for one in described.distributions],
    }
    if described.period:
        dataset["temporal"] = "/".join(described.period)
    if not dataset["distribution"]:
        del dataset["distribution"]
    catalogue = {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@id": publication.url("data.json"),
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA,
        "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
        "dataset": [dataset],
    }
    return json.dumps(catalogue, ensure_ascii=False, indent=1).encode() + b"\n"


def _dictionary(described: Described) -> dict[str, str]:
    if described.dictionary:
        return {"describedBy": described.publication.url(described.dictionary), "describedByType": "text/csv"}
    return {"describedBy": OCDS, "describedByType": "text/html"}


def _distribution(one: Distribution, described: Described) -> dict[str, Any]:
    tables = one.file.format == "CSV" and one.file.content == "tables"
    package = {"describedBy": described.publication.url(DATA_PACKAGE), "describedByType": "application/json"}
    return {
        "@type": "dcat:Distribution",
        "title": one.titles[described.language],
        "description": one.descriptions[described.language],
        "downloadURL": one.url,
        "accessURL": described.home(described.language),
        "mediaType": one.file.media_type,
        "format": one.file.format,
        "byteSize": one.file.bytes,
        **({"conformsTo": one.standard} if one.standard else {}),
        **(package if tables else {}),
    }
