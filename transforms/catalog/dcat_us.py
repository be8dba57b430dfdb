"""The catalogue as DCAT-US 1.1 (Project Open Data metadata schema v1.1): what `data.json` holds."""

import json
from typing import Any

from transforms.packages import UNDATED
from transforms.publication import Publication
from transforms.site.dictionary import dictionary_name
from transforms.site.texts import Texts, texts
from transforms.snapshot import BULK, FULL, Manifest, PublishedFile

SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"
_OCDS = "https://standard.open-contracting.org/1.1/en/"
_RFC4180 = "https://www.rfc-editor.org/rfc/rfc4180"


def data_json(manifest: Manifest, publication: Publication) -> bytes:
    """Write `data.json`: one dataset with one distribution for each bulk file.

    Titles are in the first public language. Holds the fields that the federal profile demands, but for its two codes
    of federal agencies.
    """
    words = texts(publication.languages[0])
    first, last = _temporal(manifest)
    dataset: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "identifier": publication.url("dataset/ocds"),
        "title": words["catalogue_title"].format(city=publication.name_in(words.language)),
        "description": _description(publication, words),
        "keyword": list(publication.keywords),
        "modified": manifest.published[:10],
        "accessLevel": "public",
        "rights": words["catalogue_rights"],
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
        "conformsTo": _OCDS,
        **_dictionary(manifest, publication),
        "spatial": publication.name_in(words.language),
        "references": [publication.publication_policy, publication.url("manifest.json")],
        "distribution": [_distribution(one, publication, words) for one in manifest.files if _is_listed(one)],
    }
    if first:
        dataset["temporal"] = f"{first}-01-01/{last}-12-31"
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


def _dictionary(manifest: Manifest, publication: Publication) -> dict[str, str]:
    if manifest.tables:
        return {
            "describedBy": publication.url(dictionary_name(publication.languages[0])),
            "describedByType": "text/csv",
        }
    return {"describedBy": _OCDS, "describedByType": "text/html"}


def _description(publication: Publication, words: Texts) -> str:
    parts = [words["lede"].format(city=publication.name_in(words.language))]
    if publication.synthetic:
        parts.append(words["synthetic"])
    if not publication.official:
        parts.append(words["unofficial"].format(prefix=publication.ocid_prefix))
    return " ".join(parts)


def _distribution(one: PublishedFile, publication: Publication, words: Texts) -> dict[str, Any]:
    period = {FULL: words["all_years"], UNDATED: words["undated"]}.get(one.segment, one.segment)
    part = one.path.rpartition("/")[2].split(".")[0]
    title = f"{words['contents'][one.content]['title']}, {period}"
    if one.format == "Parquet":
        title += f", {part}"
    elif part != one.segment:
        title += f" ({words['part'].format(number=int(part.rpartition('-')[2]))})"
    conforms = {"CSV": _RFC4180}.get(one.format) if one.content == "tables" else _OCDS
    return {
        "@type": "dcat:Distribution",
        "title": f"{title}, {one.format}",
        "description": words["contents"][one.content]["what"],
        "downloadURL": publication.url(one.path),
        "mediaType": one.media_type,
        "format": one.format,
        "byteSize": one.bytes,
        **({"conformsTo": conforms} if conforms else {}),
    }


def _is_listed(one: PublishedFile) -> bool:
    """Tell whether a file is a distribution; of Parquet, which has one for each table, those of all years are."""
    return one.content in BULK and (one.format != "Parquet" or one.segment == FULL)


def _temporal(manifest: Manifest) -> tuple[str, str]:
    years = sorted(one.segment for one in manifest.files if one.content in BULK and one.segment[:4].isdigit())
    return (years[0][:4], years[-1][:4]) if years else ("", "")
