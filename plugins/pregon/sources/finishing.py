"""From what was read to the next manifest: the source's last word, guards, raw parts, images, and the manifest last."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pregon.duck import session
from pregon.images import fold, live_rows_sql
from pregon.lake import Lake, Ref
from pregon.manifest import Manifest, Mode, Rejects, TableManifest, Watermark, run_id, write
from pregon.rejects import carry
from pregon.sources.base import EmptySourceError, Guard, SourceMovedError, SourceSpec, TableSpec
from pregon.sources.batches import CAST_FAILURE, KEYLESS
from pregon.sources.connector import Connector, TablePlan
from pregon.sources.guards import CountMismatch, check_read
from pregon.sources.kinds import kind_of
from pregon.sources.notes import joined
from pregon.sources.orphans import find_orphans
from pregon.sources.planning import standing
from pregon.sources.reading import Reader
from pregon.sources.settling import ReadChunk, Settled, settle

MAX_AFRESH = 2
"""Times that a table is read afresh because it changed while it was read."""

_FARTHEST_ZONE = timedelta(hours=14)


def finish(reader: Reader, *, accept: Collection[Guard] = ()) -> Manifest:
    """Make the manifest of an extract whose portions were all read.

    Args:
        reader: the extract.
        accept: guards that a person has looked at and lets pass this once.

    Raises:
        SourceError: a table is empty or of no use, a guard does not believe it, or the source moved too fast.
    """
    tables: dict[str, TableManifest] = {}
    for source in reader.sources:
        found = _source(reader, source, accept)
        if not any(entry.image.rows or entry.rows_read for entry in found.values()):
            raise EmptySourceError(
                "all its tables are empty", source=source.name, hint="check the connection, and fill the database"
            )
        tables.update(found)
    plan = reader.plan
    manifest = Manifest(plan.number, reader.city, plan.as_of, plan.previous, plan.config, dict(sorted(tables.items())))
    return write(reader.lake, manifest)


def _source(reader: Reader, source: SourceSpec, accept: Collection[Guard]) -> dict[str, TableManifest]:
    plans = {table.name: reader.planned(source, table) for table in source.tables}
    # A source that was read as a whole had its last word while it was open.
    open_again = not kind_of(source).whole(source) and any(plan.chunks for plan in plans.values())
    opened: AbstractContextManager[tuple[Connector, Path] | None] = (
        reader.opened(source, f"complete-{source.name}") if open_again else nullcontext()
    )
    chunks: dict[str, list[ReadChunk]] = {}
    with opened as context:
        # Parents stand above their children, and are completed after them: what a child names is then there.
        for table in reversed(source.tables):
            if context and plans[table.name].chunks:
                plans[table.name] = _complete(reader, source, table, plans[table.name], *context)
            count = len(plans[table.name].chunks)
            chunks[table.name] = [reader.chunk_read(table, index) for index in range(count)]
    found = {}
    for table in source.tables:
        before = standing(source, table, reader.previous)
        if not plans[table.name].chunks and before is not None:
            found[table.name] = replace(before, mode="unchanged", changed={})
        else:
            with reader.lake.scratch(f"{reader.city}/runs/{run_id(reader.plan.as_of)}/scratch/{table.name}") as scratch:
                finishing = _Finishing(reader, source, table, plans[table.name], chunks[table.name], scratch)
                try:
                    found[table.name] = finishing.entry(accept)
                except CountMismatch as error:
                    # The same pages would give the same error: the next try reads them afresh.
                    if not kind_of(source).whole(source):
                        reader.note_moved(table, error)
                    raise
                found[table.name] = _with_orphans(reader.lake, table, found, scratch)
    return found


def _with_orphans(lake: Lake, table: TableSpec, found: Mapping[str, TableManifest], scratch: Path) -> TableManifest:
    """Note in a table's entry the rows whose parent is not there."""
    entry, parent = found[table.name], table.option("parent")
    if not parent:
        return entry
    orphans = find_orphans(lake, table, entry, found[parent["table"]], parent["on"], scratch)
    if not orphans.rows:
        return entry
    return replace(entry, notes={**entry.notes, "orphans": orphans.rows, "orphans_of": list(orphans.parents)})


