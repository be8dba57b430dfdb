"""What a publication adds to the one before: a file of changed records for each, an index of them, and feeds.

A reader who holds one publication takes the deltas after it, in order, and has the next ones. There is no way from the
publication before where something other than new releases changed the records: something was taken back, records are
written in another form, or the reader's publication is not in the index any more. Then everything has to be taken anew.
"""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import orjson

from pregon.publication.bulk import write_dated
from pregon.publication.draft import Draft
from pregon.publication.manifest import describe, is_intact
from pregon.publication.records import Records
from pregon.publication.source import PublicationSource, StoredRecord
from transforms.feeds import INDEX, MOST_ENTRIES, ChangedProcess, Delta, changed_process, read_index
from transforms.packages import rfc3339
from transforms.snapshot import FULL, Manifest

KEPT = timedelta(days=90)
MOST_DELTAS = 200


@dataclass(frozen=True)
class Changes:
    """The deltas of a publication, the oldest first, and what its feeds tell of, the newest first."""

    deltas: Sequence[Delta]
    processes: Sequence[tuple[Delta, ChangedProcess]]


def build_changes(
    draft: Draft, source: PublicationSource, name: str, as_of: datetime, published: datetime, records: Records,
    redactions: int,
) -> Changes:  # fmt: skip
    """Add the delta of the snapshot `name`, and take over those of the promoted one that still lead to it."""
    form = records.fingerprint
    before = _promoted(draft, form, redactions)
    if before is None:
        delta = Delta(name, rfc3339(published), None, None)
        return Changes([delta], [])
    folder, manifest, known = before
    kept = [one for one in known[:-1] if as_of - datetime.fromisoformat(one.published) <= KEPT]
    # The promoted one is listed whatever its age: whoever has it is led on from there.
    kept = [*kept, known[-1]][-(MOST_DELTAS - 1) :]
    files = {delta.path for delta in kept}
    for one in manifest.files_of("changes"):
        if one.path in files:
            draft.take_over(folder, one)
    base = source.sequence_of(manifest.counts["releases"], manifest.redactions)
    new = _write(draft, source, records, f"changes/{name}.jsonl.gz", base, published, form)
    delta = Delta(
        name, rfc3339(published), manifest.snapshot, new.path, new.counts["new"], new.counts["updated"],
        new.counts["cancelled"],
    )  # fmt: skip
    deltas = [*kept, delta]
    return Changes(deltas, list(_newest(draft.folder, deltas)))


@dataclass
class _Written:
    path: str | None
    counts: dict[str, int]


def _write(
    draft: Draft, source: PublicationSource, records: Records, path: str, base: int, published: datetime, form: str
) -> _Written:
    """Write the records that changed after a sequence, each with what happened to it."""
    counts = {"new": 0, "updated": 0, "cancelled": 0}
    (draft.folder / path).parent.mkdir(exist_ok=True)

    def write(file: BinaryIO) -> None:
        with gzip.GzipFile("", "wb", fileobj=file, mtime=published.timestamp()) as packed:
            for one in source.changed(base):
                found = _changed(one, base)
                counts[found.kind] += 1
                head = orjson.dumps({"change": found.to_json()})
                packed.write(head[:-1] + b',"record":' + records.text(one) + b"}\n")

    write_dated(draft.folder / path, published, write)
    if not sum(counts.values()):
        (draft.folder / path).unlink()
        return _Written(None, counts)
    draft.files.append(
        describe(
            draft.folder, path, content="changes", segment=FULL, format="JSON Lines", media_type="application/gzip",
            published=published, fingerprint=form, rows=sum(counts.values()),
        )
    )  # fmt: skip
    return _Written(path, counts)


def _changed(one: StoredRecord, base: int) -> ChangedProcess:
    known = sum(release.sequence <= base for release in one.releases)
    in_order = sorted(one.releases, key=lambda release: release.sequence)
    return changed_process([orjson.loads(release.body) for release in in_order], orjson.loads(one.compiled), known)


def _promoted(draft: Draft, form: str, redactions: int) -> tuple[Path, Manifest, list[Delta]] | None:
    """Give the promoted snapshot and its deltas, if its records differ from the new ones by new releases only."""
    if draft.previous is None:
        return None
    folder, manifest = draft.previous
    written = [one.fingerprint for one in manifest.files_of("records")]
    if manifest.redactions != redactions or not all(one.endswith(form) for one in written):
        return None
    try:
        known = read_index((folder / INDEX).read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    listed = {one.path: one for one in manifest.files_of("changes")}
    whole = all(one.path in listed and is_intact(folder, listed[one.path]) for one in known if one.path)
    newest = known[-1].publication if known else None
    return (folder, manifest, known) if written and whole and newest == manifest.snapshot else None


def _newest(folder: Path, deltas: Sequence[Delta]) -> Iterator[tuple[Delta, ChangedProcess]]:
    """Give what changed last, as much as a feed tells of."""
    told = 0
    for delta in reversed(deltas):
        if told >= MOST_ENTRIES:
            return
        if delta.path:
            with gzip.open(folder / delta.path) as lines:
                for line in lines:
                    yield delta, ChangedProcess.from_json(orjson.loads(line)["change"])
                    told += 1
                    if told >= MOST_ENTRIES:
                        return
