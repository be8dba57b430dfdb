"""Static pages of releases and records with links from page to page: an API that any web server serves.

Pages are not compressed: servers do that on the way, as each reader likes it. How they are divided, and why:
`pregon.publication.paging`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, TypeVar

from pregon.publication.api_index import ApiIndex, Entry
from pregon.publication.bulk import write_dated
from pregon.publication.draft import Draft, digest
from pregon.publication.manifest import describe
from pregon.publication.paging import FIRST, FOLDER, PAGE_BYTES, PAGE_ENTRIES, Group, groups, page_path
from pregon.publication.records import Records
from pregon.publication.source import PublicationSource, Series
from transforms.packages import SEPARATOR, Envelope, envelope
from transforms.snapshot import FULL, PublishedFile

INDEX = f"{FOLDER}/index.json"

Item = TypeVar("Item")


@dataclass(frozen=True)
class PageSize:
    """Most entries of a number, and most bytes of the entries on a page."""

    entries: int = PAGE_ENTRIES
    bytes: int = PAGE_BYTES


def build_api(
    draft: Draft,
    source: PublicationSource,
    records: Records,
    published: datetime,
    redactions: int,
    size: PageSize = PageSize(),
) -> None:
    """Add the pages that are not the same as before, and an index of where to begin.

    `records` gives records in their form, `published` is the `as_of` of the newest commit, `redactions` the number of
    the newest redaction: it may have changed any page.
    """
    series: tuple[Series, ...] = ("releases", "records")
    index = ApiIndex(draft, redactions)
    pages = {one: _Pages(one, draft, source, records, redactions, size, index).build() for one in series}
    index.finish(published, digest(*(file.sha256 for files in pages.values() for file in files)))
    text = _index(draft, pages)
    write_dated(draft.folder / INDEX, published, lambda file: file.write(text))
    draft.files.append(
        describe(
            draft.folder, INDEX, content="api", segment=FULL, format="JSON", media_type="application/json",
            published=published, fingerprint=digest(draft.code_version, text.decode().replace("\n", "")),
        )
    )  # fmt: skip


def _index(draft: Draft, pages: dict[Series, list[PublishedFile]]) -> bytes:
    """Say where to begin, and where whoever followed to the end goes on."""
    publication = draft.publication
    content = {
        series: {
            "first": publication.url(page_path(series, FIRST)),
            "last": publication.url(files[-1].path),
            "pages": len(files),
        }
        for series, files in pages.items()
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


class _Pages:
    """The pages of one series while they are made, one after the other."""

    def __init__(
        self,
        series: Series,
        draft: Draft,
        source: PublicationSource,
        records: Records,
        redactions: int,
        size: PageSize,
        index: ApiIndex,
    ) -> None:
        self._series, self._index = series, index
        self._draft, self._source, self._records, self._size = draft, source, records, size
        form = records.fingerprint if series == "records" else ""
        self._base = digest(
            draft.code_version, draft.publication.fingerprint, form, str(redactions), str(size.entries), str(size.bytes)
        )
        (draft.folder / FOLDER / series).mkdir(parents=True, exist_ok=True)

    def build(self) -> list[PublishedFile]:
        """Link or write every page; give them in the order of their links."""
        made: list[PublishedFile] = []
        for group, following in _with_next(groups(self._series, self._source.placed(self._series), self._size.entries)):
            before = made[-1].path if made else None
            after = page_path(self._series, following.name) if following else None
            made += self._group(group, before, after)
        return made

    def _group(self, group: Group, before: str | None, after: str | None) -> list[PublishedFile]:
        segment = f"{self._series}/{group.name}"
        entries = digest(*(f"{one.sequence} {one.ocid} {one.fingerprint}" for one in group.entries))
        fingerprint = digest(self._base, before or "", after or "", entries)
        known = len(self._draft.files)
        if self._index.continues and self._draft.reuse("api", segment, "JSON", fingerprint):
            # By length first: the second part comes before the tenth, and after the page that has no number of a part.
            linked = sorted(self._draft.files[known:], key=lambda one: (len(one.path), one.path))
            self._index.take_over(self._series, group.entries, [one.path for one in linked])
            return linked
        self._write(group, segment, fingerprint, before, after)
        return self._draft.files[known:]

    def _write(self, group: Group, segment: str, fingerprint: str, before: str | None, after: str | None) -> None:
        parts = enumerate(_with_next(_parts(self._entries(group), self._size.bytes)), start=1)
        for part, (entries, more) in parts:
            path = page_path(self._series, group.name, part)
            following = page_path(self._series, group.name, part + 1) if more else after
            links = {name: target for name, target in (("next", following), ("prev", before)) if target}
            published = max(one.placed.committed for one in entries)
            frame = envelope(self._draft.publication, self._series, path=path, published=published, links=links)

            def write(file: BinaryIO, entries: Sequence[Entry] = entries, frame: Envelope = frame) -> None:
                file.write(frame.head)
                file.write(SEPARATOR.join(one.text for one in entries))
                file.write(frame.tail)

            write_dated(self._draft.folder / path, published, write)
            self._index.add(path, len(frame.head), entries)
            self._draft.files.append(
                describe(
                    self._draft.folder, path, content="api", segment=segment, format="JSON",
                    media_type="application/json", published=published, fingerprint=fingerprint, rows=len(entries),
                )
            )  # fmt: skip
            before = path

    def _entries(self, group: Group) -> Iterator[Entry]:
        """Give the entries of a number: releases in the order of commit, records by ocid."""
        if self._series == "releases":
            places = {one.sequence: one for one in group.entries}
            for release in self._source.released(group.entries[0].sequence, group.entries[-1].sequence):
                # The first release is on a page of its own.
                if release.sequence in places:
                    yield Entry(places[release.sequence], release.body, release)
            return
        by_ocid = {one.ocid: one for one in group.entries}
        for record in self._source.records_of(sorted(by_ocid)):
            yield Entry(by_ocid[record.ocid], self._records.text(record), record)


def _parts(entries: Iterable[Entry], limit: int) -> Iterator[list[Entry]]:
    """Cut entries into pages of at most `limit` bytes, none empty."""
    page: list[Entry] = []
    taken = 0
    for one in entries:
        if page and taken + len(one.text) > limit:
            yield page
            page, taken = [], 0
        page.append(one)
        taken += len(one.text) + len(SEPARATOR)
    if page:
        yield page


def _with_next(items: Iterable[Item]) -> Iterator[tuple[Item, Item | None]]:
    """Give each item with the one that follows, the last one with None."""
    iterator = iter(items)
    one = next(iterator, None)
    while one is not None:
        following = next(iterator, None)
        yield one, following
        one = following