def _complete(
    reader: Reader, source: SourceSpec, table: TableSpec, plan: TablePlan, connector: Connector, scratch: Path
) -> TablePlan:
    """Read a table afresh that moved while it was read, and what was added to it meanwhile; give the plan then.

    Raises:
        SourceMovedError: it moved each time.
    """
    afresh = 0
    while True:
        try:
            reader.read_rest(connector, source, table, plan, scratch)
            return _completed(reader, source, table, plan, connector, scratch)
        except SourceMovedError:
            if afresh == MAX_AFRESH:
                raise
        afresh += 1
        try:
            plan = reader.read_afresh(connector, source, table, scratch)
        except SourceMovedError as error:
            reader.note_moved(table, error)
        if not plan.chunks:
            return plan


def _completed(
    reader: Reader, source: SourceSpec, table: TableSpec, plan: TablePlan, connector: Connector, scratch: Path
) -> TablePlan:
    """Read what the source changed while it was read; the plan then has these chunks too."""
    last = connector.complete(table, plan)
    plan = replace(plan, expected=last.expected)
    for chunk in last.chunks:
        plan = replace(plan, chunks=(*plan.chunks, chunk))
        index = len(plan.chunks) - 1
        # Of an earlier try these would be of an earlier moment.
        reader.lake.remove_prefix(f"{reader.key(table)}/{index:04d}")
        reader.read_chunk(connector, source, table, plan, chunk, index, scratch)
    if error := reader.moved(source, table):
        raise error
    return plan


