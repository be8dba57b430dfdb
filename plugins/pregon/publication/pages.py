"""The small files of a snapshot: home pages and catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from pregon.publication.changes import Changes
from transforms.catalog import data_json
from transforms.feeds import INDEX, atom, changes_feed, feed_path, index_json, json_feed
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.redactions import REDACTIONS, redactions_json
from transforms.site.dictionary import dictionary_csv, dictionary_name
from transforms.site.index import Followed, index_pages, page_name
from transforms.snapshot import FULL, Content, Manifest, Notice


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
) -> list[Page]:
    """Make the pages of a snapshot whose bulk files are complete.

    `notices` tell what was taken back; the home page links to the report on `quality`, which is made elsewhere.
    `changes` are told of in feeds.
    """
    index = index_pages(manifest, publication, notices, quality, _followed(publication) if changes else None)
    made = [Page(path, data, "page", "HTML", "text/html") for path, data in index.items()]
    if notices:
        made.append(Page(REDACTIONS, redactions_json(notices), "redactions", "JSON", "application/json"))
    if manifest.tables:
        paths = {column.path for table in manifest.tables for column in table.columns}
        for language in publication.languages:
            text = dictionary_csv(publication, language, paths)
            made.append(Page(dictionary_name(language), text, "dictionary", "CSV", "text/csv"))
    if changes:
        made += _feeds(manifest, publication, changes)
    made.append(Page("data.json", data_json(manifest, publication), "catalogue", "DCAT-US", "application/json"))
    return made


_FORMS = (("atom", "Atom", "application/atom+xml", atom), ("json", "JSON Feed", "application/feed+json", json_feed))


def _followed(publication: Publication) -> Followed:
    languages = publication.languages
    return Followed(
        INDEX,
        {
            language: [
                (name, feed_path("changes", language, languages, suffix), media_type)
                for suffix, name, media_type, _ in _FORMS
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
        for suffix, name, media_type, write in _FORMS:
            home = page_name(publication, language)
            feed = changes_feed(changes.processes, publication, language, suffix, updated, home)
            yield Page(
                feed_path("changes", language, publication.languages, suffix), write(feed), "feed", name, media_type
            )
