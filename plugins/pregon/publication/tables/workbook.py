"""Tables as workbooks (XLSX), a sheet for each, in numbered parts where a sheet would have too many rows.

A part holds whole processes, with all their rows. The workbooks of all years hold those of the years one after the
other, as many in each as fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from pregon.publication.bulk import BulkFile
from pregon.publication.deflate import COMPRESSION, Entry, Stream, Stretch, deflate, write_zip
from pregon.publication.lifting import Lifted, lift
from pregon.publication.source import Segment
from pregon.publication.tables.about import Said, about_rows
from pregon.publication.tables.batches import Batch
from pregon.publication.tables.formats import Before, NotContinued, SegmentFiles, Setting, Year
from pregon.publication.tables.frame import Frame, make_frame
from pregon.publication.tables.members import Member, MembersBefore, fill
from transforms.ocds.dictionary import Language
from transforms.snapshot import PublishedFile
from transforms.tables import sheet_rows
from transforms.tables.rows_sheet import MOST_ROWS

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WorkbookFormat:
    """XLSX workbooks. `most_rows` are those of a sheet, its header included."""

    name: ClassVar[str] = "XLSX"

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self.most_rows = most_rows
        self._frame: Frame | None = None

    def fingerprint(self, setting: Setting) -> str:
        """Name all that a workbook says of its publication, in one language."""
        libraries = f"{COMPRESSION} {version('openpyxl')} {version('tzdata')}"
        return f"{libraries} {setting.publication.fingerprint} {setting.options.workbook_language} {self.most_rows}"

    def segment(
        self, setting: Setting, segment: Segment, fingerprint: str, before: Before | None = None
    ) -> SegmentFiles:
        """Begin the workbooks of a segment; only a single one can be continued."""
        if before and len(before.files) > 1:
            raise NotContinued(before.files[0].path)
        return _Workbooks(setting, segment, fingerprint, self.frame(setting), self.most_rows - 1, before)

    def frame(self, setting: Setting) -> Frame:
        """Give the frame of all workbooks, which is made once."""
        if self._frame is None:
            language: Language = "es" if setting.options.workbook_language == "es" else "en"
            self._frame = make_frame(setting.publication, setting.plan, language)
        return self._frame

    def whole(self, setting: Setting, segment: Segment, fingerprint: str, years: Sequence[Year]) -> list[PublishedFile]:
        """Put the rows of the years together, in as few workbooks as can hold them."""
        workbooks = _Workbooks(setting, segment, fingerprint, self.frame(setting), self.most_rows - 1)
        groups = list(_grouped(years, self.most_rows - 1))
        files = []
        for number, group in enumerate(groups, start=1):
            lifted = [self._lift(setting, file) for _, file in group]
            stretches = [[one[table] for one in lifted] for table in range(len(setting.plan.tables))]
            processes = sum(file.rows or 0 for _, file in group)
            files.append(workbooks.write_part(number if len(groups) > 1 else None, stretches, processes))
        return files

    def _lift(self, setting: Setting, file: PublishedFile) -> list[Lifted]:
        frames = [(one.file, deflate(one.before), deflate(one.after)) for one in self.frame(setting).sheets]
        return lift(setting.folder / file.path, frames)


@dataclass
class _Part:
    """One workbook that is being filled."""

    members: list[Member]
    rows: list[int]

    def count(self, rows: Sequence[int]) -> None:
        """Add the rows of each table that were taken."""
        self.rows = [held + more for held, more in zip(self.rows, rows, strict=True)]


class _Workbooks(BulkFile):
    def __init__(
        self,
        setting: Setting,
        segment: Segment,
        fingerprint: str,
        frame: Frame,
        most_rows: int,
        before: Before | None = None,
    ) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".xlsx", published=segment.published, fingerprint=fingerprint
        )
        self._setting = setting
        self._most_rows = most_rows
        self._types = [table.types for table in setting.plan.tables]
        self._parts: list[_Part] = []
        self._frame = frame
        self.sizes: list[NDArray[int64]] = []
        members = [(sheet.file, len(sheet.before)) for sheet in frame.sheets]
        self._places = before.places if before else None
        self._before = MembersBefore(before, WorkbookFormat.name, members) if before else None

    def add(self, batch: Batch) -> None:
        """Take rows; begin another workbook where a sheet of this one has no room for all of them."""
        import numpy as np

        lines = [self._lines(batch, number) for number in range(len(self._types))]
        rows = [len(one) for one in lines]
        if self._places:
            for run in batch.runs:
                if run.kept:
                    rows = (self._places.offsets[run.end] - self._places.offsets[run.first] + rows).tolist()
        if max(rows) > self._most_rows:
            if self._before:
                raise NotContinued(self.stem)
            self._spread(lines)
        else:
            self._make_room(rows)
            part = self._parts[-1]
            found = [fill(part.members[number], batch, number, one, self._before) for number, one in enumerate(lines)]
            self.sizes.append(np.column_stack(found))
            part.count(rows)

    def _lines(self, batch: Batch, number: int) -> list[bytes]:
        taken = batch.made.get(number)
        if taken is None:
            return []
        styles, zone = self._frame.sheets[number].styles, self._setting.publication.time_zone
        return [row.encode() for row in sheet_rows(self._types[number], styles, taken, zone)]

    def _make_room(self, rows: Sequence[int]) -> None:
        if self._parts and all(
            held + more <= self._most_rows for held, more in zip(self._parts[-1].rows, rows, strict=True)
        ):
            return
        if self._parts and self._before:
            raise NotContinued(self.stem)
        self._begin()

    def _spread(self, lines: Sequence[Sequence[bytes]]) -> None:
        """Cut rows that no sheet can hold: those of a process with more entries than a sheet has rows."""
        for start in range(0, max(map(len, lines)), self._most_rows):
            some = [one[start : start + self._most_rows] for one in lines]
            rows = [len(one) for one in some]
            self._make_room(rows)
            part = self._parts[-1]
            for member, one in zip(part.members, some, strict=True):
                member.take(b"".join(one))
            part.count(rows)

    def _begin(self) -> None:
        if self._parts:
            for member in self._parts[-1].members:
                member.flush()
            self._setting.compressor.drain()
            for member in self._parts[-1].members:
                member.stream.close()
        count = len(self._setting.plan.tables)
        place = len(self._parts) + 1
        self._parts.append(
            _Part(
                [Member(Stream(self.scratch(f".{place}.{one}")), self._setting.compressor) for one in range(count)],
                [0] * count,
            )
        )

    def finish(self) -> list[PublishedFile]:
        """Write the workbooks. Their `rows` are the processes."""
        if not self._parts:
            self._begin()
        for member in self._parts[-1].members:
            member.flush()
        self._setting.compressor.drain()
        files = []
        for number, part in enumerate(self._parts, start=1):
            for member in part.members:
                member.stream.close()
            files.append(
                self.write_part(
                    number if len(self._parts) > 1 else None, [[one.stream] for one in part.members], part.rows[0]
                )
            )
        self.discard()
        return files

    def write_part(self, part: int | None, stretches: Sequence[Sequence[Stretch]], processes: int) -> PublishedFile:
        """Write one workbook around the compressed rows of each table."""
        setting, frame = self._setting, self._frame
        said = Said(self.segment, processes, self.published, part)
        language, bold = setting.options.workbook_language, frame.about.styles[0]
        about = about_rows(setting.publication, setting.plan, language, frame.names, bold, said)
        entries = [Entry(name, [deflate(data)]) for name, data in frame.files_of(self.published).items()]
        entries.append(Entry(frame.about.file, [deflate(frame.about.before + about.encode() + frame.about.after)]))
        for sheet, rows in zip(frame.sheets, stretches, strict=True):
            filled = [one for one in rows if one.size]
            entries.append(Entry(sheet.file, [deflate(sheet.before), *filled, deflate(sheet.after)]))
        path = f"{self.stem}{f'-{part:03d}' if part else ''}{self.suffix}"

        def archive(file: BinaryIO) -> None:
            write_zip(file, entries, self.published)

        self.write(path, archive)
        unpacked = sum(one.size for entry in entries for one in entry.stretches)
        return self.described(path, rows=processes, unpacked=unpacked, format="XLSX", media_type=MEDIA_TYPE)

    def discard(self) -> None:
        """Remove the streams."""
        if self._before:
            self._before.close()
        for part in self._parts:
            for member in part.members:
                member.stream.remove()


def _grouped(years: Sequence[Year], most: int) -> Iterator[list[tuple[Year, PublishedFile]]]:
    """Put workbooks together as long as every sheet has room; the parts of a year that has several stand alone."""
    group: list[tuple[Year, PublishedFile]] = []
    held: dict[str, int] = {}
    for year in years:
        if len(year.files) > 1:
            if group:
                yield group
            yield from ([(year, file)] for file in year.files)
            group, held = [], {}
            continue
        together = _sum(held, year.rows)
        if group and max(together.values(), default=0) > most:
            yield group
            group, together = [], dict(year.rows)
        group.append((year, year.files[0]))
        held = together
    if group:
        yield group


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {*first, *second}}
