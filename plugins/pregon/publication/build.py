"""The stage `build`: a snapshot of the publication out of the ledger.

A snapshot appears under its name only when it is whole: it grows in a hidden folder beside it, is written to disk, and
is renamed. What a killed build leaves behind is removed by the next one. Nothing is read from the clock: times are
those of the commits, and `as_of` names the snapshot.
"""

import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from pregon.errors import PregonError
from pregon.publication.api import build_api
from pregon.publication.bulk import write_dated
from pregon.publication.changes import Changes, build_changes
from pregon.publication.deflate import Compressor
from pregon.publication.draft import Draft, digest, whole
from pregon.publication.feeding import EntriesMissing
from pregon.publication.kept_pieces import KeptPieces
from pregon.publication.manifest import MANIFEST, describe, read_current, read_manifest, sync_folder
from pregon.publication.opportunities import KeptOpportunities, build_opportunities
from pregon.publication.pages import pages
from pregon.publication.quality import QualitySource, earlier_trend, quality_files
from pregon.publication.records import Records
from pregon.publication.series import build_commits, build_records, build_releases
from pregon.publication.source import PublicationSource, Segment, Series
from pregon.publication.tables import KeptPlaces, TableOptions, build_tables
from transforms.packages import rfc3339
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.records import RecordForm
from transforms.redactions import redactions_json
from transforms.releases import MergeRules
from transforms.site.policy import NO_POLICY, Policy
from transforms.snapshot import FULL, TABLE_FORMATS, Manifest, Notice, TableFormat, TableSummary

Format = Literal["jsonl", "packages", "api"] | TableFormat

ALL_FORMATS: tuple[Format, ...] = ("jsonl", "packages", *TABLE_FORMATS, "api")


_ATTEMPTS = 3


class LedgerMoved(PregonError):
    """Each time the ledger was read for a snapshot, a commit came in between."""

    retryable = True

    def __init__(self, city: str) -> None:
        super().__init__(
            f"{city}: the ledger changed while it was being read, {_ATTEMPTS} times over",
            hint="build again when no run of this city is committing",
        )
        self.city = city


@dataclass(frozen=True)
class Snapshot:
    """A finished snapshot; `created` is false where the one that readers see already says the same."""

    path: Path
    manifest: Manifest
    created: bool


def build_snapshot(
    root: Path,
    source: PublicationSource,
    publication: Publication,
    *,
    as_of: datetime,
    code_version: str,
    paths: Collection[str] = (),
    formats: Collection[Format] = ALL_FORMATS,
    records: RecordForm = RecordForm(),  # noqa: B008 - frozen
    rules: MergeRules | None = None,
    quality: QualitySource | None = None,
    tables: TableOptions = TableOptions(),  # noqa: B008 - frozen
    policy: Policy = NO_POLICY,
    opportunities: KeptOpportunities | None = None,
    work: Path | None = None,
    threads: int | None = None,
) -> Snapshot:
    """Build a snapshot below `root` (`HOME/public/<city>`), or give the current one where nothing changed.

    `paths` are the OCDS paths (without indexes) that the city's mapping can fill: their columns exist from the start,
    whether or not a value has come. `records` says what a record holds: links need the format `packages`, versioned
    releases the merge `rules` of the city's extensions. `tables` are the city's choices about tables, `policy` is what
    it decided about publishing, for the page that says so. `opportunities` are what vendors may take part in at
    `as_of`: a deadline that has passed makes a new snapshot. `quality` says what the checks found; its trend goes on
    from that of the promoted snapshot. Files of segments that did not change are hard-linked from the promoted
    snapshot; of what did change, groups of entries that stayed the same are taken from there compressed, and rows as
    they stand, if `work` is a folder that knows where they are. A repeated call with the same `as_of` gives the same
    bytes, with it or without.

    Raises `LedgerMoved` where commits kept coming while the ledger was read.
    """
    if records.releases == "linked" and "packages" not in formats:
        raise ValueError("records can't link to releases without packages of them")
    for _ in range(_ATTEMPTS):
        snapshot = _attempt(
            root, source, publication, as_of=as_of, code_version=code_version, paths=paths, formats=formats,
            records=records, rules=rules, quality=quality, options=tables, policy=policy, opportunities=opportunities,
            work=work, threads=threads,
        )  # fmt: skip
        if snapshot:
            return snapshot
    raise LedgerMoved(publication.slug)


