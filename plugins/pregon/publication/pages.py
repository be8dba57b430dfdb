"""The small files of a snapshot: home pages and catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from pregon.publication.changes import Changes
from transforms.catalog import (
    CATALOG_JSONLD,
    CATALOG_TTL,
    DATA_PACKAGE,
    DATA_V3,
    Described,
    catalog_jsonld,
    catalog_ttl,
    data_json,
    data_package_json,
    data_v3_json,
    dataset_json,
)
from transforms.catalog.described import QUALITY
from transforms.feeds import INDEX, changes_feed, feed_path, index_json
from transforms.feeds.forms import ATOM, JSON_FEED
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.redactions import REDACTIONS, redactions_json
from transforms.site.dictionary import dictionary_csv
from transforms.site.dictionary_page import dictionary_pages
from transforms.site.index import Catalogued, Followed, index_pages
from transforms.site.policy import NO_POLICY, Policy, policy_pages
from transforms.snapshot import FULL, Content, Manifest, Notice
from transforms.texts.names import dictionary_name, page_name


@dataclass(frozen=True)
class Page:
    """A file that is written as a whole."""

    path: str
    data: bytes
    content: Content
    format: str
    media_type: str

    def write(self, file: BinaryIO) -> None:
        """Write the page to an open file."""
        file.write(self.data)


def pages(
    manifest: Manifest,
    publication: Publication,
    notices: Sequence[Notice] = (),
    quality: QualityReport | None = None,
    changes: Changes | None = None,
    *,
    policy: Policy = NO_POLICY,
    byte_order_mark: bool = False,
) -> list[Page]:
    """Make the pages of a snapshot whose bulk files are complete.

    `notices` tell what was taken back; the home page links to the report on `quality`, which is made elsewhere.
    `changes` are told of in feeds. `policy` is what the city decided, for the page about it. `byte_order_mark`: CSV
    tables begin with one.
    """
    made = list(_policy(manifest, publication, policy, quality))
    if notices:
        made.append(Page(REDACTIONS, redactions_json(notices), "redactions", "JSON", "application/json"))
    if manifest.tables:
        paths = {column.path for table in manifest.tables for column in table.columns}
        for language in publication.languages:
            text = dictionary_csv(publication, language, paths)
            made.append(Page(dictionary_name(language), text, "dictionary", "CSV", "text/csv"))
        made += [
            Page(path, data, "page", "HTML", "text/html") for path, data in dictionary_pages(manifest, publication)
        ]
    if changes:
        made += _feeds(manifest, publication, changes)
    known = {page.path for page in made} | ({QUALITY} if quality else set())
    described = Described(manifest, publication, known)
    catalogue = list(_catalogue(described, byte_order_mark=byte_order_mark))
    index = index_pages(
        manifest,
        publication,
        notices,
        quality,
        _followed(publication) if changes else None,
        Catalogued(
            [page.path for page in catalogue],
            {language: dataset_json(described, language) for language in publication.languages},
        ),
    )
    return [*(Page(path, data, "page", "HTML", "text/html") for path, data in index.items()), *made, *catalogue]


def _catalogue(described: Described, *, byte_order_mark: bool) -> Iterator[Page]:
    """Make the catalogue in each of its forms, with the media types by which portals know them."""
    yield Page("data.json", data_json(described), "catalogue", "DCAT-US", "application/json")
    yield Page(DATA_V3, data_v3_json(described), "catalogue", "DCAT-US 3", "application/json")
    yield Page(CATALOG_JSONLD, catalog_jsonld(described), "catalogue", "JSON-LD", "application/ld+json")
    yield Page(CATALOG_TTL, catalog_ttl(described), "catalogue", "Turtle", "text/turtle")
    package = data_package_json(described, byte_order_mark=byte_order_mark)
    if package:
        yield Page(DATA_PACKAGE, package, "catalogue", "Data Package", "application/json")


def _policy(
    manifest: Manifest, publication: Publication, policy: Policy, quality: QualityReport | None
) -> Iterator[Page]:
    for path, data in policy_pages(manifest, publication, policy, quality=quality is not None):
        yield Page(path, data, "page", "HTML", "text/html")


_FORMS = (ATOM, JSON_FEED)


def _followed(publication: Publication) -> Followed:
    languages = publication.languages
    return Followed(
        INDEX,
        {
            language: [
                (form.name, feed_path("changes", language, languages, form.suffix), form.media_type) for form in _FORMS
            ]
            for language in languages
        },
    )


def _feeds(manifest: Manifest, publication: Publication, changes: Changes) -> Iterator[Page]:
    """Make the index of deltas, and the feeds of changes in every language."""
    (whole,) = [one for one in manifest.files_of("records", FULL) if one.format == "JSON Lines"]
    yield Page(INDEX, index_json(changes.deltas, whole.path), "changes", "JSON", "application/json")
    updated = datetime.fromisoformat(manifest.published)
    for language in publication.languages:
        for form in _FORMS:
            home = page_name(publication, language)
            feed = changes_feed(changes.processes, publication, language, form.suffix, updated, home)
            path = feed_path("changes", language, publication.languages, form.suffix)
            yield Page(path, form.write(feed), "feed", form.name, form.media_type)
