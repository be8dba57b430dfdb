"""The files of releases, records and compiled releases, each entry compressed once per format."""

import gzip
from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter
from typing import BinaryIO

from pregon.publication.bulk import write_dated
from pregon.publication.deflate import COMPRESSION, Compressor
from pregon.publication.draft import Draft, digest, whole
from pregon.publication.feeding import Strand, pour
from pregon.publication.forms import Form
from pregon.publication.grouping import Group, groups_of_records, groups_of_releases
from pregon.publication.manifest import describe
from pregon.publication.records import Records
from pregon.publication.source import PublicationSource, Segment, StoredRecord, StoredRelease
from transforms.packages import count_awards, rfc3339
from transforms.snapshot import FULL

COMMITS = "commits.csv.gz"
COMMITS_COLUMNS = ("as_of", "segment", "releases")
"""Of each stretch of releases of one segment in the order of commit: when, which segment, how many."""

WrittenRecord = tuple[StoredRecord, bytes]


def build_releases(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    formats: Collection[str],
    compressor: Compressor,
) -> None:
    """Add the files of all releases that are not the same as before."""
    forms: list[Form[StoredRelease]] = []
    if "jsonl" in formats:
        forms.append(Form(draft, "releases", attrgetter("body")))
    if "packages" in formats:
        forms.append(Form(draft, "releases", attrgetter("body"), lambda release: count_awards(release.body)))
    for form in forms:
        form.begin(segments)
    for segment in segments:
        _pour_releases(draft, source, segment, [form.strand(segment, compressor) for form in forms])
        compressor.drain()
        for form in forms:
            form.finish(segment)
        for month in segment.months:
            _pour_releases(draft, source, month, [form.strand_of_month(month, compressor) for form in forms])
            compressor.drain()
            for form in forms:
                form.finish(month)
    for form in forms:
        form.end()


def _pour_releases(
    draft: Draft, source: PublicationSource, segment: Segment, strands: Sequence[Strand[StoredRelease] | None]
) -> None:
    """Send the releases of a segment to the files that want them; nothing is read where none does."""
    wanted = [strand for strand in strands if strand]
    if not wanted:
        return

    def read(stretches: Sequence[Sequence[Group]]) -> Iterator[StoredRelease]:
        for groups in stretches:
            yield from source.releases(segment.name, int(groups[0].keys[0]), int(groups[-1].keys[-1]))

    base = digest(draft.code_version, COMPRESSION)
    groups = list(groups_of_releases(source.listed("releases", segment.name), base))
    pour(groups, wanted, read, attrgetter("sequence"))


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
    form = written.fingerprint
    forms: list[Form[WrittenRecord]] = []
    if "jsonl" in formats:
        forms.append(Form(draft, "records", lambda one: one[1], fingerprint=form))
        forms.append(Form(draft, "compiled", lambda one: one[0].compiled))
    if "packages" in formats:
        forms.append(Form(draft, "records", lambda one: one[1], lambda one: written.awards(one[0]), fingerprint=form))
    for one in forms:
        one.begin(segments)
    for segment in segments:
        strands = [strand for one in forms if (strand := one.strand(segment, compressor))]
        if strands:
            _pour_records(draft, source, segment, strands, written)
            compressor.drain()
        for one in forms:
            one.finish(segment)
    for one in forms:
        one.end()


def _pour_records(
    draft: Draft,
    source: PublicationSource,
    segment: Segment,
    strands: Sequence[Strand[WrittenRecord]],
    written: Records,
) -> None:
    """Send the records of a segment to the files that want them."""

    def read(stretches: Sequence[Sequence[Group]]) -> Iterator[WrittenRecord]:
        ocids = [str(key) for groups in stretches for group in groups for key in group.keys]
        yield from written.texts(segment.name, source.records_of(ocids), frozenset(ocids))

    base = digest(draft.code_version, COMPRESSION, written.fingerprint)
    groups = list(groups_of_records(source.listed("records", segment.name), base))
    pour(groups, strands, read, lambda one: one[0].ocid)
