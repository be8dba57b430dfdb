"""Building the tables of a snapshot in the formats that a city wants: a year's rows are made once, for all of them."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import orjson

from pregon.publication.deflate import Compressor
from pregon.publication.draft import Draft, digest, whole
from pregon.publication.lifting import UnlikeArchive
from pregon.publication.manifest import is_intact
from pregon.publication.source import PublicationSource, Segment
from pregon.publication.tables.batches import Known, batches
from pregon.publication.tables.csv_archive import CsvFormat
from pregon.publication.tables.formats import (
    Before,
    Format,
    NotContinued,
    SegmentFiles,
    Setting,
    TableOptions,
    Year,
)
from pregon.publication.tables.parquet import ParquetFormat
from pregon.publication.tables.places import KeptPlaces, RowPlaces, Written
from pregon.publication.tables.sqlite import SqliteFormat
from pregon.publication.tables.workbook import WorkbookFormat
from transforms.snapshot import PublishedFile, TableColumn, TableFormat, TableSummary
from transforms.tables import Discovery, Flattener, Leaf, TablePlan, UnplannedValue, layout

FORMATS: Mapping[TableFormat, type[Format]] = {
    "csv": CsvFormat,
    "xlsx": WorkbookFormat,
    "parquet": ParquetFormat,
    "sqlite": SqliteFormat,
}


def build_tables(
    draft: Draft,
    source: PublicationSource,
    segments: Sequence[Segment],
    compressor: Compressor,
    paths: Collection[str],
    formats: Collection[TableFormat],
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    places: KeptPlaces | None = None,
) -> tuple[TableSummary, ...]:
    """Add the files of tables that are not the same as before, and tell what is in them.

    Every segment has the same tables and columns: those of `paths` (what the mapping can fill), those published before
    (a column once published stays), and, where there are none or a value has no column, those that occur in the data.
    `places` tell where the rows of the promoted files are: those of processes that did not change are taken over.
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
        return _Tables(draft, setting, chosen, places).build(source, segments)

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
    places: KeptPlaces | None = None
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
        # What goes into another file has to be what it was.
        anew = [one for one in self.formats if rows is None or not self._reused(one, segment, intact=one in missing)]
        if rows is None or anew:
            rows = self._filled(source, segment, anew)
        self.rows[segment.name] = rows
        for one in self.formats:
            self.years[one.name].append(Year(segment, self._made(segment, one), rows))

    def _made(self, segment: Segment, one: Format) -> list[PublishedFile]:
        return [
            file
            for file in self.draft.files
            if (file.content, file.segment, file.format) == ("tables", segment.name, one.name)
        ]

    def _afresh(self, source: PublicationSource, segments: Sequence[Segment], one: Format) -> None:
        """Build the files of every segment in one format, instead of those that were taken over."""
        taken = [file for file in self.draft.files if (file.content, file.format) == ("tables", one.name)]
        for file in taken:
            self.draft.files.remove(file)
            (self.draft.folder / file.path).unlink()
        self.years[one.name] = []
        for segment in segments:
            rows = self._fill(source, segment, [one], None)
            self.years[one.name].append(Year(segment, self._made(segment, one), rows))

    def _filled(self, source: PublicationSource, segment: Segment, formats: Sequence[Format]) -> dict[str, int]:
        """Build the files of a segment, of those before where that can be done; count its rows."""
        before = self._before(segment, formats)
        if before:
            with suppress(NotContinued):
                return self._fill(source, segment, formats, before)
        return self._fill(source, segment, formats, None)

    def _fill(
        self, source: PublicationSource, segment: Segment, formats: Sequence[Format], before: RowPlaces | None
    ) -> dict[str, int]:
        """Fill the files of a segment in some formats, for all of them at once; count its rows."""
        import numpy as np

        states = [(one.ocid, one.fingerprint) for one in source.listed("records", segment.name)] if self.places else []
        found: dict[str, SegmentFiles] = {}
        rows = []
        try:
            for one in formats:
                files = self._promoted(segment, one) if before else None
                kept = Before(files[0], files[1], before) if before and files else None
                found[one.name] = one.segment(self.setting, segment, self._fingerprint(one, segment), kept)
            processes = _processes(source, segment, before, states)
            for batch in batches(processes, Flattener(self.setting.plan), before):
                rows.append(batch.rows(before))
                for filled in found.values():
                    filled.add(batch)
            made = {name: filled.finish() for name, filled in found.items()}
        except BaseException:
            with suppress(Exception):  # what is told is what went wrong first
                self.setting.compressor.drain()
            for filled in found.values():
                filled.discard()
            raise
        self.draft.files += [file for files in made.values() for file in files]
        tables = self.setting.plan.tables
        together = np.concatenate(rows) if rows else np.zeros((0, len(tables)), np.int64)
        if self.places and len(together) == len(states):
            written = {one.name: self._written(one, made[one.name], found[one.name]) for one in formats}
            self._keep(self.places, segment, RowPlaces(states, together, written))
        return {table.name: int(count) for table, count in zip(tables, together.sum(axis=0), strict=True)}

    def _written(self, one: Format, made: Sequence[PublishedFile], filled: SegmentFiles) -> Written:
        import numpy as np

        sizes = np.concatenate(filled.sizes) if filled.sizes else None
        return Written(self._basis(one), {file.path: file.sha256 for file in made}, sizes)

    def _keep(self, kept: KeptPlaces, segment: Segment, places: RowPlaces) -> None:
        """Keep where rows are, and what is known of formats that were taken over."""
        known = kept.noted(segment.name)
        if known and known.states == places.states:
            places = replace(places, formats={**known.formats, **places.formats})
        kept.write(segment.name, places)

    def _before(self, segment: Segment, formats: Sequence[Format]) -> RowPlaces | None:
        """Give the places of rows in the promoted files, if they can be continued in all of these formats."""
        places = self.places.read(segment.name) if self.places and formats else None
        if places is None:
            return None
        for one in formats:
            written, promoted = places.formats.get(one.name), self._promoted(segment, one)
            if written is None or promoted is None or written.basis != self._basis(one):
                return None
            folder, files = promoted
            if {file.path: file.sha256 for file in files} != written.files:
                return None
            if not all(is_intact(folder, file) for file in files):
                return None
        return places

    def _promoted(self, segment: Segment, one: Format) -> tuple[Path, list[PublishedFile]] | None:
        if self.draft.previous is None:
            return None
        folder, manifest = self.draft.previous
        return folder, [file for file in manifest.files_of("tables", segment.name) if file.format == one.name]

    def _basis(self, one: Format) -> str:
        """Sum up what the rows of a process depend on beside its state."""
        return digest(self.draft.code_version, self._headers, self._choices[one.name])

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


def _processes(
    source: PublicationSource, segment: Segment, before: RowPlaces | None, states: Sequence[tuple[str, str]]
) -> Iterator[Known]:
    """Give the processes of a segment: their numbers in the files before, or their compiled releases."""
    if before is None:
        for body in source.compiled(segment.name):
            yield -1, body
        return
    numbers = before.numbers(states)
    changed = [ocid for (ocid, _), number in zip(states, numbers, strict=True) if number < 0]
    bodies = source.records_of(changed)
    for number in numbers:
        if number >= 0:
            yield number, None
        elif (record := next(bodies, None)) is not None:  # None: withdrawn meanwhile, and the build begins again
            yield -1, record.compiled
