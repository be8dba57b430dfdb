"""The dataset as schema.org describes it, for search engines: JSON-LD that stands in the home pages.

https://developers.google.com/search/docs/appearance/structured-data/dataset, https://schema.org/Dataset
"""

import json
from typing import Any

from transforms.catalog.described import OCDS, Described

LONGEST_DESCRIPTION = 5_000
"""Characters that search engines take."""


def dataset_json(described: Described, language: str) -> str:
    """Write the dataset in a language as a text that can stand in a `script` element of a page.

    There `<` could end the element and `&` be read as something else, so both are written as JSON escapes
    (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements).
    """
    text = json.dumps(_dataset(described, language), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _dataset(described: Described, language: str) -> dict[str, Any]:
    publication = described.publication
    organization = {
        "@type": "GovernmentOrganization",
        "name": publication.publisher_name,
        "url": publication.publisher_uri,
        "contactPoint": {
            "@type": "ContactPoint",
            "name": publication.contact_name or publication.publisher_name,
            "email": publication.contact_email,
        },
    }
    found: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": described.uri,
        "name": described.titles[language],
        "description": described.descriptions[language][:LONGEST_DESCRIPTION],
        "url": described.home(language),
        "sameAs": [described.home(one) for one in publication.languages if one != language],
        "identifier": described.uri,
        "keywords": described.keywords[language],
        "license": publication.licence_uri,
        "isAccessibleForFree": True,
        "inLanguage": publication.source_language,
        "creator": organization,
        "publisher": organization,
        "dateModified": described.modified,
        "spatialCoverage": {
            "@type": "Place",
            "name": publication.name_in(language),
            "address": {"@type": "PostalAddress", "addressCountry": publication.country},
        },
        "measurementTechnique": OCDS,
        "version": described.manifest.snapshot,
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": described.titles[language],
            "url": publication.url("data.json"),
        },
        "distribution": [
            {
                "@type": "DataDownload",
                "name": one.titles[language],
                "contentUrl": one.url,
                "encodingFormat": one.file.media_type,
                "contentSize": f"{one.file.bytes} B",
                "sha256": one.file.sha256,
            }
            for one in described.distributions
            if one.file.segment == "full" and one.file.format != "Parquet"
        ],
    }
    if described.issued:
        found["datePublished"] = described.issued
    if described.period:
        found["temporalCoverage"] = "/".join(described.period)
    if described.manifest.tables:
        first = described.manifest.tables[0]
        found["variableMeasured"] = [column.path for column in first.columns]
    return {name: value for name, value in found.items() if value != []}
