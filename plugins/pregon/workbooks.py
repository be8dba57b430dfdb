"""Workbooks (XLSX) whose bytes do not depend on the clock."""

import io
import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def save_workbook(workbook: Any, target: Path | IO[bytes], moment: datetime) -> None:
    """Save a workbook of openpyxl; it, and every file in its archive, carry `moment` as their time."""
    # What `Workbook.save` does, but for the clock.
    from openpyxl.writer.excel import ExcelWriter

    plain = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = plain
    with _DatedArchive(target, "w", ZIP_DEFLATED) as archive:
        archive.moment = plain
        ExcelWriter(workbook, archive).save()


def save_with_rows(workbook: Any, target: Path, moment: datetime, rows: Iterable[bytes]) -> None:
    """Save a workbook as `save_workbook` does, with more rows at the end of its last sheet: pieces of its XML.

    openpyxl makes an object of every cell: of many rows that is most of the work.
    """
    written = io.BytesIO()
    save_workbook(workbook, written, moment)
    longest = f"xl/worksheets/sheet{len(workbook.sheetnames)}.xml"
    with ZipFile(written) as source, _DatedArchive(target, "w", ZIP_DEFLATED) as archive:
        archive.moment = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        for name in source.namelist():
            if name != longest:
                archive.writestr(name, source.read(name))
                continue
            # How many rows there are is not known in front of them.
            before, end, after = _DIMENSION.sub(b"", source.read(name)).partition(b"</sheetData>")
            with archive.open(archive.dated(name), "w", force_zip64=True) as sheet:
                sheet.write(before)
                for row in rows:
                    sheet.write(row)
                sheet.write(end + after)


_DIMENSION = re.compile(rb"<dimension [^>]*/>")


class _DatedArchive(ZipFile):
    """An archive whose members have one time."""

    moment: datetime

    def dated(self, name: Any) -> ZipInfo:
        info = ZipInfo(str(name), self.moment.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        return info

    def write(self, filename: Any, arcname: Any = None, *_: Any) -> None:
        with Path(filename).open("rb") as source, self.open(self.dated(arcname), "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any) -> None:
        super().writestr(self.dated(zinfo_or_arcname), data)