def _attempt(
    root: Path,
    source: PublicationSource,
    publication: Publication,
    *,
    as_of: datetime,
    code_version: str,
    paths: Collection[str],
    formats: Collection[Format],
    records: RecordForm,
    rules: MergeRules | None,
    quality: QualitySource | None,
    options: TableOptions,
    policy: Policy,
    opportunities: KeptOpportunities | None,
    work: Path | None,
    threads: int | None,
) -> Snapshot | None:
    """Build from one state of the ledger; None where it did not stay the same meanwhile."""
    segments = _segments(source)
    notices = tuple(source.redactions())
    listed = opportunities.listing(source, as_of) if opportunities else None
    fingerprint = digest(
        code_version,
        publication.fingerprint,
        json.dumps(sorted(formats)),
        json.dumps(sorted(paths)),
        repr(records),
        repr(options),
        policy.fingerprint,
        json.dumps([[series, part.name, part.fingerprint] for series in segments for part in segments[series]]),
        *([redactions_json(notices).decode().replace("\n", " ")] if notices else []),
        *([quality.fingerprint] if quality else []),
        *([listed.digest, repr(opportunities.options)] if opportunities and listed else []),
    )
    previous = read_current(root)
    if previous and previous[1].fingerprint == fingerprint:
        return Snapshot(*previous, created=False)
    snapshots = root / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True)
    name = f"{as_of:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"
    final = snapshots / name
    if final.is_dir():  # built by this very call before it was killed: new to readers all the same
        return Snapshot(final, read_manifest(final), created=True)
    for left_behind in snapshots.glob(".*.partial"):
        shutil.rmtree(left_behind)
    kept = KeptPieces(work, previous)
    draft = Draft(snapshots / f".{name}.partial", publication, code_version, previous, kept)
    draft.folder.mkdir()
    published = max((part.published for parts in segments.values() for part in whole(parts)), default=as_of)
    tables: tuple[TableSummary, ...] = ()
    changes = None
    if "jsonl" in formats:
        build_commits(draft, source, segments["releases"])
    places = KeptPlaces(work / "tables") if work else None
    with Compressor(threads) as compressor:
        try:
            build_releases(draft, source, segments["releases"], formats, compressor)
            written = Records(records, draft, source, rules)
            build_records(draft, source, segments["records"], formats, compressor, written)
        except EntriesMissing:  # a commit, or a redaction, came between listing and reading
            shutil.rmtree(draft.folder)
            return None
        wanted: list[TableFormat] = [one for one in TABLE_FORMATS if one in formats]
        if wanted and segments["records"]:
            tables = build_tables(draft, source, segments["records"], compressor, paths, wanted, options, places)
        if "jsonl" in formats and segments["records"]:
            changes = build_changes(draft, source, name, as_of, published, written, _newest(notices))
        if "api" in formats and segments["records"]:
            build_api(draft, source, written, published, _newest(notices))
    if opportunities and listed:
        build_opportunities(draft, listed, opportunities.options, as_of, published)
    report = None
    if quality:
        report = quality.report(
            snapshot=name, as_of=rfc3339(as_of), published=rfc3339(published),
            earlier=earlier_trend(previous[0] if previous else None),
        )  # fmt: skip
    if (_segments(source), tuple(source.redactions())) != (segments, notices):
        # A commit came between two reads: the files would not fit together.
        shutil.rmtree(draft.folder)
        return None
    manifest = Manifest(
        snapshot=name,
        city=publication.slug,
        name=dict(publication.name),
        synthetic=publication.synthetic,
        country=publication.country,
        time_zone=publication.time_zone,
        as_of=rfc3339(as_of),
        published=rfc3339(published),
        issued=rfc3339(issued) if (issued := source.issued()) else None,
        code_version=code_version,
        fingerprint=fingerprint,
        counts={series: sum(part.entries for part in parts) for series, parts in segments.items()},
        files=tuple(sorted(draft.files, key=lambda file: file.path)),
        tables=tables,
        redactions=_newest(notices),
        hub=publication.hub,
        base_url=publication.base_url if publication.hub else None,
    )
    manifest = _seal(draft, manifest, as_of, notices, report, changes, options, policy)
    draft.kept.settle()
    if places:
        places.settle(part.name for part in segments["records"])
    draft.folder.rename(final)
    sync_folder(snapshots)
    return Snapshot(final, manifest, created=True)


def _newest(notices: Sequence[Notice]) -> int:
    return max((notice.number for notice in notices), default=0)


def _segments(source: PublicationSource) -> dict[Series, list[Segment]]:
    return {"releases": list(source.segments("releases")), "records": list(source.segments("records"))}


def _seal(
    draft: Draft,
    manifest: Manifest,
    as_of: datetime,
    notices: Sequence[Notice],
    report: QualityReport | None,
    changes: Changes | None,
    options: TableOptions,
    policy: Policy,
) -> Manifest:
    """Write pages and, last of all, the manifest.

    Pages carry `as_of` as their time, because they change with the configuration too.
    """
    described = []
    written = pages(
        manifest, draft.publication, notices, report, changes, policy=policy, byte_order_mark=options.byte_order_mark
    )
    for page in [*written, *(quality_files(report, draft.publication) if report else [])]:
        (draft.folder / page.path).parent.mkdir(exist_ok=True)
        write_dated(draft.folder / page.path, as_of, page.write)
        described.append(
            describe(
                draft.folder,
                page.path,
                content=page.content,
                segment=FULL,
                format=page.format,
                media_type=page.media_type,
                published=datetime.fromisoformat(manifest.published),
                fingerprint=manifest.fingerprint,
            )
        )
    manifest = replace(manifest, files=tuple(sorted([*manifest.files, *described], key=lambda file: file.path)))
    for folder in (path for path in draft.folder.rglob("*") if path.is_dir()):
        sync_folder(folder)
    text = manifest.to_json()
    write_dated(draft.folder / MANIFEST, as_of, lambda file: file.write(text))
    sync_folder(draft.folder)
    return manifest
