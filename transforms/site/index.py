"""The home page of a publication, one file for each language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from transforms.packages import UNDATED
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.redactions import REDACTIONS
from transforms.site.environment import environment
from transforms.site.links import safe_link
from transforms.site.opportunities import opportunities_name
from transforms.site.policy import POLICY, is_own
from transforms.site.quality import quality_link
from transforms.snapshot import FULL, Content, Manifest, Notice, PublishedFile
from transforms.texts import Texts, texts
from transforms.texts.names import dictionary_name, localized, page_name
from transforms.texts.numbers import date, number, size

MOST_NOTICES = 20
"""Redactions that the page tells of, the newest first; the file beside it has all."""

_CONTENTS: tuple[Content, ...] = ("tables", "compiled", "records", "releases")


@dataclass(frozen=True)
class Followed:
    """Where changes are told of: the index of deltas, and feeds by language as (form, path, media type)."""

    deltas: str
    feeds: Mapping[str, Sequence[tuple[str, str, str]]]


@dataclass(frozen=True)
class Catalogued:
    """The catalogue: paths of its `forms`, each with a text of its own, and what search engines read, by language."""

    forms: Sequence[str] = ("data.json",)
    structured: Mapping[str, str] = field(default_factory=dict)


NOT_CATALOGUED = Catalogued()

_LISTED = ("XLSX", "CSV", "SQLite", "JSON", "JSON Lines")
"""Formats of which a period has one file, or a few parts; Parquet has one for each table."""


def index_pages(
    manifest: Manifest,
    publication: Publication,
    notices: Sequence[Notice] = (),
    quality: QualityReport | None = None,
    followed: Followed | None = None,
    catalogued: Catalogued = NOT_CATALOGUED,
) -> dict[str, bytes]:
    """Render the home page in every language of the publication, by file name; `notices` tell what was taken back.

    It links to the report on `quality`, which lies in `reports/`, and to the feeds by which changes are `followed`.
    It links to the forms in which the dataset is `catalogued`, and holds what search engines read of it.

    Everything that comes from configuration or data is escaped by the templates.
    """
    return {
        page_name(publication, language): _index(
            manifest, publication, texts(language), notices, quality, followed, catalogued
        )
        for language in publication.languages
    }


def _index(
    manifest: Manifest,
    publication: Publication,
    words: Texts,
    notices: Sequence[Notice],
    quality: QualityReport | None,
    followed: Followed | None,
    catalogued: Catalogued,
) -> bytes:
    language, country = words.language, publication.country
    opportunities = opportunities_name(publication, language)
    years = [name for name in manifest.segments_of("releases") if name[:4].isdigit()]
    years = years or [name for name in manifest.segments_of("records") if name[:4].isdigit()]
    lines = _whole(manifest, "compiled", "JSON Lines")
    page: str = (
        environment()
        .get_template("index.html.jinja")
        .render(
            publication=publication,
            manifest=manifest,
            words=words,
            city=publication.name_in(language),
            languages=[
                (code, page_name(publication, code), texts(code)["language_name"])
                for code in publication.languages
                if code != language
            ],
            published=date(datetime.fromisoformat(manifest.published), publication.time_zone, words),
            years=(years[-1][:4], years[0][:4]) if years else None,
            choices=[(name, files) for name, files in _choices(manifest) if files],
            contents=[
                (
                    one,
                    [_period(manifest, one, name, words) for name in manifest.segments_of(one)],
                    _formats(manifest, one),
                )
                for one in _CONTENTS
                if _formats(manifest, one)
            ],
            months={
                one: [_period(manifest, one, name, words) for name in manifest.months_of(one)] for one in _CONTENTS
            },
            parquet={file.path.rpartition("/")[2]: file for file in _whole(manifest, "tables", "Parquet")},
            example=_saved_name(publication, lines[0]) if lines else "full.jsonl.gz",
            structured=catalogued.structured.get(language),
            dictionary=dictionary_name(language),
            dictionary_page=localized("dictionary.html", language, publication.languages),
            policy_page=localized(POLICY, language, publication.languages),
            own_policy=is_own(publication),
            catalogues=catalogued.forms,
            redactions=REDACTIONS,
            opportunities=opportunities if any(one.path == opportunities for one in manifest.files) else None,
            quality=quality_link(quality, publication, language) if quality else None,
            feeds=followed.feeds[language] if followed else (),
            deltas=followed.deltas if followed else None,
            commits=next((file.path for file in manifest.files_of("commits")), None),
            api=next((file.path for file in manifest.files_of("api", FULL)), None),
            taken_back=[
                (notice, notice.moment.date().isoformat(), date(notice.moment, publication.time_zone, words))
                for notice in reversed(notices[-MOST_NOTICES:])
            ],
            taken_back_in_all=len(notices),
            number=lambda value: number(value, language, country),
            size=lambda value: size(value, language, country),
            file_name=lambda path: path.rpartition("/")[2],
            saved_name=lambda file: _saved_name(publication, file),
            width=lambda table: len(table.columns) + (len(table.links) + 2 if table.chain else 0),  # ocid, pointer
            safe_link=safe_link,
        )
    )
    return page.encode()


def _saved_name(publication: Publication, file: PublishedFile) -> str:
    """Name a download so that two files called full.jsonl.gz don't overwrite each other in somebody's folder."""
    return f"{publication.slug}-{file.content}-{file.path.rpartition('/')[2]}"


def _choices(manifest: Manifest) -> Iterator[tuple[str, list[PublishedFile]]]:
    """Give what somebody who wants everything takes, by what they do."""
    workbooks = _whole(manifest, "tables", "XLSX")
    yield "workbook", workbooks
    yield "tables", [] if workbooks else _whole(manifest, "tables", "CSV")
    yield "database", _whole(manifest, "tables", "SQLite")
    yield "compiled", _whole(manifest, "compiled", "JSON Lines")
    yield "records", _whole(manifest, "records", "JSON") or _whole(manifest, "records", "JSON Lines")
    yield "releases", _whole(manifest, "releases", "JSON Lines") or _whole(manifest, "releases", "JSON")


def _whole(manifest: Manifest, content: Content, format: str) -> list[PublishedFile]:  # noqa: A002
    return [one for one in manifest.files_of(content, FULL) if one.format == format]


def _formats(manifest: Manifest, content: Content) -> list[str]:
    found = {one.format for one in manifest.files_of(content)}
    return [one for one in _LISTED if one in found]


def _period(manifest: Manifest, content: Content, segment: str, words: Texts) -> dict[str, Any]:
    files = manifest.files_of(content, segment)
    label = words["all_years"] if segment == FULL else words["undated"] if segment == UNDATED else segment
    by_format: dict[str, list[PublishedFile]] = {}
    for one in files:
        if one.format in _LISTED:
            by_format.setdefault(one.format, []).append(one)
    rows = max(sum(one.rows or 0 for one in group) for group in by_format.values())
    return {"segment": segment, "label": label, "rows": rows, "files": by_format}
