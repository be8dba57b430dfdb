"""Building the bulk files of releases, records and compiled releases, each entry compressed once per format."""

import gzip
from collections.abc import Collection, Sequence
from typing import BinaryIO

from pregon.publication.bulk import Feed, JsonLinesFile, PackageFiles, write_dated
from pregon.publication.deflate import Compressor, Receiver
from pregon.publication.draft import Draft, whole
from pregon.publication.manifest import describe
from pregon.publication.records import Records
from pregon.publication.source import PublicationSource, Segment, Series
from transforms.packages import count_awards, rfc3339
from transforms.snapshot import FULL, Content

COMMITS = "commits.csv.gz"
COMMITS_COLUMNS = ("as_of", "segment", "releases")
"""Of each stretch of releases of one segment in the order of commit: when, which segment, how many."""

Files = dict[str, JsonLinesFile] | dict[str, PackageFiles]


def build_releases(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    formats: Collection[str],
    compressor: Compressor,
) -> None:
    """Add the files of all releases that are not the same as before."""
    lines = _lines(draft, "releases", segments) if "jsonl" in formats else {}
    packages = _packages(draft, "releases", segments) if "packages" in formats else {}
    for segment in segments:
        to_lines, to_packages = _receivers(lines, segment.name), _receivers(packages, segment.name)
        _feed_releases(source, segment.name, to_lines, to_packages, compressor)
        compressor.drain()
        _finish(draft, segment.name, lines, packages)
        _build_months(draft, source, segment.months, formats, compressor)
    _finish(draft, FULL, lines, packages)


def _build_months(
    draft: Draft,
    source: PublicationSource,
    months: Sequence[Segment],
    formats: Collection[str],
    compressor: Compressor,
) -> None:
    """Add the files of months that are not the same as before."""
    lines = _line_files(draft, "releases", months) if "jsonl" in formats else {}
    packages = _package_files(draft, "releases", months) if "packages" in formats else {}
    for month in months:
        to_lines, to_packages = _receivers(lines, month.name), _receivers(packages, month.name)
        _feed_releases(source, month.name, to_lines, to_packages, compressor)
    compressor.drain()
    for month in months:
        _finish(draft, month.name, lines, packages)


def _feed_releases(
    source: PublicationSource,
    segment: str,
    to_lines: Sequence[Receiver],
    to_packages: Sequence[Receiver],
    compressor: Compressor,
) -> None:
    """Send the releases of a segment to the files that want them; nothing is read where none does."""
    if to_lines or to_packages:
        feed = Feed(compressor, "releases", to_lines, to_packages)
        for release in source.releases(segment):
            feed.add(release.body, count_awards(release.body) if to_packages else 0)
        feed.flush()


def build_commits(draft: Draft, source: PublicationSource, segments: Sequence[Segment]) -> None:
    """Add the file that tells in which order the releases were committed: with it a lost ledger can be restored."""
    for segment in whole(segments):
        fingerprint = draft.fingerprint("commits", segment)
        if draft.reuse("commits", FULL, "CSV", fingerprint):
            continue
        rows = 0

        def write(file: BinaryIO) -> None:
            nonlocal rows
            moment = segment.published.timestamp()  # noqa: B023 - called in here
            with gzip.GzipFile("", "wb", fileobj=file, mtime=moment) as packed:
                packed.write(f"{','.join(COMMITS_COLUMNS)}\n".encode())
                for stretch in source.committed():
                    packed.write(f"{rfc3339(stretch.as_of)},{stretch.segment},{stretch.releases}\n".encode())
                    rows += 1

        write_dated(draft.folder / COMMITS, segment.published, write)
        draft.files.append(
            describe(
                draft.folder, COMMITS, content="commits", segment=FULL, format="CSV", media_type="application/gzip",
                published=segment.published, fingerprint=fingerprint, rows=rows,
            )
        )  # fmt: skip


def build_records(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    formats: Collection[str],
    compressor: Compressor,
    written: Records,
) -> None:
    """Add the files of all records and compiled releases that are not the same as before.

    `written` gives them in their form.
    """
    lines = _lines(draft, "records", segments, written.fingerprint) if "jsonl" in formats else {}
    compiled = _lines(draft, "compiled", segments) if "jsonl" in formats else {}
    packages = _packages(draft, "records", segments, written.fingerprint) if "packages" in formats else {}
    for segment in segments:
        to_lines, to_packages = _receivers(lines, segment.name), _receivers(packages, segment.name)
        to_compiled = _receivers(compiled, segment.name)
        if to_lines or to_packages or to_compiled:
            records = Feed(compressor, "records", to_lines, to_packages)
            states = Feed(compressor, "compiled", to_compiled)
            if to_lines or to_packages:
                for one, text in written.texts(segment.name, source.records(segment.name)):
                    records.add(text, written.awards(one) if to_packages else 0)
                    if to_compiled:
                        states.add(one.compiled)
            else:
                for body in source.compiled(segment.name):
                    states.add(body)
            records.flush()
            states.flush()
            compressor.drain()
        _finish(draft, segment.name, lines, packages, compiled)
    _finish(draft, FULL, lines, packages, compiled)


def _lines(draft: Draft, content: Content, segments: Sequence[Segment], form: str = "") -> dict[str, JsonLinesFile]:
    return _line_files(draft, content, [*segments, *whole(segments)], form)


def _line_files(
    draft: Draft, content: Content, segments: Sequence[Segment], form: str = ""
) -> dict[str, JsonLinesFile]:
    files = {}
    for segment in segments:
        fingerprint = draft.fingerprint(content, segment) + form
        if not draft.reuse(content, segment.name, "JSON Lines", fingerprint):
            files[segment.name] = JsonLinesFile(
                draft.folder, content, segment.name, published=segment.published, fingerprint=fingerprint
            )
    return files


def _packages(draft: Draft, series: Series, segments: Sequence[Segment], form: str = "") -> dict[str, PackageFiles]:
    return _package_files(draft, series, [*segments, *whole(segments)], form)


def _package_files(
    draft: Draft, series: Series, segments: Sequence[Segment], form: str = ""
) -> dict[str, PackageFiles]:
    files = {}
    for segment in segments:
        fingerprint = draft.fingerprint(series, segment, draft.publication.fingerprint) + form
        if not draft.reuse(series, segment.name, "JSON", fingerprint):
            files[segment.name] = PackageFiles(
                draft.folder,
                series,
                segment.name,
                draft.publication,
                published=segment.published,
                fingerprint=fingerprint,
            )
    return files


def _receivers(files: Files, segment: str) -> list[Receiver]:
    """Give the files that take the entries of a segment: its own, and the one of everything."""
    return [files[name] for name in (segment, FULL) if name in files]


def _finish(draft: Draft, segment: str, *groups: Files) -> None:
    for group in groups:
        if segment in group:
            draft.files += group.pop(segment).finish()
