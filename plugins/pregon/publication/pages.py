"""The small files of a snapshot: home pages and catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from transforms.catalog import data_json
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.redactions import REDACTIONS, redactions_json
from transforms.site import index_pages
from transforms.site.dictionary import dictionary_csv, dictionary_name
from transforms.snapshot import Content, Manifest, Notice


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
) -> list[Page]:
    """Make the pages of a snapshot whose bulk files are complete.

    `notices` tell what was taken back; the home page links to the report on `quality`, which is made elsewhere.
    """
    index = index_pages(manifest, publication, notices, quality)
    made = [Page(path, data, "page", "HTML", "text/html") for path, data in index.items()]
    if notices:
        made.append(Page(REDACTIONS, redactions_json(notices), "redactions", "JSON", "application/json"))
    if manifest.tables:
        paths = {column.path for table in manifest.tables for column in table.columns}
        for language in publication.languages:
            text = dictionary_csv(publication, language, paths)
            made.append(Page(dictionary_name(language), text, "dictionary", "CSV", "text/csv"))
    made.append(Page("data.json", data_json(manifest, publication), "catalogue", "DCAT-US", "application/json"))
    return made
