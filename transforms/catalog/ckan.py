"""A publication as a dataset of CKAN: its metadata, and its resources in the order in which people want them.

Field names are those of CKAN's action API (https://docs.ckan.org/en/2.12/api/); extras that ckanext-dcat knows have its
names, so that a portal's own catalogue says of the dataset what ours does. The format `JSON` is given to packages of
OCDS alone: collectors of OCDS data take the resources of a portal that have exactly this format.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from transforms.catalog.ckan_tables import DatastoreTable, datastore_table
from transforms.catalog.dcat_ap import frequency_uri, language_uri
from transforms.catalog.described import OCDS, Described, Distribution
from transforms.snapshot import FULL, USUAL_RESOURCES, PortalResource, PublishedFile, TableSummary, is_yearly
from transforms.texts import texts
from transforms.texts.names import localized

USUAL_TABLES = ("processes", "awards", "contracts", "parties")

MARK = "pregon"
"""The field of a resource that says it was made here, and from what: by it, and not by its name, it is known again."""
HASH_MARK = "pregon_hash"
"""The field of a resource that tells what it holds. Loaders of portals write into `hash` what they please."""
CITY_MARK = "pregon_city"
"""The extra of a dataset that says whose it is."""
SNAPSHOT_MARK = "pregon_snapshot"
"""The extra of a dataset that says which snapshot it holds whole."""
REDACTIONS_MARK = "pregon_redactions"
"""The extra of a dataset that says which redaction that snapshot obeys."""

SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"

_FORMATS = {"JSON Lines": "JSONL"}
_SELECTED: Mapping[str, tuple[str, str]] = {
    "xlsx": ("tables", "XLSX"),
    "csv": ("tables", "CSV"),
    "sqlite": ("tables", "SQLite"),
    "releases": ("releases", "JSON"),
    "records": ("records", "JSON"),
    "compiled": ("compiled", "JSON Lines"),
}
_LICENCES = (
    ("publicdomain/zero/1.0", "cc-zero"),
    ("licenses/by/4.0", "cc-by"),
    ("licenses/by-sa/4.0", "cc-by-sa"),
    ("licenses/pddl", "odc-pddl"),
    ("licenses/odbl", "odc-odbl"),
    ("licenses/by/1-0", "odc-by"),
    ("publicdomain/mark/1.0", "other-pd"),
)
"""Ends of addresses of licences, and what CKAN calls them from the beginning; a portal may have others."""
_NOT_IN_TAGS = re.compile(r"[^\w .\-]")


@dataclass(frozen=True)
class CkanSettings:
    """What a city says of its dataset on a portal.

    `years`: how many years, the newest first, have resources of their own. `datastore`: tables whose rows the portal
    holds; None for the usual ones that there are. `link`: whether files stay where the city publishes them.
    """

    dataset: str
    organization: str
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    licence: str | None = None
    extras: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    language: Literal["en", "es"] = "en"
    resources: tuple[PortalResource, ...] = USUAL_RESOURCES
    years: int = 0
    datastore: tuple[str, ...] | None = None
    link: bool = True


@dataclass(frozen=True)
class CkanResource:
    """A resource: a file, a page, or a table whose rows the portal holds. `key` stays while it is the same one.

    `fields` are those of the action API, all of them texts; `url` is among them where the portal only links to it.
    """

    key: str
    fields: Mapping[str, str]
    bytes: int
    file: PublishedFile | None = None
    table: DatastoreTable | None = None

    @property
    def modified(self) -> str | None:
        """When the file last changed, in UTC, as CKAN writes moments."""
        return self.file.published[:19] if self.file and self.file.published.endswith("Z") else None

    @property
    def uploaded(self) -> bool:
        """Whether the portal gets the file itself."""
        return self.table is None and "url" not in self.fields


def ckan_dataset(described: Described, settings: CkanSettings) -> dict[str, Any]:
    """Give the fields of the dataset, without its resources and without what says how far a push has come.

    Titles and texts are in the settings' language; in the publication's other languages they are extras (`title_es`).
    """
    publication, language = described.publication, settings.language
    maintainer = publication.contact_name or publication.publisher_name
    return {
        "name": settings.dataset,
        "owner_org": settings.organization,
        "title": _in(described.titles, language),
        "notes": _in(described.descriptions, language),
        "url": described.home(language) if language in publication.languages else publication.url(),
        "license_id": settings.licence or licence_id(publication.licence_uri),
        "author": publication.publisher_name,
        "maintainer": maintainer,
        "maintainer_email": publication.contact_email,
        "version": described.modified,
        "groups": [{"name": name} for name in settings.groups],
        "tags": [{"name": name} for name in _tags(described, settings)],
        "extras": [{"key": key, "value": value} for key, value in sorted(_extras(described, settings).items())],
        **settings.fields,
    }


def licence_id(uri: str) -> str:
    """Give CKAN's name for a licence; `other-open` for one that it does not list from the beginning."""
    plain = uri.rstrip("/").removesuffix("/legalcode").removesuffix("/deed.en")
    return next((name for end, name in _LICENCES if plain.endswith(end)), "other-open")


