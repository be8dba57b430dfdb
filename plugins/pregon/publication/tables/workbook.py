"""Tables as workbooks (XLSX), a sheet for each, in numbered parts where a sheet would have too many rows.

A part holds whole processes, with all their rows. The workbooks of all years hold those of the years one after the
other, as many in each as fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import BinaryIO, ClassVar

from pregon.publication.bulk import BulkFile
from pregon.publication.deflate import COMPRESSION, Entry, Stream, Stretch, deflate, write_zip
from pregon.publication.lifting import Lifted, lift
from pregon.publication.source import Segment
from pregon.publication.tables.about import Said, about_rows
from pregon.publication.tables.csv_archive import Member
from pregon.publication.tables.formats import Rows, SegmentFiles, Setting, Year
from pregon.publication.tables.frame import Frame, make_frame
from transforms.ocds.dictionary import Language
from transforms.snapshot import PublishedFile
from transforms.tables import TableRows, sheet_rows
from transforms.tables.rows_sheet import MOST_ROWS

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

    def segment(self, setting: Setting, segment: Segment, fingerprint: str) -> SegmentFiles:
        """Begin the workbooks of a segment."""
        return _Workbooks(setting, segment, fingerprint, self.frame(setting), self.most_rows - 1)

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


class _Workbooks(BulkFile):
    def __init__(self, setting: Setting, segment: Segment, fingerprint: str, frame: Frame, most_rows: int) -> None:
        super().__init__(
            setting.folder, "tables", segment.name, ".xlsx", published=segment.published, fingerprint=fingerprint
        )
        self._setting = setting
        self._most_rows = most_rows
        self._types = [table.types for table in setting.plan.tables]
        self._parts: list[_Part] = []
        self._frame = frame

    def add(self, rows: Rows) -> None:
        """Take rows; begin another workbook where a sheet of this one has no room for all of them."""
        for some in _within(rows, self._most_rows):
            if not self._parts or any(
                self._parts[-1].rows[number] + len(taken.rows) > self._most_rows for number, taken in some
            ):
                self._begin()
            part = self._parts[-1]
            for number, taken in some:
                text = sheet_rows(
                    self._types[number], self._frame.sheets[number].styles, taken, self._setting.publication.time_zone
                )
                part.members[number].take(text, len(taken.rows))
                part.rows[number] += len(taken.rows)

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
        for part in self._parts:
            for member in part.members:
                member.stream.remove()


def _within(rows: Rows, most: int) -> Iterator[Rows]:
    """Cut rows that no sheet can hold: those of a process with more entries than a sheet has rows."""
    longest = max((len(taken.rows) for _, taken in rows), default=0)
    if longest <= most:
        yield rows
        return
    for start in range(0, longest, most):
        end = start + most
        yield [(number, TableRows(taken.rows[start:end], [], [])) for number, taken in rows if len(taken.rows) > start]


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
