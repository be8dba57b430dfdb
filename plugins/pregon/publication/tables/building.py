"""Building the tables of a snapshot in the formats that a city wants: a year's rows are made once, for all of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from pregon.publication.deflate import Compressor
from pregon.publication.draft import Draft, whole
from pregon.publication.lifting import UnlikeArchive
from pregon.publication.source import PublicationSource, Segment
from pregon.publication.tables.csv_archive import CsvFormat
from pregon.publication.tables.formats import Format, SegmentFiles, Setting, TableOptions, Year
from pregon.publication.tables.parquet import ParquetFormat
from pregon.publication.tables.sqlite import SqliteFormat
from pregon.publication.tables.workbook import WorkbookFormat
from transforms.snapshot import TableColumn, TableFormat, TableSummary
from transforms.tables import Discovery, Flattener, Leaf, TablePlan, UnplannedValue, layout

FORMATS: Mapping[TableFormat, type[Format]] = {
    "csv": CsvFormat,
    "xlsx": WorkbookFormat,
    "parquet": ParquetFormat,
    "sqlite": SqliteFormat,
}

# Rows of all tables together that are made before the formats take them: enough for columns to pay, little memory.
_WAITING = 16_384


def build_tables(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    compressor: Compressor,
    paths: Collection[str],
    formats: Collection[TableFormat],
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> tuple[TableSummary, ...]:
    """Add the files of tables that are not the same as before, and tell what is in them.

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

    def tables(plan: TablePlan) -> tuple[TableSummary, ...]:
        setting = Setting(draft.folder, draft.publication, plan, options, compressor)
        chosen = [FORMATS[name]() for name in FORMATS if name in formats]
        return _Tables(draft, setting, chosen).build(source, segments)

    try:
        return tables(standard.of(leaves))
    except UnplannedValue:
        # An older mapping filled it, or the mapping's generated parts did. Every segment gets the wider header.
        draft.files[:] = kept
        _remove(draft)
        return tables(standard.of(leaves | _discover(source, segments)))


def _discover(source: PublicationSource, segments: Sequence[Segment]) -> set[Leaf]:
    discovery = Discovery()
    for segment in segments:
        for body in source.compiled(segment.name):
            discovery.add(orjson.loads(body))
    return set(discovery.leaves)


def _remove(draft: Draft) -> None:
    for file in sorted((draft.folder / "bulk/tables").rglob("*"), reverse=True):
        if file.is_dir():
            file.rmdir()
        else:
            file.unlink()


@dataclass
class _Tables:
    """The tables of one snapshot. `years` and `rows` fill up as segments are done, by format and by segment."""

    draft: Draft
    setting: Setting
    formats: Sequence[Format]
    years: dict[str, list[Year]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def build(self, source: PublicationSource, segments: Sequence[Segment]) -> tuple[TableSummary, ...]:
        """Build every segment, then all years together."""
        self.years = {one.name: [] for one in self.formats}
        (all_years,) = whole(segments)
        missing = [one for one in self.formats if not self._reused(one, all_years)]
        for segment in segments:
            self._segment(source, segment, missing)
        for one in missing:
            fingerprint = self._fingerprint(one, all_years)
            try:
                files = one.whole(self.setting, all_years, fingerprint, self.years[one.name])
            except UnlikeArchive:  # made by another version of a library: nothing of it can be used again
                self._afresh(source, segments, one)
                files = one.whole(self.setting, all_years, fingerprint, self.years[one.name])
            self.draft.files += files
        return tuple(
            TableSummary(
                name=table.name,
                chain=table.chain,
                links=table.links,
                columns=tuple(TableColumn(column.path, column.type) for column in table.columns),
                rows=sum(rows[table.name] for rows in self.rows.values()),
                segments={name: rows[table.name] for name, rows in self.rows.items()},
            )
            for table in self.setting.plan.tables
        )

    def _segment(self, source: PublicationSource, segment: Segment, missing: Sequence[Format]) -> None:
        """Take over the files of a segment, or build them; note its rows."""
        rows = self._known_rows(segment)
        found: dict[str, SegmentFiles] = {}
        try:
            for one in self.formats:
                # What goes into another file has to be what it was.
                if rows is None or not self._reused(one, segment, intact=one in missing):
                    found[one.name] = one.segment(self.setting, segment, self._fingerprint(one, segment))
            if rows is None or found:
                rows = self._fill(source, segment, list(found.values()))
            for files in found.values():
                self.draft.files += files.finish()
        except BaseException:
            with suppress(Exception):  # what is told is what went wrong first
                self.setting.compressor.drain()
            for files in found.values():
                files.discard()
            raise
        self.rows[segment.name] = rows
        for one in self.formats:
            made = [
                file
                for file in self.draft.files
                if (file.content, file.segment, file.format) == ("tables", segment.name, one.name)
            ]
            self.years[one.name].append(Year(segment, made, rows))

    def _afresh(self, source: PublicationSource, segments: Sequence[Segment], one: Format) -> None:
        """Build the files of every segment in one format, instead of those that were taken over."""
        taken = [file for file in self.draft.files if (file.content, file.format) == ("tables", one.name)]
        for file in taken:
            self.draft.files.remove(file)
            (self.draft.folder / file.path).unlink()
        self.years[one.name] = []
        for segment in segments:
            files = one.segment(self.setting, segment, self._fingerprint(one, segment))
            rows = self._fill(source, segment, [files])
            made = files.finish()
            self.draft.files += made
            self.years[one.name].append(Year(segment, made, rows))

    def _fill(self, source: PublicationSource, segment: Segment, found: Sequence[SegmentFiles]) -> dict[str, int]:
        """Make the rows of a segment, for all formats at once; count them."""
        tables = self.setting.plan.tables
        counts = {table.name: 0 for table in tables}
        flattener = Flattener(self.setting.plan)

        def send() -> None:
            rows = list(flattener.take())
            for number, taken in rows:
                counts[tables[number].name] += len(taken.rows)
            for files in found:
                files.add(rows)

        for body in source.compiled(segment.name):
            flattener.add(orjson.loads(body))
            if flattener.waiting > _WAITING:
                send()
        send()
        return counts

    def _reused(self, one: Format, segment: Segment, *, intact: bool = False) -> bool:
        return self.draft.reuse("tables", segment.name, one.name, self._fingerprint(one, segment), intact=intact)

    def _fingerprint(self, one: Format, segment: Segment) -> str:
        return self.draft.fingerprint("tables", segment, self._headers, self._choices[one.name])

    @cached_property
    def _headers(self) -> str:
        return json.dumps([[table.name, table.header, table.types] for table in self.setting.plan.tables])

    @cached_property
    def _choices(self) -> dict[str, str]:
        return {one.name: one.fingerprint(self.setting).replace("\n", " ") for one in self.formats}

    def _known_rows(self, segment: Segment) -> dict[str, int] | None:
        """Give the rows of each table in an unchanged segment of the promoted snapshot, if it tells of all of them."""
        if not self.draft.previous:
            return None
        published = {table.name: table for table in self.draft.previous[1].tables}
        found = {
            table.name: published[table.name].segments[segment.name]
            for table in self.setting.plan.tables
            if table.name in published and segment.name in published[table.name].segments
        }
        return found if len(found) == len(self.setting.plan.tables) else None