class _Finishing:
    """One table, from its pages to its entry in the manifest."""

    def __init__(
        self,
        reader: Reader,
        source: SourceSpec,
        table: TableSpec,
        plan: TablePlan,
        chunks: list[ReadChunk],
        scratch: Path,
    ) -> None:
        self._lake: Lake = reader.lake
        self._city = reader.city
        self._number = reader.plan.number
        self._as_of = reader.plan.as_of
        self._work = reader.key(table)
        self._source = source
        self._table = table
        self._plan = plan
        self._chunks = chunks
        self._scratch = scratch
        self._before = reader.previous.tables.get(table.name) if reader.previous else None
        same = standing(source, table, reader.previous)
        self._same = None if reader.plan.full else same

    def entry(self, accept: Collection[Guard]) -> TableManifest:
        """Give the table's entry in the manifest."""
        table, plan, before = self._table, self._plan, self._before
        self._clear()
        settled = self._settled()
        mode: Mode = "full" if plan.since is None else "incremental"
        notes = _notes(plan.notes, self._chunks, settled)
        check_read(self._source.name, table, settled, plan, before, mode=mode, accept=accept, notes=notes)
        folder = f"{self._city}/raw/{self._source.name}/{table.name}/{self._number:06d}"
        parts = tuple(
            self._publish(part, f"{folder}/part-{index:05d}.parquet") for index, part in enumerate(settled.parts)
        )
        rejects = self._publish(settled.rejects[0], f"{folder}/rejects.parquet") if settled.rejects else None
        image = f"{self._city}/image/{table.name}"
        folded = fold(
            self._lake,
            image,
            self._number,
            table.types,
            parts,
            previous=before,
            mark_deleted=mode == "full" and self._deletes(settled, notes),
            scratch=self._scratch,
            unusable=rejects,
        )
        # A full read tells of every row there is; one by cursor says nothing of the rows that it did not see.
        carried = before.unusable if before and mode == "incremental" else Rejects()
        unfit = before is not None and settled.rejected[CAST_FAILURE]
        unusable = carry(
            self._lake,
            image,
            self._number,
            carried,
            parts=parts,
            found=rejects,
            live=live_rows_sql(self._lake, folded.image) if unfit else None,
            scratch=self._scratch,
        )
        whole = mode == "full"
        return TableManifest(
            name=table.name,
            source=self._source.name,
            mode=mode,
            rows_read=settled.rows_read,
            parts=parts,
            rejects=rejects,
            rejected=dict(sorted(settled.rejected.items())),
            watermark=self._watermark(settled),
            key=table.key,
            columns=table.types,
            fingerprint=table.fingerprint(self._source.kind),
            signature=plan.signature,
            image=folded.image,
            unusable=unusable,
            changed=folded.changed,
            observed=plan.observed,
            whole_rows=settled.rows_read if whole else before.whole_rows if before else None,
            filled=dict(settled.filled) if whole else before.filled if before else {},
            notes=notes,
        )

    def _deletes(self, settled: Settled, notes: dict[str, Any]) -> bool:
        """Say whether rows that a full read did not give are taken for gone.

        Rows whose key can't be read may be any of those that are missing: where there are more of them than before,
        nothing is taken for gone.
        """
        before = self._before
        if before is not None and before.key != self._table.key:
            return True  # under another key every row has another name: those of before are gone
        if self._table.deletions == "ignore":
            return False
        now = sum(settled.rejected[reason] for reason in KEYLESS)
        if before is not None and now > sum(before.unusable.reasons.get(reason, 0) for reason in KEYLESS):
            notes["deletions_withheld"] = now
            return False
        return True

    def _settled(self) -> Settled:
        with session(self._scratch, about=f"{self._source.name}.{self._table.name}") as connection:
            return settle(
                self._lake,
                f"{self._work}/settled",
                self._table,
                self._chunks,
                connection,
                self._scratch,
                moving=self._plan.moving,
                increment=None if self._plan.since is None else self._number,
            )

    def _publish(self, ref: Ref, key: str) -> Ref:
        self._lake.copy(ref.key, key)
        return replace(ref, key=key)

    def _clear(self) -> None:
        """Remove what a run that was killed left under this number."""
        self._lake.remove_prefix(f"{self._city}/raw/{self._source.name}/{self._table.name}/{self._number:06d}")
        made = tuple(f"{kind}-{self._number:06d}-" for kind in ("base", "delta", "rejects"))
        for key in self._lake.list(f"{self._city}/image/{self._table.name}"):
            if key.rpartition("/")[2].startswith(made):
                self._lake.remove(key)

    def _watermark(self, settled: Settled) -> Watermark | None:
        table, same = self._table, self._same
        if not table.cursor:
            return None
        declared = table.types[table.cursor]
        values = [_capped(_parsed(text, declared), self._as_of) for text in settled.cursors]
        if same and same.watermark and same.watermark.value is not None and self._plan.since is not None:
            values.append(_parsed(same.watermark.value, declared))
        value: Any = max(values, default=None)
        text = None if value is None else value.isoformat() if isinstance(value, date) else str(value)
        return Watermark(cursor=table.cursor, value=text, since=self._plan.since)


def _notes(planned: Mapping[str, Any], chunks: Iterable[ReadChunk], settled: Settled) -> dict[str, Any]:
    listed = list(chunks)
    notes: dict[str, Any] = dict(planned)
    for chunk in listed:
        notes = joined(notes, chunk.notes)
    if len(listed) > 1:
        notes["chunks"] = len(listed)
    if settled.superseded:
        notes["read_again"] = settled.superseded
    return notes


def _capped(value: date | int, as_of: datetime) -> date | int:
    """Give the cursor value, but none from the future: one row of the year 2999 would hide all changes until then."""
    if isinstance(value, datetime):
        return min(value, as_of) if value.tzinfo else min(value, (as_of + _FARTHEST_ZONE).replace(tzinfo=None))
    if isinstance(value, date):
        return min(value, (as_of + _FARTHEST_ZONE).date())
    return value


def _parsed(text: str, declared: str) -> date | int:
    if declared == "integer":
        return int(text)
    return date.fromisoformat(text) if declared == "date" else datetime.fromisoformat(text)
