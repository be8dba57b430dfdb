"""Tables of a publication as zipped CSV."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from pregon.publication.bulk import BulkFile
from pregon.publication.deflate import Compressor, Entry, Piece, Receiver, Stream, deflate, write_zip
from pregon.publication.draft import Draft, whole
from pregon.publication.source import PublicationSource, Segment
from transforms.snapshot import FULL, PublishedFile, TableColumn, TableSummary
from transforms.tables import Discovery, Flattener, Leaf, TablePlan, UnplannedValue, layout
from transforms.tables.flatten import header_line

# Characters of a table that wait before they are compressed: large enough to compress well, small enough that a
# hundred tables stay within memory.
_WAITING = 1 << 18


class TableMember:
    """One table within an archive that is being filled."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.rows = 0

    def add(self, piece: Piece, *, rows: int, awards: int) -> None:  # noqa: ARG002 - tables have no such limit
        """Take a piece of CSV rows."""
        self.stream.add(piece)
        self.rows += rows


class TableArchive(BulkFile):
    """All tables of a segment: one CSV file each, in one ZIP archive, with the plan's header even where empty."""

    def __init__(self, snapshot: Path, segment: str, plan: TablePlan, *, published: datetime, fingerprint: str) -> None:
        super().__init__(snapshot, "tables", segment, ".csv.zip", published=published, fingerprint=fingerprint)
        self._plan = plan
        self.members = [TableMember(Stream(self.scratch(f".{table.name}"))) for table in plan.tables]

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table, by its name."""
        return {table.name: member.rows for table, member in zip(self._plan.tables, self.members, strict=True)}

    def finish(self) -> list[PublishedFile]:
        """Write the archive. Its `rows` are the processes."""
        headers = [deflate(header_line(table)) for table in self._plan.tables]
        entries = []
        for table, member, header in zip(self._plan.tables, self.members, headers, strict=True):
            member.stream.close()
            entries.append(Entry(f"{table.name}.csv", before=[header], stream=member.stream))
        path = self.stem + self.suffix

        def archive(file: BinaryIO) -> None:
            write_zip(file, entries, self.published)

        self.write(path, archive)
        unpacked = sum(member.stream.size for member in self.members) + sum(header.size for header in headers)
        self.discard()
        return [
            self.described(
                path, rows=self.members[0].rows, unpacked=unpacked, format="CSV", media_type="application/zip"
            )
        ]

    def discard(self) -> None:
        """Remove the streams."""
        for member in self.members:
            member.stream.remove()


def build_tables(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    compressor: Compressor,
    paths: Collection[str],
) -> tuple[TableSummary, ...]:
    """Add the table archives that are not the same as before, and tell what is in them.

    Every segment has the same tables and columns: those of `paths` (what the mapping can fill), those published before
    (a column once published stays), and, where there are none or a value has no column, those that occur in the data.
    """
    standard = layout(draft.publication.extensions)
    published = draft.previous[1].tables if draft.previous else ()
    leaves: set[Leaf] = {(table.chain, column.path) for table in published for column in table.columns}
    leaves |= standard.plan(paths).leaves
    kept = list(draft.files)
    if not published and not paths:
        leaves |= _discover(source, segments)
    try:
        return _build(draft, source, segments, compressor, standard.of(leaves))
    except UnplannedValue:
        # An older mapping filled it, or the mapping's generated parts did. Every segment gets the wider header.
        draft.files[:] = kept
        for archive in (draft.folder / "bulk/tables").glob("*.zip"):
            archive.unlink()
        return _build(draft, source, segments, compressor, standard.of(leaves | _discover(source, segments)))


def _discover(source: PublicationSource, segments: Sequence[Segment]) -> set[Leaf]:
    discovery = Discovery()
    for segment in segments:
        for body in source.compiled(segment.name):
            discovery.add(orjson.loads(body))
    return set(discovery.leaves)


def _build(
    draft: Draft, source: PublicationSource, segments: Sequence[Segment], compressor: Compressor, plan: TablePlan
) -> tuple[TableSummary, ...]:
    headers = json.dumps([[table.name, table.header] for table in plan.tables])
    archives: dict[str, TableArchive] = {}
    for segment in [*segments, *whole(segments)]:
        fingerprint = draft.fingerprint("tables", segment, headers)
        if not draft.reuse("tables", segment.name, "CSV", fingerprint):
            archives[segment.name] = TableArchive(
                draft.folder, segment.name, plan, published=segment.published, fingerprint=fingerprint
            )
    rows = {table.name: table.rows for table in draft.previous[1].tables} if draft.previous else {}
    try:
        for segment in segments:
            receivers = [archives[name] for name in (segment.name, FULL) if name in archives]
            if receivers:
                _fill(source, segment.name, plan, receivers, compressor)
            if segment.name in archives:
                draft.files += archives.pop(segment.name).finish()
    except UnplannedValue:
        compressor.drain()
        for archive in archives.values():
            archive.discard()
        raise
    if FULL in archives:
        rows = archives[FULL].rows
        draft.files += archives[FULL].finish()
    return tuple(
        TableSummary(
            name=table.name,
            chain=table.chain,
            links=table.links,
            columns=tuple(TableColumn(column.path, column.type) for column in table.columns),
            rows=rows[table.name],
        )
        for table in plan.tables
    )


def _fill(
    source: PublicationSource, segment: str, plan: TablePlan, archives: Sequence[TableArchive], compressor: Compressor
) -> None:
    flattener = Flattener(plan)
    receivers: list[list[Receiver]] = [list(of_table) for of_table in zip(*(a.members for a in archives), strict=True)]

    def send(minimum: int) -> None:
        for number, text, rows in flattener.take(minimum):
            compressor.submit(text, receivers[number], rows=rows)

    for count, body in enumerate(source.compiled(segment)):
        flattener.add(orjson.loads(body))
        if count % 64 == 0:
            send(_WAITING)
    send(0)
    compressor.drain()