def ckan_resources(described: Described, settings: CkanSettings) -> list[CkanResource]:
    """Give the resources: what holds all years first, then the newest years, and the dictionary at the end."""
    found: list[CkanResource] = []
    years = sorted({one.file.segment for one in described.distributions if is_yearly(one.file.segment)}, reverse=True)
    years = [one for one in years if one.isdigit()][: settings.years]
    for segment in (FULL, *years):
        for choice in settings.resources:
            if choice == "tables":
                found += _tables(described, settings) if segment == FULL else ()
            elif choice in _SELECTED:
                found += [
                    _file(one, described, settings)
                    for one in described.distributions
                    if (one.file.content, one.file.format) == _SELECTED[choice] and one.file.segment == segment
                ]
    if "dictionary" in settings.resources:
        found += _dictionary(described, settings)
    return found


def missing_tables(described: Described, settings: CkanSettings) -> tuple[str, ...]:
    """Name the tables that were asked for and that the snapshot does not have, or not as Parquet."""
    return tuple(name for name in settings.datastore or () if name not in _typed_tables(described))


def _in(texts_: Mapping[str, str], language: str) -> str:
    return texts_.get(language) or next(iter(texts_.values()))


def _tags(described: Described, settings: CkanSettings) -> Iterator[str]:
    """Give the tags: letters, digits, spaces, hyphens, dots and underscores, 2 to 100 of them, as CKAN wants."""
    known = described.keywords.get(settings.language) or next(iter(described.keywords.values()))
    for tag in dict.fromkeys((*known, *settings.tags)):
        plain = " ".join(_NOT_IN_TAGS.sub(" ", tag).split())[:100]
        if len(plain) > 1:
            yield plain


def _extras(described: Described, settings: CkanSettings) -> dict[str, str]:
    publication, language = described.publication, settings.language
    found = {
        CITY_MARK: publication.slug,
        "uri": described.uri,
        "identifier": described.uri,
        "ocid_prefix": publication.ocid_prefix,
        "publication_policy": publication.publication_policy,
        "license_url": publication.licence_uri,
        "publisher_name": publication.publisher_name,
        "publisher_uri": publication.publisher_uri,
        "frequency": frequency_uri(publication.accrual_periodicity),
        "language": language_uri(publication.source_language),
        "conforms_to": OCDS,
        "spatial_text": f"{publication.name_in(language)}, {publication.country}",
        "modified": described.modified,
    }
    if described.issued:
        found["issued"] = described.issued
    if described.period:
        found["temporal_start"], found["temporal_end"] = described.period
    for other in publication.languages:
        if other != language:
            found[f"title_{other}"] = described.titles[other]
            found[f"notes_{other}"] = described.descriptions[other]
    return {key: value for key, value in {**found, **settings.extras}.items() if value}


def _file(one: Distribution, described: Described, settings: CkanSettings) -> CkanResource:
    fields = {
        "name": _in(one.titles, settings.language),
        "description": _in(one.descriptions, settings.language),
        "format": _FORMATS.get(one.file.format, one.file.format),
        **({"conforms_to": one.standard} if one.standard else {}),
    }
    return _resource(one.file, fields, described, settings)


def _dictionary(described: Described, settings: CkanSettings) -> Iterator[CkanResource]:
    if not described.dictionary:
        return
    language, languages = settings.language, described.publication.languages
    known = language if language in languages else languages[0]
    words = texts(known, "dictionary")
    for path, form in ((localized("dictionary.html", known, languages), "HTML"), (f"dictionary.{known}.csv", "CSV")):
        for one in described.manifest.files:
            if one.path == path:
                title = words["heading"] if form == "HTML" else f"{words['heading']}, {form}"
                text = words["lede"].format(city=described.publication.name_in(known))
                fields = {"name": title, "description": text, "format": form}
                # A page belongs to the pages around it: it is never taken out of them.
                yield _resource(one, fields, described, settings, link=form == "HTML")


def _resource(
    one: PublishedFile, fields: dict[str, str], described: Described, settings: CkanSettings, *, link: bool = False
) -> CkanResource:
    fields |= {"mimetype": one.media_type, "size": str(one.bytes), "hash": one.sha256, "hash_algorithm": SHA256}
    fields |= {MARK: one.path, HASH_MARK: one.sha256}
    if settings.link or link:
        fields["url"] = described.publication.url(one.path)
    return CkanResource(one.path, fields, one.bytes, one)


def _typed_tables(described: Described) -> dict[str, tuple[TableSummary, PublishedFile]]:
    """Give the tables whose rows can be read with exact types, and their file of all years."""
    files = {
        one.path.rpartition("/")[2].removesuffix(".parquet"): one
        for one in described.manifest.files
        if (one.content, one.format, one.segment) == ("tables", "Parquet", FULL)
    }
    return {one.name: (one, files[one.name]) for one in described.manifest.tables if one.name in files}


def _tables(described: Described, settings: CkanSettings) -> Iterator[CkanResource]:
    known = _typed_tables(described)
    for name in USUAL_TABLES if settings.datastore is None else settings.datastore:
        if name in known:
            summary, file = known[name]
            table = datastore_table(summary, described.publication.extensions, settings.language)
            fields = {
                "name": table.title,
                "description": described.holds(summary, settings.language),
                "format": "CSV",
                MARK: f"datastore/{name}",
                HASH_MARK: table.fingerprint(file.sha256),
            }
            yield CkanResource(f"datastore/{name}", fields, file.bytes, file, table)
